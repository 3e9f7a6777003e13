"""docs/iam.md has every call that the sources make, in each of its forms, and no other."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ssmtrail.queries import transcripts
from ssmtrail.queries.sources import history, s3

if TYPE_CHECKING:
    from types import ModuleType

TEXT: Final = (Path(__file__).parents[3] / "docs" / "iam.md").read_text(encoding="utf-8")
BLOCKS: Final = dict[str, list[str]]()
for _kind, _block in re.findall(r"```(\w+)\n(.*?)```", TEXT, re.DOTALL):
    BLOCKS.setdefault(_kind, []).append(_block)
#: Calls by boto3's names: ("service", REGION, "operation" or self.client("service", ...).
_CALL: Final = re.compile(
    r"\"(cloudtrail|ssm|ec2|sts|s3|organizations|logs|ecs)\",\s*\w+(?:\.\w+)?,\s*\"([a-z]+(?:_[a-z0-9]+)+)\""
)
_ACTION: Final = re.compile(r"\b(?:cloudtrail|ssm|ec2|organizations|logs|ecs):\w+")
#: What a bucket needs under other names than those of its calls; S3 itself asks KMS.
_OF_BUCKETS: Final = {"s3:ListBucket", "s3:GetObject", "kms:Decrypt"}
#: botocore assumes roles itself, by `AssumeRoleCredentialFetcher`; nobody needs a permission for the other.
_ELSEWHERE: Final = {"sts:AssumeRole"}
#: Permissions whose names are not those of their calls.
_NAMED_OTHERWISE: Final = {"s3:GetBucketLifecycleConfiguration": "s3:GetLifecycleConfiguration"}
_FREE: Final = {"sts:GetCallerIdentity"}


def made(source: ModuleType) -> set[str]:
    """The calls in the code of a source."""
    code = "".join(path.read_text(encoding="utf-8") for path in Path(next(iter(source.__path__))).glob("*.py"))
    return {f"{service}:{''.join(map(str.capitalize, name.split('_')))}" for service, name in _CALL.findall(code)}


def allowed(policy: str) -> set[str]:
    found = json.loads(policy)
    assert all(statement["Effect"] == "Allow" for statement in found["Statement"])
    return {action for statement in found["Statement"] for action in statement["Action"]}


def test_every_call_stands_in_a_policy_and_no_other() -> None:
    account, bucket, hub, transcript, _ = map(allowed, BLOCKS["json"])
    assert made(history) | _ELSEWHERE == account | hub | _FREE
    assert not account & hub
    assert (made(s3) - {"s3:ListObjectsV2"}) | _OF_BUCKETS == bucket
    assert "s3:ListObjectsV2" in made(s3)
    calls = {_NAMED_OTHERWISE.get(call, call) for call in made(transcripts)}
    assert calls | _OF_BUCKETS == transcript


def test_all_forms_say_the_same() -> None:
    account = allowed(BLOCKS["json"][0])
    for form in ("terraform", "yaml"):
        (text,) = BLOCKS[form]
        assert set(_ACTION.findall(text)) == account
        assert "sts:AssumeRole" in text
