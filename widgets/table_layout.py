"""The layout of a table: columns, rows, which columns fit, and lines as runs of equal style."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from ssmtrail.widgets.glyphs import glyphs
from ssmtrail.widgets.line_painter import Run, merged
from ssmtrail.widgets.text import cell_width, safe, shorten_end, shorten_host, shorten_middle

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

#: Cells before the first column: a space, the mark, a space.
GUTTER: Final = 3
#: Cells between columns.
GAP: Final = 2


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    key: str
    label: str
    width: int
    """Cells that it needs."""
    flex: int = 0
    """Share of the remaining width; 0 takes none."""
    right: bool = False
    """Aligned right, for numbers."""
    priority: int = 0
    """0 is always shown; of the others the highest is dropped first when the table is too narrow."""
    shorten: Literal["end", "middle", "host"] = "end"
    """Where a text is cut; `host` never cuts the port of `host:port`."""
    max_width: int | None = None
    """Cells that it takes at most."""
    fixed: bool = False
    """Neither dropped nor narrowed: what does not fit is scrolled to."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A column with its position on the line."""

    column: Column
    x: int
    """Cells from the left edge of the table."""
    width: int


def fit_columns(columns: Sequence[Column], width: int, widths: Mapping[str, int] | None = None) -> tuple[Placed, ...]:
    """Return the columns that are shown in `width` cells, from left to right.

    One cell stays free behind the last column, for its sort arrow. `widths` are those of widened columns by key: they
    change no other column but those that took free room, and like `fixed` columns may lead beyond the width.
    """
    kept = sized = _visible_columns(columns, width)
    room = _room(kept, width)
    if widths and any(column.key in widths for column in kept):
        most = max(1, width - GUTTER - 1)
        sized = [
            replace(column, width=min(most, widths[column.key]), flex=0) if column.key in widths else column
            for column in kept
        ]
    cells = [column.width for column in sized]
    if sized is kept and not any(column.fixed for column in kept):
        cells = _shrunk(cells, room)
    return tuple(placed_at(kept, _stretched(sized, cells, room)))


def placed_at(columns: Iterable[Column], widths: Iterable[int]) -> Iterator[Placed]:
    """The columns with their widths, one behind the other."""
    x = GUTTER
    for column, cells in zip(columns, widths, strict=True):
        yield Placed(column, x, cells)
        x += cells + GAP


def _room(columns: Sequence[Column], width: int) -> int:
    """Cells for the contents of the columns."""
    return max(0, width - GUTTER - 1 - GAP * (len(columns) - 1))


def _visible_columns(columns: Sequence[Column], width: int) -> list[Column]:
    """Drop columns by priority until the others fit; if they do not fit even squeezed, drop the last ones too."""
    kept = list(columns)
    if any(column.fixed for column in kept):
        return kept
    while sum(column.width for column in kept) > _room(kept, width) and any(column.priority for column in kept):
        del kept[max(range(len(kept)), key=lambda i: (kept[i].priority, i))]
    while len(kept) > 1 and sum(map(_squeezed_width, kept)) > _room(kept, width):
        del kept[-1]
    return kept


def _squeezed_width(column: Column) -> int:
    """Cells below which a column is not worth showing."""
    return min(column.width, max(4, column.width * 2 // 3))


def _shrunk(widths: list[int], room: int) -> list[int]:
    """Narrow the widest columns until all fit: needed only when the columns that are always shown do not fit."""
    while sum(widths) > room and max(widths) > 1:
        widths[widths.index(max(widths))] -= 1
    return widths


def _stretched(columns: Sequence[Column], widths: list[int], room: int) -> list[int]:
    free = room - sum(widths)
    while free > 0:
        growing = [i for i, column in enumerate(columns) if column.flex and widths[i] < (column.max_width or room)]
        if not growing:
            break
        shares = sum(columns[i].flex for i in growing)
        for i in growing:
            limit = (columns[i].max_width or room) - widths[i]
            more = min(limit, max(1, free * columns[i].flex // shares), room - sum(widths))
            widths[i] += more
        free = room - sum(widths)
    return widths


#: Text, or text with a style: `muted accent warn bad good strong`, or empty.
Cell: TypeAlias = "str | tuple[str, str]"


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row of a table, as it is shown."""

    key: str
    """Identifies the row within its answer; opaque to the table."""
    cells: Mapping[str, Cell] = field(default_factory=dict)
    """By column key; a missing one is empty."""
    mark: Cell = ""
    """A sign of one cell in the gutter at the left."""
    signs: Mapping[str, Cell] = field(default_factory=dict)
    """By column key: a sign of one cell behind a column, in the gap that its sort arrow has in the header."""


def split_cell(cell: Cell) -> tuple[str, str]:
    """Return the text and the style of a cell."""
    return (cell, "") if isinstance(cell, str) else cell


def fitted(text: str, column: Column, width: int, ascii_only: bool) -> str:
    """Return the text, made safe, in exactly `width` cells."""
    shorten = {"end": shorten_end, "middle": shorten_middle, "host": shorten_host}[column.shorten]
    text = shorten(safe(text), width, ascii_only)
    blank = " " * (width - cell_width(text))
    return blank + text if column.right else text + blank


def row_runs(
    row: TableRow, columns: Sequence[Placed], cursor: str | None, ascii_only: bool, *, marked: bool = False
) -> list[Run]:
    """Return a row's runs; `cursor` is the key of the column under the cursor, None if the cursor is on another row.

    A row that was `marked` has a sign before its own mark.
    On the cursor's row nothing is muted, because it is the one being read. Its cell has the cursor's colours alone.
    """
    part = "" if cursor is None else "cursor"
    mark, style = split_cell(row.mark)
    edge = (glyphs(ascii_only).marked, part, "accent") if marked else (" ", part, style)
    runs = [edge, ((fitted(mark, _MARK, 1, ascii_only) if mark else " ") + " ", part, style)]
    for placed in columns:
        column = placed.column
        text, style = split_cell(row.cells.get(column.key, ""))
        text = fitted(text, column, placed.width, ascii_only)
        if column.key == cursor:
            runs.append((text, "cell", ""))
        else:
            runs.append((text, part, "" if part and style == "muted" else style))
        sign, colour = split_cell(row.signs.get(column.key, ""))
        if sign:
            runs.append((fitted(sign, _MARK, 1, ascii_only), part, "" if part and colour == "muted" else colour))
        runs.append((" " * (GAP - bool(sign)), part, style))
    return merged(runs)


def header_runs(
    columns: Sequence[Placed], cursor: str | None, sorted_by: Sequence[tuple[str, bool]], ascii_only: bool,
    *, before: bool = False, beyond: int = 0,
) -> list[Run]:  # fmt: skip
    """Return the header's runs; a sort arrow takes the gap behind its column, so that it changes no width.

    Signs say that there are columns `before` the first one, and beyond the last one on a line of `beyond` cells.
    """
    signs = glyphs(ascii_only)
    order = {key: signs.descending if descending else signs.ascending for key, descending in sorted_by}
    runs = [((signs.left if before else " ").ljust(GUTTER), "header", "")]
    for placed in columns:
        column = placed.column
        label = shorten_end(safe(column.label), placed.width, ascii_only)
        blank = " " * (placed.width - cell_width(label))
        sign = order.get(column.key, " ")
        text = blank + label + sign if column.right else label + sign + blank
        runs.append((text, "header-cursor" if column.key == cursor else "header", ""))
        runs.append((" " * (GAP - 1), "header", ""))
    if beyond and columns:
        text, part, style = runs[-2]
        room = beyond - columns[-1].x - columns[-1].width - 1
        if room > 0:
            runs[-1] = (signs.right.rjust(room), "header", "")
        elif text.endswith(" "):  # else the arrow has the last cell
            runs[-2:] = [(text[:-1] + signs.right, part, style)]
    return merged(runs)


def placeholder_runs(columns: Sequence[Placed], cursor: str | None, ascii_only: bool) -> list[Run]:
    """Return the runs of a row that has not arrived."""
    dot = (glyphs(ascii_only).nothing, "muted")
    return row_runs(TableRow("", {placed.column.key: dot for placed in columns}), columns, cursor, ascii_only)


_MARK = Column("", "", 1)
