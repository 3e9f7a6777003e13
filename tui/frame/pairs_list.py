"""A list of who touched what within something that was drilled into; Enter opens the sessions of a pair."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from ssmtrail.queries.drills import of_pair, person_of, target_of
from ssmtrail.tui.frame.counted_list import CountedListScreen
from ssmtrail.tui.text import plural
from ssmtrail.tui.views.lists_text import machine_label, person_label
from ssmtrail.tui.views.pairs import NOUNS, Side, pair_columns, pair_facts, pair_row
from ssmtrail.widgets.filter_bar import FilterBar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ssmtrail.tui.views.lists_text import ColumnSpec, Record
    from ssmtrail.widgets.table import Cell, RowsTable, TableRow


class PairsListScreen(CountedListScreen):
    """Rows of `pairs`; on the page of one side they are told by the other."""

    SIDE: ClassVar[Side] = "both"
    """What its rows are told by."""

    def listed(self) -> Sequence[ColumnSpec]:
        """The columns of pairs."""
        return pair_columns(self.clock, self.measure, self.context.accounts, self.SIDE)

    def table_row(self, record: Record) -> TableRow:
        """One pair."""
        return pair_row(record, self.clock, self.context.signs, self.context.accounts)

    def facts(self, record: Record) -> Sequence[tuple[str, Cell]]:
        """Everything known of a pair."""
        return pair_facts(record, self.clock, self.context.signs, self.context.accounts)

    def show_count(self, rows: int, unfiltered: int) -> None:
        """Say how many rows there are; what there is without the filter is more than what was drilled into."""
        self.query_one(FilterBar).show_count(plural(rows, *NOUNS[self.SIDE]))

    def on_rows_table_row_opened(self, message: RowsTable.RowOpened) -> None:
        """Open the sessions of the pair, or its calls."""
        message.stop()
        scope = of_pair(self.scope, person_of(message.key), target_of(message.key))
        self.open_row(lambda record: self.drill("sessions", self.into(scope), (self.crumb(record),)))

    def crumb(self, record: Record) -> str:
        """A row in the breadcrumb: the sides that the page itself does not name."""
        sides = {"people": [person_label(record)], "machines": [machine_label(record)]}
        named = sides.get(self.SIDE, [*sides["people"], *sides["machines"]])
        return f" {self.context.signs.arrow} ".join(named)
