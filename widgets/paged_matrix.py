"""A matrix that is given its rows in pages, when it shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.message import Message

from widgets.matrix_layout import TOP
from widgets.matrix_pages import Matrix
from widgets.matrix_view import MatrixView

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from widgets.matrix_cells import GridRow, Header


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
