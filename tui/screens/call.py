"""A call that belongs to no session: its facts, its record."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widgets import Static

from ssmtrail.queries.drills import of_session
from ssmtrail.queries.model import CallDetail
from ssmtrail.tui.frame.screen import TrailScreen
from ssmtrail.tui.paid_requests import Sql
from ssmtrail.tui.requests import Call
from ssmtrail.tui.views.session_text import lone_call_facts, record_caption
from ssmtrail.tui.workers import QueryWorkers
from ssmtrail.widgets.details import Details
from ssmtrail.widgets.json_view import JsonView
from ssmtrail.widgets.text import safe, safe_json

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from ssmtrail.queries.model import Scope
    from ssmtrail.tui.context import AppContext


class CallScreen(TrailScreen):
    """One call with the record that proves it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "back", tooltip="Back to the very row", id="call.back"),
        Binding("Y", "copy_record", "copy record", tooltip="Copy the record as JSON", id="call.copy-record"),
    ]

    def __init__(self, context: AppContext, scope: Scope, crumbs: tuple[str, ...], key: str) -> None:
        super().__init__(context, scope, (*crumbs, "a call"))
        self._key = key
        self._call: CallDetail | None = None

    def compose_view(self) -> ComposeResult:
        """Title, facts, record."""
        with Container(id="page"):
            yield Static(id="title", markup=False)
            yield Details(id="facts", ascii_only=self.context.signs.ascii_only)
            yield Static(id="caption", markup=False)
            yield JsonView(id="record")

    def on_mount(self) -> None:
        """Look the call up."""
        self.query_one("#record").focus()
        self.context.workers.ask(self, Call(self._key, self.scope))

    def on_bridge_answered(self, message: QueryWorkers.Answered) -> None:
        """Show what was found."""
        message.stop()
        if isinstance(message.result, CallDetail):
            self._call = call = message.result
            self.name_page(safe(call.event_name))
            self.query_one("#title", Static).update(f"{safe(call.event_name)}, which belongs to no session")
            self.query_one("#facts", Details).show("", lone_call_facts(call, self.clock, self.context.signs))
            self.query_one("#caption", Static).update(record_caption(call))
            self.query_one("#record", JsonView).show(call.record)
            self.reveal()

    def on_bridge_refused(self, message: QueryWorkers.Refused) -> None:
        """Say why there is nothing."""
        message.stop()
        self.say(message.sentence, "$text-error")

    @property
    def sql_question(self) -> Sql:
        """The very call."""
        return Sql("calls", of_session(self.scope, None, [self._call])) if self._call else super().sql_question

    def action_back(self) -> None:
        """Back to the list."""
        self.leave()

    def action_copy_record(self) -> None:
        """Copy the record."""
        if self._call is not None:
            self.post_message(self.CopyWanted(safe_json(self._call.record)))
