"""`RowsTable`, a table of any number of rows that holds only the pages around the visible ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView

from ssmtrail.widgets.line_painter import LinePainter
from ssmtrail.widgets.pages import PageCache
from ssmtrail.widgets.table_layout import (
    GAP,
    Cell,
    Column,
    TableRow,
    fit_columns,
    header_runs,
    placeholder_runs,
    row_runs,
)

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from textual import events
    from textual.strip import Strip

    from ssmtrail.widgets.table_layout import Placed

__all__ = ["Cell", "Column", "RowsTable", "TableRow", "TableState"]


@dataclass(frozen=True, slots=True)
class TableState:
    """All that a table shows, to show it again later: see `RowsTable.save`."""

    pages: PageCache[TableRow]
    columns: tuple[Column, ...]
    sorted_by: tuple[tuple[str, bool], ...]
    cursor: tuple[int, int]
    top: int


@dataclass(frozen=True, slots=True)
class _NextAnswer:
    """An answer that is shown once its first visible pages have arrived."""

    pages: PageCache[TableRow]
    cursor: int
    keep_scroll: bool
    cursor_before: int


class RowsTable(ScrollView, can_focus=True):
    """A table with a cursor on a cell; the rows of an answer come in pages, when they are needed.

    `show` gives it another answer, it posts `PageWanted`, and `put_rows` gives it the rows. No operation takes time in
    proportion to the number of rows. The first line is the header, which does not scroll. Moving the cursor repaints
    the two rows, or the two cells and their headers, that change; moving the mouse repaints nothing.
    """

    #: Dragging selects no text: lines on the screen are shortened, and what is copied should not be.
    ALLOW_SELECT = False

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "open", tooltip="Open the row under the cursor", id="rows.open"),
        Binding("up,k", "move(-1)", "up", show=False, tooltip="One row up", id="rows.up"),
        Binding("down,j", "move(1)", "down", show=False, tooltip="One row down", id="rows.down"),
        Binding("left,h", "move_column(-1)", "left", show=False, tooltip="One column to the left", id="rows.left"),
        Binding("right,l", "move_column(1)", "right", show=False, tooltip="One column to the right", id="rows.right"),
        Binding("home,g", "first", "first", show=False, tooltip="The first row", id="rows.first"),
        Binding("end,G", "last", "last", show=False, tooltip="The last row", id="rows.last"),
        Binding("pageup", "page(-1.0)", "page up", show=False, tooltip="One page up", id="rows.page-up"),
        Binding("pagedown", "page(1.0)", "page down", show=False, tooltip="One page down", id="rows.page-down"),
        Binding("ctrl+u", "page(-0.5)", "half up", show=False, tooltip="Half a page up", id="rows.half-up"),
        Binding("ctrl+d", "page(0.5)", "half down", show=False, tooltip="Half a page down", id="rows.half-down"),
    ]

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "rows-table--header",
        "rows-table--header-cursor",
        "rows-table--cursor",
        "rows-table--cell",
        "rows-table--cursor-focused",
        "rows-table--cell-focused",
        "rows-table--muted",
        "rows-table--accent",
        "rows-table--warn",
        "rows-table--bad",
        "rows-table--good",
        "rows-table--strong",
    }
    """
    | Class | Description |
    | :- | :- |
    | `rows-table--header` | The header. |
    | `rows-table--header-cursor` | The header of the column under the cursor. |
    | `rows-table--cursor` | The row under the cursor. |
    | `rows-table--cell` | The cell under the cursor. |
    | `rows-table--cursor-focused`, `rows-table--cell-focused` | The same while the table has the focus. |
    | `rows-table--muted` and so on | Text of this style. |
    """

    DEFAULT_CSS = """
    RowsTable {
        height: 1fr;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-gutter: stable;
        scrollbar-size-vertical: 1;
        & > .rows-table--header { color: $foreground-muted; }
        & > .rows-table--header-cursor { color: $foreground; text-style: bold; }
        & > .rows-table--cursor { background: $foreground 8%; }
        & > .rows-table--cell { background: $foreground 16%; }
        & > .rows-table--muted { color: $foreground-muted; }
        & > .rows-table--accent { color: $text-accent; }
        & > .rows-table--warn { color: $text-warning; }
        & > .rows-table--bad { color: $text-error; }
        & > .rows-table--good { color: $text-success; }
        & > .rows-table--strong { text-style: bold; }
        & > .rows-table--cursor-focused { background: $primary 35%; }
        & > .rows-table--cell-focused { background: $primary; color: $text; }
        &:ansi > .rows-table--header { text-style: dim; }
        &:ansi > .rows-table--header-cursor { text-style: bold; }
        &:ansi > .rows-table--muted { text-style: dim; }
        &:ansi > .rows-table--cursor { background: ansi_default; text-style: bold; }
        &:ansi > .rows-table--cell { background: ansi_default; text-style: bold underline; }
        &:ansi > .rows-table--cursor-focused { background: ansi_default; text-style: reverse; }
        &:ansi > .rows-table--cell-focused {
            background: ansi_default; color: ansi_default; text-style: bold reverse underline;
        }
    }
    """

    columns: reactive[tuple[Column, ...]] = reactive(())
    """The columns, from left to right; the width decides how many of them are shown."""
    sorted_by: reactive[tuple[tuple[str, bool], ...]] = reactive(())
    """Column keys with whether they descend; shown in the header. The answer itself comes sorted."""
    ascii_only: reactive[bool] = reactive(False)
    """Draw with ASCII characters."""
    marked: reactive[frozenset[str]] = reactive(frozenset())
    """Keys of the rows that the user marked."""
    cursor_row: reactive[int] = reactive(0, repaint=False)
    """Index of the row under the cursor; 0 in an empty table."""
    cursor_column: reactive[int] = reactive(0, repaint=False)
    """Index, among `shown_columns`, of the column under the cursor."""

    @dataclass
    class PageWanted(Message):
        """Rows are needed; answer with `put_rows`, at any time, in any order."""

        table: RowsTable
        """The table that needs them."""
        token: Hashable
        """The answer that they belong to."""
        offset: int
        """Index of the first row."""
        limit: int
        """Number of rows; never beyond the answer's end."""

        @property
        def control(self) -> RowsTable:
            """The table that needs the rows."""
            return self.table

    @dataclass
    class RowHighlighted(Message):
        """The cursor is on another row, column or answer, and the row has arrived."""

        table: RowsTable
        """The table whose cursor moved."""
        index: int
        """Index of the row in the answer, from 0."""
        key: str
        """The row's key."""
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
        """Index of the row in the answer, from 0."""
        key: str
        """The row's key."""
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
        """The column's key."""

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
        super().__init__(name=name, id=id, classes=classes)
        self._painter = LinePainter(self, "rows-table--")
        self._pages: PageCache[TableRow] = PageCache(None, 0)
        self._next: _NextAnswer | None = None
        self._placed: tuple[Placed, ...] = ()
        self._placed_width = 0
        self._strips: LRUCache[tuple[int, str | None, bool], Strip] = LRUCache(512)
        self._highlighted: tuple[object, ...] = ()
        self._opening_row = -1
        self.set_reactive(RowsTable.columns, tuple(columns))
        self.set_reactive(RowsTable.ascii_only, ascii_only)

    # Answers and their rows

    def show(self, token: Hashable, total: int, *, cursor: int = 0, keep_scroll: bool = False) -> None:
        """Show another answer, of `total` rows, with the cursor on row `cursor`.

        The rows of the previous answer stay until the pages that will be visible first have arrived. With
        `keep_scroll` the cursor stays on its line of the screen, and its moves until then are kept.
        """
        self._next = _NextAnswer(PageCache(token, total), cursor, keep_scroll, self.cursor_row)
        if total == 0:
            self._show_next(self._next)
        self._request_pages()

    def clear(self) -> None:
        """Show an empty answer."""
        self.show(None, 0)

    def put_rows(self, token: Hashable, offset: int, rows: Sequence[TableRow]) -> None:
        """Give rows that were asked for; rows of an answer that is no longer wanted are dropped."""
        following = self._next
        pages = self._pages if following is None else following.pages
        if token == pages.token:
            pages.put(offset, rows)
            if following is None:
                for index in range(max(offset, self._top), min(offset + len(rows), self._top + self._page_rows)):
                    self._refresh_row(index)
                self._request_pages()
            elif pages.covers(*self._visible_in(following)):
                self._show_next(following)
                self._request_pages()
        self._post_highlighted()
        if self._opening_row == self.cursor_row and self.cursor_key is not None:
            self.action_open()

    def save(self) -> TableState:
        """Return what is shown, for `restore`."""
        pages = self._pages if self._next is None else self._next.pages
        return TableState(pages, self.columns, self.sorted_by, (self.cursor_row, self.cursor_column), self._top)

    def restore(self, state: TableState) -> None:
        """Show what `save` returned; rows that had not arrived are asked for again."""
        state.pages.forget_asked()
        self.columns, self.sorted_by = state.columns, state.sorted_by
        self._next = None
        if self._pages is not state.pages:
            self._pages = state.pages
            self._strips.clear()
        self.virtual_size = Size(self.size.width, self.total + 1)
        self.scroll_to(y=state.top, animate=False, force=True, immediate=True)
        self.cursor_row, self.cursor_column = state.cursor
        self.refresh()
        self._request_pages()
        self._post_highlighted()

    def is_wanted(self, token: Hashable, offset: int) -> bool:
        """Whether a page that was asked for is still needed; a slow reader may skip one that is not."""
        pages = self._pages if self._next is None else self._next.pages
        return token == pages.token and pages.is_wanted(offset)

    @property
    def total(self) -> int:
        """Number of rows of the answer that is shown."""
        return self._pages.total

    @property
    def token(self) -> Hashable:
        """The answer that is shown."""
        return self._pages.token

    def row_at(self, index: int) -> TableRow | None:
        """Return a row of the answer that is shown, None if it has not arrived."""
        return self._pages.row(index)

    def index_of(self, key: str) -> int | None:
        """Return the index of the row with this key, None if it has not arrived."""
        return self._pages.index_of(lambda row: row.key == key)

    def _request_pages(self) -> None:
        """Ask for the pages that are missing around the rows that are, or will be, visible."""
        pages, visible = self._pages, (self._top, self._top + self._page_rows - 1)
        if self._next is not None:
            pages, visible = self._next.pages, self._visible_in(self._next)
        for offset, limit in pages.wanted(*visible, ahead=self._page_rows):
            self.post_message(self.PageWanted(self, pages.token, offset, limit))

    def _place_in(self, answer: _NextAnswer) -> tuple[int, int]:
        """Return the cursor and the top row with which the next answer will be shown."""
        moved = self.cursor_row - answer.cursor_before if answer.keep_scroll else 0
        cursor = max(0, min(answer.cursor + moved, answer.pages.total - 1))
        if answer.keep_scroll:
            top = cursor - (self.cursor_row - self._top)
        else:
            top = 0 if cursor < self._page_rows else cursor - self._page_rows // 2
        return cursor, max(0, min(top, answer.pages.total - self._page_rows))

    def _visible_in(self, answer: _NextAnswer) -> tuple[int, int]:
        """Return the first and the last row of the next answer that will be visible."""
        top = self._place_in(answer)[1]
        return top, top + self._page_rows - 1

    def _show_next(self, answer: _NextAnswer) -> None:
        cursor, top = self._place_in(answer)
        self._next = None
        self._pages = answer.pages
        self._strips.clear()
        self.virtual_size = Size(self.size.width, self.total + 1)
        self._scroll_rows(top)
        self.cursor_row = cursor
        if answer.keep_scroll:  # the cursor may be out of sight, and stays there
            self._scroll_rows(top)
        self.refresh()

    # The cursor

    @property
    def cursor_key(self) -> str | None:
        """Key of the row under the cursor, None if the row has not arrived."""
        row = self.row_at(self.cursor_row)
        return None if row is None else row.key

    @property
    def column_under_cursor(self) -> Column | None:
        """The column under the cursor, None in a table without columns."""
        return self._placed[self.cursor_column].column if self.cursor_column < len(self._placed) else None

    def validate_cursor_row(self, index: int) -> int:
        """Keep the cursor on a row."""
        return max(0, min(index, self.total - 1))

    def validate_cursor_column(self, index: int) -> int:
        """Keep the cursor on a column."""
        return max(0, min(index, len(self._placed) - 1))

    def watch_cursor_row(self, old: int, new: int) -> None:
        """Repaint the two rows, scroll to the new one, and post `RowHighlighted`."""
        self._refresh_row(old)
        self._refresh_row(new)
        self._scroll_to_cursor()
        self._post_highlighted()

    def watch_cursor_column(self, old: int, new: int) -> None:
        """Repaint the two cells and their headers, and post `RowHighlighted`."""
        line = self.cursor_row - self._top + 1
        for placed in {self._placed[i] for i in (old, new) if i < len(self._placed)}:
            width = placed.width + GAP
            self.refresh(Region(placed.x, 0, width, 1), Region(placed.x, line, width, 1))
        self._post_highlighted()

    def action_move(self, rows: int) -> None:
        """Move the cursor by rows."""
        self.cursor_row += rows

    def action_move_column(self, columns: int) -> None:
        """Move the cursor by columns."""
        self.cursor_column += columns

    def action_first(self) -> None:
        """Move the cursor to the first row."""
        self.cursor_row = 0

    def action_last(self) -> None:
        """Move the cursor to the last row."""
        self.cursor_row = self.total - 1

    def action_page(self, pages: float) -> None:
        """Scroll and move the cursor by pages; the cursor stays on its line of the screen where possible."""
        rows = int(pages * self._page_rows)
        self._scroll_rows(self._top + rows)
        self.cursor_row += rows

    def action_open(self) -> None:
        """Post `RowOpened` for the row under the cursor, as soon as the row has arrived."""
        key, column = self.cursor_key, self.column_under_cursor
        self._opening_row = self.cursor_row if key is None and self.total else -1
        if key is not None and column is not None:
            self.post_message(self.RowOpened(self, self.cursor_row, key, column.key))

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the click; a second click on the same cell, or a double click, opens the row."""
        event.stop()
        # The gap behind a column belongs to it.
        column = next((i for i, placed in reversed(list(enumerate(self._placed))) if event.x >= placed.x - 1), None)
        index = self._top + event.y - 1
        if event.y == 0 and column is not None:
            self.post_message(self.HeaderPressed(self, self._placed[column].column.key))
        elif event.y > 0 and index < self.total:
            column = self.cursor_column if column is None else column
            again = (index, column) == (self.cursor_row, self.cursor_column)
            self.cursor_row, self.cursor_column = index, column
            if again or event.chain > 1:
                self.action_open()

    def _post_highlighted(self) -> None:
        """Post `RowHighlighted`, once for each place."""
        key, column = self.cursor_key, self.column_under_cursor
        if key is None or column is None:
            return
        place = (self._pages, self.cursor_row, column.key)
        if place != self._highlighted:
            self._highlighted = place
            self.post_message(self.RowHighlighted(self, self.cursor_row, key, column.key))

    # Scrolling and size

    @property
    def _top(self) -> int:
        """Index of the first visible row."""
        return round(self.scroll_y)

    @property
    def _page_rows(self) -> int:
        """Number of visible rows, at least one."""
        return max(1, self.size.height - 1)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Ask for the rows that have become visible."""
        super().watch_scroll_y(old_value, new_value)
        self._request_pages()

    def on_resize(self) -> None:
        """Fit the columns to the width and keep the cursor visible."""
        self._fit_width()
        self._scroll_to_cursor()
        self._request_pages()

    def _scroll_to_cursor(self) -> None:
        lowest = self.cursor_row - self._page_rows + 1
        self._scroll_rows(max(lowest, min(self._top, self.cursor_row)))

    def _scroll_rows(self, top: int) -> None:
        self.scroll_to(y=max(0, top), animate=False, force=True)

    # Drawing

    @property
    def shown_columns(self) -> tuple[Column, ...]:
        """The columns that fit the width."""
        return tuple(placed.column for placed in self._placed)

    def watch_columns(self) -> None:
        """Fit the columns to the width."""
        self._place_columns()

    def watch_marked(self) -> None:
        """Paint the marks."""
        self._strips.clear()

    def watch_ascii_only(self) -> None:
        """Forget the painted lines."""
        self._strips.clear()

    def watch_has_focus(self, _has_focus: bool) -> None:
        """Look up no styles: those of the cursor with and without focus are known."""

    def notify_style_update(self) -> None:
        """Forget the painted lines and their styles."""
        super().notify_style_update()
        self._painter.forget()
        self._strips.clear()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Render lines; the width may have changed without a Resize event so far."""
        self._fit_width()
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Render line `y` of the widget: the header, then the visible rows."""
        index = self._top + y - 1
        column = self.column_under_cursor
        cursor = None if column is None else column.key
        width, ascii_only = self._placed_width, self.ascii_only
        if y == 0:
            return self._painter.strip(header_runs(self._placed, cursor, self.sorted_by, ascii_only), width)
        if index >= self.total:
            return self._painter.strip([], width)
        if index != self.cursor_row:
            cursor = None
        painted = index, cursor, cursor is not None and self.has_focus
        strip = self._strips.get(painted)
        if strip is None:
            row = self.row_at(index)
            if row is None:
                return self._painter.strip(placeholder_runs(self._placed, cursor, ascii_only), width)
            strip = self._strips[painted] = self._painter.strip(
                row_runs(row, self._placed, cursor, ascii_only, marked=row.key in self.marked), width
            )
        return strip

    def _refresh_row(self, index: int) -> None:
        line = index - self._top + 1
        if 1 <= line <= self._page_rows:
            self.refresh(Region(0, line, self._placed_width, 1))

    def _fit_width(self) -> None:
        if self._placed_width != self.scrollable_content_region.width:
            self._place_columns()

    def _place_columns(self) -> None:
        """Fit the columns to the width; the cursor stays in its column while that is shown."""
        before = self.column_under_cursor
        self._placed_width = self.scrollable_content_region.width
        self._placed = fit_columns(self.columns, self._placed_width)
        self._strips.clear()
        keys = [column.key for column in self.shown_columns]
        if before is not None and before.key in keys:
            self.cursor_column = keys.index(before.key)
        else:
            self.cursor_column = min(self.cursor_column, max(0, len(keys) - 1))
        self.refresh()
