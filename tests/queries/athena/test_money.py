"""What was agreed to is a cap, whatever goes wrong."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from ssmtrail.queries.errors import SourceError, UsageError
from ssmtrail.queries.sources.allowance import LEAST_BYTES, Allowance
from ssmtrail.queries.sources.athena.address import AthenaTerms
from ssmtrail.queries.store.journal import Run
from tests.athena_emulator.faults import Fault
from tests.queries.athena.conftest import DAYS, FIRST
from tests.queries.athena.stage import fetched, opened, planned, sessions, states, window
from tests.queries.athena.test_service import NEEDED, NO_LISTING, WEEK, bytes_of

if TYPE_CHECKING:
    from pathlib import Path

    from ssmtrail.queries.model import Progress
    from tests.athena_emulator import Emulator

pytestmark = pytest.mark.usefixtures("within_agreement", "hasty_library")
#: A day of the emulated trail is about 300 bytes: so it is about 300 MB.
SCALE = 1_000_000
DAY = date(2026, 11, 14)
NEVER = threading.Event()
FILE = f"s3://trail-bucket/AWSLogs/111122223333/CloudTrail/eu-central-1/{DAY:%Y/%m/%d}/a.json.gz"


@pytest.fixture(autouse=True)
def large(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """Days far above what a query is billed for at least."""
    emulator.enlarge(SCALE)
    monkeypatch.setattr("ssmtrail.queries.sources.athena.runner._FIRST_WAIT", 0.01)


class TestAllowance:
    def test_a_query_starts_where_its_estimate_fits(self) -> None:
        allowance = Allowance(100, sizes={DAY: 60, DAY + timedelta(1): 50})
        assert allowance.begin("a", allowance.estimate(DAY, DAY)) == 60
        assert allowance.begin("b", allowance.estimate(DAY + timedelta(1), DAY + timedelta(1))) is None
        assert allowance.begin("c", 40) == 40
        assert allowance.left == 0

    def test_an_unknown_size_may_scan_what_is_left(self) -> None:
        allowance = Allowance(100)
        assert allowance.estimate(DAY, DAY) is None
        assert allowance.begin("a", None) == 100
        assert holds(allowance, "a", LEAST_BYTES + 100)
        assert not holds(allowance, "a", LEAST_BYTES + 101)

    def test_one_that_keeps_to_its_estimate_is_not_stopped_for_another(self) -> None:
        allowance = Allowance(10**9)
        allowance.begin("good", 5 * 10**8)
        allowance.begin("bad", 5 * 10**8)
        assert not holds(allowance, "bad", 8 * 10**8)
        assert holds(allowance, "good", 4 * 10**8)

    def test_a_failed_query_costs_nothing_and_a_stopped_one_does(self) -> None:
        allowance = Allowance(10**9)
        for token, more in (("failed", {"state": "failed", "unbilled": True}), ("stopped", {"state": "cancelled"})):
            allowance.begin(token, 3 * 10**8)
            allowance.note(run_of(token, 2 * 10**8, **more))
        assert (allowance.left, allowance.billed) == (10**9 - 2 * 10**8 + LEAST_BYTES, 2 * 10**8)

    def test_the_cap_counts_the_least_of_each_query(self) -> None:
        allowance = Allowance(10**9, hard=2 * LEAST_BYTES)
        assert [allowance.begin(name, 5) for name in "abc"] == [5, 5, None]

    def test_an_earlier_agreement_holds_for_its_query_alone(self) -> None:
        allowance = Allowance(0)
        allowance.carry(run_of("a", 0, most=10**8))
        assert holds(allowance, "a", 10**8 + LEAST_BYTES)
        assert not holds(allowance, "a", 10**8 + LEAST_BYTES + 1)
        assert allowance.begin("b", 1) is None


def run_of(token: str, scanned: int, **more: object) -> Run:
    return Run(token, "SELECT 1", DAY, DAY, datetime(2026, 11, 25, tzinfo=UTC), bytes=scanned, **more)  # type: ignore[arg-type]


def holds(allowance: Allowance, token: str, scanned: int) -> bool:
    allowance.note(run_of(token, scanned, state="running"))
    return allowance.holds(token)


class TestGone:
    @pytest.mark.parametrize("code", ["NoSuchKey", "NoSuchBucket", "PreconditionFailed"])
    def test_a_result_that_is_gone_is_bought_again_once_after_asking(
        self, emulator: Emulator, tmp_path: Path, code: str
    ) -> None:
        emulator.faults.planned = [Fault("GetObject", code, "gone", times=-1, status=404)]
        day = window(DAY, DAY)
        with opened(tmp_path) as service:
            with pytest.raises(SourceError, match="only after asking"):
                fetched(service, day)
            assert len(emulator.queries) == 1
            assert set(states(service, day).values()) == {"failed"}
            service.fetch(lambda _: None, NEVER)
            assert len(emulator.queries) == 1
        with opened(tmp_path) as service:
            plan = planned(service, day)
            assert (plan.paid_before, plan.ask_first) == (plan.days, True)
            assert "the result is gone" in " ".join(plan.warnings)
            emulator.faults.planned = []
            service.fetch(lambda _: None, NEVER, plan)
            assert set(states(service, day).values()) == {"kept"}
            assert not planned(service, day).ask_first
        assert len(emulator.queries) == 2


class TestLimit:
    def test_a_single_day_above_the_limit_ends_the_run(self, emulator: Emulator, tmp_path: Path) -> None:
        emulator.faults.planned, emulator.workgroup.limit = [NO_LISTING], 50 * SCALE
        with opened(tmp_path, terms=AthenaTerms(max_price=1.0)) as service:
            with pytest.raises(SourceError, match="more than its limit"):
                fetched(service, WEEK)
            assert set(states(service, WEEK).values()) == {"failed"}
        assert [each.state for each in emulator.queries] == ["CANCELLED"]

    def test_one_day_tells_how_many_fit_into_a_query(self, emulator: Emulator, tmp_path: Path) -> None:
        size = bytes_of(emulator, [NEEDED[0]]) * SCALE
        emulator.faults.planned, emulator.workgroup.limit = [NO_LISTING], 3 * size
        with opened(tmp_path, terms=AthenaTerms(max_price=1.0)) as service:
            fetched(service, WEEK)
            assert set(states(service, WEEK).values()) == {"kept"}
        assert [each.state for each in emulator.queries].count("CANCELLED") <= 1


class TestCap:
    def test_a_query_that_passes_the_agreement_is_stopped(self, emulator: Emulator, tmp_path: Path) -> None:
        emulator.looks = 40
        with opened(tmp_path) as service:
            plan = planned(service, WEEK)
            table = emulator.engine.tables[0]
            emulator.deliver(table, DAY, [{"eventID": str(number)} for number in range(3_000)], "b")
            service.fetch(lambda _: None, NEVER, plan)
            assert states(service, WEEK)[DAY] == "failed"
            assert "more than what was agreed to" in next(d.why for d in service.coverage(WEEK).days if d.day == DAY)
            [run] = [run for run in service.queries() if run.state == "cancelled"]
            assert run.price > 0
            again = planned(service, WEEK)
            assert (again.bytes or 0) > (plan.bytes or 0)
        assert sorted({each.state for each in emulator.queries}) == ["CANCELLED", "SUCCEEDED"]

    def test_the_cap_of_a_run_refuses_a_plan_and_counts_what_was_spent(
        self, emulator: Emulator, tmp_path: Path
    ) -> None:
        cap = bytes_of(emulator, NEEDED) * SCALE * 1.1 * 5 / 10**12
        with opened(tmp_path, terms=AthenaTerms(max_price=cap)) as service:
            assert planned(service, WEEK).refusal == ""
            fetched(service, WEEK)
            more = planned(service, window(FIRST, FIRST + timedelta(DAYS - 1)))
            assert "--max-price" in more.refusal
            with pytest.raises(UsageError, match="max-price"):
                service.fetch(lambda _: None, NEVER, more)
        assert sum(emulator.billed) * 5 / 10**12 <= cap

    def test_days_paid_already_are_not_priced_again(self, emulator: Emulator, tmp_path: Path) -> None:
        emulator.faults.planned = [Fault("GetObject", "AccessDenied", "no", times=-1, status=403)]
        with opened(tmp_path) as service:
            with pytest.raises(SourceError, match="cannot be read"):
                fetched(service, WEEK)
            plan = planned(service, WEEK)
            assert (list(plan.paid), plan.bytes, plan.price) == (NEEDED, 0, 0.0)
            emulator.faults.planned = []
            fetched(service, WEEK)
            assert set(states(service, WEEK).values()) == {"kept"}
        assert sum(emulator.billed) == bytes_of(emulator, NEEDED) * SCALE

    def test_a_doubt_is_cleared_although_no_size_is_known(self, emulator: Emulator, tmp_path: Path) -> None:
        emulator.faults.planned, emulator.engine.plan = [NO_LISTING], ()
        with opened(tmp_path, terms=AthenaTerms(max_price=1.0)) as service:
            assert planned(service, WEEK).doubt
            fetched(service, WEEK)
            assert planned(service, window(date(2026, 11, 21), date(2026, 11, 22))).doubt == ""


def test_a_plan_tells_how_many_folders_are_listed(emulator: Emulator, tmp_path: Path) -> None:
    emulator.listing_delay = 0.2
    reports: list[Progress] = []
    with opened(tmp_path) as service:
        planned(service, WEEK, report=reports.append)
    assert {(each.state, each.files_total, each.of) for each in reports} == {("listing", len(NEEDED), "folders")}
    assert [each.files_done for each in reports] == sorted(each.files_done for each in reports)


class TestUnreadable:
    @pytest.mark.parametrize(
        ("message", "file"),
        [
            (f"HIVE_CURSOR_ERROR: Row is not a valid JSON Object - JSONException in {FILE}", FILE),
            (f"HIVE_BAD_DATA: Malformed record: {FILE}", FILE),
            (f"HIVE_CANNOT_OPEN_SPLIT: Error opening Hive split {FILE} (offset=0): Access Denied (Service: S3)", FILE),
            ("HIVE_PARTITION_SCHEMA_MISMATCH: There is a mismatch between the schemas", f"a file of {DAY}"),
        ],
        ids=["json", "data", "denied", "schema"],
    )
    def test_one_bad_file_is_one_bad_day(self, emulator: Emulator, tmp_path: Path, message: str, file: str) -> None:
        emulator.bad = {(f"{DAY:%Y/%m/%d}",): message}
        for _ in range(2):
            with opened(tmp_path) as service:
                fetched(service, WEEK)
                found = service.coverage(WEEK)
                assert {day.day for day in found.days if day.state != "kept"} == {DAY}
                assert [(each.file, each.day) for each in found.unreadable] == [(file, DAY)]
                assert len(sessions(service, WEEK)) == 6
        others = [day for day in NEEDED if day != DAY]
        assert sum(emulator.billed) == bytes_of(emulator, others) * SCALE

    def test_a_trail_that_cannot_be_read_at_all_ends_soon(self, emulator: Emulator, tmp_path: Path) -> None:
        emulator.bad = {(f"{day:%Y/%m/%d}",): "HIVE_CURSOR_ERROR: Access Denied (Service: Amazon S3)" for day in NEEDED}
        with opened(tmp_path) as service, pytest.raises(SourceError, match="cannot be read"):
            fetched(service, WEEK)
        assert len(emulator.queries) < 16
        assert emulator.billed == []

    def test_what_is_kept_is_answered_when_nothing_arrives(self, emulator: Emulator, tmp_path: Path) -> None:
        with opened(tmp_path) as service:
            fetched(service, window(date(2026, 11, 12), date(2026, 11, 13)))
            emulator.faults.planned = [Fault("Query", message="not authorized to perform: kms:Decrypt", times=-1)]
            fetched(service, WEEK)
            assert len(sessions(service, WEEK)) == 4
            assert set(states(service, WEEK).values()) == {"kept", "failed"}
