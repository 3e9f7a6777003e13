"""docs/athena.md and docs/iam.md have every call to AWS that this source makes, and no other."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Final

from ssmtrail.queries.sources import athena

DOCS: Final = Path(__file__).parents[3] / "docs"
CODE: Final = "".join(
    path.read_text(encoding="utf-8") for path in sorted(Path(next(iter(athena.__path__))).glob("*.py"))
)
_CALL: Final = re.compile(
    r"\"(athena|glue|s3)\",\s*\"([a-z]+(?:_[a-z0-9]+)+)\"|pages\(\s*\"([a-z_]+)\"|\.(get_object)\("
)
#: Calls of PyAthena's cursor.
_CURSOR: Final = {"athena:StartQueryExecution", "athena:GetQueryExecution", "athena:GetQueryResults"}
#: What AWS checks in the caller's name while it answers or runs a query.
_BEHIND: Final = {
    "athena:GetDataCatalog", "glue:GetDatabase", "glue:GetPartition", "glue:GetDatabases", "glue:GetTables",
    "s3:GetBucketLocation", "s3:ListBucketMultipartUploads", "s3:PutObject", "s3:AbortMultipartUpload",
    "s3:ListMultipartUploadParts",
}  # fmt: skip


def made() -> set[str]:
    calls = ((service or ("s3" if gets else "athena"), name or listed or gets)
             for service, name, listed, gets in _CALL.findall(CODE))  # fmt: skip
    named = {f"{service}:{''.join(map(str.capitalize, name.split('_')))}" for service, name in calls}
    return {"s3:ListBucket" if name == "s3:ListObjectsV2" else name for name in named}


def allowed(text: str) -> set[str]:
    found = (json.loads(block) for block in re.findall(r"```json\n(.*?)```", text, re.DOTALL))
    return {action for policy in found for statement in policy.get("Statement", ()) for action in statement["Action"]}


def test_every_call_stands_in_a_policy_and_no_other() -> None:
    least = allowed((DOCS / "athena.md").read_text(encoding="utf-8"))
    beside = allowed((DOCS / "iam.md").read_text(encoding="utf-8").partition("## Athena, beside the least")[2])
    assert made() | _CURSOR | _BEHIND == least | beside
    assert "athena:ListDataCatalogs" in made()
