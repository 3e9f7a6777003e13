"""An organisation's trail in the emulator: two accounts and two regions in a folder each, a session a day in each."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from isal import igzip

from tests.athena_emulator.tables import TRAIL_COLUMNS, EmulatedTable
from tests.records import assume_role, assumed_role, start, terminate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.athena_emulator import Emulator

ACCOUNTS = ("111122223333", "444455556666")
REGIONS = ("eu-central-1", "us-east-1")
FIRST, DAYS = date(2026, 11, 10), 8
_PREFIX = "AWSLogs/"


def org_table(
    prefix: str = _PREFIX, accounts: Sequence[str] = ACCOUNTS, regions: Sequence[str] = REGIONS,
    columns: Mapping[str, str] = TRAIL_COLUMNS,
) -> EmulatedTable:  # fmt: skip
    """The documented table of an organisation's trail, projected by account, region and day."""

    def partition_of(key: str) -> tuple[str, ...]:
        account, _, region, year, month, day, _ = key.removeprefix(prefix).split("/")
        return account, region, f"{year}/{month}/{day}"

    location = f"s3://trail-bucket/{prefix}"
    return EmulatedTable(
        "audit", "org", location, partition_of, columns,
        partitions={"account": "string", "region": "string", "timestamp": "string"},
        parameters={
            "serde.serialization.lib": "org.apache.hive.hcatalog.data.JsonSerDe",
            "inputformat": "com.amazon.emr.cloudtrail.CloudTrailInputFormat",
            "projection.enabled": "true",
            "projection.account.type": "enum",
            "projection.account.values": ",".join(accounts),
            "projection.region.type": "enum",
            "projection.region.values": ",".join(regions),
            "projection.timestamp.type": "date",
            "projection.timestamp.format": "yyyy/MM/dd",
            "projection.timestamp.interval": "1",
            "projection.timestamp.interval.unit": "DAYS",
            "projection.timestamp.range": "2026/01/01,NOW",
            "storage.location.template": f"{location}${{account}}/CloudTrail/${{region}}/${{timestamp}}",
        },
    )  # fmt: skip


def fill(emulated: Emulator) -> EmulatedTable:
    """Give the emulator the table, FIRST to the last of DAYS."""
    table = emulated.add_table(org_table())
    for number in range(DAYS):
        for account in ACCOUNTS:
            for region in REGIONS:
                deliver(emulated, table, FIRST + timedelta(days=number), account, region)
    return table


def fill_sizes(emulated: Emulator, first: date, days: int, accounts: int, regions: int) -> int:
    """Give the emulator the table with many accounts and regions, its files of no content; gives their bytes.

    A few accounts have most of the bytes, and weekends half of them.
    """
    table = org_table()
    names = [f"{number:012d}" for number in range(accounts)], [f"xx-region-{number}" for number in range(regions)]
    table.parameters = {
        **table.parameters,
        "projection.account.values": ",".join(names[0]),
        "projection.region.values": ",".join(names[1]),
    }
    emulated.add_table(table)
    content, whole = bytes(200_000), 0
    for number in range(days):
        day = first + timedelta(days=number)
        for a, account in enumerate(names[0]):
            for r, region in enumerate(names[1]):
                wobble = 0.9 + (a * 31 + r * 17 + number * 13) % 20 / 100
                size = 1 + round(1e5 / (1 + a) ** 1.2 / (1 + r) * (0.5 if day.weekday() > 4 else 1.0) * wobble)
                key = f"{table.prefix}{account}/CloudTrail/{region}/{day:%Y/%m/%d}/a.json.gz"
                emulated.buckets.put(table.bucket, key, content[:size])
                whole += size
    return whole


def deliver(emulated: Emulator, table: EmulatedTable, day: date, account: str, region: str) -> None:
    """Put a file into a folder day: a key is issued to a machine's session name, which starts and ends a session."""
    who = assumed_role("Deploy", "botocore-session-1700000000", key=f"ASIA{account[:4]}{day:%d}")
    name = f"{account[:4]}-{region[:2]}-{day:%d}"
    more: dict[str, Any] = {"awsRegion": region, "recipientAccountId": account}
    jane = {"type": "IAMUser", "userName": "jane", "accountId": account, "arn": f"arn:aws:iam::{account}:user/jane"}
    issued = assume_role(f"{day}T08:59:00Z", "botocore-session-1700000000", f"ASIA{account[:4]}{day:%d}", jane,
                         eventID=f"issued-{name}", **more)  # fmt: skip
    issued["responseElements"]["credentials"]["sessionToken"] = "secret" * 20
    records = [
        issued,
        start(f"{day}T09:00:00Z", name, f"i-0{account[:4]}", who, eventID=f"start-{name}", **more),
        terminate(f"{day}T09:30:00Z", name, who, eventID=f"end-{name}", **more),
    ]
    data = igzip.compress(json.dumps({"Records": records}).encode(), 1, mtime=0)
    emulated.buckets.put(table.bucket, f"{table.prefix}{account}/CloudTrail/{region}/{day:%Y/%m/%d}/a.json.gz", data)
