"""Moving along the bars of a histogram, up and down their parts."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.reactive import reactive

from widgets.chart_looks import ChartLooks


class ChartKeys(ChartLooks):
    """A cursor under one of `_bars` bars, one of `_series` series that may stand out."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "open", tooltip="Open the bar under the cursor", id="bars.open"),
        Binding("left,h", "move(-1)", "left", show=False, tooltip="One bar to the left", id="bars.left"),
        Binding("right,l", "move(1)", "right", show=False, tooltip="One bar to the right", id="bars.right"),
        Binding("up,k", "pick(1)", "part above", show=False, tooltip="Pick the next part of the bars", id="bars.up"),
        Binding("down,j", "pick(-1)", "part below", show=False, tooltip="Pick the part before it", id="bars.down"),
        Binding("home,g", "to(0)", "first", show=False, tooltip="The first bar", id="bars.first"),
        Binding("end,G", "to(-1)", "last", show=False, tooltip="The last bar", id="bars.last"),
        Binding(
            "pageup", "page(-1)", "page left", show=False, tooltip="A quarter of what is seen back", id="bars.back"
        ),
        Binding("pagedown", "page(1)", "page right", show=False, tooltip="A quarter of it on", id="bars.on"),
    ]

    cursor: reactive[int] = reactive(0, repaint=False)
    """Index of the bar under the cursor."""
    picked: reactive[int | None] = reactive[int | None](None)
    """Index of the series that stands out, None for none: whole bars are meant."""
    _bars = 0
    _series = 0

    @property
    def bars_seen(self) -> int:
        """How many bars are in sight."""
        return self._bars

    def validate_cursor(self, index: int) -> int:
        """Keep the cursor under a bar."""
        return max(0, min(index, self._bars - 1))

    def validate_picked(self, index: int | None) -> int | None:
        """Keep it one of the series; of a single one none stands out."""
        return index if index is not None and 0 <= index < self._series and self._series > 1 else None

    def action_move(self, bars: int) -> None:
        """Move the cursor along the bars."""
        self.cursor += bars

    def action_to(self, index: int) -> None:
        """Move to the first bar, or to the last one."""
        self.cursor = index if index >= 0 else self._bars - 1

    def action_page(self, direction: int) -> None:
        """Move by a quarter of what is seen."""
        self.cursor += direction * max(1, self.bars_seen // 4)

    def action_pick(self, series: int) -> None:
        """Pick the next series up or down; beyond the last one none is."""
        if self._series > 1:
            place = -1 if self.picked is None else self.picked
            self.picked = (place + 1 + series) % (self._series + 1) - 1
