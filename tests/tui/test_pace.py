"""When something is done that is wished for again and again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ssmtrail.tui import workers
from ssmtrail.tui.workers import LeadingDebounce

if TYPE_CHECKING:
    from collections.abc import Callable


class Timer:
    def __init__(self, do: Callable[[], object]) -> None:
        self.do, self.runs = do, True

    def stop(self) -> None:
        self.runs = False


class Pump:
    """Keeps timers until they are let go."""

    def __init__(self) -> None:
        self.timers: list[Timer] = []

    def set_timer(self, seconds: float, do: Callable[[], object]) -> Timer:
        self.timers.append(Timer(do))
        return self.timers[-1]

    def rest(self) -> None:
        for timer in self.timers:
            if timer.runs:
                timer.do()
        self.timers.clear()


def test_the_first_at_once_what_follows_in_haste_once_it_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    now, pump, done = [0.0], Pump(), []
    monkeypatch.setattr(workers, "monotonic", lambda: now[0])
    wishes = LeadingDebounce(pump, 0.15, lambda: done.append(now[0]))  # type: ignore[arg-type]
    for moment in (1.0, 1.1, 1.2):
        now[0] = moment
        wishes.trigger()
    assert done == [1.0]
    now[0] = 1.35
    pump.rest()
    assert done == [1.0, 1.35]
    now[0] = 2.0
    wishes.trigger()
    assert done == [1.0, 1.35, 2.0]
    assert not pump.timers


def test_what_is_dropped_is_not_done(monkeypatch: pytest.MonkeyPatch) -> None:
    pump, done = Pump(), []
    monkeypatch.setattr(workers, "monotonic", lambda: 1.0)
    wishes = LeadingDebounce(pump, 0.15, lambda: done.append(1))  # type: ignore[arg-type]
    wishes.trigger()
    wishes.trigger()
    wishes.drop()
    pump.rest()
    assert done == [1]
