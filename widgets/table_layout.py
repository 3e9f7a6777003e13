"""How a table is drawn: which columns fit, and its lines as runs of equal style."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Final, Literal, TypeAlias

from textual.cache import LRUCache
from textual.geometry import Region
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from ssmtrail.widgets.glyphs import glyphs
from ssmtrail.widgets.run_painter import Run, RunPainter
from ssmtrail.widgets.text import cell_width, safe, shorten_end, shorten_middle

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

#: Cells before the first column: a space, the mark, a space.
GUTTER: Final = 3
#: Cells between columns.
GAP: Final = 2


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table."""

    key: str
    label: str
    width: int
    """Cells that it needs at least."""
    flex: int = 0
    """Share of the room that is left over; 0 takes none."""
    right: bool = False
    """Aligned right, for numbers."""
    priority: int = 0
    """0 is always shown; of the others the highest goes first when room is short."""
    shorten: Literal["end", "middle"] = "end"
    max_width: int | None = None
    """Cells that it takes at most, however much room is left."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A column with its place on the line."""

    column: Column
    x: int
    """Cells from the left edge of the table."""
    width: int


def fit_columns(columns: Sequence[Column], width: int) -> tuple[Placed, ...]:
    """The columns that are shown in `width` cells, from left to right.

    One cell stays free behind the last column, for its sign of order.
    """
    kept = _within(columns, width)
    widths = _stretched(kept, _shrunk([column.width for column in kept], _room(kept, width)), _room(kept, width))
    placed = []
    x = GUTTER
    for column, cells in zip(kept, widths, strict=True):
        placed.append(Placed(column, x, cells))
        x += cells + GAP
    return tuple(placed)


def _room(columns: Sequence[Column], width: int) -> int:
    """Cells for the contents of the columns."""
    return max(0, width - GUTTER - 1 - GAP * (len(columns) - 1))


def _within(columns: Sequence[Column], width: int) -> list[Column]:
    """Without those that go first; when the others could not even be read squeezed, the last of them go as well."""
    kept = list(columns)
    while sum(column.width for column in kept) > _room(kept, width) and any(column.priority for column in kept):
        del kept[max(range(len(kept)), key=lambda i: (kept[i].priority, i))]
    while len(kept) > 1 and sum(map(_squeezed, kept)) > _room(kept, width):
        del kept[-1]
    return kept


def _squeezed(column: Column) -> int:
    """Cells below which a column is not worth showing."""
    return min(column.width, max(4, column.width * 2 // 3))


def _shrunk(widths: list[int], room: int) -> list[int]:
    """The widest give way until all fit: only when columns that are always shown do not fit."""
    while sum(widths) > room and max(widths) > 1:
        widths[widths.index(max(widths))] -= 1
    return widths


def _stretched(columns: Sequence[Column], widths: list[int], room: int) -> list[int]:
    free = room - sum(widths)
    while free > 0:
        growing = [i for i, column in enumerate(columns) if column.flex and widths[i] < (column.max_width or room)]
        if not growing:
            break
        shares = sum(columns[i].flex for i in growing)
        for i in growing:
            limit = (columns[i].max_width or room) - widths[i]
            more = min(limit, max(1, free * columns[i].flex // shares), room - sum(widths))
            widths[i] += more
        free = room - sum(widths)
    return widths


#: Text, or text with a style: `muted accent warn bad good strong`, or empty.
Cell: TypeAlias = "str | tuple[str, str]"


@dataclass(frozen=True, slots=True)
class TableRow:
    """One row, as it is shown."""

    key: str
    """Names the row within its answer; opaque to the table."""
    cells: Mapping[str, Cell] = field(default_factory=dict)
    """By column key; a missing one is empty."""
    mark: Cell = ""
    """A sign of one cell in the gutter at the left."""


def split_cell(cell: Cell) -> tuple[str, str]:
    """Text and style of a cell."""
    return (cell, "") if isinstance(cell, str) else cell


def fitted(text: str, column: Column, width: int, ascii_only: bool) -> str:
    """The text, safe, in exactly `width` cells."""
    shorten = shorten_middle if column.shorten == "middle" else shorten_end
    text = shorten(safe(text), width, ascii_only)
    blank = " " * (width - cell_width(text))
    return blank + text if column.right else text + blank


def row_runs(row: TableRow, columns: Sequence[Placed], cursor: str | None, ascii_only: bool) -> list[Run]:
    """A row's runs; `cursor` is the key of the column under the cursor, None where the cursor is not on this row.

    On the cursor's row nothing is muted: it is the one that is read. Its cell has the cursor's colours alone.
    """
    part = "" if cursor is None else "cursor"
    mark, style = split_cell(row.mark)
    runs = [(" " + (fitted(mark, _MARK, 1, ascii_only) if mark else " ") + " ", part, style)]
    for placed in columns:
        column = placed.column
        text, style = split_cell(row.cells.get(column.key, ""))
        text = fitted(text, column, placed.width, ascii_only)
        if column.key == cursor:
            runs.append((text, "cell", ""))
        else:
            runs.append((text, part, "" if part and style == "muted" else style))
        runs.append((" " * GAP, part, style))
    return merged(runs)


def header_runs(
    columns: Sequence[Placed], cursor: str | None, sorted_by: Sequence[tuple[str, bool]], ascii_only: bool
) -> list[Run]:
    """The header's runs; the sign of order stands in the gap behind a column, so that it changes no width."""
    signs = glyphs(ascii_only)
    order = {key: signs.descending if descending else signs.ascending for key, descending in sorted_by}
    runs = [(" " * GUTTER, "header", "")]
    for placed in columns:
        column = placed.column
        label = shorten_end(safe(column.label), placed.width, ascii_only)
        blank = " " * (placed.width - cell_width(label))
        sign = order.get(column.key, " ")
        text = blank + label + sign if column.right else label + sign + blank
        runs.append((text, "header-cursor" if column.key == cursor else "header", ""))
        runs.append((" " * (GAP - 1), "header", ""))
    return merged(runs)


def placeholder_runs(columns: Sequence[Placed], cursor: str | None, ascii_only: bool) -> list[Run]:
    """A row that is not there yet."""
    dot = (glyphs(ascii_only).nothing, "muted")
    return row_runs(TableRow("", {placed.column.key: dot for placed in columns}), columns, cursor, ascii_only)


def merged(runs: Iterable[Run]) -> list[Run]:
    """Neighbours that look the same as one run; blanks take any text style, they show none."""
    out: list[Run] = []
    for text, part, style in runs:
        if not text:
            continue
        if out and out[-1][1] == part and (style == out[-1][2] or text.isspace() or out[-1][0].isspace()):
            before = out.pop()
            out.append((before[0] + text, part, before[2] if text.isspace() else style))
        else:
            out.append((text, part, style))
    return out


_MARK = Column("", "", 1)


class LineTable(RunPainter, ScrollView, can_focus=True):
    """Draws what `total` and `row_at` give; the first line is the header, which stays when the rows scroll.

    Moving the cursor repaints the two rows (or the two cells and their headers) that change. The mouse passing over
    repaints nothing.
    """

    #: Dragging selects no text: the lines on screen are shortened, what is copied should not be.
    ALLOW_SELECT = False
    STYLE_PREFIX = "rows-table--"

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "rows-table--header",
        "rows-table--header-cursor",
        "rows-table--cursor",
        "rows-table--cell",
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
    | `rows-table--muted` and so on | Text of this style. |
    """

    DEFAULT_CSS = """
    LineTable {
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
        &:focus > .rows-table--cursor { background: $primary 35%; }
        &:focus > .rows-table--cell { background: $primary; color: $text; }
        &:ansi > .rows-table--header { text-style: dim; }
        &:ansi > .rows-table--header-cursor { text-style: bold; }
        &:ansi > .rows-table--muted { text-style: dim; }
        &:ansi > .rows-table--cursor { background: ansi_default; text-style: bold; }
        &:ansi > .rows-table--cell { background: ansi_default; text-style: bold underline; }
        &:ansi:focus > .rows-table--cursor { background: ansi_default; text-style: reverse; }
        &:ansi:focus > .rows-table--cell {
            background: ansi_default; color: ansi_default; text-style: bold reverse underline;
        }
    }
    """

    columns: reactive[tuple[Column, ...]] = reactive(())
    """The columns, from left to right; how many of them are seen depends on the width."""
    sorted_by: reactive[tuple[tuple[str, bool], ...]] = reactive(())
    """Column keys with whether they descend; shown in the header, the order itself is the answer's."""
    ascii_only: reactive[bool] = reactive(False)
    """Draw with ASCII signs."""
    cursor_row: reactive[int] = reactive(0, repaint=False)
    """Index of the row under the cursor; 0 in an empty table."""
    cursor_column: reactive[int] = reactive(0, repaint=False)
    """Index, among `shown_columns`, of the column under the cursor."""

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
        self._placed: tuple[Placed, ...] = ()
        self._width = 0
        self._strips: LRUCache[tuple[int, str | None], Strip] = LRUCache(512)
        self.set_reactive(LineTable.columns, tuple(columns))
        self.set_reactive(LineTable.ascii_only, ascii_only)

    def validate_cursor_row(self, index: int) -> int:
        """Keep the cursor on a row."""
        return max(0, min(index, self.total - 1))

    def validate_cursor_column(self, index: int) -> int:
        """Keep the cursor on a column."""
        return max(0, min(index, len(self._placed) - 1))

    def watch_columns(self) -> None:
        """Place the columns anew."""
        self._place_columns()

    def watch_ascii_only(self) -> None:
        """Draw everything anew."""
        self._strips.clear()

    def watch_cursor_column(self, old: int, new: int) -> None:
        """Repaint the two cells and their headers."""
        for placed in {self._placed[i] for i in (old, new) if i < len(self._placed)}:
            line = self.cursor_row - self._top + 1
            self.refresh(Region(placed.x, 0, placed.width + GAP, 1), Region(placed.x, line, placed.width + GAP, 1))

    def watch_cursor_row(self, old: int, new: int) -> None:
        """Repaint the two rows."""
        self._refresh_row(old)
        self._refresh_row(new)

    def notify_style_update(self) -> None:
        """Forget styles and what was drawn with them."""
        super().notify_style_update()
        self._strips.clear()

    @property
    def total(self) -> int:
        """How many rows there are."""
        return 0

    def row_at(self, index: int) -> TableRow | None:
        """The row, None while it is not here."""
        return None

    @property
    def shown_columns(self) -> tuple[Column, ...]:
        """The columns that fit the width."""
        return tuple(placed.column for placed in self._placed)

    @property
    def column_under_cursor(self) -> Column | None:
        """None without columns."""
        return self._placed[self.cursor_column].column if self.cursor_column < len(self._placed) else None

    def render_lines(self, crop: Region) -> list[Strip]:
        """Lines of what is seen; of a table that has got its size the columns are placed, told of it or not."""
        self._fit_width()
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Line `y` of what is seen."""
        index = self._top + y - 1
        column = self.column_under_cursor
        cursor = None if column is None else column.key
        if y == 0:
            return self._strip(header_runs(self._placed, cursor, self.sorted_by, self.ascii_only))
        if index >= self.total:
            return Strip.blank(self._width, self.rich_style)
        return self._row_strip(index, cursor if index == self.cursor_row else None)

    def _row_strip(self, index: int, cursor: str | None) -> Strip:
        strip = self._strips.get((index, cursor))
        if strip is not None:
            return strip
        row = self.row_at(index)
        if row is None:
            return self._strip(placeholder_runs(self._placed, cursor, self.ascii_only))
        strip = self._strip(row_runs(row, self._placed, cursor, self.ascii_only))
        self._strips[index, cursor] = strip
        return strip

    def _strip(self, runs: list[Run]) -> Strip:
        return self.strip_of(runs, self._width)

    def _place_columns(self) -> None:
        """Fit the columns to the width; the cursor stays with its column where that is still seen."""
        before = self.column_under_cursor
        self._width = self.scrollable_content_region.width
        self._placed = fit_columns(self.columns, self._width)
        self._strips.clear()
        keys = [column.key for column in self.shown_columns]
        if before is not None and before.key in keys:
            self.cursor_column = keys.index(before.key)
        else:
            self.cursor_column = min(self.cursor_column, max(0, len(keys) - 1))
        self.refresh()

    def _fit_width(self) -> None:
        if self._width != self.scrollable_content_region.width:
            self._place_columns()

    @property
    def _top(self) -> int:
        """Index of the first row that is seen."""
        return round(self.scroll_y)

    @property
    def _page_rows(self) -> int:
        """How many rows are seen, at least one."""
        return max(1, self.size.height - 1)

    def _refresh_row(self, index: int) -> None:
        line = index - self._top + 1
        if 1 <= line <= self._page_rows:
            self.refresh(Region(0, line, self._width, 1))

    def _column_at(self, x: int) -> int | None:
        """Index of the column at a cell of the line; the gap belongs to the column before it."""
        return next((i for i, placed in reversed(list(enumerate(self._placed))) if x >= placed.x - 1), None)
