"""`HeatMap`, a map of the hours of the week, shaded by count, with a cursor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from ssmtrail.widgets.line_painter import LinePainter, Run, merged
from ssmtrail.widgets.matrix_cells import LogScale
from ssmtrail.widgets.text import cell_width, safe, shorten_end

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.strip import Strip

WEEKDAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
HOURS: Final = 24
_SIGNS: Final = "·░▒▓█"
_ASCII_SIGNS: Final = ".:+*#"
#: Cells before the first hour.
_LEFT: Final = 5
#: (Width of a column, hours in it); the first pair that fits the width is used.
_COLUMN_FORMS: Final = ((4, 1), (3, 1), (2, 1), (3, 2), (2, 2), (2, 3), (2, 4), (2, 6))


class HeatMap(Widget, can_focus=True):
    """Seven lines, one a weekday, with a column for each hour, or for several hours if the widget is too narrow.

    It is blank until `show` is called: unknown counts are not zeros.
    """

    ALLOW_SELECT = False

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
    | `heat-map--step-0` to `-4` | Cells, from 0 to the largest count, on a log scale. |
    | `heat-map--cell` | The cell under the cursor. |
    | `heat-map--note` | The note beside a weekday. |
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

    ascii_only: reactive[bool] = reactive(False)
    """Draw with ASCII characters."""
    weekday: reactive[int] = reactive(0, repaint=False)
    """The weekday under the cursor, Monday is 0."""
    hour: reactive[int] = reactive(0, repaint=False)
    """The first of the hours under the cursor."""

    @dataclass
    class CellHighlighted(Message):
        """The cursor is on other hours."""

        map: HeatMap
        """The map of the hours."""
        weekday: int
        """Monday is 0."""
        hour: int
        """The first hour."""
        hours: int
        """Number of hours that the cell counts."""

        @property
        def control(self) -> HeatMap:
            """The map of the hours."""
            return self.map

    class CellOpened(CellHighlighted):
        """Hours were opened with Enter or the mouse."""

    def __init__(
        self,
        *,
        ascii_only: bool = False,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - Textual's name
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._painter = LinePainter(self, "heat-map--")
        self._counts: tuple[tuple[int, ...], ...] = ()
        self._notes: tuple[str, ...] = ("",) * len(WEEKDAYS)
        self._highlighted: tuple[object, ...] = ()
        self.set_reactive(HeatMap.ascii_only, ascii_only)

    def show(self, counts: Sequence[Sequence[int]], notes: Sequence[str] = ()) -> None:
        """Show 7 x 24 counts, from Monday and from midnight, with a note beside each weekday if there is room."""
        self._counts = tuple(map(tuple, counts))
        self._notes = (*notes, *("",) * (len(WEEKDAYS) - len(notes)))
        self._highlighted = ()
        self.refresh()
        self._post_highlighted()

    def count_at(self, weekday: int, hour: int) -> int:
        """Return the count of the cell with this hour, all its hours together."""
        if not self._counts:
            return 0
        hours = self.hours
        first = hour // hours * hours
        return sum(self._counts[weekday][first : first + hours])

    @property
    def hours(self) -> int:
        """Number of hours that a cell counts."""
        return self._columns[1]

    @property
    def legend(self) -> str:
        """The count from which on each shade is used: `░ 1  ▒ 3  ▓ 9  █ 26+`."""
        largest, signs = self._largest, _ASCII_SIGNS if self.ascii_only else _SIGNS
        if not largest:
            return ""
        begins = sorted(LogScale(largest, len(signs) - 1).begins().items())
        parts = [f"{signs[step]} {counted:,}" for step, counted in begins]
        return "  ".join(parts) + ("+" if len(parts) > 1 else "")

    @property
    def _largest(self) -> int:
        """The count of the largest cell."""
        hours = self.hours
        cells = (sum(day[hour : hour + hours]) for day in self._counts for hour in range(0, HOURS, hours))
        return max(cells, default=0)

    @property
    def _columns(self) -> tuple[int, int]:
        """Width of a column, and hours in it."""
        width = self.size.width
        if not width:  # not laid out yet
            return _COLUMN_FORMS[0]
        room = width - _LEFT
        return next(
            ((cells, hours) for cells, hours in _COLUMN_FORMS if cells * HOURS // hours <= room), _COLUMN_FORMS[-1]
        )

    def validate_weekday(self, weekday: int) -> int:
        """Keep it within the week."""
        return max(0, min(weekday, len(WEEKDAYS) - 1))

    def validate_hour(self, hour: int) -> int:
        """Keep it within the day, on the first hour of a cell."""
        return max(0, min(hour, HOURS - 1)) // self.hours * self.hours

    def watch_weekday(self, old: int, new: int) -> None:
        """Repaint the two cells with their weekdays, and post `CellHighlighted`."""
        for weekday in (old, new):
            self.refresh(Region(0, weekday + 1, _LEFT, 1), self._region(weekday, self.hour))
        self._post_highlighted()

    def watch_hour(self, old: int, new: int) -> None:
        """Repaint the two cells with their hours, and post `CellHighlighted`."""
        self.refresh(Region(0, 0, self.size.width, 1))
        self.refresh(self._region(self.weekday, old), self._region(self.weekday, new))
        self._post_highlighted()

    def on_resize(self) -> None:
        """Put the cursor on the first hour of a cell, which may count other hours now."""
        self.hour = self.validate_hour(self.hour)
        self._post_highlighted()

    def action_move(self, weekdays: int, columns: int) -> None:
        """Move the cursor by weekdays and by columns."""
        self.weekday += weekdays
        self.hour += columns * self.hours

    def action_open(self) -> None:
        """Post `CellOpened` for the hours under the cursor."""
        if self._counts:
            self.post_message(self.CellOpened(self, self.weekday, self.hour, self.hours))

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the click; a second click on the same cell, or a double click, opens it."""
        event.stop()
        offset = event.get_content_offset(self)
        cells, hours = self._columns
        if offset is None or offset.y < 1 or not _LEFT <= offset.x < _LEFT + cells * HOURS // hours:
            return
        place = (self.validate_weekday(offset.y - 1), (offset.x - _LEFT) // cells * hours)
        again = place == (self.weekday, self.hour)
        self.weekday, self.hour = place
        if again or event.chain > 1:
            self.action_open()

    def notify_style_update(self) -> None:
        """Forget the styles."""
        super().notify_style_update()
        self._painter.forget()

    def render_line(self, y: int) -> Strip:
        """Render line `y`: the hours' names, then the weekdays."""
        if y > len(WEEKDAYS) or not self._counts:
            return self._painter.strip([], self.size.width)
        return self._painter.strip(merged(self._header() if y == 0 else self._day(y - 1)), self.size.width)

    def _header(self) -> list[Run]:
        """Return the names of all hours, or of every second one if two digits would touch."""
        cells, hours = self._columns
        runs: list[Run] = [(" " * _LEFT, "header", "")]
        every = hours * (1 if cells > 2 else 2)
        for hour in range(0, HOURS, every):
            is_cursor = hour <= self.hour < hour + every
            text = f"{hour:02}".ljust(cells * every // hours)
            runs += [(text[:2], "header-cursor" if is_cursor else "header", ""), (text[2:], "header", "")]
        return [*runs, (" ", "header", "")]

    def _day(self, weekday: int) -> list[Run]:
        cells, hours = self._columns
        runs: list[Run] = [(f" {WEEKDAYS[weekday]} ", "header-cursor" if weekday == self.weekday else "header", "")]
        signs = _ASCII_SIGNS if self.ascii_only else _SIGNS
        scale, day = LogScale(self._largest, len(_SIGNS) - 1), self._counts[weekday]
        for hour in range(0, HOURS, hours):
            counted = sum(day[hour : hour + hours])
            step = scale.step(counted)
            is_cursor = (weekday, hour) == (self.weekday, self.hour)
            sign = signs[step] * (max(1, cells - 1) if step else 1)
            text = sign.ljust(cells - 1)
            runs.append((text, "cell", "") if is_cursor else (text, "", f"step-{step}"))
            runs.append((" ", "", ""))
        room = self.size.width - _LEFT - cells * HOURS // hours - 2
        note = shorten_end(safe(self._notes[weekday]), room, self.ascii_only) if room > 10 else ""
        return [*runs, (" " + note, "note", ""), (" " * max(0, room - cell_width(note)), "", "")]

    def _region(self, weekday: int, hour: int) -> Region:
        cells, hours = self._columns
        return Region(_LEFT + hour // hours * cells, weekday + 1, cells, 1)

    def _post_highlighted(self) -> None:
        place = (self.weekday, self.hour, self.hours)
        if self._counts and place != self._highlighted:
            self._highlighted = place
            self.post_message(self.CellHighlighted(self, *place))
