"""What a matrix of counts holds: headers, sparse rows, marks, shades."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

#: Steps of shade behind a number.
SHADES: Final = 5


@dataclass(frozen=True, slots=True)
class Header:
    """What stands before a row or above a column."""

    key: str
    label: str
    total: int
    """Its sum, which also counts what is not on screen."""
    group: str = ""
    """Neighbours of one group stand together under its name; only columns show it."""
    tail: str = ""
    """Ends the label, also where that is shortened: what tells it apart from others of the same label."""
    cut: Literal["end", "middle"] | None = None
    """Where the label is shortened; by default a row's at its end, a column's in its middle."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A sign beside a cell's number."""

    sign: str
    ascii_sign: str
    style: str = ""
    """`muted accent warn bad good strong`, or empty."""
    leads: bool = False
    """It stands before the number, which then is no part of the sums; behind it otherwise."""


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
    """The cells of one row that are not empty."""

    columns: array[int]
    """Index of each cell's column, ascending."""
    counts: array[int]
    """Each cell's number."""
    marks: str
    """One letter a cell, a blank for no mark."""

    def at(self, column: int) -> tuple[int, str]:
        """Count and mark of a cell; 0 and a blank where there is none."""
        return next(((count, mark) for _, count, mark in self.between(column, column + 1)), (0, " "))

    def between(self, first: int, last: int) -> Iterator[tuple[int, int, str]]:
        """Column, count and mark of the cells from column `first` to before `last`."""
        start = bisect_left(self.columns, first)
        end = bisect_left(self.columns, last, start)
        return zip(self.columns[start:end], self.counts[start:end], self.marks[start:end], strict=True)


def grid_rows(offset: int, limit: int, cells: Iterable[tuple[int, int, int, str]]) -> list[GridRow]:
    """Rows `offset` to `offset + limit` from their cells: row, column, count, mark, ordered by row and column."""
    rows = [(array("I"), array("I"), list[str]()) for _ in range(limit)]
    for row, column, count, mark in cells:
        columns, counts, marks = rows[row - offset]
        columns.append(column)
        counts.append(count)
        marks.append(mark or " ")
    return [GridRow(columns, counts, "".join(marks)) for columns, counts, marks in rows]


class LogScale:
    """Steps 1 to `steps` of counts from 1 to the largest, each step a like factor more than the one before."""

    def __init__(self, largest: int, steps: int = SHADES) -> None:
        self._bounds: Sequence[float] = [max(1, largest) ** (step / steps) for step in range(1, steps)]

    def step(self, count: int) -> int:
        """0 for nothing, 1 for the least, `steps` for the largest."""
        return 0 if count < 1 else 1 + bisect_left(self._bounds, count)


def brief(count: int, width: int) -> str:
    """A number in at most `width` cells: in thousands or millions where it is too long, `+` where even that is."""
    for divisor, unit in ((1, ""), (1_000, "k"), (1_000_000, "M"), (1_000_000_000, "G")):
        text = f"{count // divisor}{unit}"
        if len(text) <= width and (count >= divisor or divisor == 1):
            return text
    return "+"[:width]


@dataclass(frozen=True, slots=True)
class Extent:
    """What of a matrix decides how much room its parts need."""

    rows: int
    columns: int
    label: int
    """Cells of the longest row label."""
    name: int
    """Cells of the longest column name."""
    digits: int
    """Digits of the largest count."""
    sums: int
    """Cells of the longest sum."""
