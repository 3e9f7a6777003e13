"""`Details`, a title over labels with values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ssmtrail.widgets.styled_lines import StyledLine, StyledLines, wrapped
from ssmtrail.widgets.table_layout import Cell, split_cell
from ssmtrail.widgets.text import cell_width, safe, shorten_end

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Width of the gap between labels and values.
_GAP = 2


class Details(StyledLines):
    """A title over two aligned columns; values wrap, and a row without a label continues the value before it."""

    DEFAULT_CSS = """
    Details {
        padding: 0 1;
    }
    """

    _title = ""
    _rows: tuple[tuple[str, Cell], ...] = ()

    def show(self, title: str, rows: Sequence[tuple[str, Cell]]) -> None:
        """Show these rows of (label, value); an empty label and an empty value make an empty line."""
        self._title = title
        self._rows = tuple(rows)
        self.reflow()
        self.scroll_home(animate=False)

    def clear(self) -> None:
        """Show nothing."""
        self.show("", ())

    def lines_for(self, width: int) -> list[StyledLine]:
        """Return the title and the rows, for this width."""
        labels = min(max((cell_width(safe(label)) for label, _ in self._rows), default=0), width // 2)
        lines: list[StyledLine] = []
        if self._title:
            lines += [*wrapped([(safe(self._title), "strong")], width), []]
        for label, cell in self._rows:
            lines += self._row(safe(label), cell, labels, width)
        return lines

    def _row(self, label: str, cell: Cell, labels: int, width: int) -> list[StyledLine]:
        text, style = split_cell(cell)
        label = shorten_end(label, labels, self.ascii_only)
        head = (label + " " * (labels - cell_width(label) + _GAP), "muted") if labels else ("", "")
        values = wrapped([(safe(text), style)], max(1, width - cell_width(head[0])))
        blank = (" " * cell_width(head[0]), "")
        return [[head if index == 0 else blank, *line] for index, line in enumerate(values)]
