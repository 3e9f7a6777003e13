"""The parts of a page above its list: the figures with what each one opens, and the hours of the week."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from textual.containers import Container
from textual.message import Message
from textual.widgets import Static

from ssmtrail.queries.drills import of_denied, of_failed, of_part, of_started
from ssmtrail.tui.views.page_text import DOORS, OTHERS, REST, WHOLE, busiest, day_line, hours_line
from ssmtrail.widgets.heat_map import HeatMap
from ssmtrail.widgets.table import RowsTable
from ssmtrail.widgets.table_layout import split_cell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from ssmtrail.queries.model import Measure, Scope
    from ssmtrail.queries.views import Heat, PartName
    from ssmtrail.tui.registry import ViewName
    from ssmtrail.tui.signs import Signs
    from ssmtrail.widgets.table import TableRow
    from ssmtrail.widgets.table_layout import Column

#: Names in the filter language, where they differ from a part's name.
_FILTERS: Final = {"address": "ip"}


@dataclass(frozen=True, slots=True)
class Figure:
    """A cell of the figures, by row key and column key."""

    row: str
    column: str

    @property
    def part(self) -> tuple[PartName, str] | None:
        """Name and key of the row's part; None for a row that is not one part."""
        name, colon, key = self.row.partition(":")
        return (cast("PartName", name), key) if colon and name != REST else None

    @property
    def filter(self) -> tuple[str, str | None] | None:
        """Key and value of the row's part in the filter language."""
        if self.part is None:
            return None
        name, key = self.part
        return _FILTERS.get(name, name), json.loads(key)

    def behind(self, scope: Scope, others: ViewName) -> tuple[ViewName, Scope, Measure | None] | None:
        """The view, scope and measure (None: unchanged) that list what the figure counts; None if it has no list."""
        if self.row == OTHERS:
            return others, scope, None
        if self.row == DOORS:
            return "visits", scope, None
        if self.row != WHOLE and self.part is None:
            return None
        counted = of_part(scope, *self.part) if self.part else scope
        match self.column:
            case "sessions":
                return "sessions", of_started(counted), "sessions"
            case "denied":
                return "sessions", of_denied(counted), "sessions"
            case "failed":
                return "sessions", of_failed(counted), "sessions"
            case "calls":
                return "sessions", counted, "calls"
        return "sessions", counted, None


class Figures(Container):
    """A small table, as high as its rows; the cursor stays on its row when other figures come."""

    DEFAULT_CSS = "Figures { height: 2; }"

    @dataclass
    class Highlighted(Message):
        """The cursor is on another figure."""

        figures: Figures
        """The sender."""

    @dataclass
    class Opened(Message):
        """A figure was opened with Enter or the mouse."""

        figures: Figures
        """The sender."""
        figure: Figure
        """Which one."""

    def __init__(self, *, ascii_only: bool, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.table = RowsTable(ascii_only=ascii_only)
        self._token = 0

    def compose(self) -> ComposeResult:
        """The table."""
        yield self.table

    @property
    def figure(self) -> Figure | None:
        """The figure under the cursor."""
        key, column = self.table.cursor_key, self.table.column_under_cursor
        return Figure(key, column.key) if key is not None and column is not None else None

    @property
    def text(self) -> str:
        """The text under the cursor."""
        row, column = self.table.row_at(self.table.cursor_row), self.table.column_under_cursor
        cell = row.cells.get(column.key, "") if row is not None and column is not None else ""
        return split_cell(cell)[0]

    def show(self, columns: Sequence[Column], rows: Sequence[TableRow], *, cursor: str | None = None) -> None:
        """Show these figures; the cursor goes to the row of this key, else stays on its row."""
        table, keys = self.table, [row.key for row in rows]
        wanted = cursor or table.cursor_key
        self._token += 1
        table.columns = tuple(columns)
        table.show(self._token, len(rows), cursor=keys.index(wanted) if wanted in keys else 0, keep_scroll=True)
        table.put_rows(self._token, 0, rows)
        self.styles.height = len(rows) + 1

    def on_rows_table_page_wanted(self, message: RowsTable.PageWanted) -> None:
        """Do nothing: the table has all rows."""
        message.stop()

    def on_rows_table_header_pressed(self, message: RowsTable.HeaderPressed) -> None:
        """Do nothing: figures have a fixed order."""
        message.stop()

    def on_rows_table_row_highlighted(self, message: RowsTable.RowHighlighted) -> None:
        """Post that the cursor moved."""
        message.stop()
        self.post_message(self.Highlighted(self))

    def on_rows_table_row_opened(self, message: RowsTable.RowOpened) -> None:
        """Post which figure was opened."""
        message.stop()
        self.post_message(self.Opened(self, Figure(message.key, message.column_key)))


class Hours(Container):
    """A map of the week with a line about its cursor; on a narrow terminal one line of the day without the focus."""

    DEFAULT_CSS = """
    Hours { height: 9; }
    Hours #hours-line { height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
    Hours #hours-day { height: 1; padding: 0 3; display: none; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def __init__(self, signs: Signs, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._signs = signs
        self._heat: Heat | None = None
        self._day = Static(id="hours-day", markup=False)
        self._line = Static(id="hours-line", markup=False)
        self.map = HeatMap(ascii_only=signs.ascii_only)

    def compose(self) -> ComposeResult:
        """Both forms."""
        yield self._day
        yield self._line
        yield self.map

    @property
    def cell(self) -> tuple[int, int]:
        """Weekday and hour of the cursor."""
        return self.map.weekday, self.map.hour

    def show(self, heat: Heat, cell: tuple[int, int] | None = None) -> None:
        """Show these hours, with the cursor on a weekday and hour, by default on the busiest."""
        self._heat = heat
        self.map.weekday, self.map.hour = cell or busiest(heat)
        self._day.update(day_line(heat, self._signs))
        self.map.show(heat.counts)
        self._describe()

    def on_heat_map_cell_highlighted(self, message: HeatMap.CellHighlighted) -> None:
        """Describe the hours under the cursor."""
        message.stop()
        self._describe()

    def _describe(self) -> None:
        if self._heat is not None:
            self._line.update(hours_line(self._heat, *self.cell, self.map.hours, self._signs))
