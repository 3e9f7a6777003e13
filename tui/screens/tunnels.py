"""Screen 6: where tunnels led."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ssmtrail.queries.drills import of_tunnel, of_tunnels, tunnel_of
from ssmtrail.tui.frame.counted_list import CountedListScreen
from ssmtrail.tui.list_view import ListView
from ssmtrail.tui.paid_requests import Sql
from ssmtrail.tui.screens.tunnel import TunnelScreen
from ssmtrail.tui.views.tunnels import destination_label, tunnel_columns, tunnel_facts, tunnel_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ssmtrail.tui.context import AppContext
    from ssmtrail.tui.frame.level import Level
    from ssmtrail.tui.view_state import ViewState
    from ssmtrail.tui.views.lists_text import ColumnSpec, Record
    from ssmtrail.widgets.table import Cell, RowsTable, TableRow


class TunnelsScreen(CountedListScreen):
    """One row a destination and kind; Enter tells who reached it, through which machine."""

    NAME = "tunnels"

    @classmethod
    def over(cls, context: AppContext, state: ViewState, crumbs: tuple[str, ...], level: Level | None) -> TunnelsScreen:
        """The destinations in sight, those most reached first."""
        return cls(context, ListView.counting(state, "tunnels"), crumbs, level)

    @property
    def sql_question(self) -> Sql:
        """The calls of tunnels, since destinations are no question of their own."""
        return Sql("calls", of_tunnels(self.scope))

    def listed(self) -> Sequence[ColumnSpec]:
        """The columns of tunnels."""
        return tunnel_columns(self.clock, self.measure)

    def table_row(self, record: Record) -> TableRow:
        """One destination."""
        return tunnel_row(record, self.clock, self.context.signs)

    def facts(self, record: Record) -> Sequence[tuple[str, Cell]]:
        """Everything known of a destination."""
        return tunnel_facts(record, self.clock, self.context.signs)

    def on_rows_table_row_opened(self, message: RowsTable.RowOpened) -> None:
        """Tell who reached it, through which machine."""
        message.stop()
        state = self.into(of_tunnel(self.scope, *tunnel_of(message.key)))
        self.open_row(
            lambda record: self.open(
                TunnelScreen.to(self.context, state, (*self.path, destination_label(record)), record)
            )
        )
