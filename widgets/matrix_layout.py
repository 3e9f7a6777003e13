"""The layout of a matrix: widths and heights of its parts, and its lines as runs of equal style."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from ssmtrail.widgets.glyphs import glyphs
from ssmtrail.widgets.line_painter import Run, merged
from ssmtrail.widgets.matrix_cells import MARKS, Extent, GridRow, Header, LogScale, Mark, brief
from ssmtrail.widgets.text import cell_width, safe, shorten_end, shorten_middle

if TYPE_CHECKING:
    from collections.abc import Sequence


#: The width of a column: name and number, number alone, one character.
Zoom: TypeAlias = Literal["wide", "narrow", "dense"]
ZOOMS: Final[tuple[Zoom, ...]] = ("dense", "narrow", "wide")
#: Header lines: groups, names.
TOP: Final = 2
#: (Width of the screen, largest width of a column's name from there on.)
_LONGEST_NAME: Final = ((160, 12), (110, 10), (0, 8))
#: A row label is not cut below this width.
_SHORTEST_LABEL: Final = 8


@dataclass(frozen=True, slots=True)
class MatrixLayout:
    """Widths, in cells, and heights, in lines, of the parts."""

    zoom: Zoom
    stub: int
    """Width of the row labels, with a blank on either side."""
    cell: int
    """Width of a column; unless dense, its first cell is a gap and its last one holds a mark."""
    seen: int
    """Number of visible columns."""
    sums: int
    """Width of the sums at the right; 0 if there is no room for them."""
    lines: int
    """Number of visible rows."""
    foot: int
    """1 if there is room for the sums at the bottom, else 0."""

    @property
    def body(self) -> int:
        """Width of the visible columns together."""
        return self.seen * self.cell


def lay_out(extent: Extent, zoom: Zoom, width: int, height: int) -> MatrixLayout:
    """Return the layout of a matrix in this size; at least one row and one column are visible."""
    place = 2 * len(f"{extent.columns:,}") + 1  # the visible columns are named above the labels
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


#: Column of a cursor on a row's label; row of a cursor on a column's name.
ON_HEADER: Final = -1
#: The characters of a dense cell: for 0, then from the smallest count to the largest.
_LEVELS: Final = " ▁▂▃▄▅▆▇█"
_ASCII_LEVELS: Final = " .:-=+*#"


@dataclass(frozen=True)
class MatrixPainter:
    """Draws the visible part of one matrix as runs: the columns from `left` on."""

    columns: Sequence[Header]
    layout: MatrixLayout
    left: int
    """Index of the first visible column."""
    shades: LogScale
    levels: LogScale
    """Steps of the characters of dense cells."""
    sum_levels: LogScale
    """The same for the sums of the columns."""
    corner: str = ""
    """A text above the row labels, shown if there is room beside the range of columns."""
    ascii_only: bool = False

    @property
    def seen(self) -> range:
        """Indexes of the visible columns."""
        return range(self.left, min(self.left + self.layout.seen, len(self.columns)))

    @property
    def _is_part(self) -> bool:
        """Whether not all columns are visible."""
        return len(self.seen) < len(self.columns)

    def row(self, header: Header, row: GridRow | None, cursor: int | None) -> list[Run]:
        """Return the runs of a row; `cursor` is the cursor's column, None if the cursor is on another row."""
        part = "header" if cursor is None else "cell" if cursor == ON_HEADER else "header-cursor"
        cells = {} if row is None else {at: (n, mark) for at, n, mark in row.between(self.left, self.seen.stop)}
        runs = [self._label(header.label, part, header.tail, header.cut)]
        for column in self.seen:
            count, letter = cells.get(column, (0, " "))
            runs += self._cell(column, count, MARKS.get(letter), row is None, column == cursor)
        return merged([*runs, *self._sum(f"{header.total:,}", "sum")])

    def sums(self, label: str, total: int) -> list[Run]:
        """Return the line of the column sums."""
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
        """Return the line of the group names; at its left, the range of visible columns."""
        runs = [self._label(self._corner[0], "header")]
        for group, members in groupby(self.seen, lambda column: self.columns[column].group):
            places = list(members)
            room = len(places) * self.layout.cell - 1
            name = shorten_end(safe(group), room, self.ascii_only)
            runs += [self._gap(places[0], "group"), (name + " " * (room - cell_width(name)), "group", "")]
        return merged(runs)

    def names(self, cursor: int, on_name: bool, label: str) -> list[Run]:
        """Return the line of the column names; if they have no room, only the one of the column under the cursor."""
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
        """The range of visible columns and their number, on one line if the corner's text needs the other."""
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
        """Return the name so that it ends above its column; a long one begins at the left edge."""
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
        """Return the sum at the right, if there is room for it."""
        return [(text.rjust(self.layout.sums), part, "")] if self.layout.sums else []

    def _gap(self, column: int, part: str = "") -> Run:
        """Return the cell before a column: a line where a group begins, else a blank."""
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
        if gap[0] == " " and not is_cursor:  # the shades of neighbours are joined
            return [(" " + text, part, style)]
        return [gap, (text, part, style)]

    def _dense(self, count: int, mark: Mark | None, is_cursor: bool) -> Run:
        """Return one character: the level of the count, or the mark of a bad cell."""
        part = "cell" if is_cursor else "dense"
        if mark is not None and mark.style == "bad":
            return self._sign(mark), part, "" if is_cursor else mark.style
        return self._level(count, self.levels), part, ""

    def _text(self, count: int, mark: Mark | None, absent: bool) -> str:
        """Return number and mark; a leading mark moves behind a number that needs all the room."""
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
    """Return the number of characters for a dense cell that is not empty."""
    return len(_ASCII_LEVELS if ascii_only else _LEVELS) - 1
