"""The layout of a timeline: its time scale, and its lines as runs of equal style."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from ssmtrail.widgets.glyphs import glyphs
from ssmtrail.widgets.line_painter import Run, merged
from ssmtrail.widgets.text import cell_width, safe, shorten_end

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
#: Limits of zooming.
_SHORTEST: Final = 5 * _MINUTE
_LONGEST: Final = 3_660 * _DAY
#: Width of a label on the axis, with the gap behind it.
_LABEL: Final = 8


@dataclass(frozen=True, slots=True)
class TimeScale:
    """A time range drawn in a number of cells; times have a time zone and are computed in UTC."""

    start: datetime
    end: datetime
    cells: int

    def cell(self, moment: datetime) -> int:
        """Return the cell of a time; below 0 before the start, `cells` and more from the end on."""
        return int((moment - self.start) * self.cells // self._span)

    def moment(self, cell: int) -> datetime:
        """Return the first moment of a cell, in UTC."""
        return self.start.astimezone(UTC) + self._span * cell / max(1, self.cells)

    def around(self, moment: datetime, factor: float = 1.0, longest: timedelta | None = None) -> TimeScale:
        """Return a range around a moment, its length changed by a factor."""
        half = min(max(self._span * factor, _SHORTEST), longest or _LONGEST) / 2
        middle = moment.astimezone(UTC)
        return TimeScale(middle - half, middle + half, self.cells)

    def ticks(self, zone: tzinfo) -> list[tuple[int, str]]:
        """Return cells and labels of an axis: round times of the zone, dates at midnight."""
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
        """Yield multiples of a step after a midnight of the zone; whole days by its calendar, even if not 24 hours."""
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


#: Whether a person was present at a moment.
Certainty: TypeAlias = Literal["certain", "possible", "no"]
#: Text style of each certainty.
_STYLES: Final = {"certain": "strong", "possible": "warn", "no": "muted"}
#: Start, certain, end, possible, a stay of one cell.
_SIGNS: Final = ("├", "─", "┤", "┈", "◆")
_ASCII_SIGNS: Final = ("|", "-", "|", ".", "*")
#: Width of two times on the day of the moment.
_TIMES: Final = 15


@dataclass(frozen=True, slots=True)
class Stay:
    """One line of a timeline: a person's presence from a start to an end, which may be unknown."""

    key: str
    label: str
    start: datetime
    """From here on it is possible."""
    certain_until: datetime | None
    """The end if it is known, else the last moment with evidence; None if it is never certain."""
    possible_until: datetime | None = None
    """The latest possible end; None if the end is known."""
    note: str = ""
    """What the record leaves open; shown beside a possible stay, or one whose start is not known."""
    start_known: bool = True
    """Whether it began at `start`; otherwise it began then or earlier."""
    certain_from: datetime | None = None
    """From here to `certain_until` it is certain; None is `start`."""

    @property
    def last(self) -> datetime:
        """The last moment at which it is possible."""
        return self.possible_until or self.certain_until or self.start

    def certainty_at(self, moment: datetime) -> Certainty:
        """Return the certainty at a moment; both ends are included."""
        if self.certain_until is not None and (self.certain_from or self.start) <= moment <= self.certain_until:
            return "certain"
        return "possible" if self.start <= moment <= self.last else "no"

    def touches(self, start: datetime, end: datetime) -> bool:
        """Whether a part of it is within a time range."""
        return self.start < end and start <= self.last


@dataclass(frozen=True, slots=True)
class TimelinePainter:
    """Draws stays on a time scale, as of a moment, as runs."""

    scale: TimeScale
    as_of: datetime
    zone: tzinfo
    label: int
    """Width of the labels, with a blank on either side."""
    note: int
    """Width of the texts at the right."""
    ascii_only: bool = False

    def stay(self, stay: Stay, is_cursor: bool) -> list[Run]:
        """Return the line of a stay: label, bar, times and certainty."""
        certainty = stay.certainty_at(self.as_of)
        text = shorten_end(safe(stay.label), self.label - 2, self.ascii_only)
        label = f" {text}{' ' * (self.label - 1 - cell_width(text))}"
        runs: list[Run] = [(label, "row-cursor" if is_cursor else "label", "")]
        runs += self._with_line(self._bar(stay, certainty))
        return merged([*runs, *self._note(stay, certainty)])

    def axis(self) -> list[Run]:
        """Return the line of the axis."""
        line = [" "] * (self.scale.cells + self.note)
        for cell, label in self.scale.ticks(self.zone):
            if cell + len(label) <= len(line):
                line[cell : cell + len(label)] = label
        return [(" " * self.label + "".join(line), "axis", "")]

    def caret(self) -> list[Run]:
        """Return the line with the marker of the moment and its time."""
        text = f"{self.as_of.astimezone(self.zone):%d %b %Y %H:%M:%S}"
        place = self.scale.cell(self.as_of)
        sign = glyphs(self.ascii_only).caret
        if not 0 <= place < self.scale.cells:
            return [(" " * (self.label + 1) + text, "caret", "")]
        if place + 2 + len(text) <= self.scale.cells + self.note:
            return [(" " * (self.label + place) + f"{sign} {text}", "caret", "")]
        return [(f"{text} {sign}".rjust(self.label + place + 1), "caret", "")]

    def _bar(self, stay: Stay, certainty: Certainty) -> list[tuple[str, str]]:
        """Return characters with styles; a bar that continues beyond an edge has no end sign there."""
        begin, known, end, perhaps, moment = _ASCII_SIGNS if self.ascii_only else _SIGNS
        line = [(" ", "")] * self.scale.cells
        first, last = self.scale.cell(stay.start), self.scale.cell(stay.last)
        proven = first - 1 if stay.certain_until is None else self.scale.cell(stay.certain_until)
        proved_from = first if stay.certain_from is None else self.scale.cell(stay.certain_from)
        style = _STYLES[certainty]
        for cell in range(max(0, first), min(last, self.scale.cells - 1) + 1):
            is_proved = proved_from <= cell <= proven and (stay.possible_until is None or proven > proved_from)
            sign = known if is_proved else perhaps
            line[cell] = (sign, "muted" if certainty == "no" else "warn" if sign == perhaps else style)
        tail = end if stay.possible_until is None else glyphs(self.ascii_only).unknown
        if stay.possible_until is not None and first < self.scale.cells <= last:
            last = self.scale.cells - 1  # an unknown end must be visible without scrolling
        if 0 <= last < self.scale.cells:
            line[last] = (tail, style if stay.possible_until is None else line[last][1])
        if 0 <= first < self.scale.cells:
            if not stay.start_known:
                begin = glyphs(self.ascii_only).unknown
            line[first] = (moment if first == last else begin, style)
        return line

    def _with_line(self, line: list[tuple[str, str]]) -> list[Run]:
        """Return the characters with the vertical line of the moment drawn through them."""
        place = self.scale.cell(self.as_of)
        upright = "|" if self.ascii_only else "│"
        return [
            (upright if text == " " else text, "as-of" if text == " " else "as-of-on", "")
            if cell == place
            else (text, "", style)
            for cell, (text, style) in enumerate(line)
        ]

    def _note(self, stay: Stay, certainty: Certainty) -> list[Run]:
        """Return times and certainty, in `note` cells."""
        if self.note < _TIMES:
            return [(" " * self.note, "", "")]
        room = self.note - 2
        text = self._times(stay)
        # The times are cut, not the certainty: it is read first.
        text = shorten_end(text, room - len(certainty) - 2, self.ascii_only)
        text += " " * max(2, _TIMES - cell_width(text)) + certainty
        why = f": {safe(stay.note)}" if stay.note and (certainty == "possible" or not stay.start_known) else ""
        if cell_width(text) + cell_width(why) <= room and certainty != "no":
            text += why
        return [(f"  {text}{' ' * (room - cell_width(text))}", "", _STYLES[certainty])]

    def _times(self, stay: Stay) -> str:
        """Return start and end; the end has no date if it is the start's, and is `?` if it is not known."""
        start, end = self._time(stay.certain_from or stay.start), self._time(stay.certain_until or stay.start)
        day = start[: -len("00:00")]
        end = "?" if stay.possible_until is not None else end.removeprefix(day)
        sign = "" if stay.start_known else f"{glyphs(self.ascii_only).at_most} "
        return f"{sign}{start} - {end}"

    def _time(self, moment: datetime) -> str:
        """Return the time of day, with the date unless it is that of the moment."""
        local, day = moment.astimezone(self.zone), self.as_of.astimezone(self.zone).date()
        return f"{local:%H:%M}" if local.date() == day else f"{local:%d %b %H:%M}"


def utc(moment: datetime) -> datetime:
    """Return the same moment in UTC, where adding minutes is safe across clock changes."""
    return moment.astimezone(UTC)
