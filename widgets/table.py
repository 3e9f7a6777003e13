"""A table of any number of rows that holds only the pages around what it shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final, Generic, TypeVar

from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message

from ssmtrail.widgets.table_layout import Cell, Column, LineTable, TableRow

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from textual import events


#: Rows asked for at a time, where nothing else is said.
BLOCK: Final = 32
#: Blocks that are kept; the least recently wanted goes first.
BLOCKS_KEPT: Final = 96

Item = TypeVar("Item")


class PageCache(Generic[Item]):
    """A bounded cache of blocks of rows, which also knows what it has asked for."""

    def __init__(self, token: Hashable, total: int, block: int = BLOCK) -> None:
        self.token = token
        self.total = total
        self._block = block
        self._blocks: dict[int, dict[int, Item]] = {}
        self._asked: set[int] = set()
        self._here: set[int] = set()
        self._limits: dict[int, int] = {}
        """Of pages that were asked for, by their offsets."""

    def row(self, index: int) -> Item | None:
        """The row, or None while it is not here."""
        block = self._blocks.get(index // self._block)
        return None if block is None else block.get(index)

    def index_of(self, matches: Callable[[Item], bool]) -> int | None:
        """Index of the first row that is here for which something holds; None where there is none."""
        found = (index for block in sorted(self._blocks) for index, row in self._blocks[block].items() if matches(row))
        return next(found, None)

    def covers(self, first: int, last: int) -> bool:
        """Whether all pages with rows from `first` to `last`, both included, have arrived."""
        return all(block in self._here for block in self._range(first, last))

    def wanted(self, first: int, last: int, ahead: int) -> list[tuple[int, int]]:
        """Pages (offset, limit) to ask for now: those with rows from `first` to `last`, which are seen.

        Once these are here, what is `ahead` rows around them: read beside them it would slow them down. A page that
        was asked for is not asked for again, unless it has been out of reach meanwhile.
        """
        near = list(self._range(first, last))
        far = [block for block in self._range(first - ahead, last + ahead) if block not in near]
        self._asked.intersection_update(near + far)
        for block in self._here.intersection(near + far):
            self._touch(block)
        now = far if self._here.issuperset(near) else near
        pages = self._pages(now)
        self._limits.update(pages)
        self._asked.update(now)
        self._asked -= self._here
        return pages

    def _pages(self, blocks: Sequence[int]) -> list[tuple[int, int]]:
        """Those of these blocks that are missing; what lies side by side is one page."""
        pages: list[tuple[int, int]] = []
        for block in blocks:
            if block in self._here or block in self._asked:
                continue
            offset = block * self._block
            if pages and sum(pages[-1]) == offset:
                offset, _ = pages.pop()
            pages.append((offset, block * self._block + self._size(block) - offset))
        return pages

    def is_wanted(self, offset: int) -> bool:
        """Whether something of the page at this offset was asked for, has not arrived, and would still be seen."""
        return not self._asked.isdisjoint(self._range(offset, offset + self._limits.get(offset, 1) - 1))

    def put(self, offset: int, rows: Sequence[Item]) -> None:
        """Keep rows that have arrived; fewer than asked for means that there are no more of them."""
        for index, row in enumerate(rows, offset):
            self._blocks.setdefault(index // self._block, {})[index] = row
        for block in self._range(offset, offset + max(0, len(rows) - 1)):
            if block in self._asked or len(self._blocks.get(block, ())) >= self._size(block):
                self._here.add(block)
                self._asked.discard(block)
            self._touch(block)
        while len(self._blocks) > BLOCKS_KEPT:
            oldest = next(iter(self._blocks))
            del self._blocks[oldest]
            self._here.discard(oldest)

    def _range(self, first: int, last: int) -> range:
        """Blocks that hold the rows, as far as there are such rows."""
        if self.total == 0:
            return range(0)
        return range(max(0, first) // self._block, min(last, self.total - 1) // self._block + 1)

    def _size(self, block: int) -> int:
        return min(self._block, self.total - block * self._block)

    def _touch(self, block: int) -> None:
        """Mark a block as lately wanted."""
        self._blocks[block] = self._blocks.pop(block, {})


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
