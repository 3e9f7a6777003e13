"""A map of the hours of the week, shaded by count, with a cursor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from ssmtrail.widgets.matrix_cells import LogScale
from ssmtrail.widgets.run_painter import Run, RunPainter
from ssmtrail.widgets.table_layout import merged
from ssmtrail.widgets.text import cell_width, safe, shorten_end

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events

WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
HOURS: Final = 24
_SIGNS: Final = "·░▒▓█"
_ASCII_SIGNS: Final = ".:+*#"
#: Cells before the first hour.
_LEFT: Final = 5
#: The way to draw the hours: cells of each column, hours in it; the first that fits is taken.
_WAYS: Final = ((4, 1), (3, 1), (2, 1), (3, 2), (2, 2), (2, 3), (2, 4), (2, 6))


@dataclass
class _OfHours(Message):
    map: HeatMap
    """The map of the hours."""
    weekday: int
    """Monday is 0."""
    hour: int
    """The first hour."""
    hours: int
    """How many hours the cell stands for."""

    @property
    def control(self) -> HeatMap:
        """The map of the hours."""
        return self.map


class HeatMap(RunPainter, can_focus=True):
    """Seven lines of hours below their names; where there is no room for 24 columns, each takes more hours.

    It is blank until it is told of counts: nothing known is not the same as nothing there.
    """

    ALLOW_SELECT = False
    STYLE_PREFIX = "heat-map--"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "open", tooltip="Open the hours under the cursor", id="heat.open"),
        Binding("up,k", "move(-1, 0)", "day before", show=False, tooltip="The weekday before", id="heat.up"),
        Binding("down,j", "move(1, 0)", "day after", show=False, tooltip="The weekday after", id="heat.down"),
        Binding("left,h", "move(0, -1)", "earlier", show=False, tooltip="The hours before", id="heat.left"),
        Binding("right,l", "move(0, 1)", "later", show=False, tooltip="The hours after", id="heat.right"),
        Binding("home", "move(0, -24)", "first", show=False, tooltip="The first hours", id="heat.first"),
        Binding("end", "move(0, 24)", "last", show=False, tooltip="The last hours", id="heat.last"),
        Binding("g", "move(-7, 0)", "Monday", show=False, tooltip="The first weekday", id="heat.top"),
        Binding("G", "move(7, 0)", "Sunday", show=False, tooltip="The last weekday", id="heat.bottom"),
    ]

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "heat-map--header",
        "heat-map--header-cursor",
        "heat-map--cell",
        "heat-map--note",
        *(f"heat-map--step-{step}" for step in range(len(_SIGNS))),
    }
    """
    | Class | Description |
    | :- | :- |
    | `heat-map--header`, `heat-map--header-cursor` | Names of hours and weekdays, those of the cursor. |
    | `heat-map--step-0` to `-4` | Cells, from nothing to the largest count, on a log scale. |
    | `heat-map--cell` | The cell under the cursor. |
    | `heat-map--note` | What is said beside a weekday. |
    """

    DEFAULT_CSS = """
    HeatMap {
        height: 8;
        & > .heat-map--header { color: $foreground-muted; }
        & > .heat-map--header-cursor { color: $foreground; text-style: bold; }
        & > .heat-map--note { color: $foreground-muted; }
        & > .heat-map--step-0 { color: $foreground-muted; }
        & > .heat-map--step-1 { color: $accent; }
        & > .heat-map--step-2 { color: $accent; }
        & > .heat-map--step-3 { color: $accent; }
        & > .heat-map--step-4 { color: $accent; }
        & > .heat-map--cell { background: $foreground 30%; color: $foreground 70%; }
        &:focus > .heat-map--cell { background: $primary; color: $foreground; text-style: bold; }
        &:ansi > .heat-map--header { text-style: dim; }
        &:ansi > .heat-map--header-cursor { text-style: bold; }
        &:ansi > .heat-map--note { text-style: dim; }
        &:ansi > .heat-map--step-0 { text-style: dim; }
        &:ansi > .heat-map--cell { background: ansi_default; text-style: underline; }
        &:ansi:focus > .heat-map--cell { background: ansi_default; color: ansi_default; text-style: reverse; }
    }
    """

    weekday: reactive[int] = reactive(0, repaint=False)
    """The weekday under the cursor, Monday is 0."""
    hour: reactive[int] = reactive(0, repaint=False)
    """The first of the hours under the cursor."""

    class CellHighlighted(_OfHours):
        """The cursor stands on other hours."""

    class CellOpened(_OfHours):
        """Hours were opened with Enter or the mouse."""

    _counts: tuple[tuple[int, ...], ...] = ()
    _notes: tuple[str, ...] = ("",) * len(WEEKDAYS)
    _told: tuple[object, ...] = ()

    def show(self, counts: Sequence[Sequence[int]], notes: Sequence[str] = ()) -> None:
        """Show 7 x 24 counts, from Monday and from midnight, with a text beside each weekday where there is room."""
        self._counts = tuple(map(tuple, counts))
        self._notes = (*notes, *("",) * (len(WEEKDAYS) - len(notes)))
        self._told = ()
        self.refresh()
        self._announce()

    def count_at(self, weekday: int, hour: int) -> int:
        """What the cell of an hour stands for, all its hours together."""
        if not self._counts:
            return 0
        hours = self.hours
        first = hour // hours * hours
        return sum(self._counts[weekday][first : first + hours])

    @property
    def hours(self) -> int:
        """How many hours a cell stands for."""
        return self._way[1]

    @property
    def _way(self) -> tuple[int, int]:
        width = self.size.width
        if not width:  # not seen: whatever the cursor is told, it is of one hour
            return _WAYS[0]
        room = width - _LEFT
        return next(((cells, hours) for cells, hours in _WAYS if cells * HOURS // hours <= room), _WAYS[-1])

    def validate_weekday(self, weekday: int) -> int:
        """Keep it within the week."""
        return max(0, min(weekday, len(WEEKDAYS) - 1))

    def validate_hour(self, hour: int) -> int:
        """Keep it within the day, on the first hour of a cell."""
        return max(0, min(hour, HOURS - 1)) // self.hours * self.hours

    def watch_weekday(self, old: int, new: int) -> None:
        """Repaint the two cells with their weekdays, tell of the new one."""
        for weekday in (old, new):
            self.refresh(Region(0, weekday + 1, _LEFT, 1), self._region(weekday, self.hour))
        self._announce()

    def watch_hour(self, old: int, new: int) -> None:
        """Repaint the two cells with their hours, tell of the new one."""
        self.refresh(Region(0, 0, self.size.width, 1))
        self.refresh(self._region(self.weekday, old), self._region(self.weekday, new))
        self._announce()

    def on_resize(self) -> None:
        """Put the cursor on the first hour of a cell, and tell of the hours that it stands for now."""
        self.hour = self.validate_hour(self.hour)
        self._announce()

    def action_move(self, weekdays: int, columns: int) -> None:
        """Move the cursor by weekdays and by columns."""
        self.weekday += weekdays
        self.hour += columns * self.hours

    def action_open(self) -> None:
        """Tell that the hours under the cursor were opened."""
        if self._counts:
            self.post_message(self.CellOpened(self, self.weekday, self.hour, self.hours))

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor; a second one on the same cell, or a double click, opens it."""
        event.stop()
        offset = event.get_content_offset(self)
        cells, hours = self._way
        if offset is None or offset.y < 1 or not _LEFT <= offset.x < _LEFT + cells * HOURS // hours:
            return
        place = (self.validate_weekday(offset.y - 1), (offset.x - _LEFT) // cells * hours)
        again = place == (self.weekday, self.hour)
        self.weekday, self.hour = place
        if again or event.chain > 1:
            self.action_open()

    def render_line(self, y: int) -> Strip:
        """The hours' names, then the weekdays."""
        if y > len(WEEKDAYS) or not self._counts:
            return Strip.blank(self.size.width, self.rich_style)
        return self.strip_of(merged(self._header() if y == 0 else self._day(y - 1)), self.size.width)

    def _header(self) -> list[Run]:
        """Every hour, or every second one where two digits would touch."""
        cells, hours = self._way
        runs: list[Run] = [(" " * _LEFT, "header", "")]
        every = hours * (1 if cells > 2 else 2)
        for hour in range(0, HOURS, every):
            is_cursor = hour <= self.hour < hour + every
            text = f"{hour:02}".ljust(cells * every // hours)
            runs += [(text[:2], "header-cursor" if is_cursor else "header", ""), (text[2:], "header", "")]
        return [*runs, (" ", "header", "")]

    def _day(self, weekday: int) -> list[Run]:
        cells, hours = self._way
        runs: list[Run] = [(f" {WEEKDAYS[weekday]} ", "header-cursor" if weekday == self.weekday else "header", "")]
        signs = _ASCII_SIGNS if self.ascii_only else _SIGNS
        week = self._summed(hours)
        scale = LogScale(max(map(max, week)), len(_SIGNS) - 1)
        for hour, counted in zip(range(0, HOURS, hours), week[weekday], strict=True):
            step = scale.step(counted)
            is_cursor = (weekday, hour) == (self.weekday, self.hour)
            sign = signs[step] * (max(1, cells - 1) if step else 1)
            text = sign.ljust(cells - 1)
            runs.append((text, "cell", "") if is_cursor else (text, "", f"step-{step}"))
            runs.append((" ", "", ""))
        room = self.size.width - _LEFT - cells * HOURS // hours - 2
        note = shorten_end(safe(self._notes[weekday]), room, self.ascii_only) if room > 10 else ""
        return [*runs, (" " + note, "note", ""), (" " * max(0, room - cell_width(note)), "", "")]

    def _summed(self, hours: int) -> list[list[int]]:
        """What each cell stands for."""
        return [[sum(day[hour : hour + hours]) for hour in range(0, HOURS, hours)] for day in self._counts]

    def _region(self, weekday: int, hour: int) -> Region:
        cells, hours = self._way
        return Region(_LEFT + hour // hours * cells, weekday + 1, cells, 1)

    def _announce(self) -> None:
        place = (self.weekday, self.hour, self.hours)
        if self._counts and place != self._told:
            self._told = place
            self.post_message(self.CellHighlighted(self, *place))
