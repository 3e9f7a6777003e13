"""Lines of a table as runs of equal style."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from widgets.cell_width import cell_width
from widgets.column_layout import GAP, GUTTER, Column, Placed
from widgets.safe_text import safe, shorten_end, shorten_middle
from widgets.terminal_glyphs import glyphs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

#: Text, or text with a style: `muted accent warn bad good strong`, or empty.
Cell: TypeAlias = "str | tuple[str, str]"
#: Text, the part of the table that it belongs to (`cursor`, `cell`, ...), its style.
Run: TypeAlias = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row, as it is shown."""

    key: str
    """Names the row within its answer; opaque to the table."""
    cells: Mapping[str, Cell] = field(default_factory=dict)
    """By column key; a missing one is empty."""
    mark: Cell = ""
    """A sign of one cell in the gutter at the left."""


def split_cell(cell: Cell) -> tuple[str, str]:
    """Text and style of a cell."""
    return (cell, "") if isinstance(cell, str) else cell


def fitted(text: str, column: Column, width: int, ascii_only: bool) -> str:
    """The text, safe, in exactly `width` cells."""
    shorten = shorten_middle if column.shorten == "middle" else shorten_end
    text = shorten(safe(text), width, ascii_only)
    blank = " " * (width - cell_width(text))
    return blank + text if column.right else text + blank


def row_runs(row: TableRow, columns: Sequence[Placed], cursor: str | None, ascii_only: bool) -> list[Run]:
    """A row's runs; `cursor` is the key of the column under the cursor, None where the cursor is not on this row.

    On the cursor's row nothing is muted: it is the one that is read. Its cell has the cursor's colours alone.
    """
    part = "" if cursor is None else "cursor"
    mark, style = split_cell(row.mark)
    runs = [(" " + (fitted(mark, _MARK, 1, ascii_only) if mark else " ") + " ", part, style)]
    for placed in columns:
        column = placed.column
        text, style = split_cell(row.cells.get(column.key, ""))
        text = fitted(text, column, placed.width, ascii_only)
        if column.key == cursor:
            runs.append((text, "cell", ""))
        else:
            runs.append((text, part, "" if part and style == "muted" else style))
        runs.append((" " * GAP, part, style))
    return merged(runs)


def header_runs(
    columns: Sequence[Placed], cursor: str | None, sorted_by: Sequence[tuple[str, bool]], ascii_only: bool
) -> list[Run]:
    """The header's runs; the sign of order stands in the gap behind a column, so that it changes no width."""
    signs = glyphs(ascii_only)
    order = {key: signs.descending if descending else signs.ascending for key, descending in sorted_by}
    runs = [(" " * GUTTER, "header", "")]
    for placed in columns:
        column = placed.column
        label = shorten_end(safe(column.label), placed.width, ascii_only)
        blank = " " * (placed.width - cell_width(label))
        sign = order.get(column.key, " ")
        text = blank + label + sign if column.right else label + sign + blank
        runs.append((text, "header-cursor" if column.key == cursor else "header", ""))
        runs.append((" " * (GAP - 1), "header", ""))
    return merged(runs)


def placeholder_runs(columns: Sequence[Placed], cursor: str | None, ascii_only: bool) -> list[Run]:
    """A row that is not there yet."""
    dot = (glyphs(ascii_only).nothing, "muted")
    return row_runs(TableRow("", {placed.column.key: dot for placed in columns}), columns, cursor, ascii_only)


def merged(runs: Iterable[Run]) -> list[Run]:
    """Neighbours that look the same as one run; blanks take any text style, they show none."""
    out: list[Run] = []
    for text, part, style in runs:
        if not text:
            continue
        if out and out[-1][1] == part and (style == out[-1][2] or text.isspace() or out[-1][0].isspace()):
            before = out.pop()
            out.append((before[0] + text, part, before[2] if text.isspace() else style))
        else:
            out.append((text, part, style))
    return out


_MARK = Column("", "", 1)
