"""Screen 1: the list of sessions, or of calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from ssmtrail.tui.frame.panelled import PanelledListScreen
from ssmtrail.tui.list_view import ListView
from ssmtrail.tui.views.lists_text import machine_label
from ssmtrail.tui.views.sessions import call_columns, call_row, session_columns, session_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ssmtrail.tui.context import AppContext
    from ssmtrail.tui.frame.level import Level
    from ssmtrail.tui.view_state import ViewState
    from ssmtrail.tui.views.lists_text import ColumnSpec, Record
    from ssmtrail.widgets.table import Cell, RowsTable, TableRow


class SessionsScreen(PanelledListScreen):
    """Sessions by default; `c` shows the calls that they are made of."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "as_of", "as of", show=False, tooltip="Who was on this machine at that time", id="sessions.as-of"),
    ]

    NAME = "sessions"

    @classmethod
    def over(
        cls, context: AppContext, state: ViewState, crumbs: tuple[str, ...], level: Level | None
    ) -> SessionsScreen:
        """The list of what is in sight."""
        return cls(context, ListView.of(state), crumbs, level)

    def listed(self) -> Sequence[ColumnSpec]:
        """The columns of what is listed."""
        return call_columns(self.clock) if self._calls else session_columns(self.clock)

    def table_row(self, record: Record) -> TableRow:
        """One row of what is listed."""
        row = call_row if self._calls else session_row
        return row(record, self.clock, self.context.signs)

    @property
    def _calls(self) -> bool:
        return self.view.name == "calls"

    def facts(self, record: Record) -> Sequence[tuple[str, Cell]]:
        """Everything known of a session, or of a call."""
        from ssmtrail.tui.views.sessions import panel_facts

        return panel_facts(self.view.name, record, self.clock, self.context.signs)

    def action_measure(self) -> None:
        """The other measure; the cursor goes to the call that began the session, or to the call's session."""
        self.following.moved = True
        follow = self.record.text("session_key") if self.record and self._calls else self.table.cursor_key
        self.look(self.view.over(self.state.measured()), follow=follow)

    def on_rows_table_row_opened(self, message: RowsTable.RowOpened) -> None:
        """Open the session, with the cursor on the call; a call of no session has a page of its own."""
        message.stop()
        if self.record is None:
            return
        self.following.moved = True
        # The row's own measure: the view's may be the one that is still being asked for.
        is_call = self.record.text("event_id") is not None
        session = self.record.text("session_key") if is_call else message.key
        event = message.key if is_call else None
        if session is None:
            from ssmtrail.tui.screens.call import CallScreen

            self.open(CallScreen(self.context, self.scope, self.path, message.key))
        else:
            from ssmtrail.tui.screens.session import SessionScreen

            self.open(SessionScreen(self.context, self.state, self.path, session, event, self.record.time("at")))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Only for a row with a machine."""
        if action == "as_of":
            return True if self.is_mounted and self.record and self.record.text("target") else None
        return super().check_action(action, parameters)

    def action_as_of(self) -> None:
        """Open the row's machine as it was then: at the start of the session, at the time of the call."""
        if self.record is not None:
            self.following.moved = True
            self.open_instance(self.record.text("target"), machine_label(self.record), self.record.time("at"))
