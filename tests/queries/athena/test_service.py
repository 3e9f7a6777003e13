"""The core over Athena: every folder day scanned once, whatever happens."""

from __future__ import annotations

import threading
from datetime import date, timedelta
from typing import TYPE_CHECKING

from tests.queries.athena.conftest import FIRST
from tests.queries.athena.stage import fetched, opened, planned, sessions, states, window

if TYPE_CHECKING:
    from pathlib import Path

    from tests.athena_emulator import Emulator

WEEK = window(date(2026, 11, 12), date(2026, 11, 18))
#: The look-around before and after, the folder of late events.
NEEDED = [date(2026, 11, 11) + timedelta(days=number) for number in range(10)]


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
        told = fetched(service, WEEK)
        assert told[-1].state == "done"
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
        assert emulator.executions == {}
        assert set(states(service, WEEK).values()) == {"missing"}
        planned(service, WEEK)
    assert emulator.executions == {}
    assert NEEDED[0] > FIRST
