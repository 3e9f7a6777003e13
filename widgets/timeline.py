"""A timeline of stays with a cursor on a moment: who was there, as of then?"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from widgets.cell_width import cell_width
from widgets.safe_text import safe
from widgets.time_scale import TimeScale
from widgets.timeline_painter import Certainty, Stay, utc
from widgets.timeline_view import TimelineView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual import events

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
