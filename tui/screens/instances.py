"""Screen 5: the list of machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from queries.drills import target_of
from tui.frame.counted_list import CountedListScreen
from tui.list_view import ListView
from tui.present.counted import machine_label
from tui.present.instances import instance_columns, instance_facts, instance_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui.desk import Desk
    from tui.frame.level import Level
    from tui.present.listing import Listed
    from tui.present.record import Record
    from tui.sight import Sight
    from widgets.rows_table import Cell, RowsTable, TableRow


class InstancesScreen(CountedListScreen):
    """One row a machine, one for what names none; Enter opens the machine's page."""

    NAME = "instances"

    @classmethod
    def over(cls, desk: Desk, sight: Sight, crumbs: tuple[str, ...], level: Level | None) -> InstancesScreen:
        """The machines in sight, those most used first."""
        return cls(desk, ListView.counting(sight, "instances"), crumbs, level)

    def listed(self) -> Sequence[Listed]:
        """The columns of machines."""
        return instance_columns(self.clock, self.measure, self.desk.accounts)

    def table_row(self, record: Record) -> TableRow:
        """One machine."""
        return instance_row(record, self.clock, self.desk.signs, self.desk.accounts)

    def facts(self, record: Record) -> Sequence[tuple[str, Cell]]:
        """Everything known of a machine."""
        return instance_facts(record, self.clock, self.desk.signs, self.desk.accounts)

    def on_rows_table_row_opened(self, message: RowsTable.RowOpened) -> None:
        """Open the machine's page."""
        message.stop()
        self.open_row(lambda record: self.open_instance(target_of(message.key), machine_label(record)))
