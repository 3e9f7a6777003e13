"""A timeline of stays with a cursor on a moment."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from ssmtrail.widgets.text import cell_width, safe
from ssmtrail.widgets.timeline_layout import Certainty, Stay, TimelineLooks, TimelinePainter, TimeScale, utc

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
#: Lines below the stays: times, the sign of the moment.
FOOT: Final = 2
#: Cells for what is said at the right, from a width on: times with what is known; then reasons; then longer ones.
_NOTES: Final = ((160, 70), (118, 50), (60, 31))
#: What tells most of a moment comes first.
_RANK: Final = {"certain": 0, "possible": 1, "no": 2}


class TimelineView(TimelineLooks):
    """Stays over a stretch of time as of a moment, with a cursor on a line; drawn, not yet moved."""

    as_of: reactive[datetime] = reactive(_EPOCH, repaint=False)
    """The moment, in UTC."""
    cursor: reactive[int] = reactive(0, repaint=False)
    """Index of the line under the cursor."""
    longest: timedelta | None = None
    """Never see more time than this at once."""

    _stays: Sequence[Stay] = ()
    _scale = TimeScale(_EPOCH, _EPOCH + timedelta(days=1), 1)
    _zone: tzinfo = UTC
    _label = 0

    @property
    def stretch(self) -> tuple[datetime, datetime]:
        """The time that is seen, in UTC."""
        return self._scale.start, self._scale.end

    @property
    def cursor_key(self) -> str | None:
        """The key of the stay under the cursor."""
        return self._stays[self.cursor].key if self._stays else None

    def validate_as_of(self, moment: datetime) -> datetime:
        """Keep it in UTC."""
        return utc(moment)

    def validate_cursor(self, index: int) -> int:
        """Keep the cursor on a line."""
        return max(0, min(index, len(self._stays) - 1))

    def watch_cursor(self, old: int, new: int) -> None:
        """Repaint the two labels, scroll to the new one."""
        for line in (old - self._top, new - self._top):
            if 0 <= line < self._foot:
                self.refresh(Region(0, line, self._label_cells, 1))
        self._scroll_rows(max(new - self._page_rows + 1, min(self._top, new)))

    def on_resize(self) -> None:
        """Lay the bars out for the width, with the cursor's line in the middle."""
        self._lay_out()
        self._scroll_rows(self.cursor - self._page_rows // 2)

    def _lay_out(self) -> None:
        cells = max(1, self._width - self._label_cells - self._note_cells)
        self._scale = TimeScale(self._scale.start, self._scale.end, cells)
        self.virtual_size = Size(self._width, len(self._stays) + FOOT)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """The stays, then the times and the sign of the moment."""
        painter, foot, index = self._painter, self._foot, self._top + y
        if y > foot + 1:
            return Strip.blank(self._width, self.rich_style)
        if y >= foot or index >= len(self._stays):
            return self.strip_of(painter.axis() if y == foot else painter.caret(), self._width)
        return self.strip_of(painter.stay(self._stays[index], index == self.cursor), self._width)

    @property
    def _painter(self) -> TimelinePainter:
        label, note = self._label_cells, self._note_cells
        return TimelinePainter(self._scale, self.as_of, self._zone, label, note, self.ascii_only)

    @property
    def _width(self) -> int:
        return self.scrollable_content_region.width

    @property
    def _label_cells(self) -> int:
        return 2 + min(self._label, max(8, self._width // 5))

    @property
    def _note_cells(self) -> int:
        return next((cells for width, cells in _NOTES if self._width >= width), 0)

    @property
    def _top(self) -> int:
        return round(self.scroll_y)

    @property
    def _page_rows(self) -> int:
        return max(1, self.size.height - FOOT)

    @property
    def _foot(self) -> int:
        """The line of the times: right below the stays."""
        return min(len(self._stays), self._page_rows)

    def _follow(self) -> bool:
        """Shift the stretch of time to where the moment is, when it has left; whether it had."""
        if 0 <= self._scale.cell(self.as_of) < self._scale.cells:
            return False
        self._center(1.0)
        return True

    def _center(self, factor: float) -> None:
        self._scale = self._scale.around(self.as_of, factor, self.longest)
        self.refresh()

    def _keep_telling(self) -> None:
        """Scroll on when no line in sight tells of the moment and another does."""
        if not self._stays:
            return
        best = self._nearest
        seen = range(self._top, min(self._top + self._page_rows, len(self._stays)))
        there = self._stays[best].certainty_at(self.as_of)
        if there == "no":
            in_sight = any(self._stays[index].touches(*self.stretch) for index in seen)
        else:
            in_sight = any(self._stays[index].certainty_at(self.as_of) == there for index in seen)
        if not in_sight:
            self._go_to_row(best)

    def _go_to_row(self, index: int) -> None:
        """Put the cursor on a line; one that was out of sight comes to the middle."""
        was_seen = 0 <= index - self._top < self._page_rows
        self.cursor = index
        if not was_seen:
            self._scroll_rows(index - self._page_rows // 2)

    def _place(self, key: str | None) -> int | None:
        return next((index for index, stay in enumerate(self._stays) if stay.key == key), None)

    @property
    def _nearest(self) -> int:
        """The line that tells most of the moment: a stay that is certain, else possible, else the nearest start."""

        def distance(index: int) -> tuple[int, timedelta]:
            stay = self._stays[index]
            return _RANK[stay.certainty_at(self.as_of)], abs(stay.start - self.as_of)

        return min(range(len(self._stays)), key=distance, default=0)

    def _repaint_moved(self, old: datetime, new: datetime) -> None:
        """Repaint the caret and the stays whose certainty changes; everything where the line moves."""
        width, foot = self._width, self._foot
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


__all__ = ["Certainty", "Stay", "Timeline"]


@dataclass
class _OfTimeline(Message):
    timeline: Timeline
    """The timeline that the message comes from."""

    @property
    def control(self) -> Timeline:
        """The timeline that the message comes from."""
        return self.timeline


class Timeline(TimelineView, can_focus=True):
    """One line a stay: `├──┤` from start to end, `├┈┈?` where no end is known, and a line through them at a moment.

    Arrows move the moment, `j` and `k` a cursor over the lines. Where the moment leaves the stretch of time that is
    seen, the stretch follows, with it the cursor to a line whose bar is in sight.
    """

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

    @dataclass
    class AsOfMoved(_OfTimeline):
        """The cursor stands on another moment."""

        moment: datetime
        """The moment, in UTC."""

    @dataclass
    class StayOpened(_OfTimeline):
        """A line was opened with Enter or the mouse."""

        key: str
        """The stay's own key."""

    def show(
        self, stays: Sequence[Stay], start: datetime, end: datetime, *, as_of: datetime, zone: tzinfo = UTC
    ) -> None:
        """Show stays over a stretch of time, as of a moment; all of them with a time zone, shown in `zone`."""
        key, line = self.cursor_key, self.cursor - self._top
        self._stays, self._zone = stays, zone
        self._label = max((cell_width(safe(stay.label)) for stay in stays), default=0)
        self._scale = TimeScale(utc(start), utc(end), 1)
        self.set_reactive(Timeline.as_of, utc(as_of))
        place = self._place(key)
        self.set_reactive(Timeline.cursor, self._nearest if place is None else place)
        self._lay_out()
        self._scroll_rows(self.cursor - (self._page_rows // 2 if place is None else line))
        self._follow()
        self.post_message(self.AsOfMoved(self, self.as_of))

    def go(self, moment: datetime, key: str | None = None) -> None:
        """Go to a moment, with the cursor on the stay of this key, else on one that tells of the moment."""
        self.as_of = moment
        place = self._place(key)
        self._go_to_row(self._nearest if place is None else place)

    def counts(self) -> Counter[Certainty]:
        """How many stays are certain, possible and not there at the moment."""
        return Counter(stay.certainty_at(self.as_of) for stay in self._stays)

    def watch_as_of(self, old: datetime, new: datetime) -> None:
        """Move the line, repaint the stays that are known otherwise now, tell of the moment."""
        if not self._follow():
            self._repaint_moved(old, new)
        self._keep_telling()
        self.post_message(self.AsOfMoved(self, new))

    def action_move(self, minutes: int) -> None:
        """Move the moment."""
        self.as_of += timedelta(minutes=minutes)

    def action_row(self, rows: int) -> None:
        """Move the cursor over the lines."""
        self.cursor += rows

    def action_page(self, pages: int) -> None:
        """Move cursor and view by pages."""
        self._scroll_rows(self._top + pages * self._page_rows)
        self.cursor += pages * self._page_rows

    def action_zoom(self, factor: float) -> None:
        """See more time, or less, around the moment."""
        self._center(factor)

    def action_open(self) -> None:
        """Tell that the line under the cursor was opened."""
        if self._stays:
            self.post_message(self.StayOpened(self, self._stays[self.cursor].key))

    def on_click(self, event: events.Click) -> None:
        """A click puts the cursor on a line, among the bars the moment too; twice on a label opens the line."""
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
