"""The data of a matrix of counts: headers, sparse rows, marks, scales, and the rows that have arrived."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from dataclasses import dataclass
from math import floor
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

from ssmtrail.widgets.pages import PageCache
from ssmtrail.widgets.text import cell_width, safe

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence

#: Rows asked for at a time: fewer than in a table, because a row may hold thousands of cells.
BLOCK: Final = 16
#: Shades of the background behind a number.
SHADES: Final = 5


@dataclass(frozen=True, slots=True)
class Header:
    """The header of a row or of a column."""

    key: str
    label: str
    total: int
    """The sum of its cells, visible or not."""
    group: str = ""
    """Neighbours of one group are shown together under its name; only columns show it."""
    tail: str = ""
    """The end of the label, which is never cut: it distinguishes headers with the same label."""
    cut: Literal["end", "middle"] | None = None
    """Where the label is shortened; by default a row's at its end, a column's in its middle."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A character beside a cell's number."""

    sign: str
    ascii_sign: str
    style: str = ""
    """`muted accent warn bad good strong`, or empty."""
    leads: bool = False
    """Whether it is shown before the number, which then is not part of the sums; otherwise behind it."""


#: The marks by the letter that names them in a row: denied only, tunnels only, first ever, against the policy.
MARKS: Final[Mapping[str, Mark]] = MappingProxyType(
    {
        "d": Mark("✗", "x", "bad", leads=True),
        "t": Mark("⇄", "="),
        "f": Mark("+", "+", "accent"),
        "p": Mark("!", "!", "bad"),
    }
)


@dataclass(frozen=True, slots=True)
class GridRow:
    """The non-empty cells of one row."""

    columns: array[int]
    """Column index of each cell, ascending."""
    counts: array[int]
    """Count of each cell."""
    marks: str
    """One letter a cell, a key of `MARKS`; a blank for no mark."""

    def at(self, column: int) -> tuple[int, str]:
        """Return count and mark of a cell; 0 and a blank for an empty one."""
        return next(((count, mark) for _, count, mark in self.between(column, column + 1)), (0, " "))

    def between(self, first: int, last: int) -> Iterator[tuple[int, int, str]]:
        """Return column, count and mark of the cells from column `first` to before `last`."""
        start = bisect_left(self.columns, first)
        end = bisect_left(self.columns, last, start)
        return zip(self.columns[start:end], self.counts[start:end], self.marks[start:end], strict=True)


def grid_rows(offset: int, limit: int, cells: Iterable[tuple[int, int, int, str]]) -> list[GridRow]:
    """Return rows `offset` to `offset + limit`, made from cells (row, column, count, mark) in that order."""
    rows = [(array("I"), array("I"), list[str]()) for _ in range(limit)]
    for row, column, count, mark in cells:
        columns, counts, marks = rows[row - offset]
        columns.append(column)
        counts.append(count)
        marks.append(mark or " ")
    return [GridRow(columns, counts, "".join(marks)) for columns, counts, marks in rows]


class LogScale:
    """A logarithmic scale of `steps` steps for counts from 1 to the largest."""

    def __init__(self, largest: int, steps: int = SHADES) -> None:
        self._largest = largest
        self._bounds: Sequence[float] = [max(1, largest) ** (step / steps) for step in range(1, steps)]

    def step(self, count: int) -> int:
        """Return 0 for 0, 1 for the smallest counts, `steps` for the largest."""
        return 0 if count < 1 else 1 + bisect_left(self._bounds, count)

    def begins(self) -> dict[int, int]:
        """The smallest count of each step that has one, by step from 1."""
        first = [1, *(floor(bound) + 1 for bound in self._bounds)]
        return {self.step(count): count for count in reversed(first) if count <= self._largest}


def brief(count: int, width: int) -> str:
    """Return a number in at most `width` cells: in thousands or millions if it is too long, else `+`."""
    for divisor, unit in ((1, ""), (1_000, "k"), (1_000_000, "M"), (1_000_000_000, "G")):
        text = f"{count // divisor}{unit}"
        if len(text) <= width and (count >= divisor or divisor == 1):
            return text
    return "+"[:width]


@dataclass(frozen=True, slots=True)
class Extent:
    """The figures of a matrix that decide the widths of its parts."""

    rows: int
    columns: int
    label: int
    """Width of the longest row label."""
    name: int
    """Width of the longest column name."""
    digits: int
    """Number of digits of the largest count."""
    sums: int
    """Width of the longest sum."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """One matrix, whose rows arrive in pages when they become visible."""

    rows: Sequence[Header]
    columns: Sequence[Header]
    largest: int
    """The largest count of a cell."""
    pages: PageCache[GridRow]
    extent: Extent
    total: int
    """Sum of the rows' totals."""
    largest_sum: int
    """The largest of the columns' totals."""

    @classmethod
    def of(cls, token: Hashable, rows: Sequence[Header], columns: Sequence[Header], largest: int) -> Matrix:
        """Return a matrix of which no row has arrived."""
        total = sum(row.total for row in rows)
        extent = Extent(
            len(rows),
            len(columns),
            max((cell_width(safe(row.label + row.tail)) for row in rows), default=0),
            max((cell_width(safe(column.label + column.tail)) for column in columns), default=0),
            len(str(largest)),
            len(f"{total:,}"),
        )
        largest_sum = max((column.total for column in columns), default=0)
        return cls(rows, columns, largest, PageCache(token, len(rows), BLOCK), extent, total, largest_sum)
