"""The window as the header says it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.present.coverage import all_days

if TYPE_CHECKING:
    from datetime import datetime

    from queries.values import Coverage, Scope
    from tui.present.times import Clock


def window_text(scope: Scope, coverage: Coverage | None, clock: Clock, now: datetime, dot: str = "·") -> str:
    """`25 Oct - 23 Nov 2026 · 30 d · UTC`; an unbounded window says what it turned out to cover."""
    window, zone = scope.window, clock.name(window_end(scope, now))
    if window.start is not None or window.end is not None:
        return (window.label(scope.zone).removesuffix(scope.zone) + zone).replace(" · ", f" {dot} ")
    days = f"{len(coverage.days)} d {dot} " if coverage and coverage.days else ""
    return f"{all_days(coverage)} {dot} {days}{zone}"


def window_end(scope: Scope, now: datetime) -> datetime:
    """The moment whose offset stands beside the zone: the window's end, for one without an end now."""
    return scope.window.end or now
