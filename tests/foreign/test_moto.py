"""What moto has besides buckets: machines, roles, an organisation, transcripts."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.foreign.conftest import BUCKET, HOME, Server, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: moto's own account, and the one of sessions of the demo.
ACCOUNT: Final = "123456789012"
OTHER: Final = "444455556666"
IMAGE: Final = "ami-12c6146b"
ALL: Final = ("--from", "2026-10-01", "--to", "2026-11-21")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running("moto", tmp_path_factory.mktemp("moto"), ("-H", "127.0.0.1", "-p", "{port}"), {}) as found:
        yield found


def launch(ec2: Any, name: str) -> str:
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": name}]}]
    found = ec2.run_instances(ImageId=IMAGE, MinCount=1, MaxCount=1, TagSpecifications=tags)
    return str(found["Instances"][0]["InstanceId"])


def in_role(server: Server, account: str) -> dict[str, str]:
    arn = f"arn:aws:iam::{account}:role/Audit"
    keys = server.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
    return {
        "aws_access_key_id": keys["AccessKeyId"], "aws_secret_access_key": keys["SecretAccessKey"],
        "aws_session_token": keys["SessionToken"],
    }  # fmt: skip


def kept(server: Server) -> dict[str, str]:
    """Names by machine."""
    files = (server.folder / "cache" / "names").glob("*-*.json")
    return {target: seen[-1][1] for file in files for target, seen in json.loads(file.read_text()).items()}


def test_machines_here_and_in_a_role(server: Server) -> None:
    """Those that Systems Manager manages are told as not read where moto does not list them."""
    here = launch(server.client("ec2"), "web-1")
    there = launch(server.client("ec2", **in_role(server, OTHER)), "db-1 \u00e9")
    server.run("names", "--region", HOME, status=3)
    assert kept(server) == {here: "web-1"}
    server.run("names", "--region", HOME, "--role-arn", f"arn:aws:iam::{OTHER}:role/Audit", status=3)
    assert kept(server) == {here: "web-1", there: "db-1 \u00e9"}


def test_an_organisation(server: Server) -> None:
    organisation = server.client("organizations")
    organisation.create_organization(FeatureSet="ALL")
    organisation.create_account(AccountName="prod", Email="prod@example.com")
    (prod,) = [each["Id"] for each in organisation.list_accounts()["Accounts"] if each["Name"] == "prod"]
    machine = launch(server.client("ec2", **in_role(server, prod)), "prod-1")
    _, said = server.run("names", "--region", HOME, "--organisation-role", "Audit", status=3)
    assert f"{prod}/{HOME}" in said
    assert kept(server)[machine] == "prod-1"
    assert json.loads((server.folder / "cache" / "names" / "accounts").read_text())[prod] == "prod"


def sessions(server: Server, demo: Path) -> list[str]:
    """Shells of the account, the newest first."""
    filters = ("--where", f"account:{ACCOUNT} kind:shell status:started", "--format", "jsonl")
    out, _ = server.run("query", "sessions", "--logs", str(demo / "trail"), *ALL, *filters)
    return [json.loads(line)["session_id"] for line in out.splitlines()]


def test_transcripts_where_the_preferences_say(server: Server, demo: Path) -> None:
    in_bucket, in_group, nowhere, *_ = sessions(server, demo)
    inputs = {"s3BucketName": "transcripts", "s3KeyPrefix": "of/prod", "cloudWatchLogGroupName": "/ssm/sessions"}
    content = json.dumps({"schemaVersion": "1.0", "sessionType": "Standard_Stream", "inputs": inputs})
    ssm, logs, s3 = (server.client(service) for service in ("ssm", "logs", "s3"))
    ssm.create_document(
        Name="SSM-SessionManagerRunShell", DocumentType="Session", DocumentFormat="JSON", Content=content
    )
    s3.create_bucket(Bucket="transcripts", CreateBucketConfiguration={"LocationConstraint": HOME})
    s3.put_object(Bucket="transcripts", Key=f"of/prod/{in_bucket}.log", Body=b"$ id\r\nuid=0(root)\x1b[31m\r\n")
    logs.create_log_group(logGroupName="/ssm/sessions")
    logs.create_log_stream(logGroupName="/ssm/sessions", logStreamName=in_group)
    logs.put_log_events(
        logGroupName="/ssm/sessions", logStreamName=in_group,
        logEvents=[{"timestamp": int(time.time() * 1000), "message": "$ whoami\r\nroot"}],
    )  # fmt: skip
    server.upload(demo / "trail")
    asked = ("--s3", f"s3://{BUCKET}", *ALL, "--region", HOME, "--yes")
    out, _ = server.run("transcript", in_bucket, *asked)
    assert "uid=0(root)" in out
    assert "\x1b" not in out
    out, _ = server.run("transcript", in_group, *asked)
    assert "whoami" in out
    server.run("transcript", nowhere, *asked, status=5)


def test_what_moto_lacks_is_a_sentence(server: Server) -> None:
    _, said = server.run("ends", "--region", HOME, status=3)
    assert "AWS had an internal error" in said
