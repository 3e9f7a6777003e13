"""Which bars of usage are shown, and which unit fits a time."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Final

from ssmtrail.queries.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ssmtrail.queries.model import Coverage, Scope
    from ssmtrail.queries.times import Unit, Window
    from ssmtrail.queries.views import Breakdown
    from ssmtrail.tui.view_state import ViewState

UNITS: Final[tuple[Unit, ...]] = ("hour", "day", "week", "month")
BREAKDOWNS: Final[tuple[Breakdown, ...]] = ("kind", "person", "personkind", "account", "instance", "call", "none")
#: The first unit whose longest time is not exceeded is shown at first.
_LONGEST: Final[tuple[tuple[timedelta, Unit], ...]] = (
    (timedelta(days=2), "hour"),
    (timedelta(days=92), "day"),
    (timedelta(days=731), "week"),
)


@dataclass(frozen=True, slots=True)
class UsageView:
    """Which bars are shown: their state, unit and parts."""

    pane: ClassVar[str] = "usage"
    state: ViewState
    chosen: Unit | None = None
    """None until the user chooses one: the window's length decides."""
    breakdown: Breakdown = "kind"

    @property
    def scope(self) -> Scope:
        """The scope of the state."""
        return self.state.scope

    def over(self, state: ViewState) -> UsageView:
        """The same bars with another state; sessions have no names of calls to be divided by."""
        lost = self.breakdown == "call" and state.measure == "sessions"
        return replace(self, state=state, breakdown=BREAKDOWNS[0] if lost else self.breakdown)

    def arrangement(self) -> Mapping[str, str]:
        """Its unit, where one was chosen, and its parts."""
        return {"parts": self.breakdown, **({"unit": self.chosen} if self.chosen else {})}

    def arranged(self, words: Mapping[str, str]) -> UsageView:
        """With the unit and the parts that the words name. Raises UsageError."""
        unit, parts = words.get("unit"), words.get("parts")
        if unit and unit not in UNITS:
            raise UsageError(f"There is no unit {unit!r}; there are {', '.join(UNITS)}.")
        if parts and parts not in BREAKDOWNS:
            raise UsageError(f"There are no parts {parts!r}; there are {', '.join(BREAKDOWNS)}.")
        view = replace(self, chosen=unit or self.chosen, breakdown=parts or self.breakdown)
        return view.over(self.state)

    def next_unit(self, shown: Unit) -> UsageView:
        """In the unit after the one that is shown."""
        return replace(self, chosen=UNITS[(UNITS.index(shown) + 1) % len(UNITS)])

    def next_breakdown(self) -> UsageView:
        """With other parts."""
        offered = [name for name in BREAKDOWNS if name != "call" or self.state.measure == "calls"]
        return replace(self, breakdown=offered[(offered.index(self.breakdown) + 1) % len(offered)])

    def unit(self, coverage: Coverage) -> Unit:
        """The chosen unit, else one that gives a readable number of bars for the days that were read."""
        return self.chosen or fitting_unit(_length(self.scope.window, coverage))


def fitting_unit(length: timedelta) -> Unit:
    """The unit for so long a time."""
    return next((unit for longest, unit in _LONGEST if length <= longest), "month")


def _length(window: Window, coverage: Coverage) -> timedelta:
    if window.start is not None and window.end is not None:
        return window.end - window.start
    if coverage.first_day is None or coverage.last_day is None:
        return timedelta()
    return coverage.last_day - coverage.first_day + timedelta(days=1)


def bar_of(buckets: tuple[datetime, ...], moment: datetime | None) -> int:
    """Index of the bar that contains a moment, else of the nearest one; without a moment of the last."""
    if moment is None:
        return max(0, len(buckets) - 1)
    return max(0, bisect_right(buckets, moment) - 1)
