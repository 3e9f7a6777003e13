"""Before a first scan it is proved for nothing that a query keeps to its days."""

from __future__ import annotations

import gzip
import json
import threading
from datetime import date
from typing import TYPE_CHECKING

import pytest

from ssmtrail.queries.errors import SourceError
from ssmtrail.queries.sources.athena import answers
from ssmtrail.queries.sources.athena.answers import read_plan
from ssmtrail.queries.sources.athena.partitions import DateDays, Part, SplitDays, TextDays
from ssmtrail.queries.sources.athena.statements import extraction
from ssmtrail.queries.sources.athena.tables import described
from tests import records
from tests.athena_emulator.faults import Fault
from tests.athena_emulator.tables import EmulatedTable
from tests.queries.athena.stage import fetched, opened, planned, window

if TYPE_CHECKING:
    from pathlib import Path

    from ssmtrail.queries.sources.athena.partitions import Days
    from tests.athena_emulator import Emulator

DAY = date(2026, 11, 22)
WEEK = window(date(2026, 11, 12), date(2026, 11, 18))
LATER = window(date(2026, 11, 20), date(2026, 11, 21))
SPLIT = SplitDays(Part("year", is_number=False, width=4), Part("month", is_number=False), Part("day", is_number=True))
HOURS = TextDays("datehour", "%Y/%m/%d/%H")
SPACED = TextDays("hour", "%Y-%m-%d %H")
HOUR = "datehour:string:PARTITION_KEY ::"
NUMBERS = TextDays("eventday", "%Y%m%d", is_number=True)
SLASHES = TextDays("timestamp", "%Y/%m/%d")
SPLIT_PLAN = (
    "year:string:PARTITION_KEY :: [[2026]]\nmonth:string:PARTITION_KEY :: [[11]]\nday:int:PARTITION_KEY :: [[22]]"
)


#: Parts of plans as Trino 368 words them over its Hive connector (`make trino-hive`).
SCAN = """\
    └─ ScanFilterProject[table = hive:logs:current, grouped = false, filterPredicate = ("eventsource" = 's')]
           Layout: [eventid:varchar, year:varchar, month:varchar, day:int]
           day_140 := day:int:PARTITION_KEY
               :: [[22]]
           year_134 := year:string:PARTITION_KEY
               :: [[2026]]
           month:string:PARTITION_KEY
               :: [[11]]
"""
EMPTY = """\
    └─ FilterProject[filterPredicate = ("eventsource" = 's')]
       │   Layout: [eventid:varchar]
       └─ Values
              Layout: [eventid:varchar, year:varchar, month:varchar, day:int]
"""


@pytest.mark.parametrize(
    ("days", "plan", "is_proof"),
    [
        pytest.param(SPLIT, SCAN, True, id="an engine's own words"),
        pytest.param(SPLIT, SCAN.replace("[[22]]", "[[22], [23]]"), False, id="its words for two days"),
        pytest.param(SPLIT, EMPTY, True, id="no partition is left to read"),
        pytest.param(SPLIT, EMPTY.replace("Values", "TableScan[hive:logs:current]"), False, id="a scan without values"),
        pytest.param(SPLIT, EMPTY + "└─ TableScan[table = hive:logs:current]", False, id="a scan beside no rows"),
        pytest.param(SPLIT, EMPTY.replace("└─ Values", "└─ Project[Values]"), False, id="values elsewhere"),
        pytest.param(SLASHES, "timestamp:string:PARTITION_KEY :: [[2026/11/22]]", True, id="its day"),
        pytest.param(SLASHES, "  timestamp:string:PARTITION_KEY\n        :: [[2026/11/22]]", True, id="two lines"),
        pytest.param(SLASHES, "timestamp:string:PARTITION_KEY :: [[2026/11/21], [2026/11/22]]", False, id="two days"),
        pytest.param(SLASHES, "timestamp:string:PARTITION_KEY :: [(<min>, <max>)]", False, id="no bound"),
        pytest.param(SLASHES, "timestamp:string:PARTITION_KEY :: []", False, id="nothing"),
        pytest.param(SLASHES, "TableScan[table = audit:trail]", False, id="not shown"),
        pytest.param(HOURS, f"{HOUR} [[2026/11/22/00, 2026/11/23/00)]", True, id="hours"),
        pytest.param(HOURS, f"{HOUR} [[2026/11/22/00], [2026/11/22/13]]", True, id="its hours"),
        pytest.param(HOURS, f"{HOUR} [[2026/11/22/13], [2026/11/23/00]]", False, id="an hour more"),
        pytest.param(HOURS, f"{HOUR} [[2026/11/22/00, 2026/11/23/00]]", False, id="a closed end"),
        pytest.param(SPACED, "hour:string:PARTITION_KEY :: [[2026-11-22 07]]", True, id="an hour with a space"),
        pytest.param(NUMBERS, "eventday:int:PARTITION_KEY :: [[20261122]]", True, id="a number"),
        pytest.param(SPLIT, SPLIT_PLAN.replace("[[22]]", "[[22], [23]]"), False, id="two numbers"),
        pytest.param(DateDays("day"), "day:date:PARTITION_KEY :: [[2026-11-22]]", True, id="a date"),
        pytest.param(SPLIT, SPLIT_PLAN, True, id="three columns"),
        pytest.param(SPLIT, SPLIT_PLAN.replace("day", "hour"), False, id="a month"),
    ],
)
def test_a_plan_is_a_proof_where_it_keeps_to_the_day(days: Days, plan: str, is_proof: bool) -> None:
    assert (read_plan(days, plan, DAY).doubt == "") == is_proof


def test_it_is_proved_once_for_ever(emulator: Emulator, tmp_path: Path) -> None:
    with opened(tmp_path) as service:
        assert planned(service, WEEK).doubt == ""
        assert [each.state for each in emulator.plans] == ["SUCCEEDED"]
        planned(service, LATER)
    with opened(tmp_path) as service:
        fetched(service, WEEK)
        planned(service, LATER)
    assert len(emulator.plans) == 1
    assert sum(each.bytes for each in emulator.plans) == 0


def test_an_unpartitioned_table_has_nothing_to_be_proved(emulator: Emulator, tmp_path: Path) -> None:
    table = emulator.engine.tables[0]
    table.partitions, table.parameters, table.partition_of = {}, {}, lambda _: ()
    with opened(tmp_path) as service:
        assert planned(service, WEEK).doubt == ""
    assert emulator.plans == []


def test_what_no_plan_shows_is_asked_about_whatever_the_price(emulator: Emulator, tmp_path: Path) -> None:
    emulator.engine.plan = ("TableScan[table = awsdatacatalog:audit:trail]",)
    for _ in range(2):
        with opened(tmp_path) as service:
            plan = planned(service, WEEK)
            assert "does not show which partitions" in plan.doubt
            assert (plan.asks, plan.ask_first) == (True, False)  # a question of its own
            assert plan.price is not None
            assert plan.price < 0.01
            planned(service, LATER)
    assert len(emulator.plans) == 2  # once a process
    assert emulator.queries == []


def test_a_scan_of_the_days_alone_is_a_proof_too(emulator: Emulator, tmp_path: Path) -> None:
    emulator.engine.plan = ()
    with opened(tmp_path) as service:
        assert fetched(service, WEEK)[-1].state == "done"
        assert planned(service, LATER).doubt == ""
    with opened(tmp_path) as service:
        assert planned(service, LATER).doubt == ""
    assert len(emulator.plans) == 1


def test_a_scan_of_more_than_the_days_is_none(emulator: Emulator, tmp_path: Path) -> None:
    emulator.engine.plan = ()
    with opened(tmp_path) as service:
        plan = planned(service, WEEK)
        table = emulator.engine.tables[0]
        emulator.deliver(table, date(2026, 11, 15), [{"eventID": str(number)} for number in range(5_000)], "b")
        service.fetch(lambda _: None, threading.Event(), plan)
        assert planned(service, LATER).doubt


def test_a_statement_that_is_refused_is_not_offered(emulator: Emulator, tmp_path: Path) -> None:
    emulator.faults.planned = [Fault("Plan", message="Insufficient Lake Formation permission(s)", error_type=1200)]
    with opened(tmp_path) as service, pytest.raises(SourceError, match="GetDataAccess"):
        planned(service, WEEK)
    assert emulator.queries == []


def test_a_plan_that_fails_by_chance_is_asked_again(emulator: Emulator, tmp_path: Path) -> None:
    emulator.faults.planned = [Fault("Plan", message="INTERNAL_ERROR", error_type=200, retryable=True)]
    with opened(tmp_path) as service:
        assert planned(service, WEEK).doubt == ""


def test_a_plan_that_always_fails_by_chance_is_no_proof(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "random", lambda: 0.0)
    emulator.faults.planned = [Fault("Plan", message="INTERNAL_ERROR", error_type=200, retryable=True, times=-1)]
    with opened(tmp_path) as service:
        assert "did not show" in planned(service, WEEK).doubt


def _region_and_day(key: str) -> tuple[str, ...]:
    _, region, *day, _ = key.split("/")
    return region, "/".join(day)


def test_chosen_regions_read_their_partitions_and_the_global_endpoint_of_sts(emulator: Emulator) -> None:
    location = "s3://trail-bucket/regions/"
    table = emulator.add_table(
        EmulatedTable(
            "audit", "regions", location, _region_and_day,
            partitions={"region": "string", "timestamp": "string"},
        )
    )  # fmt: skip
    for region in ("eu-central-1", "us-east-1", "ap-south-1"):
        held = [
            records.start(f"{DAY}T09:00:00Z", f"{region}-1", eventID=f"start {region}", awsRegion=region),
            records.assume_role(f"{DAY}T08:00:00Z", "x", f"ASIA{region}", records.iam_user(), eventID=f"sts {region}"),
        ]
        data = json.dumps({"Records": held}).encode()
        emulator.buckets.put(table.bucket, f"regions/{region}/{DAY:%Y/%m/%d}/part.json.gz", gzip.compress(data))
    whole = described({"TableMetadata": table.metadata()}, "audit", samples={"timestamp": f"{DAY:%Y/%m/%d}"})
    (found,) = extraction(whole.with_values({"region": ("eu-central-1",)}), DAY, DAY)
    answer = emulator.engine.run(found.sql)
    assert answer.partitions == {("eu-central-1", "2026/11/22"), ("us-east-1", "2026/11/22")}
    ids = {row[answer.columns.index("eventid")] for row in answer.rows}
    assert ids == {"start eu-central-1", "sts eu-central-1", "sts us-east-1"}
