"""Draws a stacked histogram with plotext, as lines that a widget paints."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil
from threading import Lock
from typing import TYPE_CHECKING, Final, TypeAlias

from ssmtrail.widgets.histogram import SIGNS, Histogram, Look
from ssmtrail.widgets.line_painter import Run, merged
from ssmtrail.widgets.text import cell_width, safe, shorten_end

if TYPE_CHECKING:
    from collections.abc import Iterator

_EIGHTHS: Final = " ▁▂▃▄▅▆▇"
#: Characters that a comparison line crosses in the bar's own colour; there are none in ASCII.
_FULL: Final = frozenset(SIGNS["blocks"] + SIGNS["textures"] + "▜▖")
_TOPS: Final = frozenset(_EIGHTHS.strip() + ".")
#: plotext's public functions draw on one figure of the module.
_PLOTEXT: Final = Lock()
_ASCII_AXES: Final = str.maketrans("┤┼├┬┴─│└┘┌┐", "+++++-|++++")


@dataclass(frozen=True, slots=True)
class Plan:
    """The bars to draw, and their places."""

    data: Histogram
    first: int
    bars: int
    pitch: int
    left: int
    rows: int
    """Height of the bars' area."""
    top: int
    """The largest number of the upright axis."""
    look: Look

    @property
    def shown(self) -> range:
        """Indexes of the visible bars."""
        return range(self.first, self.first + self.bars)

    @property
    def thickness(self) -> int:
        """Width of a bar without the gap behind it."""
        return max(1, self.pitch - 1)

    def eighths(self, count: int) -> int:
        """Return a height in eighths of a line; at least 1 unless the count is 0."""
        return max(1, round(8 * self.rows * count / self.top)) if count else 0


#: The characters of a line, each with the part of the chart that it belongs to.
Line: TypeAlias = list[tuple[str, str]]


def _draw(plan: Plan) -> list[Line]:
    """Return what plotext draws: bars, axes and their labels.

    The axes count cells, so that places are exact: plotext draws value v of an axis from 0 to n - 1 in cell v.
    """
    import plotext  # slow to import, and only charts need it

    places, texts = _x_ticks(plan)
    rows, numbers = _y_ticks(plan)
    cells = _bar_cells(plan)
    width = plan.left + plan.bars * plan.pitch
    with _PLOTEXT:
        plotext.clear_figure()
        plotext.limit_size(False, False)  # otherwise cut to the size of the terminal
        plotext.plot_size(width, plan.rows + (2 if places else 1))
        plotext.theme("clear")
        plotext.xaxes(True, False)
        plotext.yaxes(True, False)
        plotext.xlim(0, plan.bars * plan.pitch - 1)
        plotext.ylim(1, plan.rows)
        if cells:
            plotext.scatter(
                [x for x, _ in cells], [row for _, row in cells], marker=[char for char, _ in cells.values()]
            )
        plotext.xticks(places, texts)
        plotext.yticks(rows, [number.rjust(plan.left - 1) for number in numbers])
        picture = plotext.uncolorize(plotext.build())
    if plan.look == "ascii":
        picture = picture.translate(_ASCII_AXES)
    grid: list[Line] = [[(char, "axis") for char in line] for line in picture.rstrip("\n").split("\n")]
    for (x, row), (char, part) in cells.items():
        grid[plan.rows - row][plan.left + x] = (char, part)
    if not places:  # plotext leaves out the line of an axis without labels
        grid.append([(" ", "axis")] * width)
    cross = "+" if plan.look == "ascii" else "┼"  # plotext has no place for the 0 of the upright axis
    grid[plan.rows][: plan.left] = [(char, "axis") for char in "0".rjust(plan.left - 1) + cross]
    return grid


def _bar_cells(plan: Plan) -> dict[tuple[int, int], tuple[str, str]]:
    """Return character and part of each cell of the bars, by column from 0 and row from 1.

    The cells of a bar are full blocks of its series, and a top in eighths of a cell.
    """
    cells: dict[tuple[int, int], tuple[str, str]] = {}
    for index, bar in enumerate(plan.shown):
        values = [part.values[bar] for part in plan.data.series]
        full, rest = divmod(plan.eighths(sum(values)), 8)
        last = max((number for number, value in enumerate(values) if value), default=0)
        below = reached = 0
        columns = range(index * plan.pitch, index * plan.pitch + plan.thickness)
        for number, value in enumerate(values):
            below += value
            to = full if number == last else min(full, round(plan.rows * below / plan.top))
            sign, part = plan.data.series[number].look(number, plan.look)
            tops = [(row, sign) for row in range(reached + 1, to + 1)]
            if number == last and rest and full < plan.rows:
                tops.append((full + 1, _top_sign(rest, sign, plan.look)))
            cells |= {(x, row): (char, part) for x in columns for row, char in tops}
            reached = max(reached, to)
    return cells


def _top_sign(eighths: int, sign: str, look: Look) -> str:
    """Return the top character of a bar; where there are no eighths, it is full from one half on."""
    if look == "blocks":
        return _EIGHTHS[eighths]
    return sign if eighths >= 4 else "." if look == "ascii" else "▁"


def _x_ticks(plan: Plan) -> tuple[list[int], list[str]]:
    """Return places and labels of the axis; a label without room is left out."""
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
    """Return rows, from 1, and numbers of the upright axis without 0; whole numbers, at the tops of rows."""
    rows, numbers = [], []
    steps = next((n for n in (4, 3, 5, 2) if plan.rows >= 2 * n and plan.top % n == 0), 2 if plan.top % 2 == 0 else 1)
    for step in range(1, steps + 1):
        rows.append(max(1, ceil(plan.rows * step / steps)))
        numbers.append(f"{plan.top * step // steps:,}")
    return rows, numbers


def _draw_comparison(plan: Plan, grid: list[Line]) -> None:
    """Draw a dashed line at the height to compare each bar with, except over the top of a bar."""
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


#: Largest width of a bar, with the gap behind it.
_WIDEST: Final = 10
#: Smallest width and height; a smaller picture is empty.
SMALLEST: Final = (16, 6)


@dataclass(frozen=True, slots=True)
class ChartPicture:
    """A histogram, drawn for one size."""

    width: int
    height: int
    look: Look
    lines: tuple[tuple[Run, ...], ...]
    """Legend, bars, axis, labels of the axis.

    Parts of the runs are `series-1` and so on, `ghost`, `axis`, `legend`; the style `over` is the ghost over a bar.
    """
    first: int
    """Index of the first visible bar."""
    bars: int
    """Number of visible bars."""
    total: int
    """Number of all bars."""
    left: int
    """Width of what is left of the first bar."""
    pitch: int
    """Distance from one bar to the next."""
    parts: tuple[str, ...] = ()
    """Name of each series in the runs."""

    @property
    def axis(self) -> int:
        """Index of the line of the axis below the bars."""
        return len(self.lines) - 2

    def bar_at(self, x: int) -> int | None:
        """Return the index of the bar at a column, None beside the bars."""
        index = (x - self.left) // self.pitch
        return self.first + index if x >= self.left and index < self.bars else None

    def place_of(self, bar: int) -> int | None:
        """Return the column of the middle of a bar, None if it is not visible."""
        if not self.first <= bar < self.first + self.bars:
            return None
        return self.left + (bar - self.first) * self.pitch + (max(1, self.pitch - 1) - 1) // 2


def chart_picture(data: Histogram, width: int, height: int, *, first: int = 0, look: Look = "blocks") -> ChartPicture:
    """Draw the bars from `first` on in `width` x `height` cells; safe to call from any thread.

    Bars without room are not drawn, never merged. All pictures of a histogram have the same scale.
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
    grid = _draw(plan)
    _draw_comparison(plan, grid)
    stretch = f"{first + 1:,}-{first + bars:,} of {total:,}" if bars < total else ""
    legend = tuple(_legend(data, stretch, width, look))
    lines = (legend, *(tuple(merged(map(_run, _with_gaps(line)))) for line in grid))
    parts = tuple(part.look(number, look)[1] for number, part in enumerate(data.series))
    return ChartPicture(width, height, look, lines, first, bars, total, left, pitch, parts)


def nice_ceiling(largest: int) -> int:
    """Return the top of an axis: the next of 1, 2, 3, 4, 5, 6, 8 times a power of ten, at least 1."""
    if largest <= 1:
        return 1
    power: int = 10 ** (len(str(largest)) - 1)
    return next(factor * power for factor in (1, 2, 3, 4, 5, 6, 8, 10) if factor * power >= largest)


def _with_gaps(line: Line) -> Iterator[tuple[str, str]]:
    """Give blanks the part before them, so that a line of bars is a few runs: a tenth of the bytes."""
    before = "axis"
    for char, part in line:
        before = part if char != " " or before.startswith("over") else before
        yield char, before


def _run(cell: tuple[str, str]) -> Run:
    """Return a run; the comparison line over a bar has the bar's colours reversed."""
    char, part = cell
    return (char, part.replace("over", "series"), "over") if part.startswith("over") else (char, part, "")


def _legend(data: Histogram, stretch: str, width: int, look: Look) -> list[Run]:
    """Return keys and labels of the series, as many as have room, and at the right the range of visible bars."""
    runs: list[Run] = [(" ", "legend", "")]
    items = [(*part.look(number, look), part.label) for number, part in enumerate(data.series)]
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
