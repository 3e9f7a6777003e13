"""`DayStrip`, a strip with the state of each day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from ssmtrail.widgets.glyphs import glyphs
from ssmtrail.widgets.text import cell_width, safe, shorten_end

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events

#: States from the best to the worst; where days share a cell, the worst is shown.
STATES: Final = ("proved", "kept", "older", "open", "arriving", "missing", "altered", "failed")
#: Cells between the strip and its caption.
_GAP: Final = 3
#: Width reserved for the caption. It is fixed, so that no text changes the strip's width.
_CAPTION: Final = 26


class DayStrip(Widget, can_focus=True):
    """One cell a day, or several days a cell if there are more days than cells, with a caption at the right.

    The label of the day under the mouse or the cursor replaces the caption. The number of cells depends on the width
    and on the number of days alone.
    """

    ALLOW_SELECT = False

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "step(-1)", "day before", show=False, tooltip="The day before", id="days.before"),
        Binding("right,l", "step(1)", "day after", show=False, tooltip="The day after", id="days.after"),
        Binding("home", "step(-1000000)", "first day", show=False, tooltip="The first day", id="days.first"),
        Binding("end", "step(1000000)", "last day", show=False, tooltip="The last day", id="days.last"),
    ]

    COMPONENT_CLASSES: ClassVar[set[str]] = {f"day-strip--{name}" for name in (*STATES, "day", "caption")}
    """One class a state, `day-strip--day` for the highlighted day, `day-strip--caption`."""

    DEFAULT_CSS = """
    DayStrip {
        height: 1;
        padding: 0 1;
        & > .day-strip--proved { color: $text-success; }
        & > .day-strip--kept { color: $foreground-muted; }
        & > .day-strip--older { color: $text-warning; }
        & > .day-strip--open { color: $foreground-muted; }
        & > .day-strip--arriving { color: $text-accent; }
        & > .day-strip--missing { color: $foreground-muted; }
        & > .day-strip--altered { color: $text-error; }
        & > .day-strip--failed { color: $text-error; }
        & > .day-strip--day { color: $text-accent; text-style: bold; }
        & > .day-strip--caption { color: $foreground-muted; }
        &:ansi > .day-strip--caption { text-style: dim; }
        &:ansi > .day-strip--day { text-style: bold reverse; }
    }
    """

    caption: reactive[str] = reactive("")
    """The text at the right while no day is highlighted."""
    ascii_only: reactive[bool] = reactive(False)
    """Draw with ASCII characters."""
    labelled: reactive[bool] = reactive(True)
    """Whether caption and labels are shown; otherwise the strip has the whole width."""
    day: reactive[int | None] = reactive(None, repaint=False)
    """Index of the highlighted day."""

    @dataclass
    class DayHighlighted(Message):
        """A day is highlighted."""

        strip: DayStrip
        """The strip of the day."""
        day: int
        """Its index among the days of `set_days`; of days that share a cell, the first one in the worst state."""

        @property
        def control(self) -> DayStrip:
            """The strip of the day."""
            return self.strip

    def __init__(
        self,
        *,
        ascii_only: bool = False,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - Textual's name
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._days: tuple[tuple[str, str], ...] = ()
        self.set_reactive(DayStrip.ascii_only, ascii_only)

    def set_days(self, days: Sequence[tuple[str, str]]) -> None:
        """Show days, each with a label and a state, one of `STATES`."""
        self._days = tuple(days)
        if self.day is not None:
            self.day = min(self.day, len(days) - 1) if days else None
        self.refresh()

    def validate_day(self, day: int | None) -> int | None:
        """Keep it one of the days."""
        return None if day is None or not self._days else max(0, min(day, len(self._days) - 1))

    def watch_day(self, day: int | None) -> None:
        """Show the day's label, and post `DayHighlighted`."""
        self.refresh(Region(0, 0, self.size.width, 1))
        if day is not None:
            self.post_message(self.DayHighlighted(self, day))

    def action_step(self, days: int) -> None:
        """Highlight another day; the last one first."""
        self.day = len(self._days) - 1 if self.day is None else self.day + days

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Highlight the day under the mouse."""
        offset = event.get_content_offset(self)
        if offset is not None and 0 <= offset.x < self._cells:
            days = self._days_in(offset.x)
            if self.day not in days:
                self.day = max(days, key=lambda day: (_badness(self._days[day][1]), -day))

    def on_leave(self) -> None:
        """Highlight no day."""
        self.day = None

    def on_blur(self) -> None:
        """Highlight no day."""
        self.day = None

    def render_line(self, y: int) -> Strip:
        """Render the strip with its caption."""
        width = self.size.width
        if y or not width:
            return Strip.blank(width, self.rich_style)
        segments = [self._cell(cell) for cell in range(self._cells)]
        room = max(0, width - self._cells - _GAP)
        text = self.caption if self.day is None else self._days[self.day][0]
        text = _fitted(safe(text), room, ascii_only=self.ascii_only)
        segments.append(Segment(" " * (width - self._cells - cell_width(text)), self.rich_style))
        segments.append(Segment(text, self.get_component_rich_style("day-strip--caption")))
        return Strip(segments).adjust_cell_length(width, self.rich_style).simplify()

    @property
    def _cells(self) -> int:
        """Width of the strip."""
        width = self.size.width
        if not self.labelled:
            return min(len(self._days), max(1, width - 1))
        return min(len(self._days), max(width // 3, width - _CAPTION - _GAP))

    def _days_in(self, cell: int) -> range:
        count, cells = len(self._days), self._cells
        return range(cell * count // cells, (cell + 1) * count // cells)

    def _cell(self, cell: int) -> Segment:
        days = self._days_in(cell)
        state = max((self._days[day][1] for day in days), key=_badness)
        sign = glyphs(self.ascii_only).days.get(state, "?")
        style = "day" if self.day in days else state if state in STATES else "failed"
        return Segment(sign, self.get_component_rich_style(f"day-strip--{style}"))


def _fitted(caption: str, room: int, *, ascii_only: bool) -> str:
    """The caption without its last clauses where there is no room for them."""
    while cell_width(caption) > room and ", " in caption:
        caption = caption.rpartition(", ")[0]
    return shorten_end(caption, room, ascii_only)


def _badness(state: str) -> int:
    return STATES.index(state) if state in STATES else len(STATES)
