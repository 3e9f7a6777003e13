"""How a matrix is drawn: where its parts are, its cells, and its lines as runs of equal style."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, ClassVar, Final, Literal, TypeAlias

from textual.cache import LRUCache
from textual.geometry import Region, Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from ssmtrail.widgets.glyphs import glyphs
from ssmtrail.widgets.matrix_cells import MARKS, Extent, GridRow, Header, LogScale, Mark, brief
from ssmtrail.widgets.matrix_pages import Matrix
from ssmtrail.widgets.run_painter import Run, RunPainter
from ssmtrail.widgets.table_layout import merged
from ssmtrail.widgets.text import cell_width, safe, shorten_end, shorten_middle

if TYPE_CHECKING:
    from collections.abc import Sequence


#: How wide a column is: name and number, number, one character.
Zoom: TypeAlias = Literal["wide", "narrow", "dense"]
ZOOMS: Final[tuple[Zoom, ...]] = ("dense", "narrow", "wide")
#: Lines of headers: groups, names.
TOP: Final = 2
#: Cells that a column's name takes at most, from so wide a screen on.
_LONGEST_NAME: Final = ((160, 12), (110, 10), (0, 8))
#: Cells that a row's label takes at least, where it has that many.
_SHORTEST_LABEL: Final = 8


@dataclass(frozen=True, slots=True)
class MatrixLayout:
    """Room of each part, in cells and lines."""

    zoom: Zoom
    stub: int
    """Cells of the row labels, with a blank on either side."""
    cell: int
    """Cells of a column; except when dense, the first is a gap and the last is for a mark."""
    seen: int
    """Columns that are seen at a time."""
    sums: int
    """Cells of the sums at the right; 0 when there is no room for them."""
    lines: int
    """Rows that are seen at a time."""
    foot: int
    """1 when there is room for the sums below, else 0."""

    @property
    def body(self) -> int:
        """Cells of the columns that are seen."""
        return self.seen * self.cell


def lay_out(extent: Extent, zoom: Zoom, width: int, height: int) -> MatrixLayout:
    """The layout of a matrix on a screen of this size; at least one row and one column are seen."""
    place = 2 * len(f"{extent.columns:,}") + 1  # which columns are seen is said above the labels
    stub = 2 + max(place, min(extent.label, max(_SHORTEST_LABEL, width // 4)))
    cell = _cell_width(extent, zoom, width)
    sums = 2 + extent.sums
    if width - stub - sums < 2 * cell:
        sums = 0
    seen = max(1, min(extent.columns, (width - stub - sums) // cell))
    foot = 1 if height - TOP >= 3 else 0
    return MatrixLayout(zoom, stub, cell, seen, sums, max(1, min(extent.rows, height - TOP - foot)), foot)


def _cell_width(extent: Extent, zoom: Zoom, width: int) -> int:
    if zoom == "dense":
        return 1
    text = max(2, extent.digits)
    if zoom == "wide":
        longest = next(cells for wide, cells in _LONGEST_NAME if width >= wide)
        text = max(text, min(extent.name, longest))
    return 1 + text + 1


#: Column of the cursor when it stands on a row's label; row of the cursor when it stands on a column's name.
ON_HEADER: Final = -1
#: The characters of a dense cell: for nothing, then from the least to the most.
_LEVELS: Final = " ▁▂▃▄▅▆▇█"
_ASCII_LEVELS: Final = " .:-=+*#"


@dataclass(frozen=True)
class MatrixPainter:
    """Draws what is seen of one matrix: the columns from `left` on."""

    columns: Sequence[Header]
    layout: MatrixLayout
    left: int
    """Index of the first column that is seen."""
    shades: LogScale
    levels: LogScale
    """Steps of the characters of dense cells."""
    sum_levels: LogScale
    """The same for the sums of the columns."""
    corner: str = ""
    """Stands above the rows' labels where there is room for it beside the place."""
    ascii_only: bool = False

    @property
    def seen(self) -> range:
        """Indexes of the columns that are seen."""
        return range(self.left, min(self.left + self.layout.seen, len(self.columns)))

    @property
    def _is_part(self) -> bool:
        """Whether there are more columns than are seen."""
        return len(self.seen) < len(self.columns)

    def row(self, header: Header, row: GridRow | None, cursor: int | None) -> list[Run]:
        """A row; `cursor` is the column of the cursor, None where the cursor is on another row."""
        part = "header" if cursor is None else "cell" if cursor == ON_HEADER else "header-cursor"
        cells = {} if row is None else {at: (n, mark) for at, n, mark in row.between(self.left, self.seen.stop)}
        runs = [self._label(header.label, part, header.tail, header.cut)]
        for column in self.seen:
            count, letter = cells.get(column, (0, " "))
            runs += self._cell(column, count, MARKS.get(letter), row is None, column == cursor)
        return merged([*runs, *self._sum(f"{header.total:,}", "sum")])

    def sums(self, label: str, total: int) -> list[Run]:
        """The line of the columns' sums."""
        runs = [self._label(label, "sum")]
        for column in self.seen:
            count = self.columns[column].total
            if self.layout.zoom == "dense":
                runs.append((self._level(count, self.sum_levels), "sum", ""))
            else:
                text = brief(count, self.layout.cell - 2)
                runs += [self._gap(column, "sum"), (text.rjust(self.layout.cell - 2) + " ", "sum", "")]
        return merged([*runs, *self._sum(f"{total:,}", "sum")])

    def groups(self) -> list[Run]:
        """The line of the groups' names, at its left which columns are seen."""
        runs = [self._label(self._corner[0], "header")]
        for group, members in groupby(self.seen, lambda column: self.columns[column].group):
            places = list(members)
            room = len(places) * self.layout.cell - 1
            name = shorten_end(safe(group), room, self.ascii_only)
            runs += [self._gap(places[0], "group"), (name + " " * (room - cell_width(name)), "group", "")]
        return merged(runs)

    def names(self, cursor: int, on_name: bool, label: str) -> list[Run]:
        """The line of the columns' names, or, where they have no room, the one of the column under the cursor."""
        runs = [self._label(self._corner[1], "header")]
        if self.layout.zoom == "wide":
            for column in self.seen:
                part = "header" if column != cursor else "cell" if on_name else "header-cursor"
                runs += [self._gap(column, "header"), (self._name(column) + " ", part, "")]
        else:
            runs += self._full_name(cursor, on_name)
        return merged([*runs, *self._sum(label, "header")])

    @property
    def _corner(self) -> tuple[str, str]:
        """Which columns are seen, of how many; in one line where that leaves one for the corner's own text."""
        room = self.layout.stub - 2
        corner = self.corner if cell_width(safe(self.corner)) <= room else ""
        if not self._is_part:
            return "", corner
        place, whole = f"{self.seen.start + 1:,}-{self.seen.stop:,}", f"of {len(self.columns):,}"
        together = f"{place} {whole}"
        return (together, corner) if corner and len(together) <= room else (place, whole)

    def _name(self, column: int) -> str:
        room, header = self.layout.cell - 2, self.columns[column]
        tail = safe(header.tail)
        shorten = shorten_end if header.cut == "end" else shorten_middle
        name = shorten(safe(header.label), room - cell_width(tail), self.ascii_only) + tail
        return " " * (room - cell_width(name)) + name

    def _full_name(self, cursor: int, on_name: bool) -> list[Run]:
        """The name ends above its column; where the room at the left is too short, it begins at the left."""
        if cursor not in self.seen:
            return [(" " * self.layout.body, "header", "")]
        column = self.columns[cursor]
        name = shorten_middle(safe(column.label + column.tail), self.layout.body, self.ascii_only)
        end = (cursor - self.left + 1) * self.layout.cell - (0 if self.layout.zoom == "dense" else 1)
        before = max(0, end - cell_width(name))
        after = self.layout.body - before - cell_width(name)
        return [
            (" " * before, "header", ""),
            (name, "cell" if on_name else "header-cursor", ""),
            (" " * after, "header", ""),
        ]

    def _label(self, label: str, part: str, tail: str = "", cut: str | None = None) -> Run:
        tail, shorten = safe(tail), shorten_middle if cut == "middle" else shorten_end
        text = shorten(safe(label), self.layout.stub - 2 - cell_width(tail), self.ascii_only) + tail
        return f" {text}{' ' * (self.layout.stub - 1 - cell_width(text))}", part, ""

    def _sum(self, text: str, part: str) -> list[Run]:
        """The cell at the right end, where there is room for it."""
        return [(text.rjust(self.layout.sums), part, "")] if self.layout.sums else []

    def _gap(self, column: int, part: str = "") -> Run:
        """The cell before a column: a line where another group begins, else a blank that continues the part."""
        if self.layout.zoom != "dense" and self._begins_group(column):
            return "|" if self.ascii_only else "│", "", "muted"
        return " ", part, ""

    def _begins_group(self, column: int) -> bool:
        return column > 0 and self.columns[column].group != self.columns[column - 1].group

    def _cell(self, column: int, count: int, mark: Mark | None, absent: bool, is_cursor: bool) -> list[Run]:
        shade = 0 if mark is not None and mark.leads else self.shades.step(count)
        if self.layout.zoom == "dense":
            return [self._dense(count, mark, is_cursor)]
        part = "cell" if is_cursor else f"shade-{shade}" if shade else ""
        style = "" if is_cursor else "muted" if not count else "" if mark is None else mark.style
        gap = self._gap(column)
        text = self._text(count, mark, absent)
        if gap[0] == " " and not is_cursor:  # shades of neighbours touch
            return [(" " + text, part, style)]
        return [gap, (text, part, style)]

    def _dense(self, count: int, mark: Mark | None, is_cursor: bool) -> Run:
        """One character: the level, or the sign of what is bad."""
        part = "cell" if is_cursor else "dense"
        if mark is not None and mark.style == "bad":
            return self._sign(mark), part, "" if is_cursor else mark.style
        return self._level(count, self.levels), part, ""

    def _text(self, count: int, mark: Mark | None, absent: bool) -> str:
        """Number and mark; a mark that leads goes behind where the number takes all its room."""
        room = self.layout.cell - 2
        if not count and mark is None:
            return " " * (room + 1) if absent else glyphs(self.ascii_only).nothing.rjust(room) + " "
        number = brief(count, room)
        if mark is not None and mark.leads and len(number) < room:
            return (self._sign(mark) + number).rjust(room) + " "
        return number.rjust(room) + (" " if mark is None else self._sign(mark))

    def _sign(self, mark: Mark) -> str:
        return mark.ascii_sign if self.ascii_only else mark.sign

    def _level(self, count: int, scale: LogScale) -> str:
        levels = _ASCII_LEVELS if self.ascii_only else _LEVELS
        return levels[scale.step(count)]


def level_steps(ascii_only: bool) -> int:
    """How many characters there are for a dense cell that is not empty."""
    return len(_ASCII_LEVELS if ascii_only else _LEVELS) - 1


class MatrixLooks(RunPainter, ScrollView):
    """Component classes with their colours, in true colour and in the sixteen of a terminal."""

    ALLOW_SELECT = False
    STYLE_PREFIX = "matrix-grid--"

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "matrix-grid--header",
        "matrix-grid--header-cursor",
        "matrix-grid--group",
        "matrix-grid--sum",
        "matrix-grid--cell",
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
    | `matrix-grid--header` | The labels of rows and columns. |
    | `matrix-grid--header-cursor` | The labels of the row and the column under the cursor. |
    | `matrix-grid--group` | The names of groups of columns. |
    | `matrix-grid--sum` | The sums. |
    | `matrix-grid--cell` | The cell under the cursor. |
    | `matrix-grid--dense` | The characters of dense cells. |
    | `matrix-grid--shade-1` to `-5` | Cells, from the least to the largest count, on a log scale. |
    | `matrix-grid--muted` and so on | Text of this style. |
    """

    DEFAULT_CSS = """
    MatrixLooks {
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
        &:focus > .matrix-grid--cell { background: $primary; color: $text; text-style: bold; }
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
        &:ansi:focus > .matrix-grid--cell {
            background: ansi_default; color: ansi_default; text-style: bold reverse;
        }
    }
    """


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
