"""A timeline as it is laid out, drawn line by line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Final

from textual.geometry import Region, Size
from textual.reactive import reactive
from textual.strip import Strip

from widgets.time_scale import TimeScale
from widgets.timeline_looks import TimelineLooks
from widgets.timeline_painter import TimelinePainter, utc

if TYPE_CHECKING:
    from collections.abc import Sequence

    from widgets.timeline_painter import Stay

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
