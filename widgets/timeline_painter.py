"""Lines of a timeline as runs of equal style."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from widgets.cell_width import cell_width
from widgets.line_painter import Run, merged
from widgets.safe_text import safe, shorten_end
from widgets.terminal_glyphs import glyphs

if TYPE_CHECKING:
    from widgets.time_scale import TimeScale

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
