"""Screen 4: the list of people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from queries.drills import person_of
from tui.frame.counted_list import CountedListScreen
from tui.list_view import ListView
from tui.present.counted import person_label
from tui.present.people import people_columns, people_facts, people_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui.desk import Desk
    from tui.frame.level import Level
    from tui.present.listing import Listed
    from tui.present.record import Record
    from tui.sight import Sight
    from widgets.rows_table import Cell, RowsTable, TableRow


class PeopleScreen(CountedListScreen):
    """One row a person of an account; Enter opens the person's page."""

    NAME = "people"

    @classmethod
    def over(cls, desk: Desk, sight: Sight, crumbs: tuple[str, ...], level: Level | None) -> PeopleScreen:
        """The people in sight, those who did most first."""
        return cls(desk, ListView.counting(sight, "people"), crumbs, level)

    def listed(self) -> Sequence[Listed]:
        """The columns of people."""
        return people_columns(self.clock, self.measure, self.desk.accounts)

    def table_row(self, record: Record) -> TableRow:
        """One person."""
        return people_row(record, self.clock, self.desk.signs, self.desk.accounts)

    def facts(self, record: Record) -> Sequence[tuple[str, Cell]]:
        """Everything known of a person."""
        return people_facts(record, self.clock, self.desk.signs, self.desk.accounts)

    def on_rows_table_row_opened(self, message: RowsTable.RowOpened) -> None:
        """Open the person's page."""
        message.stop()
        self.open_row(lambda record: self.open_person(person_of(message.key), person_label(record)))
