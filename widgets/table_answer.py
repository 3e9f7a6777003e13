"""Answers of a table: the one that it shows next, and one that was shown, to show it again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ssmtrail.widgets.pages import PageCache
    from ssmtrail.widgets.table_layout import Column, TableRow


@dataclass(frozen=True, slots=True)
class TableState:
    """All that a table shows, to show it again later: see `RowsTable.save`."""

    pages: PageCache[TableRow]
    columns: tuple[Column, ...]
    sorted_by: tuple[tuple[str, bool], ...]
    cursor: tuple[int, int]
    top: int


@dataclass(frozen=True, slots=True)
class NextAnswer:
    """An answer that is shown once its first visible pages have arrived."""

    pages: PageCache[TableRow]
    cursor: int
    keep_scroll: bool
    cursor_before: int

    def place(self, cursor_row: int, top: int, page_rows: int) -> tuple[int, int]:
        """Return the cursor and the top row with which it will be shown; given are those of now."""
        moved = cursor_row - self.cursor_before if self.keep_scroll else 0
        cursor = max(0, min(self.cursor + moved, self.pages.total - 1))
        if self.keep_scroll:
            first = cursor - (cursor_row - top)
        else:
            first = 0 if cursor < page_rows else cursor - page_rows // 2
        return cursor, max(0, min(first, self.pages.total - page_rows))
