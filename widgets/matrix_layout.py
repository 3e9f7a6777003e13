"""Where the parts of a matrix stand on its screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

#: How wide a column is: name and number, number, one character.
Zoom: TypeAlias = Literal["wide", "narrow", "dense"]
ZOOMS: Final[tuple[Zoom, ...]] = ("dense", "narrow", "wide")
#: Lines of headers: groups, names.
TOP: Final = 2
#: Cells that a column's name takes at most, from so wide a screen on.
_LONGEST_NAME: Final = ((160, 12), (110, 10), (0, 8))
#: Cells that a row's label takes at least, where it has that many.
_SHORTEST_LABEL: Final = 8


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


@dataclass(frozen=True, slots=True)
class MatrixLayout:
    """Room of each part, in cells and lines."""

    zoom: Zoom
    stub: int
    """Cells of the row labels, with a blank on either side."""
    cell: int
    """Cells of a column; except when dense, the first is a gap and the last is for a mark."""
    seen: int
    """Columns that are seen at a time."""
    sums: int
    """Cells of the sums at the right; 0 when there is no room for them."""
    lines: int
    """Rows that are seen at a time."""
    foot: int
    """1 when there is room for the sums below, else 0."""

    @property
    def body(self) -> int:
        """Cells of the columns that are seen."""
        return self.seen * self.cell


def lay_out(extent: Extent, zoom: Zoom, width: int, height: int) -> MatrixLayout:
    """The layout of a matrix on a screen of this size; at least one row and one column are seen."""
    place = 2 * len(f"{extent.columns:,}") + 1  # which columns are seen is said above the labels
    stub = 2 + max(place, min(extent.label, max(_SHORTEST_LABEL, width // 4)))
    cell = _cell_width(extent, zoom, width)
    sums = 2 + extent.sums
    if width - stub - sums < 2 * cell:
        sums = 0
    seen = max(1, min(extent.columns, (width - stub - sums) // cell))
    foot = 1 if height - TOP >= 3 else 0
    return MatrixLayout(zoom, stub, cell, seen, sums, max(1, min(extent.rows, height - TOP - foot)), foot)


def _cell_width(extent: Extent, zoom: Zoom, width: int) -> int:
    if zoom == "dense":
        return 1
    text = max(2, extent.digits)
    if zoom == "wide":
        longest = next(cells for wide, cells in _LONGEST_NAME if width >= wide)
        text = max(text, min(extent.name, longest))
    return 1 + text + 1
