"""Athena: the queries that ran, one query, a view's question as SQL, and the dialog before a scan that costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Label, Static

from ssmtrail.queries.errors import TrailError
from ssmtrail.queries.model import ConsoleSql
from ssmtrail.tui.frame.dialogs import Dialog
from ssmtrail.tui.frame.followed import FollowedPane
from ssmtrail.tui.frame.hints import Hints
from ssmtrail.tui.frame.pane import Pane
from ssmtrail.tui.pages import QueriesPage, QueryPage, SqlPage, SqlQuestion
from ssmtrail.tui.query import Covered, Found, Query
from ssmtrail.tui.views.athena_text import (
    COLUMNS,
    LIVE,
    LOST,
    plan_facts,
    plan_title,
    queries_summary,
    query_facts,
    query_row,
    spent_texts,
    sql_caption,
    sql_facts,
    why,
)
from ssmtrail.widgets.details import Details
from ssmtrail.widgets.json_view import JsonView
from ssmtrail.widgets.text import safe, safe_lines

if TYPE_CHECKING:
    from collections.abc import Sequence
    from threading import Event

    from textual import events
    from textual.app import ComposeResult
    from textual.widget import Widget

    from ssmtrail.queries.model import Plan, QueryRun, Scope, Spendings
    from ssmtrail.queries.trail import Trail
    from ssmtrail.tui.context import AppContext
    from ssmtrail.tui.frame.pane import Host
    from ssmtrail.tui.signs import Signs
    from ssmtrail.widgets.table import RowsTable, TableRow


#: Seconds between two looks at queries that run.
PACE: Final = 0.5


class PlanScreen(Dialog[bool]):
    """The question before a scan that costs more than the threshold; Enter agrees, Escape scans nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "agree", "scan", tooltip="Scan these days, and pay for it", id="app.plan-agree"),
    ]

    def __init__(self, plan: Plan, source: str, signs: Signs) -> None:
        """`source` is safe."""
        super().__init__()
        self._plan = plan
        self._source = source
        self._details = Details(ascii_only=signs.ascii_only)

    def compose(self) -> ComposeResult:
        """The figures under the question."""
        with Vertical(classes="dialog", id="plan"):
            yield Label(plan_title(self._plan), classes="title", markup=False)
            if self._source:
                yield Static(self._source, id="plan-source", markup=False)
            yield self._details
            verb = "reads" if self._plan.objects else "scans"
            yield Hints(f"Enter {verb}", f"Esc {verb} nothing and keeps what was read")

    def on_mount(self) -> None:
        """Fill in the figures."""
        self._details.show("", plan_facts(self._plan))
        self.set_focus(self._details)

    def action_agree(self) -> None:
        """Agree to pay."""
        self.leave(True)


@dataclass(frozen=True, slots=True)
class Queries:
    """The queries of a table, and what those of all tables cost."""

    runs: tuple[QueryRun, ...]
    spendings: Spendings

    @classmethod
    def of(cls, trail: Trail) -> Queries:
        """As they are now, the latest first."""
        return cls(trail.queries(), trail.spendings())


class QueriesPane(FollowedPane[QueriesPage, Queries]):
    """The queries that ran at the source, followed while they run; Enter opens a query's SQL."""

    COLUMNS = COLUMNS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("x", "stop_query", "stop", tooltip="Stop this query; its days stay unread", id="app.queries-stop"),
        Binding("R", "retry", "retry", tooltip="Retry the days that the query failed to read", id="app.queries-retry"),
        Binding("y", "copy_id", "copy id", tooltip="Copy the query's id", id="take.queries-copy-id"),
    ]  # fmt: skip

    @property
    def pace(self) -> float:
        """It is asked of this process alone."""
        return PACE

    def is_live(self, seen: Queries | None) -> bool:
        """While the source is read, or a query runs."""
        runs = seen.runs if seen is not None else ()
        return self.context.workers.fetching or any(run.state in LIVE for run in runs)

    def ask_trail(self, trail: Trail, cancelled: Event) -> Queries:
        """The queries and what was spent."""
        return Queries.of(trail)

    def summary(self, seen: Queries) -> str:
        """How many ran, and what they cost; what was spent, by whom and what."""
        return "\n".join((queries_summary(seen.runs), *spent_texts(seen.spendings)))

    def rows(self, seen: Queries) -> Sequence[TableRow]:
        """One row a query."""
        return [query_row(run, self.host.clock, self.context.signs) for run in seen.runs]

    def explain(self) -> None:
        """Show in full why the query under the cursor failed: its row has room for few words."""
        run = self.run
        text = why(run) if run is not None else ""
        self.note.update(text)
        self.note.display = bool(text)
        self.refresh_bindings()

    @property
    def run(self) -> QueryRun | None:
        """The query under the cursor."""
        key = self.table.cursor_key
        runs = self.seen.runs if self.seen is not None else ()
        return next((run for run in runs if run.key == key), None)

    def on_rows_table_row_highlighted(self, message: RowsTable.RowHighlighted) -> None:
        """Offer the keys of the query."""
        message.stop()
        self.explain()

    def on_rows_table_row_opened(self, message: RowsTable.RowOpened) -> None:
        """Open the query's SQL."""
        message.stop()
        if self.run is not None and self.view is not None:
            self.host.open(QueryPage(self.view.state, self.run), "a query")

    def can_stop_query(self) -> bool:
        """While the query runs."""
        return self.run is not None and self.run.state in LIVE

    def can_retry(self) -> bool:
        """Where days were not read, or read with less by an older version; a check reads none."""
        run = self.run
        return run is not None and (run.state in LOST or run.former) and run.purpose == "days"

    def can_copy_id(self) -> bool:
        """Once Athena gave an id."""
        return self.run is not None and bool(self.run.id)

    def action_stop_query(self) -> None:
        """Stop the query."""
        if self.run is not None:
            key = self.run.key

            def stop(trail: Trail, _cancelled: Event) -> Queries:
                trail.stop_query(key)
                return Queries.of(trail)

            self.host.ask(Query("stop query", stop), self.take)

    def action_retry(self) -> None:
        """Read the days of the query again."""
        if self.run is not None and self.view is not None:
            self.host.read(self.view.state.scope.window, again=self.run.key)

    def action_copy_id(self) -> None:
        """Copy the query's id."""
        if self.run is not None:
            self.host.copy(safe(self.run.id))


class QueryPane(Pane[QueryPage, "QueryRun"]):
    """One query as it was when it was opened: figures and SQL."""

    SCOPED = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy_id", "copy id", tooltip="Copy the query's id", id="take.query-copy-id"),
        Binding("Y", "copy_sql", "copy SQL", tooltip="Copy the query's SQL", id="take.query-copy-sql"),
    ]

    def __init__(self, context: AppContext, host: Host) -> None:
        super().__init__(context, host)
        self.run: QueryRun | None = None
        self._facts = Details(id="facts", ascii_only=context.signs.ascii_only)
        self._sql = JsonView(id="record")

    def compose(self) -> ComposeResult:
        """Figures, SQL."""
        yield self._facts
        yield Static("The SQL as it was sent", id="caption", markup=False)
        yield self._sql

    @property
    def focus_target(self) -> Widget:
        """The SQL."""
        return self._sql

    def question_for(self, view: QueryPage, *, fresh: bool) -> Query[Found[QueryRun]]:
        """The query is known; only the days are asked for."""

        def run(trail: Trail, _cancelled: Event) -> Found[QueryRun]:
            return Found(view.run, Covered(trail.source_label, trail.coverage(view.state.scope.window)))

        return Query("view", run)

    def show(self, view: QueryPage, found: Found[QueryRun], *, fresh: bool) -> None:
        """Show the query."""
        self.restore(view, found.value)

    def save(self) -> object:
        """Nothing: the view has the query."""
        return None

    def restore(self, view: QueryPage, saved: Any) -> None:
        """Show the query."""
        self.run = view.run
        self._facts.show("", query_facts(view.run, self.host.clock, self.context.signs))
        self._sql.show(view.run.sql)

    def can_copy_id(self) -> bool:
        """Once Athena gave an id."""
        return self.run is not None and bool(self.run.id)

    def action_copy_id(self) -> None:
        """Copy the id."""
        if self.run is not None:
            self.host.copy(safe(self.run.id))

    def action_copy_sql(self) -> None:
        """Copy the SQL."""
        if self.run is not None:
            self.host.copy(safe_lines(self.run.sql))


@dataclass(frozen=True, slots=True)
class SqlFound:
    """The SQL of a question, or why there is none."""

    sql: ConsoleSql | None
    refusal: str = ""
    """May be hostile."""


class SqlPane(Pane[SqlPage, SqlFound]):
    """A view's question as SQL for Athena's console; nothing of it is run."""

    SCOPED = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy_sql", "copy SQL", tooltip="Copy the SQL", id="take.sql-copy"),
        Binding("tab,shift+tab", "part", "notes", tooltip="From the SQL to its notes, and back", id="go.sql-next"),
    ]  # fmt: skip

    def __init__(self, context: AppContext, host: Host) -> None:
        super().__init__(context, host)
        self.found = SqlFound(None)
        self._view: SqlPage | None = None
        self._facts = Details(id="facts", ascii_only=context.signs.ascii_only)
        self._caption = Static(id="caption", markup=False)
        self._sql = JsonView(id="record")
        self._focus: Widget = self._sql

    def compose(self) -> ComposeResult:
        """What it asks, the SQL."""
        yield self._facts
        yield self._caption
        yield self._sql

    @property
    def focus_target(self) -> Widget:
        """The part that had the keys last."""
        return self._focus

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Remember the part."""
        self._focus = event.widget

    def question_for(self, view: SqlPage, *, fresh: bool) -> Query[Found[SqlFound]]:
        """The SQL; a question that Athena cannot be asked is an answer too."""
        question = view.question

        def run(trail: Trail, cancelled: Event) -> Found[SqlFound]:
            covered = Covered(trail.source_label, trail.coverage(view.state.scope.window))
            try:
                sql = trail.console_sql(question.name, question.scope, cancelled, unit=question.unit)
            except TrailError as error:
                return Found(SqlFound(None, str(error)), covered)
            return Found(SqlFound(sql), covered)

        return Query("view", run)

    def show(self, view: SqlPage, found: Found[SqlFound], *, fresh: bool) -> None:
        """Show the SQL."""
        if fresh:
            self._focus = self._sql
        self.restore(view, found.value)

    def save(self) -> SqlFound:
        """The SQL."""
        return self.found

    def restore(self, view: SqlPage, saved: SqlFound) -> None:
        """Show the SQL."""
        self._view, self.found, sql = view, saved, saved.sql
        if sql is None:
            self._facts.show("", [("no SQL", (saved.refusal, "warn"))])
            self._caption.update("")
            self._sql.show("")
        else:
            self._facts.show("", sql_facts(view.question, sql))
            self._caption.update(sql_caption(sql))
            self._sql.show(safe_lines(sql.sql))
        self.refresh_bindings()

    def sql(self, scope: Scope) -> SqlQuestion:
        """The question itself."""
        return self._view.question if self._view is not None else SqlQuestion("calls", scope)

    def action_part(self) -> None:
        """From the SQL to its notes, and back."""
        self.screen.set_focus(self._sql if self._focus is self._facts else self._facts)

    def can_copy_sql(self) -> bool:
        """Where there is SQL."""
        return self.found.sql is not None

    def action_copy_sql(self) -> None:
        """Copy the SQL."""
        if self.found.sql is not None:
            self.host.copy(safe_lines(self.found.sql.sql).rstrip("\n"))
