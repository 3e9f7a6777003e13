"""One trail and its answers four ways: from files, a bucket, event history and a table of Athena."""

from __future__ import annotations

import gzip
import json
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from ssmtrail.queries.times import Window
from ssmtrail.queries.trail import Trail
from tests.records import ACCOUNT, REGION, ask, assume_role, assumed_role, call, iam_user, start, terminate
from tests.trino.material import oddities

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ssmtrail.queries.ingest.intakes import AnySource
    from ssmtrail.queries.model import QuestionName

Record = dict[str, Any]
Rows = list[dict[str, Any]]

NOW: Final = datetime(2026, 11, 23, 12, tzinfo=UTC)
#: The days of the trail; all of them are over.
WINDOW: Final = Window(datetime(2026, 11, 20, tzinfo=UTC), datetime(2026, 11, 22, tzinfo=UTC))
OTHER: Final = "444455556666"
ACCOUNTS: Final = (ACCOUNT, OTHER)
REGIONS: Final = (REGION, "us-east-1")
PREFIX: Final = "AWSLogs/o-demo4tr41l/"
#: All of them; `as-of` and the screens' own questions are made of the same rows.
QUESTIONS: Final[tuple[QuestionName, ...]] = (
    "sessions", "calls", "pairs", "usage", "people", "instances", "tunnels", "doors", "visits", "findings",
)  # fmt: skip


def trail() -> list[Record]:
    """Records of every kind, ordinary and unusual, as CloudTrail delivers them to an organisation's bucket.

    Left out of the oddities is what no source but files can hold: records without an account, region or id.
    """
    odd = [placed.record for placed in oddities() if not placed.is_text]
    return [
        *(each for each in odd if each["recipientAccountId"] and each["eventID"] and each["awsRegion"] in REGIONS),
        *_across(),
        *_on_a_machine(),
    ]


def _across() -> list[Record]:
    """Keys that were issued in another region and by another account, which keeps a copy of its own."""
    far = assumed_role("Ops", "i-0a1b2c3d", key="ASIAFAR")
    near = assumed_role("Ops", "i-0b1b2c3d", key="ASIANEAR")
    there: Record = {"recipientAccountId": OTHER}
    theirs = {"type": "AWSAccount", "principalId": "AIDAEXAMPLE", "accountId": ACCOUNT}
    across = assumed_role("Shared", "botocore-session-1", key="ASIAACROSS") | {"accountId": OTHER}
    return [
        assume_role("15:30:00", "i-0a1b2c3d", "ASIAFAR", iam_user("freya"), awsRegion="us-east-1"),
        start("15:31:00", "far-1", "i-0far", far),
        assume_role("15:32:00", "botocore-session-1", "ASIAACROSS", iam_user("mallory"), sharedEventID="both"),
        assume_role("15:32:00", "botocore-session-1", "ASIAACROSS", theirs, sharedEventID="both", **there),
        start("15:33:00", "across-1", "i-0across", across, **there),
        terminate("15:40:00", "across-1", across, **there),
        # The same in one region, then a session in another.
        assume_role("15:34:00", "i-0b1b2c3d", "ASIANEAR", iam_user("nora")),
        start("15:35:00", "near-1", "i-0near", near, awsRegion="us-east-1"),
    ]  # fmt: skip


def _on_a_machine() -> list[Record]:
    """A session on a machine that was launched with a name; then the account stops its logging."""
    machine, tags = (
        "i-00000000000000aaa",
        {"items": [{"key": "Name", "value": "shop-1"}, {"key": "env", "value": "prod"}]},
    )
    launched = {"instancesSet": {"items": [{"instanceId": machine, "tagSet": tags}]}}
    return [
        call("RunInstances", "16:00:00", eventSource="ec2.amazonaws.com", responseElements=launched),
        start("16:10:00", "named-1", machine),
        call("StopLogging", "16:20:00", eventSource="cloudtrail.amazonaws.com", requestParameters={"name": "all"}),
    ]


def delivered(records: Iterable[Record]) -> dict[str, bytes]:
    """The objects of these records: a file an account, region and hour."""
    files: dict[str, list[Record]] = {}
    for each in records:
        account, region, at = each["recipientAccountId"], each["awsRegion"], each["eventTime"]
        name = f"{account}_CloudTrail_{region}_{at[:10].replace('-', '')}T{at[11:13]}00Z_abcdefghijklmnop.json.gz"
        folder = f"{PREFIX}{account}/CloudTrail/{region}/{at[:10].replace('-', '/')}"
        files.setdefault(f"{folder}/{name}", []).append(each)
    return {key: gzip.compress(json.dumps({"Records": inside}).encode(), mtime=0) for key, inside in files.items()}


def answers(source: AnySource, store: Path) -> dict[str, Rows]:
    """Read a source to the end; the rows of every question."""
    trail = Trail(source, store, now=lambda: NOW)
    try:
        plan = trail.plan(WINDOW, threading.Event()) if trail.costs_money else None
        trail.fetch(lambda _: None, threading.Event(), plan, early=False)
        return {name: ask(trail, name, window=WINDOW) for name in QUESTIONS}
    finally:
        trail.close()
