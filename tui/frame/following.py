"""Where the cursor of a list belongs when an answer has come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ssmtrail.tui.list_requests import Found
    from ssmtrail.widgets.table import RowsTable


@dataclass(slots=True)
class Following:
    """The cursor stays on its row; one that was never moved stays at the top."""

    moved: bool = False
    """Whether it was moved from there."""
    _key: str | None = None

    def wish(self, table: RowsTable, key: str | None) -> str | None:
        """The key of the row to ask for: this one, else the one that the cursor stands on."""
        self._key = key or (table.cursor_key if self.moved else None)
        return self._key

    def row_in(self, found: Found, table: RowsTable) -> int:
        """On the row that was asked for, with the steps that the cursor took since then.

        Steps are told by where that row is now: an answer that came meanwhile may have moved both.
        """
        row = table.cursor_row
        if found.position is None or self._key is None:
            return row if self.moved else 0
        was = table.index_of(self._key)
        steps = 0 if was is None else row - was
        return max(0, min(found.position + steps, found.answer.totals.rows - 1))
