"""The pages of a session and of a call without a session: facts, calls, records."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import count as counter
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual.binding import Binding, BindingType
from textual.widgets import Static

from ssmtrail.queries.drills import of_session
from ssmtrail.queries.model import CallDetail, SessionDetail
from ssmtrail.queries.times import utc_text
from ssmtrail.tui.frame.lists_text import machine_label
from ssmtrail.tui.frame.pane import Pane
from ssmtrail.tui.frame.related import related_of
from ssmtrail.tui.pages import CallPage, SessionPage, SqlQuestion
from ssmtrail.tui.query import Covered, Found, Query
from ssmtrail.tui.views.session_text import (
    CALL_COLUMNS,
    call_rows,
    lone_call_facts,
    record_caption,
    record_of,
    session_facts,
    title,
    who_and_where,
)
from ssmtrail.widgets.details import Details
from ssmtrail.widgets.json_view import JsonView
from ssmtrail.widgets.table import RowsTable
from ssmtrail.widgets.text import safe, safe_json

if TYPE_CHECKING:
    from threading import Event

    from textual import events
    from textual.app import ComposeResult
    from textual.widget import Widget

    from ssmtrail.queries.model import Scope
    from ssmtrail.queries.trail import Trail
    from ssmtrail.tui.context import AppContext
    from ssmtrail.tui.frame.lists_text import Record
    from ssmtrail.tui.frame.pane import Host
    from ssmtrail.tui.frame.related import Related

_tokens: Final = counter(1)


@dataclass(frozen=True, slots=True)
class _Saved:
    detail: SessionDetail
    call: str | None
    """Event id of the call under the cursor."""
    focus: Widget
    record_only: bool


#: The row of the list beside the one that a page was opened from.
_STEPS: Final = (
    Binding(
        "right_square_bracket", "step(1)", "next", key_display="]",
        tooltip="The row of the list after this one", id="go.next-row",
    ),
    Binding(
        "left_square_bracket", "step(-1)", "before", key_display="[", show=False,
        tooltip="The row of the list before this one", id="go.row-before",
    ),
)  # fmt: skip


class SessionPane(Pane[SessionPage, SessionDetail]):
    """A session with its calls; the record is that of the call under the cursor."""

    SCOPED = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "part(1)", "next part", tooltip="To the facts, the calls, the record", id="go.session-next"),
        Binding("shift+tab", "part(-1)", "part before", show=False, tooltip="The way back", id="go.session-previous"),
        Binding("y", "copy_cell", "copy", tooltip="Copy the value under the cursor", id="take.session-copy"),
        Binding("Y", "copy_record", "copy record", tooltip="Copy the record as JSON", id="take.session-copy-record"),
        Binding("a", "as_of", "as of", tooltip="Who was on this machine when it started", id="go.session-as-of"),
        *_STEPS,
    ]  # fmt: skip

    def __init__(self, context: AppContext, host: Host) -> None:
        super().__init__(context, host)
        self.detail: SessionDetail | None = None
        self._view: SessionPage | None = None
        self._title = Static(id="title", markup=False)
        self._facts = Details(id="facts")
        self.calls = RowsTable(CALL_COLUMNS, ascii_only=context.signs.ascii_only)
        self._caption = Static(id="caption", markup=False)
        self._record = JsonView(id="record")
        self._focus: Widget = self.calls

    def compose(self) -> ComposeResult:
        """Title, facts, calls, record."""
        yield self._title
        yield self._facts
        yield self.calls
        yield self._caption
        yield self._record

    # Asking and showing

    def question_for(self, view: SessionPage, *, fresh: bool) -> Query[Found[SessionDetail]]:
        """The session with its calls."""

        def run(trail: Trail, _cancelled: Event) -> Found[SessionDetail]:
            scope = view.state.scope
            detail = trail.session(view.key, scope, view.at)
            return Found(detail, Covered(trail.source_label, trail.coverage(scope.window)))

        return Query("view", run)

    def show(self, view: SessionPage, found: Found[SessionDetail], *, fresh: bool) -> None:
        """Show a session; when it is asked for again, its end may have arrived."""
        shown = view.event_id if fresh or view != self._view else self.calls.cursor_key
        if fresh:
            self._focus = self.calls
            self.remove_class("-record")
        if fresh or found.value != self.detail or view != self._view:
            self._show(view, found.value, shown)

    def _show(self, view: SessionPage, detail: SessionDetail, call: str | None) -> None:
        self._view, self.detail = view, detail
        row, signs, clock = record_of(detail), self.context.signs, self.host.clock
        self.host.rename(who_and_where(row, signs))
        self._title.update(title(row, signs, self.context.accounts, "\n" if self.host.narrow else "   "))
        self._facts.show("", session_facts(detail, clock, signs, narrow=self.host.narrow))
        events = [each.event_id for each in detail.calls]
        token = next(_tokens)
        self.calls.styles.height = len(events) + 1
        self.calls.show(token, len(events), cursor=events.index(call) if call in events else 0)
        self.calls.put_rows(token, 0, call_rows(detail.calls, clock, signs))
        self._show_record()
        self.call_after_refresh(self._fit_facts)

    def save(self) -> _Saved | None:
        """The session with cursor and focus."""
        if self.detail is None:
            return None
        return _Saved(self.detail, self.calls.cursor_key, self._focus, self.has_class("-record"))

    def restore(self, view: SessionPage, saved: _Saved | None) -> None:
        """Show what was saved."""
        if saved is not None:
            self._focus = saved.focus
            self.set_class(saved.record_only, "-record")
            self._show(view, saved.detail, saved.call)

    def on_resize(self) -> None:
        """Fit the facts, whose lines are wrapped anew."""
        self.call_after_refresh(self._fit_facts)

    def _fit_facts(self) -> None:
        self._facts.styles.height = self._facts.virtual_size.height

    def on_rows_table_row_highlighted(self, message: RowsTable.RowHighlighted) -> None:
        """Show the record of the call."""
        message.stop()
        self._show_record()

    def _show_record(self) -> None:
        if self.call is not None:
            self._caption.update(record_caption(self.call))
            self._record.show(self.call.record)

    def on_rows_table_page_wanted(self, message: RowsTable.PageWanted) -> None:
        """Do nothing: the table has all rows."""
        message.stop()

    @property
    def call(self) -> CallDetail | None:
        """The call under the cursor."""
        key = self.calls.cursor_key
        return next((call for call in self.detail.calls if call.event_id == key), None) if self.detail else None

    @property
    def related(self) -> Related:
        """The session's person, machine and address, with the event of the call under the cursor."""
        related = related_of(self._row)
        return replace(related, event=self.call.event_id) if self.call is not None else related

    @property
    def _row(self) -> Record | None:
        return record_of(self.detail) if self.detail else None

    def sql(self, scope: Scope) -> SqlQuestion:
        """The calls of the session."""
        row = self._row
        if row is None or self.detail is None or not self.detail.calls:
            return SqlQuestion("calls", scope)
        return SqlQuestion("calls", of_session(scope, row.text("session_id"), self.detail.calls))

    # Parts

    @property
    def focus_target(self) -> Widget:
        """The part that had the keys last."""
        return self._focus

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Remember the part."""
        self._focus = event.widget
        self.refresh_bindings()

    def action_part(self, by: int) -> None:
        """To the next part, or the one before."""
        parts: list[Widget] = [self._facts, self.calls, self._record]
        if self.has_class("-record"):
            parts = parts[1:]
        now = parts.index(self._focus) if self._focus in parts else 0
        self.screen.set_focus(parts[(now + by) % len(parts)])

    def on_rows_table_row_opened(self, message: RowsTable.RowOpened) -> None:
        """Give the record the whole page."""
        message.stop()
        self.add_class("-record")
        self.screen.set_focus(self._record)

    def can_go_back(self) -> bool:
        """From the record to the page."""
        return self.has_class("-record")

    def go_back(self) -> bool:
        """Show the whole page again."""
        if not self.has_class("-record"):
            return False
        self.remove_class("-record")
        self.screen.set_focus(self.calls)
        return True

    # Keys

    def can_step(self) -> bool:
        """Where the page was opened from a list."""
        return self.host.can_step()

    def action_step(self, by: int) -> None:
        """See the page of the row beside this one."""
        self.host.step(by)

    def can_as_of(self) -> bool:
        """Where the machine is known."""
        return bool(self._row and self._row.text("target"))

    def action_as_of(self) -> None:
        """Open the machine at the session's start; without a recorded start at its first call."""
        row = self._row
        if row is not None:
            self.host.open_machine(row.text("target"), machine_label(row), row.time("at"))

    def action_copy_cell(self) -> None:
        """Copy the value under the cursor."""
        column = self.calls.column_under_cursor
        if self.call is not None and column is not None:
            self.host.copy(safe(_value(self.call, column.key)))

    def action_copy_record(self) -> None:
        """Copy the record."""
        if self.call is not None:
            self.host.copy(safe_json(self.call.record))


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


class CallPane(Pane[CallPage, CallDetail]):
    """A call that belongs to no session, with its record."""

    SCOPED = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("Y", "copy_record", "copy record", tooltip="Copy the record as JSON", id="take.call-copy-record"),
        *_STEPS,
    ]  # fmt: skip

    def __init__(self, context: AppContext, host: Host) -> None:
        super().__init__(context, host)
        self.call: CallDetail | None = None
        self._title = Static(id="title", markup=False)
        self._facts = Details(id="facts", ascii_only=context.signs.ascii_only)
        self._caption = Static(id="caption", markup=False)
        self._record = JsonView(id="record")

    def compose(self) -> ComposeResult:
        """Title, facts, record."""
        yield self._title
        yield self._facts
        yield self._caption
        yield self._record

    @property
    def focus_target(self) -> Widget:
        """The record."""
        return self._record

    def question_for(self, view: CallPage, *, fresh: bool) -> Query[Found[CallDetail]]:
        """The call with its record."""

        def run(trail: Trail, _cancelled: Event) -> Found[CallDetail]:
            scope = view.state.scope
            return Found(trail.call(view.key, scope), Covered(trail.source_label, trail.coverage(scope.window)))

        return Query("view", run)

    def show(self, view: CallPage, found: Found[CallDetail], *, fresh: bool) -> None:
        """Show a call."""
        self.restore(view, found.value)

    def save(self) -> CallDetail | None:
        """The call."""
        return self.call

    def restore(self, view: CallPage, saved: Any) -> None:
        """Show a call."""
        if saved is None:
            return
        self.call = saved
        self.host.rename(safe(saved.event_name))
        belongs = f"at another door, {safe(saved.door)}" if saved.door else "which belongs to no session"
        self._title.update(f"{safe(saved.event_name)}, {belongs}")
        self._facts.show("", lone_call_facts(saved, self.host.clock, self.context.signs))
        self._caption.update(record_caption(saved))
        self._record.show(saved.record)

    def sql(self, scope: Scope) -> SqlQuestion:
        """This call alone."""
        return SqlQuestion("calls", of_session(scope, None, [self.call]) if self.call else scope)

    def action_copy_record(self) -> None:
        """Copy the record."""
        if self.call is not None:
            self.host.copy(safe_json(self.call.record))

    def can_step(self) -> bool:
        """Where the page was opened from a list."""
        return self.host.can_step()

    def action_step(self, by: int) -> None:
        """See the page of the row beside this one."""
        self.host.step(by)
