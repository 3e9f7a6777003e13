"""Screen 5: the list of machines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ssmtrail.queries.drills import target_of
from ssmtrail.tui.frame.counted_list import CountedListScreen
from ssmtrail.tui.list_view import ListView
from ssmtrail.tui.views.lists_text import machine_label
from ssmtrail.tui.views.machines import instance_columns, instance_facts, instance_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ssmtrail.tui.context import AppContext
    from ssmtrail.tui.frame.level import Level
    from ssmtrail.tui.view_state import ViewState
    from ssmtrail.tui.views.lists_text import ColumnSpec, Record
    from ssmtrail.widgets.table import Cell, RowsTable, TableRow


class InstancesScreen(CountedListScreen):
    """One row a machine, one for what names none; Enter opens the machine's page."""

    NAME = "instances"

    @classmethod
    def over(
        cls, context: AppContext, state: ViewState, crumbs: tuple[str, ...], level: Level | None
    ) -> InstancesScreen:
        """The machines in sight, those most used first."""
        return cls(context, ListView.counting(state, "instances"), crumbs, level)

    def listed(self) -> Sequence[ColumnSpec]:
        """The columns of machines."""
        return instance_columns(self.clock, self.measure, self.context.accounts)

    def table_row(self, record: Record) -> TableRow:
        """One machine."""
        return instance_row(record, self.clock, self.context.signs, self.context.accounts)

    def facts(self, record: Record) -> Sequence[tuple[str, Cell]]:
        """Everything known of a machine."""
        return instance_facts(record, self.clock, self.context.signs, self.context.accounts)

    def on_rows_table_row_opened(self, message: RowsTable.RowOpened) -> None:
        """Open the machine's page."""
        message.stop()
        self.open_row(lambda record: self.open_instance(target_of(message.key), machine_label(record)))
