"""One query: its figures, its SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widgets import Static

from ssmtrail.tui.frame.screen import TrailScreen
from ssmtrail.tui.views.athena_text import query_facts
from ssmtrail.widgets.details import Details
from ssmtrail.widgets.json_view import JsonView
from ssmtrail.widgets.text import safe, safe_lines

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from ssmtrail.queries.model import QueryRun, Scope
    from ssmtrail.tui.context import AppContext


class QueryScreen(TrailScreen):
    """As it was when it was opened."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "back", tooltip="Back to the very row", id="query.back"),
        Binding("y", "copy_id", "copy id", tooltip="Copy the query's id", id="query.copy-id"),
        Binding("Y", "copy_sql", "copy SQL", tooltip="Copy the query's SQL", id="query.copy-sql"),
    ]

    def __init__(self, context: AppContext, scope: Scope, crumbs: tuple[str, ...], run: QueryRun) -> None:
        super().__init__(context, scope, (*crumbs, "a query"))
        self._query = run

    def compose_view(self) -> ComposeResult:
        """Figures, SQL."""
        with Container(id="page"):
            yield Details(id="facts", ascii_only=self.context.signs.ascii_only)
            yield Static("The SQL as it was sent", id="caption", markup=False)
            yield JsonView(id="record")

    def on_mount(self) -> None:
        """Fill it in."""
        sql = self.query_one("#record", JsonView)
        sql.focus()
        sql.show(self._query.sql)
        self.query_one("#facts", Details).show("", query_facts(self._query, self.clock, self.context.signs))
        self.reveal()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what there is; the list of queries lies below."""
        if action == "queries":
            return False
        if action == "copy_id":
            return bool(self._query.id)
        return super().check_action(action, parameters)

    def action_back(self) -> None:
        """Back to the list."""
        self.leave()

    def action_copy_id(self) -> None:
        """Copy the id."""
        self.post_message(self.CopyWanted(safe(self._query.id)))

    def action_copy_sql(self) -> None:
        """Copy the SQL."""
        self.post_message(self.CopyWanted(safe_lines(self._query.sql)))
