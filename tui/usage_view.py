"""What the usage screen shows, as a value: every step makes a new one."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Final

if TYPE_CHECKING:
    from datetime import datetime

    from ssmtrail.queries.model import Coverage, Scope
    from ssmtrail.queries.times import Unit, Window
    from ssmtrail.queries.views import Breakdown
    from ssmtrail.tui.view_state import ViewState

UNITS: Final[tuple[Unit, ...]] = ("hour", "day", "week", "month")
BREAKDOWNS: Final[tuple[Breakdown, ...]] = ("kind", "person", "account", "instance", "call", "none")
#: Up to so long a unit is seen first.
_LONGEST: Final[tuple[tuple[timedelta, Unit], ...]] = (
    (timedelta(days=2), "hour"),
    (timedelta(days=92), "day"),
    (timedelta(days=731), "week"),
)


@dataclass(frozen=True, slots=True)
class UsageView:
    """Bars of a unit, in parts, of a sight."""

    pane: ClassVar[str] = "usage"
    state: ViewState
    chosen: Unit | None = None
    """None until somebody chooses one: the window's length decides."""
    breakdown: Breakdown = "kind"

    @property
    def scope(self) -> Scope:
        """Its scope."""
        return self.state.scope

    def over(self, state: ViewState) -> UsageView:
        """The same of another sight; sessions have no names of calls to tell them apart."""
        lost = self.breakdown == "call" and state.measure == "sessions"
        return replace(self, state=state, breakdown=BREAKDOWNS[0] if lost else self.breakdown)

    def next_unit(self, seen: Unit) -> UsageView:
        """In the unit after the one that is seen."""
        return replace(self, chosen=UNITS[(UNITS.index(seen) + 1) % len(UNITS)])

    def next_breakdown(self) -> UsageView:
        """In other parts."""
        offered = [name for name in BREAKDOWNS if name != "call" or self.state.measure == "calls"]
        return replace(self, breakdown=offered[(offered.index(self.breakdown) + 1) % len(offered)])

    def unit(self, coverage: Coverage) -> Unit:
        """The unit chosen, else one that makes bars enough and not too many of what is kept."""
        return self.chosen or fitting_unit(_length(self.scope.window, coverage))


def fitting_unit(length: timedelta) -> Unit:
    """The unit to see so long a time in."""
    return next((unit for longest, unit in _LONGEST if length <= longest), "month")


def _length(window: Window, coverage: Coverage) -> timedelta:
    if window.start is not None and window.end is not None:
        return window.end - window.start
    if coverage.first_day is None or coverage.last_day is None:
        return timedelta()
    return coverage.last_day - coverage.first_day + timedelta(days=1)


def bar_of(buckets: tuple[datetime, ...], moment: datetime | None) -> int:
    """Index of the bar that a moment lies in, else of the one that is nearest; without a moment of the last."""
    if moment is None:
        return max(0, len(buckets) - 1)
    return max(0, bisect_right(buckets, moment) - 1)
