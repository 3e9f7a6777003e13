"""Screen 8: every query that ran at a source that costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from ssmtrail.tui.frame.screen import TrailScreen
from ssmtrail.tui.paid_requests import Runs
from ssmtrail.tui.requests import Cover
from ssmtrail.tui.screens.query import QueryScreen
from ssmtrail.tui.views.athena_text import COLUMNS, LIVE, LOST, queries_summary, query_row, why
from ssmtrail.widgets.table import RowsTable
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from ssmtrail.queries.model import QueryRun, Scope
    from ssmtrail.tui.context import AppContext
    from ssmtrail.tui.workers import QueryWorkers

#: Seconds between two looks at queries that run.
PACE: Final = 0.5


class QueriesScreen(TrailScreen):
    """Follows them while they run; Enter tells a query's SQL."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "back", tooltip="Back to where it was opened", id="queries.back"),
        Binding("x", "stop_query", "stop", tooltip="Stop this query; its days stay unread", id="queries.stop"),
        Binding("R", "retry", "ask again", tooltip="Ask again for the days that it did not bring", id="queries.retry"),
        Binding("y", "copy_id", "copy id", tooltip="Copy the query's id", id="queries.copy-id"),
    ]

    def __init__(self, context: AppContext, scope: Scope, crumbs: tuple[str, ...]) -> None:
        super().__init__(context, scope, (*crumbs, "Queries"))
        self.runs: tuple[QueryRun, ...] = ()
        self._looks = 0

    def compose_view(self) -> ComposeResult:
        """How many, then each."""
        with Vertical(id="page"):
            yield Static(id="title", markup=False)
            yield RowsTable(COLUMNS, ascii_only=self.context.signs.ascii_only, id="list")
            yield Static(id="why", markup=False)

    def on_mount(self) -> None:
        """Look, and go on looking."""
        self.query_one(RowsTable).focus()
        self._look()
        self.set_interval(PACE, self._follow)

    def _look(self) -> None:
        self.context.workers.ask(self, Runs())

    def _follow(self) -> None:
        if self.is_current and (self.context.workers.fetching or any(run.state in LIVE for run in self.runs)):
            self._look()

    def content_changed(self) -> None:
        """Look again, at the days too."""
        self._look()
        self.context.workers.ask(self, Cover(self.scope.window))

    def on_bridge_answered(self, message: QueryWorkers.Answered) -> None:
        """Show the queries; the cursor stays on its own."""
        if isinstance(message.request, Runs) and isinstance(message.result, tuple):
            self._show(message.result)

    def on_bridge_refused(self, message: QueryWorkers.Refused) -> None:
        """Say why there is nothing."""
        message.stop()
        self.say(message.sentence, "$text-error")

    def _show(self, runs: tuple[QueryRun, ...]) -> None:
        table = self.query_one(RowsTable)
        keys = [run.key for run in runs]
        cursor = keys.index(table.cursor_key) if table.cursor_key in keys else 0
        self.query_one("#title", Static).update(queries_summary(runs))
        if runs != self.runs or not runs:
            self.runs, self._looks = runs, self._looks + 1
            table.show(self._looks, len(runs), cursor=cursor, keep_scroll=True)
        self._tell()
        self.reveal()

    def _tell(self) -> None:
        """Say whole why the query that is pointed at came to nothing: a row has room for some words only."""
        run = self._pointed
        said = self.query_one("#why", Static)
        said.update(why(run) if run is not None else "")
        said.display = bool(run is not None and why(run))
        self.refresh_bindings()

    def on_rows_table_page_wanted(self, message: RowsTable.PageWanted) -> None:
        """Give rows."""
        message.stop()
        runs = self.runs[message.offset : message.offset + message.limit]
        rows = [query_row(run, self.clock, self.context.signs) for run in runs]
        message.table.put_rows(message.token, message.offset, rows)

    def on_rows_table_row_highlighted(self, message: RowsTable.RowHighlighted) -> None:
        """Offer what can be done with it, say what there is to say of it."""
        message.stop()
        self._tell()

    def on_rows_table_row_opened(self, message: RowsTable.RowOpened) -> None:
        """Tell its SQL."""
        message.stop()
        if (run := self._pointed) is not None:
            self.open(QueryScreen(self.context, self.scope, self.crumbs, run))

    @property
    def _pointed(self) -> QueryRun | None:
        key = self.query_one(RowsTable).cursor_key if self.is_mounted else None
        return next((run for run in self.runs if run.key == key), None)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only what the query that is pointed at allows."""
        if action == "queries":
            return False
        if action in ("stop_query", "copy_id", "retry"):
            run = self._pointed
            return run is not None and _allows(run, action)
        return super().check_action(action, parameters)

    def action_back(self) -> None:
        """Back to where it was opened."""
        self.leave()

    def action_stop_query(self) -> None:
        """Stop the query that is pointed at."""
        if (run := self._pointed) is not None:
            self.context.workers.ask(self, Runs(stop=run.key))

    def action_retry(self) -> None:
        """Ask again for what the query that is pointed at did not bring."""
        if (run := self._pointed) is not None:
            self.post_message(self.ReadWanted(self.scope.window, again=run.key))

    def action_copy_id(self) -> None:
        """Copy its id."""
        if (run := self._pointed) is not None:
            self.post_message(self.CopyWanted(safe(run.id)))


def _allows(run: QueryRun, action: str) -> bool:
    """Whether something can be done with a query."""
    if action == "copy_id":
        return bool(run.id)
    # A check brings no days: it is asked again by asking for the check.
    return run.state in LIVE if action == "stop_query" else run.state in LOST and run.purpose == "days"
