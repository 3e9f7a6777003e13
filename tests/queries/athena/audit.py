"""A scripted audit over Athena: what it scans, against what it needs."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from ssmtrail.queries.filters import Filter
from ssmtrail.queries.model import Question, Scope
from tests.queries.athena.stage import fetched, opened, planned, window

if TYPE_CHECKING:
    from pathlib import Path

    from ssmtrail.queries.times import Window
    from ssmtrail.queries.trail import Trail
    from tests.athena_emulator import Emulator

NEVER = threading.Event()


@dataclass(frozen=True, slots=True)
class Scans:
    """Bytes."""

    first: int
    """By the first opening, with everything that was asked in it."""
    later: int
    """By all later openings."""
    needed: int
    """The files of the folder days that the window needs."""
    naive: int
    """What asking each view by a query of its own would have scanned."""

    @property
    def ratio(self) -> float:
        return (self.first + self.later) / self.needed


def audit(emulator: Emulator, store: Path, first: date, last: date) -> Scans:
    """Two panes at once: three screens, ten drill-downs; quit; open again, two panes at once."""
    whole = window(first, last)
    views = _both(store, whole)
    opening = emulator.bytes_scanned
    views += _both(store, whole)
    later = emulator.bytes_scanned - opening
    with opened(store) as service:
        needed = [date.fromordinal(number) for number in range(first.toordinal() - 1, last.toordinal() + 3)]
        assert planned(service, whole).days == ()
    table = emulator.engine.tables[0]
    size = emulator.engine.size(table, [(f"{day:%Y/%m/%d}",) for day in needed])
    return Scans(opening, later, size, size * views)


def _both(store: Path, whole: Window) -> int:
    """Two panes over one store, at once; the number of views that they showed."""
    views: list[int] = []

    def pane() -> None:
        with opened(store) as service:
            fetched(service, whole)
            views.append(_look(service, whole))

    threads = [threading.Thread(target=pane) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(views) == 2
    return sum(views)


def _look(service: Trail, whole: Window) -> int:
    """Three screens and ten drill-downs; how many views that were."""
    scope = Scope(whole, Filter())
    service.ask(Question("sessions", scope), NEVER).close()
    service.matrix(scope, NEVER)
    service.chart(scope, NEVER)
    for number in range(10):
        narrower = Scope(whole, Filter.parse(f"person:jane* hour:{number:02d}-22"))
        service.ask(Question("sessions" if number % 2 else "calls", narrower), NEVER).close()
    return 13
