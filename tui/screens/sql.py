"""What a view shows, as SQL for Athena's console."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widgets import Static

from ssmtrail.queries.model import ConsoleSql
from ssmtrail.tui.frame.screen import TrailScreen
from ssmtrail.tui.views.athena_text import sql_caption, sql_facts
from ssmtrail.tui.workers import QueryWorkers
from ssmtrail.widgets.details import Details
from ssmtrail.widgets.json_view import JsonView
from ssmtrail.widgets.text import safe_lines

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from ssmtrail.tui.context import AppContext
    from ssmtrail.tui.paid_requests import Sql


class SqlScreen(TrailScreen):
    """The console query behind a view; nothing of it is run."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "back", tooltip="Back to the view", id="sql.back"),
        Binding("y", "copy_sql", "copy SQL", tooltip="Copy the SQL", id="sql.copy"),
        Binding("tab", "app.focus_next", "notes", tooltip="From the SQL to what is to be known of it", id="sql.next"),
    ]

    def __init__(self, context: AppContext, crumbs: tuple[str, ...], question: Sql) -> None:
        super().__init__(context, question.scope, (*crumbs, "SQL"))
        self._question = question
        self._found: ConsoleSql | None = None

    @property
    def sql_question(self) -> Sql:
        """The very question."""
        return self._question

    def compose_view(self) -> ComposeResult:
        """What it is about, the SQL."""
        with Container(id="page"):
            yield Details(id="facts", ascii_only=self.context.signs.ascii_only)
            yield Static(id="caption", markup=False)
            yield JsonView(id="record")

    def on_mount(self) -> None:
        """Ask for it."""
        self.query_one("#record").focus()
        self.context.workers.ask(self, self._question)

    def on_bridge_answered(self, message: QueryWorkers.Answered) -> None:
        """Show it."""
        if isinstance(message.result, ConsoleSql):
            self._found = found = message.result
            self.query_one("#facts", Details).show("", sql_facts(self._question, found))
            self.query_one("#caption", Static).update(sql_caption(found))
            self.query_one("#record", JsonView).show(safe_lines(found.sql))
            self.refresh_bindings()
            self.reveal()

    def on_bridge_refused(self, message: QueryWorkers.Refused) -> None:
        """Say why there is none."""
        message.stop()
        if message.request is self._question:
            self.query_one("#facts", Details).show("", [("no SQL", (message.sentence, "warn"))])
            self.reveal()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Copy only what is there; this is the SQL already."""
        if action == "sql":
            return False
        if action == "copy_sql":
            return self._found is not None
        return super().check_action(action, parameters)

    def action_back(self) -> None:
        """Back to the view."""
        self.leave()

    def action_copy_sql(self) -> None:
        """Copy the SQL."""
        if self._found is not None:
            self.post_message(self.CopyWanted(safe_lines(self._found.sql).rstrip("\n")))
