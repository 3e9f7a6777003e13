"""A trail over Athena: every folder day is scanned exactly once."""

from __future__ import annotations

import threading
import time
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from ssmtrail.queries.sources.athena.address import AthenaTerms
from ssmtrail.queries.times import Window
from tests.athena_emulator.faults import Fault
from tests.in_time import is_within
from tests.queries.athena.conftest import FIRST, NOW
from tests.queries.athena.stage import fetched, opened, patched_clock, planned, sessions, states, window
from tests.records import start

if TYPE_CHECKING:
    from pathlib import Path

    from ssmtrail.queries.model import Progress
    from tests.athena_emulator import Emulator

WEEK = window(date(2026, 11, 12), date(2026, 11, 18))
#: The look-around before and after, the folder of late events.
NEEDED = [date(2026, 11, 11) + timedelta(days=number) for number in range(10)]
NO_LISTING = Fault("ListObjectsV2", "AccessDenied", "Access Denied", times=-1, status=403)


def bytes_of(emulator: Emulator, days: list[date]) -> int:
    table = emulator.engine.tables[0]
    return emulator.engine.size(table, [(f"{day:%Y/%m/%d}",) for day in days])


def test_a_window_is_planned_paid_once_and_answered_from_the_store(emulator: Emulator, tmp_path: Path) -> None:
    with opened(tmp_path) as service:
        plan = planned(service, WEEK)
        assert list(plan.days) == NEEDED
        assert (plan.how, plan.bytes) == ("listed", bytes_of(emulator, NEEDED))
        assert plan.price is not None
        assert not plan.ask_first
        reports = fetched(service, WEEK)
        assert reports[-1].state == "done"
        assert sessions(service, WEEK) == [f"jane-{number:05d}" for number in range(2, 9)]
        assert emulator.bytes_scanned == bytes_of(emulator, NEEDED)
        assert set(states(service, WEEK).values()) == {"kept"}
        runs = service.queries()
        assert sum(run.bytes for run in runs) == emulator.bytes_scanned
        assert {run.state for run in runs} == {"done"}
        fetched(service, WEEK)
    with opened(tmp_path) as again:
        assert planned(again, WEEK).days == ()
        fetched(again, WEEK)
        assert sessions(again, WEEK) == [f"jane-{number:05d}" for number in range(2, 9)]
    assert emulator.bytes_scanned == bytes_of(emulator, NEEDED)


def test_nothing_is_paid_without_an_agreement(emulator: Emulator, tmp_path: Path) -> None:
    with opened(tmp_path) as service:
        assert service.fetch(lambda _: None, threading.Event()).state == "done"
        assert emulator.queries == []
        assert set(states(service, WEEK).values()) == {"missing"}
        planned(service, WEEK)
    assert emulator.queries == []
    assert NEEDED[0] > FIRST


def test_two_services_at_once_pay_once_together(emulator: Emulator, tmp_path: Path) -> None:
    emulator.delay = 0.3
    with opened(tmp_path) as one, opened(tmp_path) as other:
        agreed = [planned(one, WEEK), planned(other, WEEK)]
        states_seen: list[str] = []
        threads = [
            threading.Thread(
                target=service.fetch, args=(lambda each: states_seen.append(each.state), threading.Event(), plan)
            )
            for service, plan in zip((one, other), agreed, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sessions(one, WEEK) == sessions(other, WEEK) == [f"jane-{number:05d}" for number in range(2, 9)]
    assert "waiting" in states_seen
    assert emulator.bytes_scanned == bytes_of(emulator, NEEDED)


def test_a_cancelled_query_is_stopped_within_a_second_and_what_arrived_stays(
    emulator: Emulator, tmp_path: Path
) -> None:
    with opened(tmp_path) as service:
        fetched(service, window(date(2026, 11, 16), date(2026, 11, 16)))
        before = len(service.coverage(Window()).days)
        emulator.hold()
        cancelled, reports = threading.Event(), []

        def report(progress: Progress) -> None:
            reports.append(progress)
            if progress.bytes_done:
                cancelled.set()
                began.append(time.monotonic())

        began: list[float] = []
        last = service.fetch(report, cancelled, planned(service, WEEK))
        assert last.state == "cancelled"
        running = [each for each in emulator.queries if each.id in emulator.stopped]
        assert running
        assert is_within(max(emulator.stopped[each.id] for each in running) - began[0], 1.0)
        assert {run.state for run in service.queries()} == {"done", "cancelled"}
        assert any(run.bytes and run.price for run in service.queries() if run.state == "cancelled")
        assert len(service.coverage(Window()).days) == before
        emulator.release()
        fetched(service, WEEK)
        assert set(states(service, WEEK).values()) == {"kept"}


def test_closing_stops_what_runs(emulator: Emulator, tmp_path: Path) -> None:
    emulator.hold()
    with opened(tmp_path) as service:
        begun = threading.Event()
        plan = planned(service, WEEK)
        thread = threading.Thread(
            target=service.fetch, args=(lambda each: begun.set() if each.bytes_done else None, threading.Event(), plan)
        )
        thread.start()
        assert begun.wait(10)
    assert {each.state for each in emulator.queries} == {"CANCELLED"}
    thread.join()


def test_one_query_is_stopped_and_the_others_go_on(emulator: Emulator, tmp_path: Path) -> None:
    emulator.faults.planned = [NO_LISTING]
    emulator.hold()
    with opened(tmp_path) as service:

        def report(progress: Progress) -> None:
            runs = [run for run in service.queries() if run.state == "running"]
            if progress.bytes_done and len(runs) == 2 and not emulator.stopped:
                service.stop_query(runs[0].key)
            if emulator.stopped:
                emulator.release()

        service.fetch(report, threading.Event(), planned(service, WEEK))
        assert sorted(run.state for run in service.queries()) == ["cancelled", "done"]
        assert sorted(set(states(service, WEEK).values())) == ["failed", "kept"]
        why = [day.why for day in service.coverage(WEEK).days if day.state == "failed"]
        assert set(why) == {"The query was stopped."}


def test_an_open_day_is_read_again_and_late_events_find_their_day(emulator: Emulator, tmp_path: Path) -> None:
    today = date(2026, 11, 23)
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    with patched_clock(emulator, noon), opened(tmp_path, noon) as service:
        whole = window(today, today)
        fetched(service, whole)
        assert states(service, whole) == {today: "open"}
        assert planned(service, whole).days == ()
        assert planned(service, whole, refresh=True).days == (date(2026, 11, 22) + timedelta(days=1),)
        late = start("2026-11-23T11:00:00Z", "late-00001", eventID="late")
        emulator.deliver(emulator.engine.tables[0], today, [late], "b")
        fetched(service, whole, refresh=True)
        assert sessions(service, whole) == ["jane-00013", "late-00001"]
    with opened(tmp_path) as service:
        assert planned(service, window(today, today)).days == (today,)


def test_days_that_the_table_does_not_have_are_never_answers(emulator: Emulator, tmp_path: Path) -> None:
    table = emulator.engine.tables[0]
    table.parameters = {**table.parameters, "projection.timestamp.range": "2026/11/14,NOW"}
    with opened(tmp_path) as service:
        plan = planned(service, WEEK)
        assert [day for day, _ in plan.absent] == [date(2026, 11, number) for number in (11, 12, 13)]
        fetched(service, WEEK)
        day = service.coverage(WEEK).days[0]
        assert (day.state, day.day) == ("missing", date(2026, 11, 12))
        assert "outside the table's projection range" in day.why


def test_a_day_without_files_is_missing_not_empty(emulator: Emulator, tmp_path: Path) -> None:
    whole = window(date(2026, 10, 1), date(2026, 10, 3))
    with opened(tmp_path) as service:
        plan = planned(service, whole)
        assert plan.days == ()
        assert {why for _, why in plan.absent} == {"its folder has no files"}
        emulator.faults.planned = [NO_LISTING]
        plan = planned(service, whole)
        assert (plan.how, plan.ask_first, plan.price) == ("unknown", True, None)
        fetched(service, whole)
        assert set(states(service, whole).values()) == {"missing"}
        assert "no record" in service.coverage(whole).days[0].why
        assert planned(service, whole).days != ()


def test_the_last_days_can_be_verified(emulator: Emulator, tmp_path: Path) -> None:
    whole = window(date(2026, 11, 20), date(2026, 11, 21))
    with opened(tmp_path) as service:
        fetched(service, whole)
        assert planned(service, whole).days == ()
        plan = planned(service, whole, again=4)
        assert plan.days == plan.again == (date(2026, 11, 22), date(2026, 11, 23))
        emulator.deliver(
            emulator.engine.tables[0], date(2026, 11, 22), [start("2026-11-20T11:00:00Z", "late-1", eventID="l")], "b"
        )
        service.fetch(lambda _: None, threading.Event(), plan)
        assert "late-1" in sessions(service, whole)


def test_days_are_checked_again_once_a_run(emulator: Emulator, tmp_path: Path) -> None:
    whole = window(date(2026, 11, 20), date(2026, 11, 21))
    with opened(tmp_path) as service:
        fetched(service, whole)
    emulator.now, later = (NOW + timedelta(minutes=2)).timestamp(), NOW + timedelta(minutes=1)
    with opened(tmp_path, later, AthenaTerms(recheck_days=4)) as service:
        assert planned(service, whole).again == (date(2026, 11, 22), date(2026, 11, 23))
        fetched(service, whole)
        assert planned(service, whole).days == ()


@pytest.mark.parametrize(("minutes", "is_read"), [(14, False), (16, True)])
def test_an_open_day_is_read_again_after_a_set_age(
    emulator: Emulator, tmp_path: Path, minutes: int, is_read: bool
) -> None:
    today, noon = date(2026, 11, 23), datetime(2026, 11, 23, 12, tzinfo=UTC)
    with patched_clock(emulator, noon), opened(tmp_path, noon) as service:
        fetched(service, window(today, today))
    with opened(tmp_path, noon + timedelta(minutes=minutes)) as service:
        assert bool(planned(service, window(today, today)).days) is is_read
    with opened(tmp_path, noon + timedelta(minutes=minutes), AthenaTerms(open_minutes=30)) as service:
        assert planned(service, window(today, today)).days == ()


def test_averages_take_the_place_of_a_listing(emulator: Emulator, tmp_path: Path) -> None:
    with opened(tmp_path) as service:
        fetched(service, window(date(2026, 11, 12), date(2026, 11, 12)))
        emulator.faults.planned = [NO_LISTING]
        plan = planned(service, WEEK)
        assert plan.how == "guessed"
        assert plan.bytes is not None
        assert abs(plan.bytes - bytes_of(emulator, list(plan.days))) < plan.bytes / 10
