"""`BarChart`, a stacked histogram with a cursor under its bars."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from ssmtrail.widgets.chart_picture import ChartPicture, chart_picture
from ssmtrail.widgets.glyphs import glyphs
from ssmtrail.widgets.histogram import SERIES, SPECIAL, Histogram, Look, Series
from ssmtrail.widgets.line_painter import LinePainter
from ssmtrail.widgets.text import safe, shorten_end

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence

    from textual import events
    from textual.strip import Strip

    from ssmtrail.widgets.line_painter import Run

__all__ = ["BarChart", "ChartPicture", "Histogram", "Look", "Series", "chart_picture"]


class BarChart(Widget, can_focus=True):
    """A chart that shows pictures drawn elsewhere, with a cursor under one bar and perhaps one picked series.

    `show` names other bars, the chart posts `PictureWanted`, and `put_picture` gives it what `chart_picture` draws. If
    there are more bars than columns, a range is visible that follows the cursor. Moving the cursor repaints the axis
    and the caption; other bars, sizes and looks need another picture, another theme does not.
    """

    ALLOW_SELECT = False

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "open", tooltip="Open the bar under the cursor", id="bars.open"),
        Binding("left,h", "move(-1)", "left", show=False, tooltip="One bar to the left", id="bars.left"),
        Binding("right,l", "move(1)", "right", show=False, tooltip="One bar to the right", id="bars.right"),
        Binding("up,k", "pick(1)", "part above", show=False, tooltip="Pick the next part of the bars", id="bars.up"),
        Binding("down,j", "pick(-1)", "part below", show=False, tooltip="Pick the part before it", id="bars.down"),
        Binding("home,g", "to(0)", "first", show=False, tooltip="The first bar", id="bars.first"),
        Binding("end,G", "to(-1)", "last", show=False, tooltip="The last bar", id="bars.last"),
        Binding("pageup", "page(-1)", "page left", show=False, tooltip="A quarter of a page back", id="bars.back"),
        Binding("pagedown", "page(1)", "page right", show=False, tooltip="A quarter of a page on", id="bars.on"),
    ]

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "bar-chart--axis",
        "bar-chart--legend",
        "bar-chart--ghost",
        "bar-chart--over",
        "bar-chart--caret",
        "bar-chart--caption",
        "bar-chart--faded",
        "bar-chart--picked",
        *(f"bar-chart--series-{number}" for number in range(1, SERIES + 1)),
        *(f"bar-chart--series-{name}" for name in SPECIAL),
    }
    """
    | Class | Description |
    | :- | :- |
    | `bar-chart--series-1` to `-6`, `-denied`, `-failed` | Bars, and their keys in the legend. |
    | `bar-chart--ghost`, `bar-chart--over` | The line to compare with, and where it crosses a bar. |
    | `bar-chart--axis`, `bar-chart--legend` | Axes with their labels, the legend's texts. |
    | `bar-chart--caret`, `bar-chart--caption` | The marker under the cursor's bar, the text below the axis. |
    | `bar-chart--faded`, `bar-chart--picked` | Series beside the picked one, the picked one's text in the legend. |
    """

    DEFAULT_CSS = """
    BarChart {
        height: 1fr;
        & > .bar-chart--axis { color: $foreground-muted; }
        & > .bar-chart--legend { color: $foreground; }
        & > .bar-chart--ghost { color: $foreground-muted; }
        & > .bar-chart--over { text-style: reverse; }
        & > .bar-chart--caret { color: $foreground-muted; text-style: bold; }
        & > .bar-chart--caption { color: $foreground; }
        & > .bar-chart--faded { color: $foreground 25%; }
        & > .bar-chart--picked { color: $foreground; text-style: bold; }
        & > .bar-chart--series-1 { color: #4e9ac4; }
        & > .bar-chart--series-2 { color: #d9a441; }
        & > .bar-chart--series-3 { color: #6fae6a; }
        & > .bar-chart--series-4 { color: #b382c9; }
        & > .bar-chart--series-5 { color: #4fb3a5; }
        & > .bar-chart--series-6 { color: #8d97a1; }
        & > .bar-chart--series-denied { color: $error; }
        & > .bar-chart--series-failed { color: $error 55%; }
        &:focus > .bar-chart--caret { color: $text-accent; text-style: bold; }
        &:ansi > .bar-chart--axis { text-style: dim; }
        &:ansi > .bar-chart--ghost { text-style: dim; }
        &:ansi > .bar-chart--faded { color: ansi_default; text-style: dim; }
        &:ansi > .bar-chart--series-1 { color: ansi_blue; }
        &:ansi > .bar-chart--series-2 { color: ansi_yellow; }
        &:ansi > .bar-chart--series-3 { color: ansi_green; }
        &:ansi > .bar-chart--series-4 { color: ansi_magenta; }
        &:ansi > .bar-chart--series-5 { color: ansi_cyan; }
        &:ansi > .bar-chart--series-6 { color: ansi_bright_black; }
        &:ansi > .bar-chart--series-denied { color: ansi_red; }
        &:ansi > .bar-chart--series-failed { color: ansi_bright_red; }
    }
    """

    cursor: reactive[int] = reactive(0, repaint=False)
    """Index of the bar under the cursor."""
    picked: reactive[int | None] = reactive[int | None](None)
    """Index of the picked series, None for whole bars."""
    caption: reactive[str] = reactive("", repaint=False)
    """The text below the axis."""
    look: reactive[Look] = reactive[Look]("blocks", repaint=False)
    """How series differ: `blocks` by colour, `textures` without colours, `ascii`."""

    @dataclass
    class PictureWanted(Message):
        """A picture is needed: draw it with `chart_picture` in a worker, answer with `put_picture`."""

        chart: BarChart
        """The chart of the message."""
        token: Hashable
        """The bars to draw."""
        width: int
        """Cells."""
        height: int
        """Lines."""
        first: int
        """Index of the first bar to draw."""
        look: Look
        """How series differ."""

        @property
        def control(self) -> BarChart:
            """The chart of the message."""
            return self.chart

    @dataclass
    class BarHighlighted(Message):
        """The cursor is under another bar."""

        chart: BarChart
        """The chart of the message."""
        index: int
        """Index of the bar, from 0."""

        @property
        def control(self) -> BarChart:
            """The chart of the message."""
            return self.chart

    @dataclass
    class PartPicked(Message):
        """Another series was picked, or none."""

        chart: BarChart
        """The chart of the message."""
        index: int | None
        """Index of the series, from 0."""

        @property
        def control(self) -> BarChart:
            """The chart of the message."""
            return self.chart

    @dataclass
    class BarOpened(Message):
        """A bar, or its picked part, was opened with Enter or the mouse."""

        chart: BarChart
        """The chart of the message."""
        index: int
        """Index of the bar, from 0."""

        @property
        def control(self) -> BarChart:
            """The chart of the message."""
            return self.chart

    def __init__(
        self,
        *,
        look: Look = "blocks",
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - Textual's name
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._painter = LinePainter(self, "bar-chart--")
        self._token: Hashable = None
        self._bars = 0
        self._series = 0
        self._picture: ChartPicture | None = None
        self._wanted: tuple[object, ...] = ()
        self.set_reactive(BarChart.look, look)

    # Bars and their picture

    @property
    def bars_seen(self) -> int:
        """Number of visible bars."""
        return self._bars if self._picture is None else self._picture.bars

    @property
    def canvas(self) -> tuple[int, int]:
        """Width and height of the picture that fits."""
        return self.size.width, max(0, self.size.height - 1)

    def show(
        self, token: Hashable, bars: int, series: int = 1, *, cursor: int | None = None,
        picture: ChartPicture | None = None,
    ) -> None:  # fmt: skip
        """Show other bars, with the cursor under one of them; the previous picture stays until the new one is here.

        `picture` may be one drawn in advance, for `canvas`; if it does not fit, another is asked for.
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
            self._request_picture()
        self._post_highlighted()

    def put_picture(self, token: Hashable, picture: ChartPicture) -> None:
        """Give a picture that was asked for; one of other bars, another size or another look is dropped."""
        if (token, picture.width, picture.height, picture.look) == self._wanted[:4]:
            self._take(picture)

    def _take(self, picture: ChartPicture) -> None:
        self._picture = picture
        self._wanted = (self._token, picture.width, picture.height, picture.look, picture.first)
        self.refresh()
        self._request_picture()  # the cursor may have left the visible bars meanwhile

    # The cursor

    def validate_cursor(self, index: int) -> int:
        """Keep the cursor under a bar."""
        return max(0, min(index, self._bars - 1))

    def validate_picked(self, index: int | None) -> int | None:
        """Keep it one of several series, or none."""
        return index if index is not None and 0 <= index < self._series and self._series > 1 else None

    def watch_picked(self) -> None:
        """Post `PartPicked`."""
        self.post_message(self.PartPicked(self, self.picked))

    def watch_cursor(self, old: int, new: int) -> None:
        """Repaint the marker, and post `BarHighlighted`."""
        picture = self._picture
        places = [picture.place_of(bar) for bar in (old, new)] if picture else [None]
        seen = [place for place in places if place is not None]
        if picture and seen:  # one region: Textual renders each from the start of the line
            self.refresh(Region(min(seen), picture.axis, max(seen) - min(seen) + 1, 1))
        self._request_picture()
        self._post_highlighted()

    def watch_caption(self) -> None:
        """Repaint the text below the axis."""
        self.refresh(Region(0, self.size.height - 1, self.size.width, 1))

    def watch_look(self) -> None:
        """Ask for another picture."""
        self._request_picture()

    def on_resize(self) -> None:
        """Ask for another picture."""
        self._request_picture()

    def action_move(self, bars: int) -> None:
        """Move the cursor by bars."""
        self.cursor += bars

    def action_to(self, index: int) -> None:
        """Move the cursor to a bar; below 0, to the last one."""
        self.cursor = index if index >= 0 else self._bars - 1

    def action_page(self, direction: int) -> None:
        """Move the cursor by a quarter of the visible bars."""
        self.cursor += direction * max(1, self.bars_seen // 4)

    def action_pick(self, series: int) -> None:
        """Pick the next series up or down; after the last one, none."""
        if self._series > 1:
            place = -1 if self.picked is None else self.picked
            self.picked = (place + 1 + series) % (self._series + 1) - 1

    def action_open(self) -> None:
        """Post `BarOpened` for the bar under the cursor."""
        if self._bars:
            self.post_message(self.BarOpened(self, self.cursor))

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the click; a second click on the same bar, or a double click, opens it."""
        event.stop()
        offset = event.get_content_offset(self)
        bar = None if offset is None or self._picture is None else self._picture.bar_at(offset.x)
        if bar is not None:
            again = bar == self.cursor
            self.cursor = bar
            if again or event.chain > 1:
                self.action_open()

    # Drawing

    def notify_style_update(self) -> None:
        """Forget the styles."""
        super().notify_style_update()
        self._painter.forget()

    def render_line(self, y: int) -> Strip:
        """Render a line of the picture, or the caption on the last line."""
        width, picture = self.size.width, self._picture
        if picture is not None and y == self.size.height - 1:
            text = shorten_end(safe(self.caption), width - 2, self.look == "ascii")
            return self._painter.strip([(f" {text}", "caption", "")] if picture.total == self._bars else [], width)
        if picture is None or y >= len(picture.lines):
            return self._painter.strip([], width)
        return self._painter.strip([*self._runs(picture, y), (" ", "", "")], width)

    def _runs(self, picture: ChartPicture, y: int) -> Iterable[Run]:
        place = picture.place_of(self.cursor) if picture.total == self._bars else None
        if y == picture.axis and place is not None:
            return _with_marker(picture.lines[y], place, glyphs(self.look == "ascii").caret)
        if self.picked is None:
            return picture.lines[y]
        if not y:
            return _picked_in_legend(picture.lines[y], self.picked)
        return _faded_but(picture.lines[y], picture.parts[self.picked] if self.picked < len(picture.parts) else "")

    def _first_wanted(self) -> int:
        """The first bar to draw: the same while the cursor is visible, else so that the cursor is in the middle."""
        picture = self._picture
        if picture is None:
            return max(0, self.cursor - self.size.width // 2)
        if picture.total == self._bars and (not picture.bars or picture.place_of(self.cursor) is not None):
            return picture.first
        return max(0, self.cursor - picture.bars // 2)

    def _request_picture(self) -> None:
        """Post `PictureWanted` for the picture that is needed, once."""
        width, height = self.size
        wanted = (self._token, width, height - 1, self.look, self._first_wanted())
        if self._bars and width and height > 1 and wanted != self._wanted:
            self._wanted = wanted
            self.post_message(self.PictureWanted(self, self._token, width, height - 1, wanted[4], self.look))

    def _post_highlighted(self) -> None:
        if self._bars:
            self.post_message(self.BarHighlighted(self, self.cursor))


def _with_marker(axis: Sequence[Run], place: int, sign: str) -> Iterator[Run]:
    """Yield the axis, whose characters are one cell wide, with a marker on one of them."""
    left = 0
    for text, part, style in axis:
        here = place - left
        if 0 <= here < len(text):
            yield text[:here], part, style
            yield sign, "caret", ""
            yield text[here + 1 :], part, style
        else:
            yield text, part, style
        left += len(text)


def _faded_but(runs: Sequence[Run], kept: str) -> Iterator[Run]:
    """Yield a line of bars in which all series but the one of this name are faded."""
    for text, part, style in runs:
        yield text, "faded" if part.startswith("series") and part != kept else part, style


def _picked_in_legend(runs: Sequence[Run], picked: int) -> Iterator[Run]:
    """Yield the legend, a key and a text a series, with the picked text emphasised."""
    for place, (text, part, style) in enumerate(runs):
        is_text = part == "legend" and place == 2 * picked + 2
        yield text, "picked" if is_text else part, style
