"""The figures of a page as a small table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.containers import Container
from textual.message import Message

from ssmtrail.tui.figure import Figure
from ssmtrail.widgets.table import RowsTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from ssmtrail.widgets.table import TableRow
    from ssmtrail.widgets.table_layout import Column


class Figures(Container):
    """As high as its rows; the cursor stays on its row when other figures come."""

    DEFAULT_CSS = "Figures { height: 2; }"

    @dataclass
    class Highlighted(Message):
        """The cursor stands on another figure."""

        figures: Figures
        """Where it stands."""

    @dataclass
    class Opened(Message):
        """A figure was opened with Enter or the mouse."""

        figures: Figures
        """Where it stands."""
        figure: Figure
        """Which one."""

    def __init__(self, *, ascii_only: bool, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._ascii_only = ascii_only
        self._token = 0

    def compose(self) -> ComposeResult:
        """The table."""
        yield RowsTable(ascii_only=self._ascii_only)

    @property
    def table(self) -> RowsTable:
        """The table."""
        return self.query_one(RowsTable)

    @property
    def figure(self) -> Figure | None:
        """What is under the cursor."""
        key, column = self.table.cursor_key, self.table.column_under_cursor
        return Figure(key, column.key) if key is not None and column is not None else None

    def show(self, columns: Sequence[Column], rows: Sequence[TableRow]) -> None:
        """Show these figures in place of those before."""
        table, keys = self.table, [row.key for row in rows]
        cursor = keys.index(table.cursor_key) if table.cursor_key in keys else 0
        self._token += 1
        table.columns = tuple(columns)
        table.show(self._token, len(rows), cursor=cursor, keep_scroll=True)
        table.put_rows(self._token, 0, rows)
        self.styles.height = len(rows) + 1

    def on_rows_table_page_wanted(self, message: RowsTable.PageWanted) -> None:
        """All rows are there already."""
        message.stop()

    def on_rows_table_header_pressed(self, message: RowsTable.HeaderPressed) -> None:
        """Figures have an order of their own."""
        message.stop()

    def on_rows_table_row_highlighted(self, message: RowsTable.RowHighlighted) -> None:
        """Tell of the cursor."""
        message.stop()
        self.post_message(self.Highlighted(self))

    def on_rows_table_row_opened(self, message: RowsTable.RowOpened) -> None:
        """Tell which figure was opened."""
        message.stop()
        self.post_message(self.Opened(self, Figure(message.key, message.column_key)))
