"""Screen 6: where tunnels led."""

from __future__ import annotations

from typing import TYPE_CHECKING

from queries.drills import of_tunnel, of_tunnels, tunnel_of
from tui.frame.counted_list import CountedListScreen
from tui.list_view import ListView
from tui.paid_requests import Sql
from tui.present.tunnels import destination_label, tunnel_columns, tunnel_facts, tunnel_row
from tui.screens.tunnel import TunnelScreen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui.desk import Desk
    from tui.frame.level import Level
    from tui.present.listing import Listed
    from tui.present.record import Record
    from tui.sight import Sight
    from widgets.rows_table import Cell, RowsTable, TableRow


class TunnelsScreen(CountedListScreen):
    """One row a destination and kind; Enter tells who reached it, through which machine."""

    NAME = "tunnels"

    @classmethod
    def over(cls, desk: Desk, sight: Sight, crumbs: tuple[str, ...], level: Level | None) -> TunnelsScreen:
        """The destinations in sight, those most reached first."""
        return cls(desk, ListView.counting(sight, "tunnels"), crumbs, level)

    @property
    def sql_question(self) -> Sql:
        """The calls of tunnels, since destinations are no question of their own."""
        return Sql("calls", of_tunnels(self.scope))

    def listed(self) -> Sequence[Listed]:
        """The columns of tunnels."""
        return tunnel_columns(self.clock, self.measure)

    def table_row(self, record: Record) -> TableRow:
        """One destination."""
        return tunnel_row(record, self.clock, self.desk.signs)

    def facts(self, record: Record) -> Sequence[tuple[str, Cell]]:
        """Everything known of a destination."""
        return tunnel_facts(record, self.clock, self.desk.signs)

    def on_rows_table_row_opened(self, message: RowsTable.RowOpened) -> None:
        """Tell who reached it, through which machine."""
        message.stop()
        sight = self.into(of_tunnel(self.scope, *tunnel_of(message.key)))
        self.open_row(
            lambda record: self.open(TunnelScreen.to(self.desk, sight, (*self.path, destination_label(record)), record))
        )
