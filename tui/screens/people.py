"""Screen 4: the list of people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ssmtrail.queries.drills import person_of
from ssmtrail.tui.frame.counted_list import CountedListScreen
from ssmtrail.tui.list_view import ListView
from ssmtrail.tui.views.lists_text import person_label
from ssmtrail.tui.views.people import people_columns, people_facts, people_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ssmtrail.tui.context import AppContext
    from ssmtrail.tui.frame.level import Level
    from ssmtrail.tui.view_state import ViewState
    from ssmtrail.tui.views.lists_text import ColumnSpec, Record
    from ssmtrail.widgets.table import Cell, RowsTable, TableRow


class PeopleScreen(CountedListScreen):
    """One row a person of an account; Enter opens the person's page."""

    NAME = "people"

    @classmethod
    def over(cls, context: AppContext, state: ViewState, crumbs: tuple[str, ...], level: Level | None) -> PeopleScreen:
        """The people in sight, those who did most first."""
        return cls(context, ListView.counting(state, "people"), crumbs, level)

    def listed(self) -> Sequence[ColumnSpec]:
        """The columns of people."""
        return people_columns(self.clock, self.measure, self.context.accounts)

    def table_row(self, record: Record) -> TableRow:
        """One person."""
        return people_row(record, self.clock, self.context.signs, self.context.accounts)

    def facts(self, record: Record) -> Sequence[tuple[str, Cell]]:
        """Everything known of a person."""
        return people_facts(record, self.clock, self.context.signs, self.context.accounts)

    def on_rows_table_row_opened(self, message: RowsTable.RowOpened) -> None:
        """Open the person's page."""
        message.stop()
        self.open_row(lambda record: self.open_person(person_of(message.key), person_label(record)))
