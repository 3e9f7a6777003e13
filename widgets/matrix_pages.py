"""One matrix of counts, as far as its rows have arrived."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ssmtrail.widgets.matrix_cells import Extent, GridRow, Header
from ssmtrail.widgets.table import PageCache
from ssmtrail.widgets.text import cell_width, safe

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from ssmtrail.widgets.matrix_cells import GridRow, Header


#: Rows asked for at a time: fewer than in a table, for a row may hold thousands of cells.
BLOCK: Final = 16


@dataclass(frozen=True, slots=True)
class Matrix:
    """One matrix, of which rows arrive when they are seen."""

    rows: Sequence[Header]
    columns: Sequence[Header]
    largest: int
    pages: PageCache[GridRow]
    extent: Extent
    total: int
    """Sum of the rows' totals."""
    largest_sum: int
    """The largest of the columns' totals."""

    @classmethod
    def of(cls, token: Hashable, rows: Sequence[Header], columns: Sequence[Header], largest: int) -> Matrix:
        """A matrix with nothing of it here yet."""
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
