"""A matrix's looks: headers, cells and sums, drawn line by line from the rows that are here."""

from __future__ import annotations

from textual.cache import LRUCache
from textual.geometry import Region, Size
from textual.reactive import reactive
from textual.strip import Strip

from widgets.matrix_cells import LogScale
from widgets.matrix_layout import TOP, MatrixLayout, Zoom, lay_out
from widgets.matrix_looks import MatrixLooks
from widgets.matrix_pages import Matrix
from widgets.matrix_painter import ON_HEADER, MatrixPainter, level_steps


class MatrixView(MatrixLooks, can_focus=True):
    """Draws a matrix; its headers and sums stay where they are when the cells scroll.

    Moving the cursor repaints the two cells and the headers that change. The mouse passing over repaints nothing.
    """

    zoom: reactive[Zoom] = reactive[Zoom]("wide", repaint=False)
    """How wide a column is: `wide` with its name, `narrow` with the number alone, `dense` with one character."""
    ascii_only: reactive[bool] = reactive(False)
    """Draw with ASCII signs."""
    corner: reactive[str] = reactive("")
    """Stands above the rows' labels where there is room for it."""
    cursor_row: reactive[int] = reactive(0, repaint=False)
    """Index of the row under the cursor; -1 on the columns' names."""
    cursor_column: reactive[int] = reactive(0, repaint=False)
    """Index of the column under the cursor; -1 on the rows' labels."""

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
        self._matrix = Matrix.of(None, (), (), 0)
        self._layout: MatrixLayout = lay_out(self._matrix.extent, "wide", 0, 0)
        self._strips: LRUCache[tuple[int, int | None], Strip] = LRUCache(512)
        self._painter: MatrixPainter | None = None
        self.set_reactive(MatrixView.ascii_only, ascii_only)

    def validate_cursor_row(self, index: int) -> int:
        """Keep the cursor on a row, or on the columns' names."""
        return _within(index, len(self._matrix.rows))

    def validate_cursor_column(self, index: int) -> int:
        """Keep the cursor on a column, or on the rows' labels."""
        return _within(index, len(self._matrix.columns))

    def watch_cursor_row(self, old: int, new: int) -> None:
        """Repaint the two cells and their rows' labels."""
        for row in (old, new):
            self._refresh_to(row, self.cursor_column)
        self._reveal()

    def watch_cursor_column(self, old: int, new: int) -> None:
        """Repaint the two cells and their columns' names."""
        farthest = max(old, new)
        self._refresh_to(ON_HEADER, farthest if self.zoom == "wide" else len(self._matrix.columns))
        self._refresh_to(self.cursor_row, farthest)
        self._reveal()

    def watch_zoom(self) -> None:
        """Place everything anew."""
        self._place()

    def watch_ascii_only(self) -> None:
        """Draw everything anew."""
        self._forget()

    def watch_corner(self) -> None:
        """Draw the headers anew."""
        self._forget()

    def watch_scroll_x(self, old_value: float, new_value: float) -> None:
        """Draw the columns that have come into sight."""
        super().watch_scroll_x(old_value, new_value)
        self._forget()

    def notify_style_update(self) -> None:
        """Forget styles and what was drawn with them."""
        super().notify_style_update()
        self._forget()

    def on_resize(self) -> None:
        """Place everything anew and keep the cursor in sight."""
        self._place()

    def render_line(self, y: int) -> Strip:
        """Line `y` of what is seen: groups, names, rows, sums."""
        painter, width = self._painter_now, self._width
        rows = min(self._layout.lines, len(self._matrix.rows))
        if not self._matrix.columns or y > TOP + rows or (y == TOP + rows and not self._layout.foot):
            return Strip.blank(width, self.rich_style)
        if y == 0:
            return self.strip_of(painter.groups(), width)
        if y == 1:
            on_name = self.cursor_row == ON_HEADER
            return self.strip_of(painter.names(self.cursor_column, on_name, self._sum_label), width)
        if y == TOP + rows:
            return self.strip_of(painter.sums(self._sum_label, self._matrix.total), width)
        return self._row_strip(self._top + y - TOP)

    def _row_strip(self, index: int) -> Strip:
        cursor = self.cursor_column if index == self.cursor_row else None
        strip = self._strips.get((index, cursor))
        if strip is None:
            row = self._matrix.pages.row(index)
            strip = self.strip_of(self._painter_now.row(self._matrix.rows[index], row, cursor), self._width)
            if row is not None:
                self._strips[index, cursor] = strip
        return strip

    @property
    def _painter_now(self) -> MatrixPainter:
        if self._painter is None:
            matrix, steps = self._matrix, level_steps(self.ascii_only)
            self._painter = MatrixPainter(
                matrix.columns,
                self._layout,
                self._left,
                shades=LogScale(matrix.largest),
                levels=LogScale(matrix.largest, steps),
                sum_levels=LogScale(matrix.largest_sum, steps),
                corner=self.corner,
                ascii_only=self.ascii_only,
            )
        return self._painter

    def _forget(self) -> None:
        """Forget what was drawn."""
        self._painter = None
        self._strips.clear()

    def _place(self) -> None:
        """Lay the parts out for the size; what is at the left and the top stays there where it can."""
        left, size = self._left, Size(self._width, self.size.height)
        self._layout = lay_out(self._matrix.extent, self.zoom, size.width, size.height)
        beyond = max(0, len(self._matrix.columns) - self._layout.seen), max(0, len(self._matrix.rows) - self._page_rows)
        self.virtual_size = Size(size.width + beyond[0] * self._layout.cell, size.height + beyond[1])
        self._forget()
        self._scroll(left=min(left, beyond[0]))
        self._reveal()
        self.refresh()

    @property
    def _width(self) -> int:
        return self.scrollable_content_region.width

    @property
    def _left(self) -> int:
        """Index of the first column that is seen."""
        return round(self.scroll_x / self._layout.cell)

    @property
    def _top(self) -> int:
        """Index of the first row that is seen."""
        return round(self.scroll_y)

    @property
    def _page_rows(self) -> int:
        """How many rows are seen, at least one."""
        return max(1, self._layout.lines)

    @property
    def _page_columns(self) -> int:
        """How many columns are seen, at least one."""
        return self._layout.seen

    def _reveal(self) -> None:
        """Scroll as little as needed to see the cursor; it sees the first cell behind a header."""
        row, column = max(0, self.cursor_row), max(0, self.cursor_column)
        self._scroll(
            left=max(column - self._page_columns + 1, min(self._left, column)),
            top=max(row - self._page_rows + 1, min(self._top, row)),
        )

    def _scroll(self, left: int | None = None, top: int | None = None) -> None:
        x = None if left is None else max(0, left) * self._layout.cell
        self.scroll_to(x=x, y=None if top is None else max(0, top), animate=False, force=True)

    def _refresh_to(self, row: int, column: int) -> None:
        """Repaint a row, or the names where it is -1, from its label to a column.

        A region in the middle of a line would cost as much and more: the toolkit begins every line at the widget's
        left edge.
        """
        line = TOP - 1 if row == ON_HEADER else row - self._top + TOP
        columns = max(0, min(column - self._left + 1, self._layout.seen))
        if row == ON_HEADER or TOP <= line < TOP + self._page_rows:
            self.refresh(Region(0, line, self._layout.stub + columns * self._layout.cell, 1))


def _within(index: int, count: int) -> int:
    """The index of one of them or of their header; 0 where there are none yet."""
    return max(ON_HEADER, min(index, count - 1)) if count else 0
