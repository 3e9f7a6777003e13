"""Bad days at AWS: every folder day is stored once all the same."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

import pytest

from ssmtrail.queries.errors import SourceError
from ssmtrail.queries.store.segments import segments_in
from tests.athena_emulator.faults import Fault
from tests.queries.athena.conftest import DAYS, FIRST
from tests.queries.athena.stage import fetched, opened, planned, sessions, states, window
from tests.queries.athena.test_service import NO_LISTING, WEEK

if TYPE_CHECKING:
    from pathlib import Path

    from tests.athena_emulator import Emulator


pytestmark = pytest.mark.usefixtures("within_agreement")


def days_stored(store: Path) -> Counter[date]:
    """How many segments every day has."""
    (folder,) = store.glob("v*/*/segments")
    return Counter(segment.copy.day for segment in segments_in(folder) if segment.copy)


@pytest.fixture
def impatient(hasty_library: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hardly any pause between tries, many tries."""
    monkeypatch.setattr("ssmtrail.queries.sources.athena.client._LONGEST_WAIT", 0.01)
    monkeypatch.setattr("ssmtrail.queries.sources.athena.fetch._LONGEST_PAUSE", 0.01)
    monkeypatch.setattr("ssmtrail.queries.sources.athena.runner._FIRST_WAIT", 0.02)
    monkeypatch.setattr("ssmtrail.queries.sources.athena.fetch._TRIES", 12)
    monkeypatch.setattr("ssmtrail.queries.sources.athena.answers._TRIES", 12)
    monkeypatch.setattr("ssmtrail.queries.sources.athena.answers._LONGEST_PAUSE", 0.01)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("days_a_query", [1, 7])
def test_thirty_days_arrive_once_with_a_third_of_the_answers_gone_wrong(
    emulator: Emulator, tmp_path: Path, days_a_query: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Throttled, failed inside, cut, also in the middle of a result; the queries themselves fail as often."""
    monkeypatch.setattr("ssmtrail.queries.sources.athena.plan._USUAL_DAYS", days_a_query)
    monkeypatch.setattr("ssmtrail.queries.sources.athena.plan._MOST_QUERIES", 99)
    quiet = [FIRST + timedelta(days=number) for number in range(DAYS, 34)]
    for day in quiet:
        other = {"eventName": "GetCallerIdentity", "eventTime": f"{day}T01:00:00Z", "eventID": f"other-{day}"}
        emulator.deliver(emulator.engine.tables[0], day, [other])
    whole = window(FIRST + timedelta(days=1), FIRST + timedelta(days=30))
    now = datetime(2026, 12, 20, tzinfo=UTC)
    emulator.now = now.timestamp()
    with opened(tmp_path, now) as service:
        emulator.faults.planned = [NO_LISTING]
        plan = planned(service, whole)
        emulator.faults.planned = []
        assert len(plan.days) == 33
        emulator.faults.rate, emulator.faults.chance = 0.3, Random(days_a_query)
        service.fetch(lambda _: None, threading.Event(), plan)
        emulator.faults.rate = 0.0
        assert set(states(service, whole).values()) == {"kept"}
        assert sessions(service, whole) == [f"jane-{number:05d}" for number in range(1, DAYS)]
    assert set(days_stored(tmp_path).values()) == {1}
    assert days_stored(tmp_path).keys() == set(plan.days)
    if days_a_query == 1:
        happened = emulator.faults.happened
        assert set(happened) >= {"ThrottlingException", "InternalServerException", "cut", "Query"}
        assert happened.total() > 0.2 * emulator.calls.total()


@pytest.mark.usefixtures("impatient")
def test_a_query_that_fails_inside_is_asked_again(emulator: Emulator, tmp_path: Path) -> None:
    emulator.faults.planned = [Fault("Query", message="INTERNAL_ERROR", error_type=200, times=2)]
    with opened(tmp_path) as service:
        fetched(service, WEEK)
        assert sorted(run.state for run in service.queries()) == ["done", "failed", "failed"]
        assert set(states(service, WEEK).values()) == {"kept"}


def test_a_query_that_is_too_large_is_cut_in_halves(emulator: Emulator, tmp_path: Path) -> None:
    emulator.faults.planned = [Fault("Query", message="Query exhausted resources at this scale factor", error_type=3)]
    with opened(tmp_path) as service:
        fetched(service, WEEK)
        assert [(run.last - run.first).days + 1 for run in service.queries()].count(5) == 2
        assert set(states(service, WEEK).values()) == {"kept"}
    assert set(days_stored(tmp_path).values()) == {1}


def test_the_workgroups_limit_is_told_before_and_kept_to(emulator: Emulator, tmp_path: Path) -> None:
    emulator.workgroup.limit = 1_500
    with opened(tmp_path) as service:
        plan = planned(service, WEEK)
        assert plan.limit == 1_500
        assert plan.queries > 1
        fetched(service, WEEK)
        assert set(states(service, WEEK).values()) == {"kept"}
    assert {each.state for each in emulator.queries} == {"SUCCEEDED"}


def test_what_no_patience_helps_is_said_and_shown(emulator: Emulator, tmp_path: Path) -> None:
    emulator.faults.planned = [
        Fault("Query", message="HIVE_CURSOR_ERROR: Access Denied (Service: Amazon S3; Status Code: 403)",
              error_type=1200, category=2, times=-1)
    ]  # fmt: skip
    with opened(tmp_path) as service:
        with pytest.raises(SourceError, match="log files of the trail cannot be read"):
            fetched(service, WEEK)
        assert set(states(service, WEEK).values()) == {"failed"}
    with opened(tmp_path) as service:
        day = service.coverage(WEEK).days[0]
        assert (day.state, "cannot be read" in day.why) == ("failed", True)
        emulator.faults.planned = []
        fetched(service, WEEK)
        assert set(states(service, WEEK).values()) == {"kept"}


def test_expired_credentials_are_said_and_what_is_kept_stays_readable(emulator: Emulator, tmp_path: Path) -> None:
    with opened(tmp_path) as service:
        fetched(service, WEEK)
        emulator.expired = True
        with pytest.raises(SourceError, match="have expired"):
            planned(service, window(date(2026, 11, 22), date(2026, 11, 22)))
        assert len(sessions(service, WEEK)) == 7
        with pytest.raises(SourceError, match="aws sso login"), opened(tmp_path):
            pass


def test_renewed_credentials_are_taken_by_what_runs(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = window(date(2026, 11, 15), date(2026, 11, 15))
    with opened(tmp_path) as service:
        planned(service, day)
        emulator.expired_keys = {"AKIDEMULATED"}
        for _ in range(2):
            with pytest.raises(SourceError, match="have expired"):
                planned(service, WEEK)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDRENEWED")
        plan = planned(service, day)
        emulator.expired_keys |= {"AKIDRENEWED"}
        with pytest.raises(SourceError, match="have expired"):
            service.fetch(lambda _: None, threading.Event(), plan)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDAGAIN")
        fetched(service, day)
        assert set(states(service, day).values()) == {"kept"}
        emulator.expired_keys |= {"AKIDAGAIN"}
        emulator.account = "999988887777"
        with pytest.raises(SourceError, match="have expired"):
            planned(service, WEEK)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDOTHER")
        with pytest.raises(SourceError, match="of account 999988887777 now, not 111122223333"):
            planned(service, WEEK)


def test_managed_results_are_paged(emulator: Emulator, tmp_path: Path) -> None:
    emulator.workgroup.managed, emulator.page_size = True, 5
    with opened(tmp_path) as service:
        fetched(service, WEEK)
        assert len(sessions(service, WEEK)) == 7
    assert emulator.calls["GetObject"] == 0


def test_partitions_that_were_never_added_are_missing(emulator: Emulator, tmp_path: Path) -> None:
    table = emulator.engine.tables[0]
    table.parameters = {}
    absent = (date(2026, 11, 14), date(2026, 11, 15))
    table.absent = {(f"{day:%Y/%m/%d}",) for day in absent}
    listed = [FIRST + timedelta(days=number) for number in range(DAYS)]
    emulator.partitions["trail"] = [(f"{day:%Y/%m/%d}",) for day in listed if day not in absent]
    with opened(tmp_path) as service:
        plan = planned(service, WEEK)
        assert [day for day, _ in plan.absent] == list(absent)
        fetched(service, WEEK)
        found = states(service, WEEK)
        assert [day for day, state in found.items() if state == "missing"] == list(absent)


def test_a_query_that_cannot_be_stopped_is_found_again(emulator: Emulator, tmp_path: Path) -> None:
    emulator.hold()
    emulator.faults.planned = [Fault("StopQueryExecution", "AccessDeniedException", "not authorized", times=-1)]
    with opened(tmp_path) as service:
        cancelled = threading.Event()
        plan = planned(service, WEEK)
        last = service.fetch(lambda progress: cancelled.set() if progress.bytes_done else None, cancelled, plan)
        assert last.state == "cancelled"
        assert [run.state for run in service.queries()] == ["running"]
        emulator.release()
        service.fetch(lambda _: None, threading.Event())
        assert set(states(service, WEEK).values()) == {"kept"}
    assert len(emulator.queries) == 1


@pytest.mark.usefixtures("impatient")
def test_a_start_whose_answer_was_lost_is_stopped_all_the_same(emulator: Emulator, tmp_path: Path) -> None:
    emulator.hold()
    with opened(tmp_path) as service:
        cancelled = threading.Event()
        plan = planned(service, WEEK)
        emulator.faults.planned = [Fault("StartQueryExecution", times=3)]

        def report(_: object) -> None:
            if emulator.queries:
                cancelled.set()

        service.fetch(report, cancelled, plan)
        assert {run.state for run in service.queries()} == {"cancelled"}
    assert {each.state for each in emulator.queries} == {"CANCELLED"}


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("operation", ["GetQueryExecution", "GetObject"])
def test_a_result_that_cannot_be_had_now_is_taken_later_without_paying_again(
    emulator: Emulator, tmp_path: Path, operation: str
) -> None:
    with opened(tmp_path) as service:
        plan = planned(service, WEEK)
        emulator.faults.planned = [Fault(operation, "AccessDeniedException", "not authorized", times=-1)]
        with pytest.raises(SourceError, match=r"denied|cannot be read"):
            service.fetch(lambda _: None, threading.Event(), plan)
        assert set(states(service, WEEK).values()) == {"failed"}
        emulator.faults.planned = []
        service.fetch(lambda _: None, threading.Event())
        assert set(states(service, WEEK).values()) == {"kept"}
    assert len(emulator.queries) == 1
