"""A call that belongs to no session: its facts, its record."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widgets import Static

from queries.drills import of_session
from queries.values import CallDetail
from tui.bridge import Bridge
from tui.frame.screen import TrailScreen
from tui.paid_requests import Sql
from tui.present.session import lone_call_facts, record_caption
from tui.requests import Call
from widgets.details import Details
from widgets.json_view import JsonView
from widgets.safe_text import safe, safe_json

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from queries.values import Scope
    from tui.desk import Desk


class CallScreen(TrailScreen):
    """One call with the record that proves it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "back", tooltip="Back to the very row", id="call.back"),
        Binding("Y", "copy_record", "copy record", tooltip="Copy the record as JSON", id="call.copy-record"),
    ]

    def __init__(self, desk: Desk, scope: Scope, crumbs: tuple[str, ...], key: str) -> None:
        super().__init__(desk, scope, (*crumbs, "a call"))
        self._key = key
        self._call: CallDetail | None = None

    def compose_view(self) -> ComposeResult:
        """Title, facts, record."""
        with Container(id="page"):
            yield Static(id="title", markup=False)
            yield Details(id="facts", ascii_only=self.desk.signs.ascii_only)
            yield Static(id="caption", markup=False)
            yield JsonView(id="record")

    def on_mount(self) -> None:
        """Look the call up."""
        self.query_one("#record").focus()
        self.desk.bridge.ask(self, Call(self._key, self.scope))

    def on_bridge_answered(self, message: Bridge.Answered) -> None:
        """Show what was found."""
        message.stop()
        if isinstance(message.result, CallDetail):
            self._call = call = message.result
            self.name_page(safe(call.event_name))
            self.query_one("#title", Static).update(f"{safe(call.event_name)}, which belongs to no session")
            self.query_one("#facts", Details).show("", lone_call_facts(call, self.clock, self.desk.signs))
            self.query_one("#caption", Static).update(record_caption(call))
            self.query_one("#record", JsonView).show(call.record)
            self.reveal()

    def on_bridge_refused(self, message: Bridge.Refused) -> None:
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
