"""A table of any number of rows that holds only the pages around what it shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from widgets.column_layout import Column
from widgets.line_painter import Cell, TableRow
from widgets.paged_table import PagedTable

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from textual import events

__all__ = ["Cell", "Column", "RowsTable", "TableRow"]


class RowsTable(PagedTable, can_focus=True):
    """A cursor over rows that come in pages (see `PagedTable`), moved by keys and mouse."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "open", tooltip="Open the row under the cursor", id="rows.open"),
        Binding("up,k", "move(-1)", "up", show=False, tooltip="One row up", id="rows.up"),
        Binding("down,j", "move(1)", "down", show=False, tooltip="One row down", id="rows.down"),
        Binding("left,h", "aside(-1)", "left", show=False, tooltip="One column to the left", id="rows.left"),
        Binding("right,l", "aside(1)", "right", show=False, tooltip="One column to the right", id="rows.right"),
        Binding("home,g", "first", "first", show=False, tooltip="The first row", id="rows.first"),
        Binding("end,G", "last", "last", show=False, tooltip="The last row", id="rows.last"),
        Binding("pageup", "page(-1.0)", "page up", show=False, tooltip="One page up", id="rows.page-up"),
        Binding("pagedown", "page(1.0)", "page down", show=False, tooltip="One page down", id="rows.page-down"),
        Binding("ctrl+u", "page(-0.5)", "half up", show=False, tooltip="Half a page up", id="rows.half-up"),
        Binding("ctrl+d", "page(0.5)", "half down", show=False, tooltip="Half a page down", id="rows.half-down"),
    ]

    @dataclass
    class RowHighlighted(Message):
        """The cursor stands on another row, column or answer, and the row is here."""

        table: RowsTable
        """The table whose cursor moved."""
        index: int
        """Where the row stands in the answer, from 0."""
        key: str
        """The row's own key."""
        column_key: str
        """The column under the cursor."""

        @property
        def control(self) -> RowsTable:
            """The table whose cursor moved."""
            return self.table

    @dataclass
    class RowOpened(Message):
        """A row was opened with Enter or the mouse."""

        table: RowsTable
        """The table of the row."""
        index: int
        """Where the row stands in the answer, from 0."""
        key: str
        """The row's own key."""
        column_key: str
        """The column under the cursor."""

        @property
        def control(self) -> RowsTable:
            """The table of the row."""
            return self.table

    @dataclass
    class HeaderPressed(Message):
        """A column's header was clicked."""

        table: RowsTable
        """The table of the column."""
        column_key: str
        """The column's own key."""

        @property
        def control(self) -> RowsTable:
            """The table of the column."""
            return self.table

    def __init__(
        self,
        columns: Sequence[Column] = (),
        *,
        ascii_only: bool = False,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - Textual's name
        classes: str | None = None,
    ) -> None:
        super().__init__(columns, ascii_only=ascii_only, name=name, id=id, classes=classes)
        self._told: tuple[object, ...] = ()
        self._open_wanted = -1

    def put_rows(self, token: Hashable, offset: int, rows: Sequence[TableRow]) -> None:
        """Give rows that were asked for, and tell of the one under the cursor when it has come."""
        super().put_rows(token, offset, rows)
        self._announce()
        if self._open_wanted == self.cursor_row and self.cursor_key is not None:
            self.action_open()

    def watch_cursor_row(self, old: int, new: int) -> None:
        """Repaint the two rows, scroll to the new one and tell of it."""
        super().watch_cursor_row(old, new)
        self._reveal()
        self._announce()

    def watch_cursor_column(self, old: int, new: int) -> None:
        """Repaint the two cells and tell of the new one."""
        super().watch_cursor_column(old, new)
        self._announce()

    def action_move(self, rows: int) -> None:
        """Move the cursor down, or up."""
        self.cursor_row += rows

    def action_aside(self, columns: int) -> None:
        """Move the cursor to the right, or the left."""
        self.cursor_column += columns

    def action_first(self) -> None:
        """Move the cursor to the first row."""
        self.cursor_row = 0

    def action_last(self) -> None:
        """Move the cursor to the last row."""
        self.cursor_row = self.total - 1

    def action_page(self, pages: float) -> None:
        """Move cursor and view by pages; the cursor stays on its line of the screen where it can."""
        rows = int(pages * self._page_rows)
        self._scroll_rows(self._top + rows)
        self.cursor_row += rows

    def action_open(self) -> None:
        """Tell that the row under the cursor was opened, as soon as it is here."""
        key, column = self.cursor_key, self.column_under_cursor
        self._open_wanted = self.cursor_row if key is None and self.total else -1
        if key is not None and column is not None:
            self.post_message(self.RowOpened(self, self.cursor_row, key, column.key))

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor; a second one on the same cell, or a double click, opens the row."""
        event.stop()
        column = self._column_at(event.x)
        index = self._top + event.y - 1
        if event.y == 0 and column is not None:
            self.post_message(self.HeaderPressed(self, self._placed[column].column.key))
        elif event.y > 0 and index < self.total:
            column = self.cursor_column if column is None else column
            again = (index, column) == (self.cursor_row, self.cursor_column)
            self.cursor_row, self.cursor_column = index, column
            if again or event.chain > 1:
                self.action_open()

    def _announce(self) -> None:
        """Tell, once, which row and column the cursor stands on."""
        key, column = self.cursor_key, self.column_under_cursor
        if key is None or column is None:
            return
        place = (self._pages, self.cursor_row, column.key)
        if place != self._told:
            self._told = place
            self.post_message(self.RowHighlighted(self, self.cursor_row, key, column.key))
