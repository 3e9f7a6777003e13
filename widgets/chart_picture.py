"""Draws a stacked histogram with plotext, as lines that a widget only has to paint.

Slow (20 to 60 ms for 90 bars), hence meant for a worker: no widget, no terminal, no state that others see.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from widgets.cell_width import cell_width
from widgets.chart_bars import Plan, draw_ghost, drawn
from widgets.histogram import SERIES, SIGNS, Histogram, Look
from widgets.line_painter import Run, merged
from widgets.safe_text import safe, shorten_end

if TYPE_CHECKING:
    from collections.abc import Iterator

    from widgets.chart_bars import Line

#: Cells that a bar takes at most, with the gap behind it.
_WIDEST: Final = 10
#: Fewest cells that can be drawn on: a picture of less is empty.
SMALLEST: Final = (16, 6)


@dataclass(frozen=True, slots=True)
class ChartPicture:
    """A drawn histogram."""

    width: int
    height: int
    look: Look
    lines: tuple[tuple[Run, ...], ...]
    """Legend, bars, axis, labels of the axis.

    Parts of the runs are `series-1` and so on, `ghost`, `axis`, `legend`; the style `over` is a ghost on a bar.
    """
    first: int
    """Index of the first bar that is seen."""
    bars: int
    """How many are seen."""
    total: int
    """How many there are."""
    left: int
    """Cells before the first bar."""
    pitch: int
    """Cells from one bar to the next."""

    @property
    def axis(self) -> int:
        """Which of the lines is the axis below the bars."""
        return len(self.lines) - 2

    def bar_at(self, x: int) -> int | None:
        """Index of the bar at a cell, None beside the bars."""
        index = (x - self.left) // self.pitch
        return self.first + index if x >= self.left and index < self.bars else None

    def place_of(self, bar: int) -> int | None:
        """Cell of the middle of a bar, None when it is not seen."""
        if not self.first <= bar < self.first + self.bars:
            return None
        return self.left + (bar - self.first) * self.pitch + (max(1, self.pitch - 1) - 1) // 2


def chart_picture(data: Histogram, width: int, height: int, *, first: int = 0, look: Look = "blocks") -> ChartPicture:
    """Draw the bars from `first` on in `width` x `height` cells.

    Bars that have no room are not drawn: none is ever merged with another. All pictures of a histogram have one
    scale, whichever bars they show.
    """
    total = len(data.labels)
    top = nice_ceiling(max((*data.totals, *data.ghost), default=0))
    left = len(f"{top:,}") + 1
    room = width - left
    if total == 0 or width < SMALLEST[0] or height < SMALLEST[1]:
        return ChartPicture(width, height, look, (), 0, 0, total, left, 1)
    pitch = max(1, min(_WIDEST, room // total))
    bars = min(total, room // pitch)
    first = max(0, min(first, total - bars))
    plan = Plan(data, first, bars, pitch, left, height - 3, top, look)
    grid = drawn(plan)
    draw_ghost(plan, grid)
    stretch = f"{first + 1:,}-{first + bars:,} of {total:,}" if bars < total else ""
    legend = tuple(_legend(data, stretch, width, look))
    lines = (legend, *(tuple(merged(map(_run, _with_gaps(line)))) for line in grid))
    return ChartPicture(width, height, look, lines, first, bars, total, left, pitch)


def nice_ceiling(largest: int) -> int:
    """The top of an axis: the next of 1, 2, 3, 4, 5, 6, 8 times a power of ten, at least 1."""
    if largest <= 1:
        return 1
    power: int = 10 ** (len(str(largest)) - 1)
    return next(factor * power for factor in (1, 2, 3, 4, 5, 6, 8, 10) if factor * power >= largest)


def _with_gaps(line: Line) -> Iterator[tuple[str, str]]:
    """Blanks belong to the bar before them, so that a line of bars is a few runs: a tenth of the bytes."""
    before = "axis"
    for char, part in line:
        before = part if char != " " or before.startswith("over") else before
        yield char, before


def _run(cell: tuple[str, str]) -> Run:
    """A character over a bar has the bar's colours the other way round."""
    char, part = cell
    return (char, part.replace("over", "series"), "over") if part.startswith("over") else (char, part, "")


def _legend(data: Histogram, stretch: str, width: int, look: Look) -> list[Run]:
    """Signs and labels of the series, as many as have room; at the right which bars are seen."""
    runs: list[Run] = [(" ", "legend", "")]
    items = [(SIGNS[look][min(n, SERIES - 1)], f"series-{min(n, SERIES - 1) + 1}", part.label)
             for n, part in enumerate(data.series)]  # fmt: skip
    if data.ghost_label:
        items.append(("-" if look == "ascii" else "┄", "ghost", data.ghost_label))
    free = width - (len(stretch) + 4 if stretch else 3)
    for sign, part, label in items:
        text = shorten_end(safe(label), free - 2, look == "ascii")
        if free < 6:
            break
        runs += [("■" if look == "blocks" and part != "ghost" else sign, part, ""), (f" {text}  ", "legend", "")]
        free -= cell_width(text) + 4
    return [*runs, (" " * max(0, free) + stretch, "legend", "")]
