"""A histogram with a cursor over its bars; the picture of the bars is made elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from widgets.chart_keys import ChartKeys
from widgets.chart_lines import picked_in_legend, picked_out, with_caret
from widgets.chart_picture import ChartPicture, chart_picture
from widgets.histogram import Histogram, Look, Series
from widgets.safe_text import safe, shorten_end
from widgets.terminal_glyphs import glyphs

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from textual import events

    from widgets.line_painter import Run

__all__ = ["BarChart", "ChartPicture", "Histogram", "Look", "Series", "chart_picture"]


@dataclass
class _OfChart(Message):
    chart: BarChart
    """The chart that the message comes from."""

    @property
    def control(self) -> BarChart:
        """The chart that the message comes from."""
        return self.chart


class BarChart(ChartKeys, can_focus=True):
    """It is told of bars with `show`, asks with `PictureWanted`, is given `chart_picture`'s picture by `put_picture`.

    Of more bars than there is room for, a stretch is seen that follows the cursor. A step of the cursor repaints the
    axis, where the caret stands, and the line of the caption; size, bars and look ask for another picture, a theme
    does not.
    """

    caption: reactive[str] = reactive("", repaint=False)
    """What is said below the axis."""
    look: reactive[Look] = reactive[Look]("blocks", repaint=False)
    """How series differ: `blocks`, `textures` where there are no colours, `ascii`."""

    @dataclass
    class PictureWanted(_OfChart):
        """A picture is needed; make it with `chart_picture`, away from the screen, answer with `put_picture`."""

        token: Hashable
        """The bars to draw."""
        width: int
        """Cells."""
        height: int
        """Lines."""
        first: int
        """Index of the first bar to see."""
        look: Look
        """How series differ."""

    @dataclass
    class BarHighlighted(_OfChart):
        """The cursor stands under another bar."""

        index: int
        """Which bar, from 0."""

    @dataclass
    class PartPicked(_OfChart):
        """Another series stands out, or none."""

        index: int | None
        """Which series, from 0."""

    @dataclass
    class BarOpened(_OfChart):
        """A bar, of which the picked part alone, was opened with Enter or the mouse."""

        index: int
        """Which bar, from 0."""

    def __init__(
        self,
        *,
        look: Look = "blocks",
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - Textual's name
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._token: Hashable = None
        self._picture: ChartPicture | None = None
        self._wanted: tuple[object, ...] = ()
        self.set_reactive(BarChart.look, look)

    @property
    def bars_seen(self) -> int:
        """How many bars are in sight."""
        return self._bars if self._picture is None else self._picture.bars

    @property
    def canvas(self) -> tuple[int, int]:
        """Width and height of the picture that there is room for."""
        return self.size.width, max(0, self.size.height - 1)

    def show(
        self, token: Hashable, bars: int, series: int = 1, *, cursor: int | None = None,
        picture: ChartPicture | None = None,
    ) -> None:  # fmt: skip
        """Show other bars, with the cursor under one of them; the picture before stays until the new one has come.

        `picture` may be one that was drawn ahead, for `canvas`; it is asked for anew where it does not fit.
        """
        self._token, self._bars, self._series = token, bars, series
        self._wanted = ()
        if not bars:
            self._picture = None
            self.refresh()
        self.set_reactive(BarChart.cursor, self.validate_cursor(self.cursor if cursor is None else cursor))
        self.picked = self.validate_picked(self.picked)
        if picture is not None and (picture.width, picture.height, picture.look) == (*self.canvas, self.look):
            self._take(picture)
        else:
            self._ask()
        self._announce()

    def put_picture(self, token: Hashable, picture: ChartPicture) -> None:
        """Give a picture that was asked for; one of other bars, of another size or look is dropped."""
        if (token, picture.width, picture.height, picture.look) == self._wanted[:4]:
            self._take(picture)

    def _take(self, picture: ChartPicture) -> None:
        self._picture = picture
        self._wanted = (self._token, picture.width, picture.height, picture.look, picture.first)
        self.refresh()
        self._ask()  # for another one where the cursor went out of sight meanwhile

    def watch_picked(self) -> None:
        """Tell of the part."""
        self.post_message(self.PartPicked(self, self.picked))

    def watch_cursor(self, old: int, new: int) -> None:
        """Draw the caret, tell of the bar."""
        picture = self._picture
        places = [picture.place_of(bar) for bar in (old, new)] if picture else [None]
        seen = [place for place in places if place is not None]
        if picture and seen:  # one region: the toolkit begins each at the start of the line
            self.refresh(Region(min(seen), picture.axis, max(seen) - min(seen) + 1, 1))
        self._ask()
        self._announce()

    def watch_caption(self) -> None:
        """Draw the text below the axis."""
        self.refresh(Region(0, self.size.height - 1, self.size.width, 1))

    def watch_look(self) -> None:
        """Ask for another picture."""
        self._ask()

    def on_resize(self) -> None:
        """Ask for another picture."""
        self._ask()

    def action_open(self) -> None:
        """Tell that the bar under the cursor was opened."""
        if self._bars:
            self.post_message(self.BarOpened(self, self.cursor))

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor; a second one on the same bar, or a double click, opens it."""
        event.stop()
        offset = event.get_content_offset(self)
        bar = None if offset is None or self._picture is None else self._picture.bar_at(offset.x)
        if bar is not None:
            again = bar == self.cursor
            self.cursor = bar
            if again or event.chain > 1:
                self.action_open()

    def render_line(self, y: int) -> Strip:
        """A line of the picture; the last one is the caption's."""
        width, picture = self.size.width, self._picture
        if picture is not None and y == self.size.height - 1:
            text = shorten_end(safe(self.caption), width - 2, self.look == "ascii")
            return self.strip_of([(f" {text}", "caption", "")] if picture.total == self._bars else [], width)
        if picture is None or y >= len(picture.lines):
            return Strip.blank(width, self.rich_style)
        return self.strip_of([*self._runs(picture, y), (" ", "", "")], width)

    def _runs(self, picture: ChartPicture, y: int) -> Iterable[Run]:
        place = picture.place_of(self.cursor) if picture.total == self._bars else None
        if y == picture.axis and place is not None:
            return with_caret(picture.lines[y], place, glyphs(self.look == "ascii").caret)
        if self.picked is None:
            return picture.lines[y]
        return (picked_out if y else picked_in_legend)(picture.lines[y], self.picked)

    def _first_wanted(self) -> int:
        """The first bar to see: as it is while the cursor is in sight, else with the cursor in the middle."""
        picture = self._picture
        if picture is None:
            return max(0, self.cursor - self.size.width // 2)
        if picture.total == self._bars and picture.place_of(self.cursor) is not None:
            return picture.first
        return max(0, self.cursor - picture.bars // 2)

    def _ask(self) -> None:
        """Ask for the picture that is needed, once."""
        width, height = self.size
        wanted = (self._token, width, height - 1, self.look, self._first_wanted())
        if self._bars and width and height > 1 and wanted != self._wanted:
            self._wanted = wanted
            self.post_message(self.PictureWanted(self, self._token, width, height - 1, wanted[4], self.look))

    def _announce(self) -> None:
        if self._bars:
            self.post_message(self.BarHighlighted(self, self.cursor))
