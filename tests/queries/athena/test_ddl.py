"""The table that the tool would make is one that it can use."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.sources.athena.columns import ABSENT
from ssmtrail.queries.sources.athena.ddl import create_table
from ssmtrail.queries.sources.athena.partitions import TextDays
from ssmtrail.queries.sources.athena.tables import described

FIRST = date(2023, 1, 31)
GOOD: dict[str, Any] = {
    "database": "logs", "name": "trail", "bucket": "my-trail", "accounts": ["111122223333"],
    "regions": ["eu-central-1", "us-gov-east-1"], "first_day": FIRST,
}  # fmt: skip


def _metadata(ddl: str) -> dict[str, Any]:
    """What the catalog would tell of it."""
    columns, _, rest = ddl.partition("\n)\n")
    body = columns.partition("(\n")[2]
    depth, fields = 0, [""]
    for sign in body:
        depth += (sign == "<") - (sign == ">")
        if sign == "," and depth == 0:
            fields.append("")
        else:
            fields[-1] += sign
    keys = re.findall(r"`(\w+)` (\w+)", re.findall(r"PARTITIONED BY \((.*)\)", rest)[0])
    return {
        "Table": {
            "Name": "trail",
            "TableType": "EXTERNAL_TABLE",
            "StorageDescriptor": {
                "Columns": [dict(zip(("Name", "Type"), field.strip().split(" ", 1), strict=True)) for field in fields],
                "Location": re.findall(r"LOCATION '(.*)'", rest)[0],
                "InputFormat": re.findall(r"INPUTFORMAT '(.*)'", rest)[0],
            },
            "PartitionKeys": [{"Name": name, "Type": type_} for name, type_ in keys],
            "Parameters": dict(re.findall(r"    '(.*)' = '(.*)'", rest)),
        }
    }


def test_an_organisation() -> None:
    ddl = create_table(**GOOD, organisation="o-demo4tr41l", prefix="/logs/")
    table = described(_metadata(ddl), "logs")
    assert [raw for raw, sql in table.raw if sql == ABSENT] == [
        "redacted", "record", "position", "content_id",
    ]  # fmt: skip
    assert table.warnings == ()
    assert table.kind == "cloudtrail"
    assert table.days == TextDays("timestamp", "%Y/%m/%d")
    assert table.reach(date(2026, 11, 23)) == (FIRST, date(2026, 11, 23))
    assert table.location == "s3://my-trail/logs/AWSLogs/o-demo4tr41l/"
    assert table.needs == ()
    template = "s3://my-trail/logs/AWSLogs/o-demo4tr41l/${account}/CloudTrail/${region}/${timestamp}"
    assert f"'storage.location.template' = '{template}'" in ddl


def test_a_single_account() -> None:
    ddl = create_table(**GOOD)
    assert "LOCATION 's3://my-trail/AWSLogs/'" in ddl
    assert described(_metadata(ddl), "logs").others[0].values == ("111122223333",)


def test_without_accounts_the_account_is_injected() -> None:
    assert described(_metadata(create_table(**GOOD | {"accounts": []})), "logs").needs == ("account",)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"bucket": "s3://my-trail"}, "not a valid bucket"),
        ({"bucket": "a'; DROP TABLE x"}, "not a valid bucket"),
        ({"accounts": ["1111"]}, "not a valid account"),
        ({"regions": ["Frankfurt"]}, "not a valid region"),
        ({"regions": []}, "Name the regions"),
        ({"name": "a`b"}, "not a valid table"),
        ({"organisation": "demo"}, "not a valid organisation"),
        ({"prefix": "a b"}, "not a valid prefix"),
    ],
)
def test_invalid_names_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        create_table(**GOOD | change)
