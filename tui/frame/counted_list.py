"""A list of what is counted: people, machines, tunnels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ssmtrail.tui.frame.panelled import PanelledListScreen
from ssmtrail.tui.paid_requests import Sql
from ssmtrail.tui.text import count, noun
from ssmtrail.widgets.filter_bar import FilterBar

if TYPE_CHECKING:
    from collections.abc import Callable

    from ssmtrail.queries.model import Measure
    from ssmtrail.tui.views.lists_text import Record


class CountedListScreen(PanelledListScreen):
    """Its rows are neither sessions nor calls: it says what they are."""

    @property
    def measure(self) -> Measure:
        """What is counted."""
        return self.state.measure

    @property
    def sql_question(self) -> Sql:
        """Who touched what: the numbers are sums of it."""
        return Sql("pairs", self.scope)

    def show_count(self, rows: int, unfiltered: int) -> None:
        """Say beside the filter how many rows it leaves, of how many."""
        said = f"{count(rows)} of {count(unfiltered)} {noun(self.view.question.name, unfiltered)}"
        self.query_one(FilterBar).show_count(said)

    def open_row(self, then: Callable[[Record], None]) -> None:
        """Do something with the row under the cursor; the cursor stays on it."""
        if self.record is not None:
            self.following.moved = True
            then(self.record)
