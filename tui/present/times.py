"""Times as the reader's zone shows them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from tui.present.words import offset

if TYPE_CHECKING:
    from datetime import date, datetime

#: Not from `strftime`: the month's name must not change with the locale.
MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@lru_cache(8)
def zone_of(name: str) -> ZoneInfo:
    """The zone with this IANA name; UTC where this machine does not know it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def day_text(day: date, *, year: bool = True) -> str:
    """`4 Nov 2026`."""
    return f"{day.day} {MONTHS[day.month - 1]}" + (f" {day.year}" if year else "")


def day_name(day: date) -> str:
    """`Wed 4 Nov 2026`."""
    return f"{WEEKDAYS[day.weekday()]} {day_text(day)}"


@dataclass(frozen=True, slots=True)
class Clock:
    """How a screen writes times.

    Attributes:
        zone: IANA name.
        with_year: Whether a list's times carry their year, because its rows span several.
    """

    zone: str = "UTC"
    with_year: bool = False
    _zone: ZoneInfo = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_zone", zone_of(self.zone))

    @property
    def width(self) -> int:
        """Cells that `row` needs."""
        return 20 if self.with_year else 15

    def row(self, moment: datetime) -> str:
        """For a list: `23 Nov 12:04:11`, always of the same width."""
        there = moment.astimezone(self._zone)
        year = f" {there.year}" if self.with_year else ""
        return f"{there.day:2} {MONTHS[there.month - 1]}{year} {there:%H:%M:%S}"

    def time(self, moment: datetime) -> str:
        """`12:04:11`."""
        return f"{moment.astimezone(self._zone):%H:%M:%S}"

    def exact(self, moment: datetime) -> str:
        """For a page: `23 Nov 2026 12:04:11 UTC`, or with the offset at that moment."""
        there = moment.astimezone(self._zone)
        return f"{day_text(there.date())} {there:%H:%M:%S} {self.suffix(moment)}"

    def suffix(self, moment: datetime) -> str:
        """`UTC`, or the offset at that moment: `+01:00`."""
        return "UTC" if self.zone == "UTC" else offset(moment.astimezone(self._zone).utcoffset())

    def name(self, moment: datetime) -> str:
        """The zone for the header: `UTC`, `Europe/Berlin +01:00`."""
        return "UTC" if self.zone == "UTC" else f"{self.zone} {self.suffix(moment)}"

    def day(self, moment: datetime) -> date:
        """The day on the calendar there."""
        return moment.astimezone(self._zone).date()


def iso(moment: datetime) -> str:
    """Exact, for copies: ISO 8601 UTC with `Z`."""
    text = moment.astimezone(zone_of("UTC")).isoformat(timespec="microseconds" if moment.microsecond else "seconds")
    return text.replace("+00:00", "Z")
