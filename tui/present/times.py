"""Times as the reader's zone shows them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from queries.zones import day_text as short_day
from queries.zones import offset_text, zone_of

if TYPE_CHECKING:
    from datetime import date, datetime, tzinfo

#: Not from `strftime`: a day's name must not change with the locale.
WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def day_text(day: date, *, year: bool = True) -> str:
    """`4 Nov 2026`."""
    return short_day(day) + (f" {day.year}" if year else "")


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
    _zone: tzinfo = field(init=False, repr=False, compare=False)

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
        return f"{short_day(there):>6}{year} {there:%H:%M:%S}"

    def minute(self, moment: datetime) -> str:
        """In a sentence: `23 Nov 12:04`."""
        there = moment.astimezone(self._zone)
        return f"{day_text(there.date(), year=self.with_year)} {there:%H:%M}"

    def time(self, moment: datetime) -> str:
        """`12:04:11`."""
        return f"{moment.astimezone(self._zone):%H:%M:%S}"

    def exact(self, moment: datetime) -> str:
        """For a page: `23 Nov 2026 12:04:11 UTC`, `23 Nov 2026 13:04:11 UTC+01:00`."""
        there = moment.astimezone(self._zone)
        return f"{day_text(there.date())} {there:%H:%M:%S} {self.suffix(moment)}"

    def suffix(self, moment: datetime) -> str:
        """The offset at that moment: `UTC`, `UTC+01:00`."""
        return offset_text(moment, self.zone)

    def name(self, moment: datetime) -> str:
        """The zone for the header: `UTC`, `Europe/Berlin UTC+01:00`."""
        return self.zone if self.zone == "UTC" else f"{self.zone} {self.suffix(moment)}"

    def day(self, moment: datetime) -> date:
        """The day on the calendar there."""
        return moment.astimezone(self._zone).date()
