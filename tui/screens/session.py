"""A session: its facts, its calls, the record of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widgets import Static

from ssmtrail.queries.drills import of_session
from ssmtrail.queries.model import SessionDetail
from ssmtrail.queries.times import utc_text
from ssmtrail.tui.frame.opener import OpenerScreen
from ssmtrail.tui.paid_requests import Sql
from ssmtrail.tui.requests import Session
from ssmtrail.tui.views.lists_text import machine_label
from ssmtrail.tui.views.session_text import (
    CALL_COLUMNS,
    call_rows,
    record_caption,
    record_of,
    session_facts,
    title,
    who_and_where,
)
from ssmtrail.tui.workers import QueryWorkers
from ssmtrail.widgets.details import Details
from ssmtrail.widgets.json_view import JsonView
from ssmtrail.widgets.table import RowsTable
from ssmtrail.widgets.text import safe, safe_json

if TYPE_CHECKING:
    from datetime import datetime

    from textual.app import ComposeResult

    from ssmtrail.queries.model import CallDetail
    from ssmtrail.tui.context import AppContext
    from ssmtrail.tui.view_state import ViewState
    from ssmtrail.tui.views.lists_text import Record


class SessionScreen(OpenerScreen):
    """Everything known of one session; the record is that of the call under the cursor."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "back", tooltip="Back to the very row", id="session.back"),
        Binding("tab", "app.focus_next", "next part", tooltip="To the facts, the calls, the record", id="session.next"),
        Binding("y", "copy_cell", "copy", tooltip="Copy the value under the cursor", id="session.copy"),
        Binding("Y", "copy_record", "copy record", tooltip="Copy the record as JSON", id="session.copy-record"),
        Binding("a", "as_of", "as of", tooltip="Who was on this machine when it started", id="session.as-of"),
        Binding("z", "zone", "zone", tooltip="Show times in the next zone", id="session.zone"),
    ]

    def __init__(
        self,
        context: AppContext,
        state: ViewState,
        crumbs: tuple[str, ...],
        key: str,
        event_id: str | None = None,
        at: datetime | None = None,
    ) -> None:
        super().__init__(context, state.scope, (*crumbs, context.signs.more))
        self._first_sight = state
        self._key = key
        self._event_id = event_id
        self._at = at
        self.detail: SessionDetail | None = None

    def compose_view(self) -> ComposeResult:
        """Title, facts, calls, record."""
        ascii_only = self.context.signs.ascii_only
        with Container(id="page"):
            yield Static(id="title", markup=False)
            yield Details(id="facts")
            yield RowsTable(CALL_COLUMNS, ascii_only=ascii_only)
            yield Static(id="caption", markup=False)
            yield JsonView(id="record")

    def on_mount(self) -> None:
        """Look the session up."""
        self.query_one(RowsTable).focus()
        self.content_changed()

    def content_changed(self) -> None:
        """Look it up again: its end may have arrived."""
        self.context.workers.ask(self, Session(self._key, self.scope, self._at))

    def on_bridge_answered(self, message: QueryWorkers.Answered) -> None:
        """Show what was found; what is the same is not shown again."""
        message.stop()
        if isinstance(message.result, SessionDetail) and message.result != self.detail:
            self.detail = message.result
            self.refresh_bindings()
            self._show(message.result)
            self.reveal()

    def on_bridge_refused(self, message: QueryWorkers.Refused) -> None:
        """Say why there is nothing."""
        message.stop()
        self.say(message.sentence, "$text-error")

    def on_rows_table_row_opened(self, message: RowsTable.RowOpened) -> None:
        """Give the record the whole page."""
        message.stop()
        self.add_class("-record")
        self.query_one("#record").focus()

    def _show(self, detail: SessionDetail) -> None:
        row, signs, clock = record_of(detail), self.context.signs, self.clock
        between = "\n" if self.has_class("-narrow") else "   "
        self.name_page(who_and_where(row, signs))
        self.query_one("#title", Static).update(title(row, signs, self.context.accounts, between))
        self.query_one("#facts", Details).show("", session_facts(detail, clock, signs))
        self._fit_facts()
        table = self.query_one(RowsTable)
        shown = table.cursor_key or self._event_id
        events = [call.event_id for call in detail.calls]
        token = hash((self._key, tuple(events), clock))
        table.styles.height = len(events) + 1
        table.show(token, len(events), cursor=events.index(shown) if shown in events else 0)
        table.put_rows(token, 0, call_rows(detail.calls, clock, signs))
        self._show_record()

    def on_resize(self) -> None:
        """Wrapped anew, the facts take another height."""
        self.call_after_refresh(self._fit_facts)

    def _fit_facts(self) -> None:
        facts = self.query_one("#facts", Details)
        facts.styles.height = facts.virtual_size.height

    @property
    def call(self) -> CallDetail | None:
        """The call under the cursor."""
        key = self.query_one(RowsTable).cursor_key
        return next((call for call in self.detail.calls if call.event_id == key), None) if self.detail else None

    def on_rows_table_row_highlighted(self, message: RowsTable.RowHighlighted) -> None:
        """Show the record of the call."""
        message.stop()
        self._show_record()

    def _show_record(self) -> None:
        if self.call is not None:
            self.query_one("#caption", Static).update(record_caption(self.call))
            self.query_one("#record", JsonView).show(self.call.record)

    def action_back(self) -> None:
        """From the record to the page, from the page to the list."""
        if self.has_class("-record"):
            self.remove_class("-record")
            self.query_one(RowsTable).focus()
        else:
            self.leave()

    @property
    def state(self) -> ViewState:
        """What the list looked at, in the zone of now."""
        return self._first_sight.zoned(self.scope.zone)

    @property
    def _row(self) -> Record | None:
        return record_of(self.detail) if self.detail else None

    @property
    def sql_question(self) -> Sql:
        """Its calls."""
        if self._row is None or self.detail is None or not self.detail.calls:
            return super().sql_question
        return Sql("calls", of_session(self.scope, self._row.text("session_id"), self.detail.calls))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """As of only where a machine is known."""
        if action == "as_of":
            return bool(self._row and self._row.text("target"))
        return super().check_action(action, parameters)

    def action_as_of(self) -> None:
        """Open the machine as it was at the session's start; of an orphan at its first call."""
        if self._row is not None:
            self.open_instance(self._row.text("target"), machine_label(self._row), self._row.time("at"))

    def action_zone(self) -> None:
        """Show times in the next zone."""
        self.rescope(self.context.next_zone(self.scope.zone))
        if self.detail is not None:
            self._show(self.detail)

    def action_copy_cell(self) -> None:
        """Copy the value under the cursor."""
        column = self.query_one(RowsTable).column_under_cursor
        if self.call is not None and column is not None:
            self.post_message(self.CopyWanted(safe(_value(self.call, column.key))))

    def action_copy_record(self) -> None:
        """Copy the record."""
        if self.call is not None:
            self.post_message(self.CopyWanted(safe_json(self.call.record)))


def _value(call: CallDetail, column: str) -> str:
    values = {
        "time": utc_text(call.event_time),
        "call": call.event_name,
        "outcome": call.outcome,
        "person": call.person,
        "from": call.source_ip,
        "id": call.event_id,
        "note": call.note,
    }
    return values[column] or ""
