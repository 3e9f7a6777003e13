"""Lines of a matrix as runs of equal style."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Final

from widgets.cell_width import cell_width
from widgets.line_painter import Run, merged
from widgets.matrix_cells import MARKS, GridRow, Header, LogScale, Mark, brief
from widgets.safe_text import safe, shorten_end, shorten_middle
from widgets.terminal_glyphs import glyphs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from widgets.matrix_layout import MatrixLayout

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
