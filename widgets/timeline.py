"""`Timeline`, a timeline of stays with a cursor on a moment and a cursor on a line."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView

from ssmtrail.widgets.line_painter import LinePainter
from ssmtrail.widgets.text import cell_width, safe
from ssmtrail.widgets.timeline_layout import Certainty, Stay, TimelinePainter, TimeScale, utc

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events
    from textual.strip import Strip

__all__ = ["FOOT", "Certainty", "Stay", "Timeline"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
#: Lines below the stays: the axis, the marker of the moment.
FOOT: Final = 2
#: (Width of the widget, width of the notes at the right from there on).
_NOTES: Final = ((160, 70), (118, 50), (60, 31))
#: The order in which lines are preferred for the cursor.
_RANK: Final = {"certain": 0, "possible": 1, "no": 2}


class Timeline(ScrollView, can_focus=True):
    """One line a stay: `├──┤` from start to end, `├┈┈?` if the end is not known, with a vertical line at a moment.

    Arrow keys move the moment, `j` and `k` the cursor over the lines. When the moment leaves the visible time range,
    the range follows, and the cursor moves to a line whose bar is visible.
    """

    ALLOW_SELECT = False

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "open", tooltip="Open the line under the cursor", id="timeline.open"),
        Binding("left,h", "move(-1)", "1 min", show=False, tooltip="One minute back", id="timeline.left"),
        Binding("right,l", "move(1)", "1 min", show=False, tooltip="One minute on", id="timeline.right"),
        Binding("up", "move(-60)", "1 h", show=False, tooltip="One hour back", id="timeline.up"),
        Binding("down", "move(60)", "1 h", show=False, tooltip="One hour on", id="timeline.down"),
        Binding("ctrl+left", "move(-1440)", "1 day", show=False, tooltip="24 hours back", id="timeline.day-back"),
        Binding("ctrl+right", "move(1440)", "1 day", show=False, tooltip="24 hours on", id="timeline.day-on"),
        Binding("j", "row(1)", "next line", show=False, tooltip="The next line", id="timeline.next"),
        Binding("k", "row(-1)", "line before", show=False, tooltip="The line before", id="timeline.before"),
        Binding("pagedown", "page(1)", "page down", show=False, tooltip="One page down", id="timeline.page-down"),
        Binding("pageup", "page(-1)", "page up", show=False, tooltip="One page up", id="timeline.page-up"),
        Binding("g,home", "row(-1000000000)", "top", show=False, tooltip="The first line", id="timeline.first"),
        Binding("G,end", "row(1000000000)", "bottom", show=False, tooltip="The last line", id="timeline.last"),
        Binding("plus,equals_sign", "zoom(0.5)", "closer", show=False, tooltip="Half the time", id="timeline.closer"),
        Binding("minus", "zoom(2.0)", "wider", show=False, tooltip="Twice the time", id="timeline.wider"),
    ]

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
    | `timeline--label`, `timeline--row-cursor` | Labels of the lines, the label under the cursor. |
    | `timeline--axis`, `timeline--caret` | The axis, the marker of the moment. |
    | `timeline--as-of`, `timeline--as-of-on` | The vertical line of the moment, its crossing with a bar. |
    | `timeline--strong`, `timeline--warn`, `timeline--muted` | Stays certain, possible, not present at the moment. |
    """

    DEFAULT_CSS = """
    Timeline {
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

    as_of: reactive[datetime] = reactive(_EPOCH, repaint=False)
    """The moment, in UTC."""
    cursor: reactive[int] = reactive(0, repaint=False)
    """Index of the line under the cursor."""
    ascii_only: reactive[bool] = reactive(False)
    """Draw with ASCII characters."""

    @dataclass
    class AsOfMoved(Message):
        """The moment was moved."""

        timeline: Timeline
        """The timeline of the message."""
        moment: datetime
        """The moment, in UTC."""

        @property
        def control(self) -> Timeline:
            """The timeline of the message."""
            return self.timeline

    @dataclass
    class StayOpened(Message):
        """A line was opened with Enter or the mouse."""

        timeline: Timeline
        """The timeline of the message."""
        key: str
        """The stay's key."""

        @property
        def control(self) -> Timeline:
            """The timeline of the message."""
            return self.timeline

    def __init__(
        self,
        *,
        ascii_only: bool = False,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - Textual's name
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self.longest: timedelta | None = None
        """Upper limit of the visible time range; None for the default."""
        self._line_painter = LinePainter(self, "timeline--")
        self._stays: Sequence[Stay] = ()
        self._scale = TimeScale(_EPOCH, _EPOCH + timedelta(days=1), 1)
        self._zone: tzinfo = UTC
        self._longest_label = 0
        self.set_reactive(Timeline.ascii_only, ascii_only)

    def show(
        self, stays: Sequence[Stay], start: datetime, end: datetime, *, as_of: datetime, zone: tzinfo = UTC,
        relevant: bool = False,
    ) -> None:  # fmt: skip
        """Show stays over a time range, as of a moment. Times must have a time zone; they are shown in `zone`.

        `relevant` scrolls so that whoever is there is in sight, as when the moment moves.
        """
        key, line = self.cursor_key, self.cursor - self._top
        self._stays, self._zone = stays, zone
        self._longest_label = max((cell_width(safe(stay.label)) for stay in stays), default=0)
        self._scale = TimeScale(utc(start), utc(end), 1)
        self.set_reactive(Timeline.as_of, utc(as_of))
        place = self._place(key)
        self.set_reactive(Timeline.cursor, self._nearest if place is None else place)
        self._lay_out()
        self._scroll_rows(self.cursor - (self._page_rows // 2 if place is None else line))
        self._follow()
        if relevant:
            self._keep_relevant_line()
        self.post_message(self.AsOfMoved(self, self.as_of))

    def go(self, moment: datetime, key: str | None = None) -> None:
        """Go to a moment, with the cursor on the stay with this key, else on the most relevant one."""
        self.as_of = moment
        place = self._place(key)
        self._go_to_row(self._nearest if place is None else place)

    def counts(self) -> Counter[Certainty]:
        """Return how many stays are certain, possible and not present at the moment."""
        return Counter(stay.certainty_at(self.as_of) for stay in self._stays)

    def watch_as_of(self, old: datetime, new: datetime) -> None:
        """Repaint what changes, keep a relevant line visible, and post `AsOfMoved`."""
        if not self._follow():
            self._repaint_moved(old, new)
        self._keep_relevant_line()
        self.post_message(self.AsOfMoved(self, new))

    def action_move(self, minutes: int) -> None:
        """Move the moment by minutes."""
        self.as_of += timedelta(minutes=minutes)

    def action_row(self, rows: int) -> None:
        """Move the cursor by lines."""
        self.cursor += rows

    def action_page(self, pages: int) -> None:
        """Scroll and move the cursor by pages."""
        self._scroll_rows(self._top + pages * self._page_rows)
        self.cursor += pages * self._page_rows

    def action_zoom(self, factor: float) -> None:
        """Change the length of the visible time range."""
        self._center(factor)

    def action_open(self) -> None:
        """Post `StayOpened` for the line under the cursor."""
        if self._stays:
            self.post_message(self.StayOpened(self, self._stays[self.cursor].key))

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the line, and the moment too on the bars; a second click on a label opens the line."""
        event.stop()
        index = self._top + event.y
        if event.y < self._foot and index < len(self._stays):
            again = index == self.cursor and event.x < self._label_cells
            self.cursor = index
            if again or event.chain > 1:
                self.action_open()
        if 0 <= event.x - self._label_cells < self._scale.cells:
            moment = self._scale.moment(event.x - self._label_cells) + timedelta(seconds=30)
            self.as_of = moment.replace(second=0, microsecond=0)

    @property
    def stretch(self) -> tuple[datetime, datetime]:
        """The visible time range, in UTC."""
        return self._scale.start, self._scale.end

    @property
    def cursor_key(self) -> str | None:
        """Key of the stay under the cursor, None without stays."""
        return self._stays[self.cursor].key if self._stays else None

    def validate_as_of(self, moment: datetime) -> datetime:
        """Keep it in UTC."""
        return utc(moment)

    def validate_cursor(self, index: int) -> int:
        """Keep the cursor on a line."""
        return max(0, min(index, len(self._stays) - 1))

    def watch_cursor(self, old: int, new: int) -> None:
        """Repaint the two labels, and scroll to the new one."""
        for line in (old - self._top, new - self._top):
            if 0 <= line < self._foot:
                self.refresh(Region(0, line, self._label_cells, 1))
        self._scroll_rows(max(new - self._page_rows + 1, min(self._top, new)))

    def on_resize(self) -> None:
        """Fit the bars to the width, and scroll the cursor's line to the middle."""
        self._lay_out()
        self._scroll_rows(self.cursor - self._page_rows // 2)

    def _lay_out(self) -> None:
        cells = max(1, self._inner_width - self._label_cells - self._note_cells)
        self._scale = TimeScale(self._scale.start, self._scale.end, cells)
        self.virtual_size = Size(self._inner_width, len(self._stays) + FOOT)
        self.refresh()

    def notify_style_update(self) -> None:
        """Forget the styles."""
        super().notify_style_update()
        self._line_painter.forget()

    def render_line(self, y: int) -> Strip:
        """Render line `y`: the stays, then the axis and the marker of the moment."""
        painter, foot, index = self._painter, self._foot, self._top + y
        if y > foot + 1:
            return self._line_painter.strip([], self._inner_width)
        if y >= foot or index >= len(self._stays):
            return self._line_painter.strip(painter.axis() if y == foot else painter.caret(), self._inner_width)
        return self._line_painter.strip(painter.stay(self._stays[index], index == self.cursor), self._inner_width)

    @property
    def _painter(self) -> TimelinePainter:
        label, note = self._label_cells, self._note_cells
        return TimelinePainter(self._scale, self.as_of, self._zone, label, note, self.ascii_only)

    @property
    def _inner_width(self) -> int:
        return self.scrollable_content_region.width

    @property
    def _label_cells(self) -> int:
        return 2 + min(self._longest_label, max(8, self._inner_width // 5))

    @property
    def _note_cells(self) -> int:
        return next((cells for width, cells in _NOTES if self._inner_width >= width), 0)

    @property
    def _top(self) -> int:
        return round(self.scroll_y)

    @property
    def _page_rows(self) -> int:
        return max(1, self.size.height - FOOT)

    @property
    def _foot(self) -> int:
        """The line of the axis, right below the stays."""
        return min(len(self._stays), self._page_rows)

    def _follow(self) -> bool:
        """Center the time range on the moment if the moment has left it; return whether it had."""
        if 0 <= self._scale.cell(self.as_of) < self._scale.cells:
            return False
        self._center(1.0)
        return True

    def _center(self, factor: float) -> None:
        self._scale = self._scale.around(self.as_of, factor, self.longest)
        self.refresh()

    def _keep_relevant_line(self) -> None:
        """Go to the most relevant line if no visible line is as relevant to the moment."""
        if not self._stays:
            return
        best = self._nearest
        visible = range(self._top, min(self._top + self._page_rows, len(self._stays)))
        certainty = self._stays[best].certainty_at(self.as_of)
        if certainty == "no":
            is_visible = any(self._stays[index].touches(*self.stretch) for index in visible)
        else:
            is_visible = any(self._stays[index].certainty_at(self.as_of) == certainty for index in visible)
        if not is_visible:
            self._go_to_row(best)

    def _go_to_row(self, index: int) -> None:
        """Put the cursor on a line; scroll to the middle if it was not visible."""
        was_visible = 0 <= index - self._top < self._page_rows
        self.cursor = index
        if not was_visible:
            self._scroll_rows(index - self._page_rows // 2)

    def _place(self, key: str | None) -> int | None:
        return next((index for index, stay in enumerate(self._stays) if stay.key == key), None)

    @property
    def _nearest(self) -> int:
        """The most relevant line: a stay that is certain at the moment, else a possible one, else the nearest start."""

        def distance(index: int) -> tuple[int, timedelta]:
            stay = self._stays[index]
            return _RANK[stay.certainty_at(self.as_of)], abs(stay.start - self.as_of)

        return min(range(len(self._stays)), key=distance, default=0)

    def _repaint_moved(self, old: datetime, new: datetime) -> None:
        """Repaint the marker and the stays whose certainty changes; everything if the vertical line moves."""
        width, foot = self._inner_width, self._foot
        cells = {self._scale.cell(old), self._scale.cell(new)}
        if len(cells) == 2 or old.astimezone(self._zone).date() != new.astimezone(self._zone).date():
            self.refresh()
            return
        self.refresh(Region(0, foot + 1, width, 1))
        for y, stay in enumerate(self._stays[self._top : self._top + self._page_rows]):
            if stay.certainty_at(old) != stay.certainty_at(new):
                self.refresh(Region(0, y, width, 1))

    def _scroll_rows(self, top: int) -> None:
        self.scroll_to(y=max(0, top), animate=False, force=True)
