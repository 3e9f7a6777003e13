"""Screen 1: the list of sessions, or of calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding, BindingType

from tui.frame.list_keys import KeyedListScreen
from tui.list_view import ListView
from tui.pace import Pause
from tui.present.calls import call_columns, call_row
from tui.present.facts import panel_facts
from tui.present.sessions import session_columns, session_row
from tui.screens.call import CallScreen
from tui.screens.session import SessionScreen
from widgets.details import Details

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from tui.desk import Desk
    from tui.frame.level import Level
    from tui.present.listing import Listed
    from tui.present.record import Record
    from tui.sight import Sight
    from widgets.rows_table import RowsTable, TableRow

#: The cursor rests this long before the side panel tells of its row, seconds.
PANEL_REST: Final = 0.06


class SessionsScreen(KeyedListScreen):
    """Sessions by default; `c` shows the calls that they are made of."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "panel", "details", tooltip="Everything known of the row", id="sessions.panel"),
    ]

    NAME = "sessions"

    def __init__(self, desk: Desk, view: ListView, crumbs: tuple[str, ...] = (), level: Level | None = None) -> None:
        super().__init__(desk, view, crumbs, level)
        self._tell = Pause(self, PANEL_REST, self._tell_row)

    @classmethod
    def over(cls, desk: Desk, sight: Sight, crumbs: tuple[str, ...], level: Level | None) -> SessionsScreen:
        """The list of what is in sight."""
        return cls(desk, ListView.of(sight), crumbs, level)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Details only of a row."""
        if action == "panel":
            return bool(self.desk.panel or (self.answer and self.answer.totals.rows))
        return super().check_action(action, parameters)

    def listed(self) -> Sequence[Listed]:
        """The columns of what is listed."""
        return call_columns(self.clock) if self._calls else session_columns(self.clock)

    def table_row(self, record: Record) -> TableRow:
        """One row of what is listed."""
        row = call_row if self._calls else session_row
        return row(record, self.clock, self.desk.signs)

    @property
    def _calls(self) -> bool:
        return self.view.name == "calls"

    def compose_view(self) -> ComposeResult:
        """The list with its side panel."""
        yield from super().compose_view()
        panel = Details(id="panel")
        panel.display = self.desk.panel
        yield panel

    def row_changed(self) -> None:
        """Tell of the row once the cursor rests: a panel is 15 KB, a step of the cursor 0.6."""
        if self.query_one("#panel").display:
            self._tell.wish()

    def _tell_row(self) -> None:
        panel = self.query_one("#panel", Details)
        if panel.display and self.record is not None:
            panel.show("", panel_facts(self.view.name, self.record, self.clock, self.desk.signs))

    def action_panel(self) -> None:
        """Show or hide the side panel."""
        self.desk.panel = not self.desk.panel
        self.query_one("#panel").display = self.desk.panel
        self._tell_row()

    def action_measure(self) -> None:
        """The other measure; the cursor goes to the call that began the session, or to the call's session."""
        self._moved = True
        follow = self.record.text("session_key") if self.record and self._calls else self.table.cursor_key
        self.look(self.view.over(self.sight.measured()), follow=follow)

    def on_rows_table_row_opened(self, message: RowsTable.RowOpened) -> None:
        """Open the session, with the cursor on the call; a call of no session has a page of its own."""
        message.stop()
        if self.record is None:
            return
        self._moved = True
        # The row's own measure: the view's may be the one that is still being asked for.
        is_call = self.record.text("event_id") is not None
        session = self.record.text("session_key") if is_call else message.key
        event = message.key if is_call else None
        if session is None:
            self.open(CallScreen(self.desk, self.scope, self.path, message.key))
        else:
            self.open(SessionScreen(self.desk, self.scope, self.path, session, event))
