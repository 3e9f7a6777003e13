"""A table that is given its rows in pages, when it shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.geometry import Size
from textual.message import Message

from widgets.line_table import LineTable
from widgets.page_cache import PageCache

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from widgets.column_layout import Column
    from widgets.line_painter import TableRow


@dataclass(frozen=True, slots=True)
class _Coming:
    """An answer whose first pages have not arrived."""

    pages: PageCache[TableRow]
    cursor: int
    keep_scroll: bool
    cursor_before: int


class PagedTable(LineTable, can_focus=True):
    """It is told of an answer with `show`, asks with `PageWanted` and is given rows by `put_rows`.

    Nothing that it does takes time in proportion to the number of rows.
    """

    @dataclass
    class PageWanted(Message, namespace="rows_table"):
        """Rows are needed; answer with `put_rows`, at any time, in any order."""

        table: PagedTable
        """The table that asks."""
        token: Hashable
        """The answer that they belong to."""
        offset: int
        """Index of the first row."""
        limit: int
        """How many; never beyond the answer's end."""

        @property
        def control(self) -> PagedTable:
            """The table that asks."""
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
        self._pages: PageCache[TableRow] = PageCache(None, 0)
        self._coming: _Coming | None = None

    def show(self, token: Hashable, total: int, *, cursor: int = 0, keep_scroll: bool = False) -> None:
        """Show another answer, of `total` rows, with the cursor on row `cursor`.

        The rows of the answer before stay until the pages that will be seen first have arrived. With `keep_scroll`
        the cursor stays on its line of the screen, and steps that it takes meanwhile are kept.
        """
        pages: PageCache[TableRow] = PageCache(token, total)
        self._coming = _Coming(pages, cursor, keep_scroll, self.cursor_row)
        if total == 0:
            self._adopt(self._coming)
        self._ask()

    def put_rows(self, token: Hashable, offset: int, rows: Sequence[TableRow]) -> None:
        """Give rows that were asked for; rows of an answer that is asked for no more are dropped."""
        coming = self._coming
        pages = self._pages if coming is None else coming.pages
        if token != pages.token:
            return
        pages.put(offset, rows)
        if coming is None:
            for index in range(max(offset, self._top), min(offset + len(rows), self._top + self._page_rows)):
                self._refresh_row(index)
            self._ask()
        elif pages.covers(*self._seen_of(coming)):
            self._adopt(coming)
            self._ask()

    def clear(self) -> None:
        """Show nothing, of no answer."""
        self.show(None, 0)

    def is_wanted(self, token: Hashable, offset: int) -> bool:
        """Whether a page that was asked for is still waited for; a slow reader may skip one that is not."""
        pages = self._pages if self._coming is None else self._coming.pages
        return token == pages.token and pages.is_wanted(offset)

    @property
    def total(self) -> int:
        """Rows of the answer that is shown."""
        return self._pages.total

    @property
    def token(self) -> Hashable:
        """The answer that is shown."""
        return self._pages.token

    @property
    def cursor_key(self) -> str | None:
        """Key of the row under the cursor, None while it is not here."""
        row = self.row_at(self.cursor_row)
        return None if row is None else row.key

    def index_of(self, key: str) -> int | None:
        """Where the row with this key is in the answer that is shown; None while it is not here."""
        return self._pages.index_of(lambda row: row.key == key)

    def row_at(self, index: int) -> TableRow | None:
        """A row of the answer that is shown, None while it is not here."""
        return self._pages.row(index)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Ask for what has come into sight."""
        super().watch_scroll_y(old_value, new_value)
        self._ask()

    def on_resize(self) -> None:
        """Place the columns anew and keep the cursor in sight."""
        self._fit_width()
        self._reveal()
        self._ask()

    def _ask(self) -> None:
        """Ask for the pages that are missing around what is, or will be, seen."""
        pages, seen = self._pages, (self._top, self._top + self._page_rows - 1)
        if self._coming is not None:
            pages, seen = self._coming.pages, self._seen_of(self._coming)
        for offset, limit in pages.wanted(*seen, ahead=self._page_rows):
            self.post_message(self.PageWanted(self, pages.token, offset, limit))

    def _place_of(self, coming: _Coming) -> tuple[int, int]:
        """Cursor and top row with which a coming answer will be shown."""
        moved = self.cursor_row - coming.cursor_before if coming.keep_scroll else 0
        cursor = max(0, min(coming.cursor + moved, coming.pages.total - 1))
        if coming.keep_scroll:
            top = cursor - (self.cursor_row - self._top)
        else:
            top = 0 if cursor < self._page_rows else cursor - self._page_rows // 2
        return cursor, max(0, min(top, coming.pages.total - self._page_rows))

    def _seen_of(self, coming: _Coming) -> tuple[int, int]:
        top = self._place_of(coming)[1]
        return top, top + self._page_rows - 1

    def _adopt(self, coming: _Coming) -> None:
        """Put a coming answer in the place of the one that is shown."""
        cursor, top = self._place_of(coming)
        self._coming = None
        self._pages = coming.pages
        self._strips.clear()
        self.virtual_size = Size(self.size.width, self.total + 1)
        self._scroll_rows(top)
        self.cursor_row = cursor
        self.refresh()

    def _reveal(self) -> None:
        """Scroll as little as needed to see the cursor."""
        lowest = self.cursor_row - self._page_rows + 1
        self._scroll_rows(max(lowest, min(self._top, self.cursor_row)))

    def _scroll_rows(self, top: int) -> None:
        self.scroll_to(y=max(0, top), animate=False, force=True)
