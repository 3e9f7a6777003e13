"""Which columns of a table fit a width, where they stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    """Cells that it needs at least."""
    flex: int = 0
    """Share of the room that is left over; 0 takes none."""
    right: bool = False
    """Aligned right, for numbers."""
    priority: int = 0
    """0 is always shown; of the others the highest goes first when room is short."""
    shorten: Literal["end", "middle"] = "end"
    max_width: int | None = None
    """Cells that it takes at most, however much room is left."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A column with its place on the line."""

    column: Column
    x: int
    """Cells from the left edge of the table."""
    width: int


def fit_columns(columns: Sequence[Column], width: int) -> tuple[Placed, ...]:
    """The columns that are shown in `width` cells, from left to right.

    One cell stays free behind the last column, for its sign of order.
    """
    kept = _within(columns, width)
    widths = _stretched(kept, _shrunk([column.width for column in kept], _room(kept, width)), _room(kept, width))
    placed = []
    x = GUTTER
    for column, cells in zip(kept, widths, strict=True):
        placed.append(Placed(column, x, cells))
        x += cells + GAP
    return tuple(placed)


def _room(columns: Sequence[Column], width: int) -> int:
    """Cells for the contents of the columns."""
    return max(0, width - GUTTER - 1 - GAP * (len(columns) - 1))


def _within(columns: Sequence[Column], width: int) -> list[Column]:
    """Without those that go first; when the others could not even be read squeezed, the last of them go as well."""
    kept = list(columns)
    while sum(column.width for column in kept) > _room(kept, width) and any(column.priority for column in kept):
        del kept[max(range(len(kept)), key=lambda i: (kept[i].priority, i))]
    while len(kept) > 1 and sum(map(_squeezed, kept)) > _room(kept, width):
        del kept[-1]
    return kept


def _squeezed(column: Column) -> int:
    """Cells below which a column is not worth showing."""
    return min(column.width, max(4, column.width * 2 // 3))


def _shrunk(widths: list[int], room: int) -> list[int]:
    """The widest give way until all fit: only when columns that are always shown do not fit."""
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
