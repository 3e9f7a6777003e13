"""How a timeline is drawn: which cell is which time, and its lines as runs of equal style."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, ClassVar, Final, Literal, TypeAlias

from textual.scroll_view import ScrollView

from ssmtrail.widgets.glyphs import glyphs
from ssmtrail.widgets.run_painter import Run, RunPainter
from ssmtrail.widgets.table_layout import merged
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


class TimelineLooks(RunPainter, ScrollView):
    """Component classes with their colours, in true colour and in the sixteen of a terminal."""

    ALLOW_SELECT = False
    STYLE_PREFIX = "timeline--"

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "timeline--label",
        "timeline--row-cursor",
        "timeline--axis",
        "timeline--caret",
        "timeline--as-of",
        "timeline--as-of-on",
        "timeline--muted",
        "timeline--warn",
        "timeline--strong",
    }
    """
    | Class | Description |
    | :- | :- |
    | `timeline--label`, `timeline--row-cursor` | Labels of the lines, the one under the cursor. |
    | `timeline--axis`, `timeline--caret` | Times below, the sign of the moment. |
    | `timeline--as-of`, `timeline--as-of-on` | The line of the moment, where it meets a bar. |
    | `timeline--strong`, `timeline--warn`, `timeline--muted` | Certain, possible, not there at the moment. |
    """

    DEFAULT_CSS = """
    TimelineLooks {
        height: 1fr;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-gutter: stable;
        scrollbar-size-vertical: 1;
        & > .timeline--axis { color: $foreground-muted; }
        & > .timeline--caret { color: $text-accent; text-style: bold; }
        & > .timeline--as-of { color: $accent; }
        & > .timeline--as-of-on { background: $accent 60%; color: $text; text-style: bold; }
        & > .timeline--row-cursor { background: $foreground 16%; }
        & > .timeline--muted { color: $foreground-muted; }
        & > .timeline--warn { color: $text-warning; }
        & > .timeline--strong { text-style: bold; }
        &:focus > .timeline--row-cursor { background: $primary 35%; text-style: bold; }
        &:ansi > .timeline--axis { text-style: dim; }
        &:ansi > .timeline--as-of-on { background: ansi_default; color: ansi_default; text-style: reverse; }
        &:ansi > .timeline--row-cursor { background: ansi_default; text-style: bold; }
        &:ansi > .timeline--muted { text-style: dim; }
        &:ansi:focus > .timeline--row-cursor { background: ansi_default; text-style: bold reverse; }
    }
    """


#: Whether somebody was there at a moment.
Certainty: TypeAlias = Literal["certain", "possible", "no"]
#: Style of the text of each.
_STYLES: Final = {"certain": "strong", "possible": "warn", "no": "muted"}
#: Begin, known, end, not known for sure, moment.
_SIGNS: Final = ("├", "─", "┤", "┈", "◆")
_ASCII_SIGNS: Final = ("|", "-", "|", ".", "*")
#: Cells for times on the day of the moment.
_TIMES: Final = 15


@dataclass(frozen=True, slots=True)
class Stay:
    """One line of a timeline: somebody who was there from a start on."""

    key: str
    label: str
    start: datetime
    certain_until: datetime
    """The end where it is known, else the last moment that is proven; the start where there is none."""
    possible_until: datetime | None = None
    """Without a known end: until when it may have gone on; None where the end is known."""
    note: str = ""
    """Said beside a stay that is possible, or whose start is not known: what the record does not tell."""
    start_known: bool = True
    """Whether it began at `start`; else it began at that time at the latest."""

    def certainty_at(self, moment: datetime) -> Certainty:
        """Whether somebody was there; both ends count as being there."""
        if self.start <= moment <= self.certain_until:
            return "certain"
        if self.possible_until is not None and self.start <= moment <= self.possible_until:
            return "possible"
        return "no"

    def touches(self, start: datetime, end: datetime) -> bool:
        """Whether something of it lies in a stretch of time."""
        return self.start < end and start <= (self.possible_until or self.certain_until)


@dataclass(frozen=True, slots=True)
class TimelinePainter:
    """Draws the stays on a scale, as of a moment."""

    scale: TimeScale
    as_of: datetime
    zone: tzinfo
    label: int
    """Cells of the labels, with a blank on either side."""
    note: int
    """Cells of the texts at the right."""
    ascii_only: bool = False

    def stay(self, stay: Stay, is_cursor: bool) -> list[Run]:
        """A line: label, bar, times with what is known."""
        certainty = stay.certainty_at(self.as_of)
        text = shorten_end(safe(stay.label), self.label - 2, self.ascii_only)
        label = f" {text}{' ' * (self.label - 1 - cell_width(text))}"
        runs: list[Run] = [(label, "row-cursor" if is_cursor else "label", "")]
        runs += self._with_line(self._bar(stay, certainty))
        return merged([*runs, *self._told(stay, certainty)])

    def axis(self) -> list[Run]:
        """The line of times."""
        line = [" "] * (self.scale.cells + self.note)
        for cell, label in self.scale.ticks(self.zone):
            if cell + len(label) <= len(line):
                line[cell : cell + len(label)] = label
        return [(" " * self.label + "".join(line), "axis", "")]

    def caret(self) -> list[Run]:
        """The sign of the moment, with its time."""
        text = f"{self.as_of.astimezone(self.zone):%d %b %Y %H:%M:%S}"
        place = self.scale.cell(self.as_of)
        sign = glyphs(self.ascii_only).caret
        if not 0 <= place < self.scale.cells:
            return [(" " * (self.label + 1) + text, "caret", "")]
        if place + 2 + len(text) <= self.scale.cells + self.note:
            return [(" " * (self.label + place) + f"{sign} {text}", "caret", "")]
        return [(f"{text} {sign}".rjust(self.label + place + 1), "caret", "")]

    def _bar(self, stay: Stay, certainty: Certainty) -> list[tuple[str, str]]:
        """Characters with their styles; what goes on beyond an edge has no end there."""
        begin, known, end, perhaps, moment = _ASCII_SIGNS if self.ascii_only else _SIGNS
        line = [(" ", "")] * self.scale.cells
        first, proven = self.scale.cell(stay.start), self.scale.cell(stay.certain_until)
        last = proven if stay.possible_until is None else self.scale.cell(stay.possible_until)
        style = _STYLES[certainty]
        for cell in range(max(0, first), min(last, self.scale.cells - 1) + 1):
            sign = known if cell <= proven and (stay.possible_until is None or proven > first) else perhaps
            line[cell] = (sign, "muted" if certainty == "no" else "warn" if sign == perhaps else style)
        tail = end if stay.possible_until is None else glyphs(self.ascii_only).unknown
        if stay.possible_until is not None and first < self.scale.cells <= last:
            last = self.scale.cells - 1  # that the end is not known is to be seen without scrolling
        if 0 <= last < self.scale.cells:
            line[last] = (tail, style if stay.possible_until is None else line[last][1])
        if 0 <= first < self.scale.cells:
            if not stay.start_known:
                begin = glyphs(self.ascii_only).unknown
            line[first] = (moment if first == last else begin, style)
        return line

    def _with_line(self, line: list[tuple[str, str]]) -> list[Run]:
        """The characters, with the line of the moment through them."""
        place = self.scale.cell(self.as_of)
        upright = "|" if self.ascii_only else "│"
        return [
            (upright if text == " " else text, "as-of" if text == " " else "as-of-on", "")
            if cell == place
            else (text, "", style)
            for cell, (text, style) in enumerate(line)
        ]

    def _told(self, stay: Stay, certainty: Certainty) -> list[Run]:
        """Times with what is known, in `note` cells."""
        if self.note < _TIMES:
            return [(" " * self.note, "", "")]
        room = self.note - 2
        text = self._times(stay)
        # The times give way: what is known of the moment is read first.
        text = shorten_end(text, room - len(certainty) - 2, self.ascii_only)
        text += " " * max(2, _TIMES - cell_width(text)) + certainty
        why = f": {safe(stay.note)}" if stay.note and (certainty == "possible" or not stay.start_known) else ""
        if cell_width(text) + cell_width(why) <= room and certainty != "no":
            text += why
        return [(f"  {text}{' ' * (room - cell_width(text))}", "", _STYLES[certainty])]

    def _times(self, stay: Stay) -> str:
        """From when to when, as far as it is known; a day that is the start's too is not said again."""
        start, end = self._time(stay.start), self._time(stay.certain_until)
        day = start[: -len("00:00")]
        end = "?" if stay.possible_until is not None else end.removeprefix(day)
        sign = "" if stay.start_known else f"{glyphs(self.ascii_only).at_most} "
        return f"{sign}{start} - {end}"

    def _time(self, moment: datetime) -> str:
        """The clock's time, with the day where it is not the day of the moment."""
        local, day = moment.astimezone(self.zone), self.as_of.astimezone(self.zone).date()
        return f"{local:%H:%M}" if local.date() == day else f"{local:%d %b %H:%M}"


def utc(moment: datetime) -> datetime:
    """The same moment in UTC, where adding minutes needs no thought of clocks that are put back."""
    return moment.astimezone(UTC)
