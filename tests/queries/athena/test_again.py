"""Asking again for what a query did not bring."""

from __future__ import annotations

import threading
from datetime import date
from typing import TYPE_CHECKING

import pytest

from ssmtrail.queries.errors import SourceError
from tests.athena_emulator.faults import Fault
from tests.queries.athena.stage import fetched, opened, planned, states, window

if TYPE_CHECKING:
    from pathlib import Path

    from tests.athena_emulator import Emulator

WEEK = window(date(2026, 11, 12), date(2026, 11, 18))
NEVER = threading.Event()


def test_what_failed_is_planned_and_fetched_again(emulator: Emulator, tmp_path: Path) -> None:
    emulator.faults.planned = [Fault("Query", message="not authorized to perform: kms:Decrypt", error_type=1200)]
    with opened(tmp_path) as service:
        with pytest.raises(SourceError):
            fetched(service, WEEK)
        failed = service.queries()[0]
        assert failed.state == "failed"
        plan = service.plan_again(failed.key, NEVER)
        assert (plan.days[0], plan.days[-1]) == (failed.first, failed.last)
        service.fetch(lambda _: None, NEVER, plan)
        assert set(states(service, WEEK).values()) == {"kept"}
        assert service.plan_again(failed.key, NEVER).days == ()


def test_days_that_others_brought_are_left_out(emulator: Emulator, tmp_path: Path) -> None:
    emulator.faults.planned = [Fault("Query", message="not authorized to perform: kms:Decrypt", error_type=1200)]
    with opened(tmp_path) as service:
        with pytest.raises(SourceError):
            fetched(service, WEEK)
        failed = service.queries()[0]
        fetched(service, window(date(2026, 11, 13), date(2026, 11, 13)))
        plan = service.plan_again(failed.key, NEVER)
        assert not {date(2026, 11, number) for number in (12, 13, 14, 15)} & set(plan.days)
        assert plan.kept == 4


def test_a_query_that_was_stopped_is_asked_again(emulator: Emulator, tmp_path: Path) -> None:
    with opened(tmp_path) as service:
        plan = planned(service, WEEK)
        emulator.hold()
        cancelled = threading.Event()
        service.fetch(lambda progress: cancelled.set() if progress.bytes_done else None, cancelled, plan)
        emulator.release()
        stopped = service.queries()[0]
        assert stopped.state == "cancelled"
        again = service.plan_again(stopped.key, NEVER)
        assert len(again.days) == (stopped.last - stopped.first).days + 1
        service.fetch(lambda _: None, NEVER, again)
        assert set(states(service, WEEK).values()) == {"kept"}


def test_an_unknown_query_has_no_days(emulator: Emulator, tmp_path: Path) -> None:
    with opened(tmp_path) as service:
        assert service.plan_again("0" * 32, NEVER).days == ()
