"""Numbers, sizes, times and sentences as short texts of even shape."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from textual.content import Content

from ssmtrail.queries.plurals import count_text
from ssmtrail.queries.times import day_text as short_day
from ssmtrail.queries.times import offset_text, zone_of
from ssmtrail.widgets.text import shorten_middle

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime, tzinfo

    from ssmtrail.queries.model import QuestionName

#: What the rows of a question are, one and many.
_NOUNS: Final[dict[QuestionName, tuple[str, str]]] = {
    "sessions": ("session", "sessions"),
    "calls": ("call", "calls"),
    "pairs": ("pair of person and machine", "pairs of person and machine"),
    "usage": ("bucket", "buckets"),
    "people": ("person", "people"),
    "instances": ("machine", "machines"),
    "tunnels": ("tunnel", "tunnels"),
    "doors": ("call of another door", "calls of other doors"),
    "visits": ("visit", "visits"),
    "findings": ("finding", "findings"),
}
_UNITS: Final = ("B", "kB", "MB", "GB", "TB", "PB")


def count(number: int) -> str:
    """`1284` as `1,284`."""
    return f"{number:,}"


def plural(number: int, one: str, many: str = "") -> str:
    """`1 session`, `1,284 sessions`; `many` is needed where an `s` is not enough."""
    return count_text(number, one, many)


def noun(name: QuestionName, number: int = 1) -> str:
    """What the rows of a question are: `person`, `people`."""
    return _NOUNS[name][number != 1]


def size(number: int) -> str:
    """Bytes in decimal units with two or three figures: `812 B`, `3.1 GB`."""
    amount = float(number)
    for unit in _UNITS:
        if amount < 999.5 or unit == _UNITS[-1]:
            break
        amount /= 1000
    return f"{amount:.1f} {unit}" if unit != "B" and amount < 99.95 else f"{amount:.0f} {unit}"


def dollars(price: float) -> str:
    """`$0`, `$0.004`, `$1.24`, `$1,240`; what rounds to nothing is `< $0.001`."""
    if not price:
        return "$0"
    if 0 < price < 0.001:
        return "< $0.001"
    digits = 3 if price < 0.1 else 2 if price < 100 else 0
    return f"${price:,.{digits}f}"


def length(seconds: float) -> str:
    """How long: `0m07`, `14m03`, `2h14m`, `3d04h`."""
    whole = int(seconds)
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes}m{rest:02}"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours}h{minutes:02}m"
    days, hours = divmod(hours, 24)
    return f"{days}d{hours:02}h"


def ticking(seconds: float) -> str:
    """A running clock: `00:41`, `1:02:03`."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"


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
        now: Where given, a list's times say how long before it they were.
    """

    zone: str = "UTC"
    with_year: bool = False
    now: datetime | None = None
    _zone: tzinfo = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_zone", zone_of(self.zone))

    @property
    def width(self) -> int:
        """Cells that `row` needs."""
        return 20 if self.with_year and self.now is None else 15

    def row(self, moment: datetime) -> str:
        """For a list: `23 Nov 12:04:11`, or `3h12m ago`, always of the same width."""
        if self.now is not None:
            return f"{ago_text((self.now - moment).total_seconds()):>15}"
        there = moment.astimezone(self._zone)
        year = f" {there.year}" if self.with_year else ""
        return f"{short_day(there):>6}{year} {there:%H:%M:%S}"

    def rough_row(self, moment: datetime) -> str:
        """For a list, to the minute: `23 Nov 12:04`, or `3h12m ago`."""
        return self.row(moment).strip() if self.now is not None else self.row(moment)[:-3]

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


def ago_text(seconds: float) -> str:
    """How long ago: `14m03 ago`, `2d05h ago`; below 0 `in 14m03`."""
    return f"{length(seconds)} ago" if seconds >= 0 else f"in {length(-seconds)}"


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a sentence, with what leads to it; the text is safe."""

    text: str
    style: str = ""
    rank: int = 0
    """Parts of the highest rank go first; those of rank 0 stay."""
    shrinks: int = 0
    """Cells that it may be shortened to in its middle, where that is enough; 0 for not at all."""


def whole(parts: Iterable[Part]) -> str:
    """All of it."""
    return "".join(part.text for part in parts)


def fitted(parts: Sequence[Part], width: int, ascii_only: bool = False) -> Content:
    """As much of it as `width` cells have room for."""
    left = list(parts)
    while _width(left) > width and (rank := max((part.rank for part in left), default=0)):
        left = [part for part in left if part.rank < rank]
    return Content.assemble(*((part.text, part.style) for part in _shrunk(left, width, ascii_only)))


def _shrunk(parts: list[Part], width: int, ascii_only: bool) -> list[Part]:
    """With the longest of those that may be shortened shortened first."""
    over = _width(parts) - width
    for place in sorted(range(len(parts)), key=lambda place: -_cells(parts[place])):
        part = parts[place]
        if over <= 0 or not part.shrinks:
            continue
        room = max(part.shrinks, _cells(part) - over)
        shorter = replace(part, text=shorten_middle(part.text, room, ascii_only))
        over -= _cells(part) - _cells(shorter)
        parts[place] = shorter
    return parts


def _width(parts: Iterable[Part]) -> int:
    return sum(map(_cells, parts))


def _cells(part: Part) -> int:
    return Content(part.text).cell_length
