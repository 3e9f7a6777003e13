"""Which cell of a line stands for which time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

_MINUTE: Final = timedelta(minutes=1)
_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
_STEPS: Final = (
    *(minutes * _MINUTE for minutes in (1, 5, 10, 15, 30)),
    *(hours * _HOUR for hours in (1, 2, 3, 6, 12)),
    *(days * _DAY for days in (1, 2, 7, 14, 28, 91, 182, 364)),
)
#: Stretches that zooming ends at.
_SHORTEST: Final = 5 * _MINUTE
_LONGEST: Final = 3_660 * _DAY
#: Cells of a label on the axis, with the gap behind it.
_LABEL: Final = 8


@dataclass(frozen=True, slots=True)
class TimeScale:
    """A stretch of time over a number of cells; moments with a time zone, computed in UTC."""

    start: datetime
    end: datetime
    cells: int

    def cell(self, moment: datetime) -> int:
        """The cell of a moment; below 0 before the start, `cells` and more from the end on."""
        return int((moment - self.start) * self.cells // self._span)

    def moment(self, cell: int) -> datetime:
        """The beginning of a cell, in UTC."""
        return self.start.astimezone(UTC) + self._span * cell / max(1, self.cells)

    def around(self, moment: datetime, factor: float = 1.0, longest: timedelta | None = None) -> TimeScale:
        """A stretch of a length changed by a factor, with the moment in its middle."""
        half = min(max(self._span * factor, _SHORTEST), longest or _LONGEST) / 2
        middle = moment.astimezone(UTC)
        return TimeScale(middle - half, middle + half, self.cells)

    def ticks(self, zone: tzinfo) -> list[tuple[int, str]]:
        """Cells and labels of an axis: round times of the zone; a day where it begins."""
        enough = self._span * _LABEL / max(1, self.cells)
        step = next((step for step in _STEPS if step >= enough), _STEPS[-1])
        ticks: list[tuple[int, str]] = []
        for moment in self._round_times(step, zone):
            cell = self.cell(moment)
            if not ticks or cell > ticks[-1][0] + len(ticks[-1][1]):
                ticks.append((cell, _label(moment)))
        return ticks

    @property
    def _span(self) -> timedelta:
        """The length, measured in UTC: within one zone Python subtracts clock times."""
        return max(self.end.astimezone(UTC) - self.start.astimezone(UTC), _MINUTE)

    def _round_times(self, step: timedelta, zone: tzinfo) -> Iterator[datetime]:
        """Multiples of a step after a midnight of the zone; of whole days by its calendar, whatever their length."""
        local = self.start.astimezone(zone)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        for number in range(int(_DAY / step if step < _DAY else 0) + 2 * self.cells + 2):
            if step >= _DAY:
                moment = (midnight + number * step).astimezone(UTC)
            else:
                moment = midnight.astimezone(UTC) + number * step
            if moment >= self.end:
                return
            if moment >= self.start:
                yield moment.astimezone(zone)


def _label(moment: datetime) -> str:
    return f"{moment:%d %b}" if (moment.hour, moment.minute) == (0, 0) else f"{moment:%H:%M}"
