"""Draws a stacked histogram with plotext, as lines that a widget paints."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Final, TypeAlias

from ssmtrail.widgets.histogram import SERIES, SIGNS, Histogram, Look
from ssmtrail.widgets.run_painter import Run
from ssmtrail.widgets.table_layout import merged
from ssmtrail.widgets.text import cell_width, safe, shorten_end

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any


_EIGHTHS: Final = " ▁▂▃▄▅▆▇"
#: Cells that a ghost lies over in the bar's own colour; in ASCII there is none.
_FULL: Final = frozenset(SIGNS["blocks"] + SIGNS["textures"])
_TOPS: Final = frozenset(_EIGHTHS.strip() + ".")
_COLOUR: Final = re.compile(r"\x1b\[(0|38;5;(\d+))m")
_ASCII_AXES: Final = str.maketrans("┤┼├┬┴─│└┘┌┐", "+++++-|++++")


@dataclass(frozen=True, slots=True)
class Plan:
    """What to draw where."""

    data: Histogram
    first: int
    bars: int
    pitch: int
    left: int
    rows: int
    """Lines of the bars."""
    top: int
    """The number at the upper end of the axis."""
    look: Look

    @property
    def shown(self) -> range:
        """Indexes of the bars that are seen."""
        return range(self.first, self.first + self.bars)

    @property
    def thickness(self) -> int:
        """Cells of a bar without the gap behind it."""
        return max(1, self.pitch - 1)

    def eighths(self, count: int) -> int:
        """Height in eighths of a line; nothing but 0 is 0."""
        return max(1, round(8 * self.rows * count / self.top)) if count else 0


#: A line of characters, each with the part of the chart that it belongs to.
Line: TypeAlias = list[tuple[str, str]]


def drawn(plan: Plan) -> list[Line]:
    """What plotext draws: bars, axes and their labels.

    Its axes count cells, so that a bar's place is exact: it puts a value v of an axis from 0 to n - 1 on cell v.
    """
    from plotext._figure import _figure_class  # slow to import, needed by charts only

    figure = _figure_class()
    figure._limit_size(False, False)  # noqa: SLF001 - else cut to the size of the terminal that stdout may be
    places, texts = _x_ticks(plan)
    figure.plot_size(plan.left + plan.bars * plan.pitch, plan.rows + (2 if places else 1))
    figure.theme("clear")
    figure.xaxes(True, False)
    figure.yaxes(True, False)
    figure.xlim(0, plan.bars * plan.pitch - 1)
    figure.ylim(1, plan.rows)
    _draw_bars(plan, figure)
    figure.xticks(places, texts)
    rows, numbers = _y_ticks(plan)
    figure.yticks(rows, [number.rjust(plan.left - 1) for number in numbers])
    grid = [_parsed(line, plan.look) for line in figure.build().rstrip("\n").split("\n")]
    if not places:  # plotext leaves out the line of an axis without labels
        grid.append([(" ", "axis")] * (plan.left + plan.bars * plan.pitch))
    return _with_zero(grid, plan)


def _draw_bars(plan: Plan, figure: Any) -> None:
    """Each series as one set of points: whole cells, then the top of the bar in eighths of a cell."""
    points: list[tuple[list[int], list[int], list[str]]] = [([], [], []) for _ in plan.data.series]
    for index, bar in enumerate(plan.shown):
        below = 0
        values = [part.values[bar] for part in plan.data.series]
        full, rest = divmod(plan.eighths(sum(values)), 8)
        last = max((number for number, value in enumerate(values) if value), default=0)
        reached = 0
        for number, value in enumerate(values):
            below += value
            to = full if number == last else min(full, round(plan.rows * below / plan.top))
            xs, ys, signs = points[number]
            sign = SIGNS[plan.look][min(number, SERIES - 1)]
            column = [(row, sign) for row in range(reached + 1, to + 1)]
            if number == last and rest and full < plan.rows:
                column.append((full + 1, _top_sign(rest, sign, plan.look)))
            for x in range(index * plan.pitch, index * plan.pitch + plan.thickness):
                xs += [x] * len(column)
                ys += [row for row, _ in column]
                signs += [text for _, text in column]
            reached = max(reached, to)
    for number, (xs, ys, signs) in enumerate(points):
        if xs:
            figure.scatter(xs, ys, marker=signs, color=min(number, SERIES - 1) + 1)


def _top_sign(eighths: int, sign: str, look: Look) -> str:
    """The uppermost cell of a bar: without eighths it is whole from one half on."""
    if look == "blocks":
        return _EIGHTHS[eighths]
    return sign if eighths >= 4 else "." if look == "ascii" else "▁"


def _x_ticks(plan: Plan) -> tuple[list[int], list[str]]:
    """Cells and labels on the axis; a label without room is left out."""
    places, texts, free = [], [], 0
    width = plan.bars * plan.pitch
    for index, bar in enumerate(plan.shown):
        text = safe(plan.data.labels[bar])
        if plan.look == "ascii":
            text = text.encode("ascii", "replace").decode()
        place = index * plan.pitch + (plan.thickness - 1) // 2
        start = max(0, min(place - cell_width(text) // 2, width - cell_width(text)))
        if text and start >= free and start + cell_width(text) <= width:
            places.append(place)
            texts.append(text)
            free = start + cell_width(text) + 2
    return places, texts


def _y_ticks(plan: Plan) -> tuple[list[int], list[str]]:
    """Rows, from 1, and numbers of the upright axis, 0 excepted; only whole numbers on whole rows' upper ends."""
    rows, numbers = [], []
    steps = next((n for n in (4, 3, 5, 2) if plan.rows >= 2 * n and plan.top % n == 0), 2 if plan.top % 2 == 0 else 1)
    for step in range(1, steps + 1):
        rows.append(max(1, ceil(plan.rows * step / steps)))
        numbers.append(f"{plan.top * step // steps:,}")
    return rows, numbers


def _parsed(line: str, look: Look) -> Line:
    """Characters of a line of plotext's, with their parts: its colours 1 and on are the series."""
    out: Line = []
    part = "axis"
    position = 0
    for match in (*_COLOUR.finditer(line), None):
        text = line[position : None if match is None else match.start()]
        out += [(char.translate(_ASCII_AXES) if look == "ascii" else char, part) for char in text]
        if match is not None:
            part = f"series-{match[2]}" if match[2] else "axis"
            position = match.end()
    return out


def _with_zero(grid: list[Line], plan: Plan) -> list[Line]:
    """The axis with its 0, which plotext has no place for on it."""
    axis = grid[plan.rows]
    cross = "+" if plan.look == "ascii" else "┼"
    axis[: plan.left] = [(char, "axis") for char in "0".rjust(plan.left - 1) + cross]
    return grid


def draw_ghost(plan: Plan, grid: list[Line]) -> None:
    """A dashed step at the height of each bar's ghost, over the bars, but not over the upper end of one."""
    sign = "-" if plan.look == "ascii" else "┄"
    for index, bar in enumerate(plan.shown if plan.data.ghost else ()):
        row = ceil(plan.eighths(plan.data.ghost[bar]) / 8)
        if row:
            line = grid[plan.rows - min(row, plan.rows)]
            start = plan.left + index * plan.pitch
            for x in range(start, start + plan.pitch):
                char, part = line[x]
                if char not in _TOPS:
                    line[x] = (sign, part.replace("series", "over") if char in _FULL else "ghost")


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
