"""A matrix of counts of any size that holds only the rows around what it shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from ssmtrail.widgets.matrix_cells import GridRow, Header, grid_rows
from ssmtrail.widgets.matrix_layout import ON_HEADER, TOP, ZOOMS, MatrixView
from ssmtrail.widgets.matrix_pages import Matrix

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from textual import events


class PagedMatrix(MatrixView, can_focus=True):
    """It is told of a matrix with `show`, asks with `PageWanted` and is given rows by `put_rows`.

    What it does takes time in proportion to the headers and to what is seen, not to the number of cells.
    """

    @dataclass
    class PageWanted(Message, namespace="matrix_grid"):
        """Rows are needed; answer with `put_rows`, at any time, in any order."""

        grid: PagedMatrix
        """The grid that asks."""
        token: Hashable
        """The matrix that they belong to."""
        offset: int
        """Index of the first row."""
        limit: int
        """How many; never beyond the last row."""

        @property
        def control(self) -> PagedMatrix:
            """The grid that asks."""
            return self.grid

    def __init__(
        self,
        *,
        sum_label: str = "sum",
        ascii_only: bool = False,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - Textual's name
        classes: str | None = None,
    ) -> None:
        super().__init__(sum_label=sum_label, ascii_only=ascii_only, name=name, id=id, classes=classes)
        self._coming: tuple[Matrix, tuple[int, int] | None] | None = None

    def show(
        self,
        token: Hashable,
        rows: Sequence[Header],
        columns: Sequence[Header],
        *,
        largest: int,
        cursor: tuple[int, int] | None = None,
    ) -> None:
        """Show another matrix, whose largest count is `largest`, with the cursor on row and column `cursor`.

        Without a cursor it stays with its row and its column as far as the new matrix has them. The matrix before
        stays until the rows that will be seen first have arrived.
        """
        self._coming = Matrix.of(token, rows, columns, largest), cursor
        if not rows or not columns:
            self._adopt()
        self._ask()

    def put_rows(self, token: Hashable, offset: int, rows: Sequence[GridRow]) -> None:
        """Give rows that were asked for; rows of a matrix that is asked for no more are dropped."""
        matrix = self._newest
        if token != matrix.pages.token:
            return
        matrix.pages.put(offset, rows)
        if matrix is self._matrix:
            self._refresh_rows(offset, offset + len(rows))
        elif matrix.pages.covers(*self._soon_seen):
            self._adopt()
            self._ask()

    def is_wanted(self, token: Hashable, offset: int) -> bool:
        """Whether a page that was asked for is still waited for; a slow reader may skip one that is not."""
        return token == self._newest.pages.token and self._newest.pages.is_wanted(offset)

    @property
    def token(self) -> Hashable:
        """The matrix that is shown."""
        return self._matrix.pages.token

    @property
    def cursor_keys(self) -> tuple[str | None, str | None]:
        """Keys of the row and the column under the cursor, None for a header or where there are none."""
        rows, columns = self._matrix.rows, self._matrix.columns
        row = rows[self.cursor_row].key if 0 <= self.cursor_row < len(rows) else None
        return row, columns[self.cursor_column].key if 0 <= self.cursor_column < len(columns) else None

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Ask for what has come into sight."""
        super().watch_scroll_y(old_value, new_value)
        self._ask()

    def on_resize(self) -> None:
        """Place everything anew and ask for what has come into sight."""
        super().on_resize()
        self._ask()

    def adopted(self) -> None:
        """Called when another matrix has taken the place of the one that was shown."""

    @property
    def _newest(self) -> Matrix:
        return self._matrix if self._coming is None else self._coming[0]

    @property
    def _soon_seen(self) -> tuple[int, int]:
        """The first and the last row that are, or will be, seen."""
        top = self._top
        if self._coming is not None:
            # It may be shorter than what is seen now: then its last row is the one that will be.
            row = max(0, min(self._cursor_in(*self._coming)[0], len(self._coming[0].rows) - 1))
            top = max(row - self._page_rows + 1, min(top, row))
        return top, top + max(1, self.size.height - TOP)

    def _ask(self) -> None:
        pages = self._newest.pages
        for offset, limit in pages.wanted(*self._soon_seen, ahead=self._page_rows):
            self.post_message(self.PageWanted(self, pages.token, offset, limit))

    def _cursor_in(self, matrix: Matrix, cursor: tuple[int, int] | None) -> tuple[int, int]:
        """Where the cursor will stand in a matrix."""
        if cursor is not None:
            return cursor
        row, column = self.cursor_keys
        return (
            self.cursor_row if row is None else _index(matrix.rows, row, self.cursor_row),
            self.cursor_column if column is None else _index(matrix.columns, column, self.cursor_column),
        )

    def _adopt(self) -> None:
        """Put the coming matrix in the place of the one that is shown."""
        if self._coming is None:
            return
        row, column = self._cursor_in(*self._coming)
        self._matrix, self._coming = self._coming[0], None
        self.set_reactive(PagedMatrix.cursor_row, self.validate_cursor_row(row))
        self.set_reactive(PagedMatrix.cursor_column, self.validate_cursor_column(column))
        self._place()
        self.adopted()

    def _refresh_rows(self, first: int, last: int) -> None:
        if first < self._top + self._page_rows and last > self._top:
            self.refresh()


def _index(headers: Sequence[Header], key: str, otherwise: int) -> int:
    return next((index for index, header in enumerate(headers) if header.key == key), otherwise)


__all__ = ["GridRow", "Header", "MatrixGrid", "grid_rows"]

#: Columns that a turn of the wheel goes aside.
_WHEEL_COLUMNS = 3


@dataclass
class _OfGrid(Message):
    grid: MatrixGrid
    """The grid that the message comes from."""

    @property
    def control(self) -> MatrixGrid:
        """The grid that the message comes from."""
        return self.grid


class MatrixGrid(PagedMatrix, can_focus=True):
    """A cursor over a matrix, moved by keys and mouse; one step beyond the first cell it stands on a header.

    The matrix comes in pages of rows (see `PagedMatrix`).
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "open", tooltip="Open the cell or header under the cursor", id="matrix.open"),
        Binding("up,k", "move(-1, 0)", "up", show=False, tooltip="One row up", id="matrix.up"),
        Binding("down,j", "move(1, 0)", "down", show=False, tooltip="One row down", id="matrix.down"),
        Binding("left,h", "move(0, -1)", "left", show=False, tooltip="One column to the left", id="matrix.left"),
        Binding("right,l", "move(0, 1)", "right", show=False, tooltip="One column to the right", id="matrix.right"),
        Binding("g", "to(0, None)", "top", show=False, tooltip="The first row", id="matrix.top"),
        Binding("G", "to(-1, None)", "bottom", show=False, tooltip="The last row", id="matrix.bottom"),
        Binding("home", "to(None, 0)", "first", show=False, tooltip="The first column", id="matrix.first"),
        Binding("end", "to(None, -1)", "last", show=False, tooltip="The last column", id="matrix.last"),
        Binding("ctrl+home", "to(0, 0)", "start", show=False, tooltip="The first cell", id="matrix.start"),
        Binding("ctrl+end", "to(-1, -1)", "end", show=False, tooltip="The last cell", id="matrix.end"),
        Binding("pageup", "page(-1.0)", "page up", show=False, tooltip="One page up", id="matrix.page-up"),
        Binding("pagedown", "page(1.0)", "page down", show=False, tooltip="One page down", id="matrix.page-down"),
        Binding("ctrl+u", "page(-0.5)", "half up", show=False, tooltip="Half a page up", id="matrix.half-up"),
        Binding("ctrl+d", "page(0.5)", "half down", show=False, tooltip="Half a page down", id="matrix.half-down"),
        Binding("ctrl+left", "aside(-1)", "page left", show=False, tooltip="A page left", id="matrix.page-left"),
        Binding("ctrl+right", "aside(1)", "page right", show=False, tooltip="A page right", id="matrix.page-right"),
        Binding("plus,equals_sign", "zoom(1)", "wider", show=False, tooltip="Wider columns", id="matrix.wider"),
        Binding("minus", "zoom(-1)", "narrower", show=False, tooltip="Narrower columns", id="matrix.narrower"),
    ]

    @dataclass
    class CellHighlighted(_OfGrid):
        """The cursor stands on another cell, or on another header."""

        row_key: str | None
        """Key of the row; None where the cursor stands on a column's name."""
        column_key: str | None
        """Key of the column; None where the cursor stands on a row's label."""

    @dataclass
    class CellOpened(_OfGrid):
        """A cell was opened with Enter or the mouse."""

        row_key: str
        """Key of the row."""
        column_key: str
        """Key of the column."""

    @dataclass
    class RowOpened(_OfGrid):
        """A row's label was opened."""

        row_key: str
        """Key of the row."""

    @dataclass
    class ColumnOpened(_OfGrid):
        """A column's name was opened."""

        column_key: str
        """Key of the column."""

    def __init__(
        self,
        *,
        sum_label: str = "sum",
        ascii_only: bool = False,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - Textual's name
        classes: str | None = None,
    ) -> None:
        super().__init__(sum_label=sum_label, ascii_only=ascii_only, name=name, id=id, classes=classes)
        self._told: tuple[object, ...] = ()

    def row_at(self, index: int) -> GridRow | None:
        """The cells of a row; None while they are not here, or beyond the rows."""
        return self._matrix.pages.row(index) if 0 <= index < len(self._matrix.rows) else None

    def watch_cursor_row(self, old: int, new: int) -> None:
        """Repaint, scroll to the row and tell of it."""
        super().watch_cursor_row(old, new)
        self._announce()

    def watch_cursor_column(self, old: int, new: int) -> None:
        """Repaint, scroll to the column and tell of it."""
        super().watch_cursor_column(old, new)
        self._announce()

    def adopted(self) -> None:
        """Tell of the cell under the cursor of the matrix that has come."""
        self._announce()

    def action_move(self, rows: int, columns: int) -> None:
        """Move the cursor; from the first cell a step leads on its header."""
        self.cursor_row += rows
        self.cursor_column += columns

    def action_to(self, row: int | None, column: int | None) -> None:
        """Move to a row, a column or both, counted from the end when below 0."""
        if row is not None:
            self.cursor_row = row if row >= 0 else len(self._matrix.rows) - 1
        if column is not None:
            self.cursor_column = column if column >= 0 else len(self._matrix.columns) - 1

    def action_page(self, pages: float) -> None:
        """Move cursor and view by pages; the cursor stays on its line of the screen where it can."""
        rows = int(pages * self._page_rows)
        self._scroll(top=self._top + rows)
        self.cursor_row = max(0, self.cursor_row + rows)

    def action_aside(self, pages: int) -> None:
        """Move cursor and view aside by pages."""
        columns = pages * self._page_columns
        self._scroll(left=self._left + columns)
        self.cursor_column = max(0, self.cursor_column + columns)

    def action_zoom(self, steps: int) -> None:
        """Make the columns wider, or narrower."""
        self.zoom = ZOOMS[max(0, min(ZOOMS.index(self.zoom) + steps, len(ZOOMS) - 1))]

    def action_open(self) -> None:
        """Tell that the cell or the header under the cursor was opened."""
        row, column = self.cursor_keys
        if row is not None and column is not None:
            self.post_message(self.CellOpened(self, row, column))
        elif row is not None:
            self.post_message(self.RowOpened(self, row))
        elif column is not None:
            self.post_message(self.ColumnOpened(self, column))

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor, also on headers; a second one on the same place, or a double click, opens it."""
        event.stop()
        place = self._place_at(event.x, event.y)
        if place is None:
            return
        again = place == (self.cursor_row, self.cursor_column)
        self.cursor_row, self.cursor_column = place
        if again or event.chain > 1:
            self.action_open()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """With shift or ctrl, go to the right."""
        if event.shift or event.ctrl:
            self._scroll_aside(event, 1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """With shift or ctrl, go to the left."""
        if event.shift or event.ctrl:
            self._scroll_aside(event, -1)

    def on_mouse_scroll_right(self, event: events.MouseScrollRight) -> None:
        """Go to the right."""
        self._scroll_aside(event, 1)

    def on_mouse_scroll_left(self, event: events.MouseScrollLeft) -> None:
        """Go to the left."""
        self._scroll_aside(event, -1)

    def _scroll_aside(self, event: events.MouseEvent, direction: int) -> None:
        event.stop()
        event.prevent_default()
        self._scroll(left=self._left + direction * _WHEEL_COLUMNS)

    def _place_at(self, x: int, y: int) -> tuple[int, int] | None:
        """Row and column, -1 for the headers, at a cell of the screen; None beside the matrix and on the corner."""
        layout = self._layout
        row = ON_HEADER if y < TOP else self._top + y - TOP
        column = ON_HEADER if x < layout.stub else self._left + (x - layout.stub) // layout.cell
        beside = x >= layout.stub + layout.body or y >= TOP + self._page_rows or row == column == ON_HEADER
        return None if beside or column >= len(self._matrix.columns) else (row, column)

    def _announce(self) -> None:
        """Tell, once, which row and column the cursor stands on."""
        place = (self._matrix.pages, *self.cursor_keys)
        if place != self._told and self._matrix.rows:
            self._told = place
            self.post_message(self.CellHighlighted(self, *self.cursor_keys))
