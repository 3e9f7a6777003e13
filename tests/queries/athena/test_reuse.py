"""Results that the workgroup gives again: of closed days, no older than their closing."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from ssmtrail.queries.sources.athena.address import AthenaTerms
from tests.queries.athena.conftest import NOW
from tests.queries.athena.stage import fetched, opened, patched_clock, planned, sessions, states, window

if TYPE_CHECKING:
    from pathlib import Path

    from tests.athena_emulator import Emulator

WEEK = window(date(2026, 11, 12), date(2026, 11, 18))
ONE = window(date(2026, 11, 22), date(2026, 11, 22))
REUSING = AthenaTerms(reuse_minutes=10_080)


def test_another_store_takes_the_result_again_for_nothing(emulator: Emulator, tmp_path: Path) -> None:
    for name in ("here", "there"):
        with opened(tmp_path / name, terms=REUSING) as service:
            fetched(service, WEEK)
            assert len(sessions(service, WEEK)) == 7
            runs = service.queries()
            if name == "here":
                scanned = emulator.bytes_scanned
    assert all(run.reused and not run.bytes and not run.price for run in runs)
    assert set(states(service, WEEK).values()) == {"kept"}
    assert emulator.bytes_scanned == scanned > 0


def test_nothing_is_reused_unasked(emulator: Emulator, tmp_path: Path) -> None:
    for name in ("here", "there"):
        with opened(tmp_path / name) as service:
            fetched(service, WEEK)
    assert {each.reuse for each in emulator.queries} == {0}


def test_a_result_from_before_its_days_were_final_is_not_taken(emulator: Emulator, tmp_path: Path) -> None:
    # The last folder day, 23 November, is final at 02:00 of the day after.
    early, later = datetime(2026, 11, 24, 1, tzinfo=UTC), datetime(2026, 11, 24, 3, tzinfo=UTC)
    with patched_clock(emulator, early), opened(tmp_path / "here", early, REUSING) as service:
        fetched(service, ONE)
    assert {each.reuse for each in emulator.queries} == {0}  # the day that is still open goes with the others
    with patched_clock(emulator, later), opened(tmp_path / "there", later, REUSING) as service:
        fetched(service, ONE)
        assert set(states(service, ONE).values()) == {"kept"}
        assert not any(run.reused for run in service.queries())
    assert max(each.reuse for each in emulator.queries) == 60


def test_days_that_are_wanted_anew_are_scanned_anew(emulator: Emulator, tmp_path: Path) -> None:
    with opened(tmp_path, terms=REUSING) as service:
        fetched(service, ONE)
    later = NOW + timedelta(hours=1)
    with patched_clock(emulator, later), opened(tmp_path, later, REUSING) as service:
        fetched(service, ONE, again=3)
        assert not service.queries()[0].reused
    assert emulator.queries[-1].reuse == 0


def test_a_reused_result_is_as_old_as_it_may_be(emulator: Emulator, tmp_path: Path) -> None:
    with opened(tmp_path / "here", terms=REUSING) as service:
        fetched(service, WEEK)
    with opened(tmp_path / "there", terms=REUSING) as service:
        fetched(service, WEEK)
        assert planned(service, WEEK).days == ()


@pytest.mark.parametrize("why", ["engine", "managed", "output", "hidden"])
def test_a_workgroup_that_cannot_is_not_asked(emulator: Emulator, tmp_path: Path, why: str) -> None:
    options: dict[str, Any] = {}
    if why == "engine":
        emulator.workgroup.engine = "Athena engine version 2"
    elif why == "managed":
        emulator.workgroup.managed = True
    elif why == "output":
        options["output"] = "s3://results-bucket/mine/"
    else:
        from tests.athena_emulator.faults import Fault

        emulator.faults.planned = [Fault("GetWorkGroup", "AccessDeniedException", "no", times=-1)]
    with opened(tmp_path, terms=REUSING, **options) as service:
        plan = planned(service, WEEK)
        assert any("No result is reused" in warning for warning in plan.warnings)
        service.fetch(lambda _: None, threading.Event(), plan)
    assert {each.reuse for each in emulator.queries} == {0}
