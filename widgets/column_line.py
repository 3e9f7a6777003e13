"""`ColumnLine`: the columns of a table on one line, and the part of it that is on the screen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ssmtrail.widgets.table_layout import GUTTER, Placed, fit_columns, placed_at

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ssmtrail.widgets.table_layout import Column


class ColumnLine:
    """The columns that fit come first; the others follow them, beyond the right edge.

    Columns that are `fixed` are all on the line, in their order. The line scrolls by whole columns.
    """

    def __init__(self) -> None:
        self.all: tuple[Placed, ...] = ()
        """All columns with their widths; positions are those of the line before it is scrolled."""
        self.seen: tuple[Placed, ...] = ()
        """Those on the screen, where they are on it."""
        self.first = 0
        """Index of the first one on the screen."""
        self.width = 0
        """Cells of the screen."""
        self.scrolls = False
        """Whether some columns that were asked for do not fit."""
        self._fitting = 0

    def lay(self, columns: Sequence[Column], width: int, widths: Mapping[str, int]) -> None:
        """Place the columns; `widths` are those of widened ones by key."""
        self.width = width
        fitted = fit_columns(columns, width, widths)
        fitting = {placed.column.key for placed in fitted}
        beyond = [column for column in columns if column.key not in fitting]
        line = [placed.column for placed in fitted] + beyond
        most = max(1, width - GUTTER - 1)
        cells = [placed.width for placed in fitted] + [widths.get(column.key, column.width) for column in beyond]
        self.all = tuple(placed_at(line, [min(most, each) for each in cells]))
        self._fitting = len(fitted)
        wanted = self.all[: self._fitting]
        self.scrolls = bool(wanted) and wanted[-1].x + wanted[-1].width >= width and len(wanted) > 1
        self.first = min(self.first, max(0, len(self.all) - 1))
        while self.first and self._last_from(self.first - 1) == len(self.all) - 1:
            self.first -= 1
        self._look()

    @property
    def wanted(self) -> tuple[Column, ...]:
        """The columns that an export of what is shown has: those that fit the width, or all that were chosen."""
        return tuple(placed.column for placed in self.all[: self._fitting])

    @property
    def is_cut(self) -> tuple[bool, bool]:
        """Whether columns are beyond the left and the right edge; where nothing was chosen only once it scrolls."""
        scrolled = self.first > 0
        return scrolled, (scrolled or self.scrolls) and self.first + len(self.seen) < len(self.all)

    def reveal(self, index: int) -> bool:
        """Scroll as little as shows a column whole; whether that scrolled."""
        before = self.first
        if index < self.first:
            self.first = index
        while self.first < index and self._last_from(self.first) < index:
            self.first += 1
        if self.first != before:
            self._look()
        return self.first != before

    def place_of(self, index: int) -> Placed | None:
        """Where a column is on the screen; None where it is not."""
        place = index - self.first
        return self.seen[place] if 0 <= place < len(self.seen) else None

    def at(self, x: int) -> int | None:
        """The column at a cell of the screen; the gap behind a column belongs to it."""
        places = reversed(list(enumerate(self.seen, self.first)))
        return next((index for index, placed in places if x >= placed.x - 1), None)

    def _last_from(self, first: int) -> int:
        """The last column that is whole on the screen where `first` is the first one."""
        moved = self.all[first].x - GUTTER
        # Before it scrolls, columns that fit no longer would crowd those that do.
        last = len(self.all) if first or self.scrolls else self._fitting
        fit = [i for i in range(first, last) if self.all[i].x - moved + self.all[i].width < self.width]
        return max(fit, default=first)

    def _look(self) -> None:
        if not self.all:
            self.seen = ()
            return
        moved = self.all[self.first].x - GUTTER
        shown = self.all[self.first : self._last_from(self.first) + 1]
        self.seen = tuple(replace(placed, x=placed.x - moved) for placed in shown)
