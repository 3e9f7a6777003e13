"""`MatrixGrid`, a matrix of counts of any size that holds only the rows around the visible ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView

from ssmtrail.widgets.line_painter import LinePainter
from ssmtrail.widgets.matrix_cells import GridRow, Header, LogScale, Matrix, grid_rows
from ssmtrail.widgets.matrix_layout import (
    ON_HEADER,
    TOP,
    ZOOMS,
    MatrixLayout,
    MatrixPainter,
    Zoom,
    lay_out,
    level_steps,
)

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from textual import events
    from textual.strip import Strip

__all__ = ["GridRow", "Header", "MatrixGrid", "grid_rows"]

#: Columns that one turn of the wheel scrolls sideways.
_WHEEL_COLUMNS: Final = 3


class MatrixGrid(ScrollView, can_focus=True):
    """A matrix with a cursor on a cell; one step before the first cell is the header of its row or column.

    `show` gives it another matrix, it posts `PageWanted`, and `put_rows` gives it the rows. Its operations take time in
    proportion to the headers and to the visible cells, not to all cells. Headers and sums stay in place when the cells
    scroll. Moving the cursor repaints the two cells and the headers that change; moving the mouse repaints nothing.
    """

    ALLOW_SELECT = False

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
        Binding("ctrl+left", "page_aside(-1)", "page left", show=False, tooltip="A page left", id="matrix.page-left"),
        Binding(
            "ctrl+right", "page_aside(1)", "page right", show=False, tooltip="A page right", id="matrix.page-right"
        ),
        Binding("plus,equals_sign", "zoom(1)", "wider", show=False, tooltip="Wider columns", id="matrix.wider"),
        Binding("minus", "zoom(-1)", "narrower", show=False, tooltip="Narrower columns", id="matrix.narrower"),
    ]

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "matrix-grid--header",
        "matrix-grid--header-cursor",
        "matrix-grid--group",
        "matrix-grid--sum",
        "matrix-grid--cell",
        "matrix-grid--cell-focused",
        "matrix-grid--dense",
        "matrix-grid--shade-1",
        "matrix-grid--shade-2",
        "matrix-grid--shade-3",
        "matrix-grid--shade-4",
        "matrix-grid--shade-5",
        "matrix-grid--muted",
        "matrix-grid--accent",
        "matrix-grid--warn",
        "matrix-grid--bad",
        "matrix-grid--good",
        "matrix-grid--strong",
    }
    """
    | Class | Description |
    | :- | :- |
    | `matrix-grid--header` | Labels of rows and columns. |
    | `matrix-grid--header-cursor` | Labels of the row and the column under the cursor. |
    | `matrix-grid--group` | Names of groups of columns. |
    | `matrix-grid--sum` | Sums. |
    | `matrix-grid--cell` | The cell under the cursor. |
    | `matrix-grid--cell-focused` | The same while the matrix has the focus. |
    | `matrix-grid--dense` | Characters of dense cells. |
    | `matrix-grid--shade-1` to `-5` | Cells, from the smallest to the largest count, on a log scale. |
    | `matrix-grid--muted` and so on | Text of this style. |
    """

    DEFAULT_CSS = """
    MatrixGrid {
        height: 1fr;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-gutter: stable;
        scrollbar-size-vertical: 1;
        & > .matrix-grid--header { color: $foreground-muted; }
        & > .matrix-grid--header-cursor { color: $foreground; text-style: bold; }
        & > .matrix-grid--group { color: $foreground; }
        & > .matrix-grid--sum { color: $foreground-muted; }
        & > .matrix-grid--cell { background: $foreground 30%; }
        & > .matrix-grid--dense { color: $accent; }
        & > .matrix-grid--shade-1 { background: $accent 10%; }
        & > .matrix-grid--shade-2 { background: $accent 20%; }
        & > .matrix-grid--shade-3 { background: $accent 32%; }
        & > .matrix-grid--shade-4 { background: $accent 46%; }
        & > .matrix-grid--shade-5 { background: $accent 64%; color: $text; text-style: bold; }
        & > .matrix-grid--muted { color: $foreground-muted; }
        & > .matrix-grid--accent { color: $text-accent; }
        & > .matrix-grid--warn { color: $text-warning; }
        & > .matrix-grid--bad { color: $text-error; }
        & > .matrix-grid--good { color: $text-success; }
        & > .matrix-grid--strong { text-style: bold; }
        & > .matrix-grid--cell-focused { background: $primary; color: $text; text-style: bold; }
        &:ansi > .matrix-grid--header { text-style: dim; }
        &:ansi > .matrix-grid--header-cursor { text-style: bold; }
        &:ansi > .matrix-grid--sum { text-style: dim; }
        &:ansi > .matrix-grid--muted { text-style: dim; }
        &:ansi > .matrix-grid--shade-1 { background: ansi_default; }
        &:ansi > .matrix-grid--shade-2 { background: ansi_default; }
        &:ansi > .matrix-grid--shade-3 { background: ansi_default; }
        &:ansi > .matrix-grid--shade-4 { background: ansi_default; text-style: bold; }
        &:ansi > .matrix-grid--shade-5 { background: ansi_default; color: ansi_default; text-style: bold underline; }
        &:ansi > .matrix-grid--cell { background: ansi_default; text-style: bold underline; }
        &:ansi > .matrix-grid--cell-focused {
            background: ansi_default; color: ansi_default; text-style: bold reverse;
        }
    }
    """

    zoom: reactive[Zoom] = reactive[Zoom]("wide", repaint=False)
    """Width of the columns: `wide` with names, `narrow` with numbers alone, `dense` with one character each."""
    ascii_only: reactive[bool] = reactive(False)
    """Draw with ASCII characters."""
    corner: reactive[str] = reactive("")
    """A text above the row labels, shown if there is room."""
    cursor_row: reactive[int] = reactive(0, repaint=False)
    """Index of the row under the cursor; -1 on the column names."""
    cursor_column: reactive[int] = reactive(0, repaint=False)
    """Index of the column under the cursor; -1 on the row labels."""

    @dataclass
    class PageWanted(Message):
        """Rows are needed; answer with `put_rows`, at any time, in any order."""

        grid: MatrixGrid
        """The grid that needs them."""
        token: Hashable
        """The matrix that they belong to."""
        offset: int
        """Index of the first row."""
        limit: int
        """Number of rows; never beyond the last row."""

        @property
        def control(self) -> MatrixGrid:
            """The grid that needs them."""
            return self.grid

    @dataclass
    class CellHighlighted(Message):
        """The cursor is on another cell, or on another header."""

        grid: MatrixGrid
        """The grid of the cell."""
        row_key: str | None
        """Key of the row; None if the cursor is on a column's name."""
        column_key: str | None
        """Key of the column; None if the cursor is on a row's label."""

        @property
        def control(self) -> MatrixGrid:
            """The grid of the cell."""
            return self.grid

    @dataclass
    class CellOpened(Message):
        """A cell was opened with Enter or the mouse."""

        grid: MatrixGrid
        """The grid of the cell."""
        row_key: str
        """Key of the row."""
        column_key: str
        """Key of the column."""

        @property
        def control(self) -> MatrixGrid:
            """The grid of the cell."""
            return self.grid

    @dataclass
    class RowOpened(Message):
        """A row's label was opened."""

        grid: MatrixGrid
        """The grid of the cell."""
        row_key: str
        """Key of the row."""

        @property
        def control(self) -> MatrixGrid:
            """The grid of the cell."""
            return self.grid

    @dataclass
    class ColumnOpened(Message):
        """A column's name was opened."""

        grid: MatrixGrid
        """The grid of the cell."""
        column_key: str
        """Key of the column."""

        @property
        def control(self) -> MatrixGrid:
            """The grid of the cell."""
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
        super().__init__(name=name, id=id, classes=classes)
        self._sum_label = sum_label
        self._line_painter = LinePainter(self, "matrix-grid--")
        self._matrix = Matrix.of(None, (), (), 0)
        self._next: tuple[Matrix, tuple[int, int] | None] | None = None
        """A matrix that is shown once its first visible rows have arrived, and where its cursor is to be."""
        self._parts: MatrixLayout = lay_out(self._matrix.extent, "wide", 0, 0)
        self._placed_for = Size(-1, -1)
        self._matrix_painter: MatrixPainter | None = None
        self._strips: LRUCache[tuple[int, int | None, bool], Strip] = LRUCache(512)
        self._highlighted: tuple[object, ...] = ()
        self.set_reactive(MatrixGrid.ascii_only, ascii_only)

    # Matrices and their rows

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

        Without `cursor`, the cursor stays on its row's and its column's keys where the new matrix has them. The
        previous matrix stays until the rows that will be visible first have arrived.
        """
        self._next = Matrix.of(token, rows, columns, largest), cursor
        if not rows or not columns:
            self._show_next()
        self._request_pages()

    def put_rows(self, token: Hashable, offset: int, rows: Sequence[GridRow]) -> None:
        """Give rows that were asked for; rows of a matrix that is no longer wanted are dropped."""
        matrix = self._newest
        if token != matrix.pages.token:
            return
        matrix.pages.put(offset, rows)
        if matrix is self._matrix:
            if offset < self._top + self._page_rows and offset + len(rows) > self._top:
                self.refresh()
        elif matrix.pages.covers(*self._soon_visible):
            self._show_next()
            self._request_pages()

    def is_wanted(self, token: Hashable, offset: int) -> bool:
        """Whether a page that was asked for is still needed; a slow reader may skip one that is not."""
        return token == self._newest.pages.token and self._newest.pages.is_wanted(offset)

    @property
    def token(self) -> Hashable:
        """The matrix that is shown."""
        return self._matrix.pages.token

    @property
    def is_current(self) -> bool:
        """Whether the newest matrix is shown: not while its first rows are awaited."""
        return self._next is None

    def row_at(self, index: int) -> GridRow | None:
        """Return the cells of a row; None if they have not arrived, or beyond the last row."""
        return self._matrix.pages.row(index) if 0 <= index < len(self._matrix.rows) else None

    @property
    def _newest(self) -> Matrix:
        return self._matrix if self._next is None else self._next[0]

    @property
    def _soon_visible(self) -> tuple[int, int]:
        """The first and the last row that are, or will be, visible."""
        top = self._top
        if self._next is not None:
            # The next matrix may be shorter than the position of the cursor: then its last row will be visible.
            row = max(0, min(self._cursor_in(*self._next)[0], len(self._next[0].rows) - 1))
            top = max(row - self._page_rows + 1, min(top, row))
        return top, top + max(1, self.size.height - TOP)

    def _request_pages(self) -> None:
        pages = self._newest.pages
        for offset, limit in pages.wanted(*self._soon_visible, ahead=self._page_rows):
            self.post_message(self.PageWanted(self, pages.token, offset, limit))

    def _cursor_in(self, matrix: Matrix, cursor: tuple[int, int] | None) -> tuple[int, int]:
        """Return the place of the cursor in the next matrix."""
        if cursor is not None:
            return cursor
        row, column = self.cursor_keys
        return (
            self.cursor_row if row is None else _index_of(matrix.rows, row, self.cursor_row),
            self.cursor_column if column is None else _index_of(matrix.columns, column, self.cursor_column),
        )

    def _show_next(self) -> None:
        if self._next is None:
            return
        row, column = self._cursor_in(*self._next)
        self._matrix, self._next = self._next[0], None
        self.set_reactive(MatrixGrid.cursor_row, self.validate_cursor_row(row))
        self.set_reactive(MatrixGrid.cursor_column, self.validate_cursor_column(column))
        self._place_parts()
        self._post_highlighted()

    # The cursor

    @property
    def cursor_keys(self) -> tuple[str | None, str | None]:
        """Keys of the row and the column under the cursor, None for a header or in an empty matrix."""
        rows, columns = self._matrix.rows, self._matrix.columns
        row = rows[self.cursor_row].key if 0 <= self.cursor_row < len(rows) else None
        return row, columns[self.cursor_column].key if 0 <= self.cursor_column < len(columns) else None

    def validate_cursor_row(self, index: int) -> int:
        """Keep the cursor on a row, or on the column names."""
        return _keep_within(index, len(self._matrix.rows))

    def validate_cursor_column(self, index: int) -> int:
        """Keep the cursor on a column, or on the row labels."""
        return _keep_within(index, len(self._matrix.columns))

    def watch_cursor_row(self, old: int, new: int) -> None:
        """Repaint the two cells and their row labels, scroll to the cursor, and post `CellHighlighted`."""
        for row in (old, new):
            self._refresh_up_to(row, self.cursor_column)
        self._scroll_to_cursor()
        self._post_highlighted()

    def watch_cursor_column(self, old: int, new: int) -> None:
        """Repaint the two cells and their column names, scroll to the cursor, and post `CellHighlighted`."""
        last = max(old, new)
        self._refresh_up_to(ON_HEADER, last if self.zoom == "wide" else len(self._matrix.columns))
        self._refresh_up_to(self.cursor_row, last)
        self._scroll_to_cursor()
        self._post_highlighted()

    def action_move(self, rows: int, columns: int) -> None:
        """Move the cursor; a step before the first cell leads to its header."""
        self.cursor_row += rows
        self.cursor_column += columns

    def action_to(self, row: int | None, column: int | None) -> None:
        """Move the cursor to a row, a column or both; below 0 they count from the end."""
        if row is not None:
            self.cursor_row = row if row >= 0 else len(self._matrix.rows) - 1
        if column is not None:
            self.cursor_column = column if column >= 0 else len(self._matrix.columns) - 1

    def action_page(self, pages: float) -> None:
        """Scroll and move the cursor by pages; the cursor stays on its line of the screen where possible."""
        rows = int(pages * self._page_rows)
        self._scroll(top=self._top + rows)
        self.cursor_row = max(0, self.cursor_row + rows)

    def action_page_aside(self, pages: int) -> None:
        """Scroll and move the cursor sideways by pages."""
        columns = pages * self._parts.seen
        self._scroll(left=self._left + columns)
        self.cursor_column = max(0, self.cursor_column + columns)

    def action_zoom(self, steps: int) -> None:
        """Make the columns wider, or narrower."""
        self.zoom = ZOOMS[max(0, min(ZOOMS.index(self.zoom) + steps, len(ZOOMS) - 1))]

    def action_open(self) -> None:
        """Post that the cell or the header under the cursor was opened."""
        row, column = self.cursor_keys
        if row is not None and column is not None:
            self.post_message(self.CellOpened(self, row, column))
        elif row is not None:
            self.post_message(self.RowOpened(self, row))
        elif column is not None:
            self.post_message(self.ColumnOpened(self, column))

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the click; a second click on the same place, or a double click, opens it."""
        event.stop()
        place = self._place_at(event.x, event.y)
        if place is None:
            return
        again = place == (self.cursor_row, self.cursor_column)
        self.cursor_row, self.cursor_column = place
        if again or event.chain > 1:
            self.action_open()

    def _place_at(self, x: int, y: int) -> tuple[int, int] | None:
        """Return row and column, -1 for headers, at a cell of the widget; None on the corner and beside the matrix."""
        parts = self._parts
        row = ON_HEADER if y < TOP else self._top + y - TOP
        column = ON_HEADER if x < parts.stub else self._left + (x - parts.stub) // parts.cell
        beside = x >= parts.stub + parts.body or y >= TOP + self._page_rows or row == column == ON_HEADER
        return None if beside or column >= len(self._matrix.columns) else (row, column)

    def _post_highlighted(self) -> None:
        """Post `CellHighlighted`, once for each place."""
        place = (self._matrix.pages, *self.cursor_keys)
        if place != self._highlighted and self._matrix.rows:
            self._highlighted = place
            self.post_message(self.CellHighlighted(self, *self.cursor_keys))

    # Scrolling and size

    @property
    def _inner_width(self) -> int:
        return self.scrollable_content_region.width

    @property
    def _left(self) -> int:
        """Index of the first visible column."""
        return round(self.scroll_x / self._parts.cell)

    @property
    def _top(self) -> int:
        """Index of the first visible row."""
        return round(self.scroll_y)

    @property
    def _page_rows(self) -> int:
        """Number of visible rows, at least one."""
        return max(1, self._parts.lines)

    def watch_scroll_x(self, old_value: float, new_value: float) -> None:
        """Forget the painted lines: other columns are visible."""
        super().watch_scroll_x(old_value, new_value)
        self._forget_lines()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Ask for the rows that have become visible."""
        super().watch_scroll_y(old_value, new_value)
        self._request_pages()

    def on_resize(self) -> None:
        """Fit the parts to the size, keep the cursor visible, and ask for rows that have become visible."""
        if self._placed_for != Size(self._inner_width, self.size.height):  # shown again, it is as large as before
            self._place_parts()
        self._request_pages()

    def watch_zoom(self) -> None:
        """Fit the parts to the size."""
        self._place_parts()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll to the right with Shift or Ctrl."""
        if event.shift or event.ctrl:
            self._scroll_sideways(event, 1)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll to the left with Shift or Ctrl."""
        if event.shift or event.ctrl:
            self._scroll_sideways(event, -1)

    def on_mouse_scroll_right(self, event: events.MouseScrollRight) -> None:
        """Scroll to the right."""
        self._scroll_sideways(event, 1)

    def on_mouse_scroll_left(self, event: events.MouseScrollLeft) -> None:
        """Scroll to the left."""
        self._scroll_sideways(event, -1)

    def _scroll_sideways(self, event: events.MouseEvent, direction: int) -> None:
        event.stop()
        event.prevent_default()
        self._scroll(left=self._left + direction * _WHEEL_COLUMNS)

    def _place_parts(self) -> None:
        """Fit the parts to the size; the first visible row and column stay where possible."""
        left = self._left
        self._placed_for = size = Size(self._inner_width, self.size.height)
        self._parts = lay_out(self._matrix.extent, self.zoom, size.width, size.height)
        hidden_columns = max(0, len(self._matrix.columns) - self._parts.seen)
        hidden_rows = max(0, len(self._matrix.rows) - self._page_rows)
        self.virtual_size = Size(size.width + hidden_columns * self._parts.cell, size.height + hidden_rows)
        self._forget_lines()
        self._scroll(left=min(left, hidden_columns))
        self._scroll_to_cursor()
        self.refresh()

    def _scroll_to_cursor(self) -> None:
        """Scroll as little as needed; for a cursor on a header, to the first cell."""
        row, column = max(0, self.cursor_row), max(0, self.cursor_column)
        self._scroll(
            left=max(column - self._parts.seen + 1, min(self._left, column)),
            top=max(row - self._page_rows + 1, min(self._top, row)),
        )

    def _scroll(self, left: int | None = None, top: int | None = None) -> None:
        x = None if left is None else max(0, left) * self._parts.cell
        self.scroll_to(x=x, y=None if top is None else max(0, top), animate=False, force=True)

    # Drawing

    def watch_ascii_only(self) -> None:
        """Forget the painted lines."""
        self._forget_lines()

    def watch_corner(self) -> None:
        """Forget the painted lines."""
        self._forget_lines()

    def watch_has_focus(self, _has_focus: bool) -> None:
        """Look up no styles: those of the cursor with and without focus are known."""

    def notify_style_update(self) -> None:
        """Forget the painted lines and their styles."""
        super().notify_style_update()
        self._line_painter.forget()
        self._forget_lines()

    def render_line(self, y: int) -> Strip:
        """Render line `y` of the widget: groups, names, rows, sums."""
        painter, width = self._painter_now, self._inner_width
        rows = min(self._parts.lines, len(self._matrix.rows))
        if not self._matrix.columns or y > TOP + rows or (y == TOP + rows and not self._parts.foot):
            return self._line_painter.strip([], width)
        if y == 0:
            return self._line_painter.strip(painter.groups(), width)
        if y == 1:
            names = painter.names(self.cursor_column, self.cursor_row == ON_HEADER, self._sum_label)
            return self._line_painter.strip(names, width)
        if y == TOP + rows:
            return self._line_painter.strip(painter.sums(self._sum_label, self._matrix.total), width)
        return self._row_strip(self._top + y - TOP)

    def _row_strip(self, index: int) -> Strip:
        cursor = self.cursor_column if index == self.cursor_row else None
        painted = index, cursor, cursor is not None and self.has_focus
        strip = self._strips.get(painted)
        if strip is None:
            row = self._matrix.pages.row(index)
            runs = self._painter_now.row(self._matrix.rows[index], row, cursor)
            strip = self._line_painter.strip(runs, self._inner_width)
            if row is not None:
                self._strips[painted] = strip
        return strip

    @property
    def _painter_now(self) -> MatrixPainter:
        if self._matrix_painter is None:
            matrix, steps = self._matrix, level_steps(self.ascii_only)
            self._matrix_painter = MatrixPainter(
                matrix.columns,
                self._parts,
                self._left,
                shades=LogScale(matrix.largest),
                levels=LogScale(matrix.largest, steps),
                sum_levels=LogScale(matrix.largest_sum, steps),
                corner=self.corner,
                ascii_only=self.ascii_only,
            )
        return self._matrix_painter

    def _forget_lines(self) -> None:
        self._matrix_painter = None
        self._strips.clear()

    def _refresh_up_to(self, row: int, column: int) -> None:
        """Repaint a row, or the names if it is -1, from its label to a column.

        A region in the middle of a line would cost as much: Textual renders every line from the widget's left edge.
        """
        line = TOP - 1 if row == ON_HEADER else row - self._top + TOP
        columns = max(0, min(column - self._left + 1, self._parts.seen))
        if row == ON_HEADER or TOP <= line < TOP + self._page_rows:
            self.refresh(Region(0, line, self._parts.stub + columns * self._parts.cell, 1))


def _keep_within(index: int, count: int) -> int:
    """Return the nearest valid index, -1 for the header; 0 if there is nothing."""
    return max(ON_HEADER, min(index, count - 1)) if count else 0


def _index_of(headers: Sequence[Header], key: str, otherwise: int) -> int:
    return next((index for index, header in enumerate(headers) if header.key == key), otherwise)
