"""What ministack has besides buckets: machines, a log of its own calls, a catalog, queries in DuckDB's SQL."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.foreign.conftest import BUCKET, HOME, Server, running
from tests.foreign.test_buckets import SERVERS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ACCOUNT: Final = "000000000000"
TABLE: Final = "audit.trail"
RESULTS: Final = ("--results", "s3://results/r/")
DAYS: Final = ("--from", "2026-11-11", "--to", "2026-11-13")
COLUMNS: Final = (
    "eventversion", "eventtime", "eventsource", "eventname", "awsregion", "sourceipaddress", "useragent", "errorcode",
    "errormessage", "requestparameters", "responseelements", "eventid", "recipientaccountid",
)  # fmt: skip


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running("ministack", tmp_path_factory.mktemp("ministack"), *SERVERS["ministack"]) as found:
        yield found


@pytest.fixture(scope="module")
def table(server: Server, demo: Path) -> str:
    """A table over the demo's bucket with listed partitions, for four days."""
    server.upload(demo / "trail")
    server.client("s3").create_bucket(Bucket="results", CreateBucketConfiguration={"LocationConstraint": HOME})
    glue = server.client("glue")
    glue.create_database(DatabaseInput={"Name": "audit"})
    columns = [{"Name": name, "Type": "string"} for name in COLUMNS]
    columns.append({"Name": "useridentity", "Type": "struct<type:string,arn:string,accountid:string>"})
    keys = [{"Name": name, "Type": "string"} for name in ("account", "region", "day")]
    glue.create_table(DatabaseName="audit", TableInput={
        "Name": "trail", "TableType": "EXTERNAL_TABLE", "PartitionKeys": keys,
        "StorageDescriptor": {"Columns": columns, **stored("")},
    })  # fmt: skip
    for day in ("10", "11", "12", "13"):
        values = ["111122223333", HOME, f"2026/11/{day}"]
        place = f"111122223333/CloudTrail/{HOME}/2026/11/{day}/"
        partition = {"Values": values, "StorageDescriptor": {"Columns": columns, **stored(place)}}
        glue.create_partition(DatabaseName="audit", TableName="trail", PartitionInput=partition)
    return TABLE


def stored(place: str) -> dict[str, Any]:
    return {
        "Location": f"s3://{BUCKET}/AWSLogs/o-demo4tr41l/{place}",
        "InputFormat": "com.amazon.emr.cloudtrail.CloudTrailInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "SerdeInfo": {"SerializationLibrary": "org.apache.hive.hcatalog.data.JsonSerDe"},
    }


def test_machines(server: Server) -> None:
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "web-1"}]}]
    server.client("ec2").run_instances(ImageId="ami-1", MinCount=2, MaxCount=2, TagSpecifications=tags)
    out, _ = server.run("names", "--region", HOME)
    assert out == f"{ACCOUNT}/{HOME}: 2 machines kept, 2 with a name\n"


def test_event_history(server: Server) -> None:
    """Its log has no call of Session Manager; that it does not know true ends is said."""
    out, said = server.run("query", "sessions", "--history", "--region", HOME, "--format", "jsonl")
    assert out == ""
    assert "free" in said
    assert f"{ACCOUNT}/{HOME}: the ends that Session Manager knows are not read" in said


def test_the_table_is_found_and_looked_at(server: Server, table: str) -> None:
    out, _ = server.run("athena", "tables", "--format", "json")
    (found,) = json.loads(out)
    assert (found["database"], found["table"]) == ("audit", "trail")
    out, _ = server.run("doctor", "--athena", table, *RESULTS, status=3)
    assert f"account {ACCOUNT}, region {HOME}" in out
    assert "Not in this table: sourceIdentity" in out
    assert "No partition of" in out


def test_statements_in_the_words_of_athena_are_refused_in_a_sentence(server: Server, table: str) -> None:
    """DuckDB does not know them: what they mean is tried on Trino, by `make trino`."""
    asked = ("--athena", table, *RESULTS, *DAYS)
    for words in (("plan", *asked), ("query", "sessions", *asked, "--yes", "--accept-unproven")):
        _, said = server.run(*words, status=3)
        assert "The query failed: Parser Error" in said
