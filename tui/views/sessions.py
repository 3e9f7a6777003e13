"""Sessions and calls: the list that the app begins with; Enter opens a session."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType

from ssmtrail.tui.frame.evidence_text import (
    beginning_fact,
    conflict_fact,
    ending,
    evidence_facts,
    integrity_fact,
    length_cell,
    omission_fact,
    person_sign,
    started_cell,
)
from ssmtrail.tui.frame.list_pane import ListPane
from ssmtrail.tui.frame.lists_text import (
    ColumnSpec,
    exact,
    machine_cells,
    machine_columns,
    machine_label,
    person_column,
    quiet,
    safe_or,
)
from ssmtrail.tui.frame.policy_text import policy_facts, verdict_cell
from ssmtrail.tui.list_view import ListView
from ssmtrail.tui.pages import CallPage, SessionPage
from ssmtrail.widgets.table import Column, TableRow
from ssmtrail.widgets.text import safe, shorten_middle

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from ssmtrail.queries.model import QuestionName
    from ssmtrail.tui.frame.lists_text import Display, Record
    from ssmtrail.tui.signs import Signs
    from ssmtrail.tui.text import Clock
    from ssmtrail.tui.view_state import View, ViewState
    from ssmtrail.widgets.table import Cell

    Facts = Sequence[tuple[str, Cell]]


def session_columns(clock: Clock, *, has_policy: bool = False) -> Sequence[ColumnSpec]:
    """The columns of the list, in the order of the screen; the least needed go first where it is narrow."""
    verdict = ColumnSpec(Column("policy", "Policy", 9, priority=1), sort="policy", source="policy", filter="policy")
    return (
        ColumnSpec(Column("started", "Started", clock.width), sort="at", source="started_at"),
        ColumnSpec(
            Column("length", "Length", 8, right=True), sort="length_seconds", source="length_seconds", filter="end"
        ),
        person_column(),
        *machine_columns(id_priority=5),
        ColumnSpec(Column("env", "Env", 5, priority=2), sort="environment", source="environment", filter="env"),
        ColumnSpec(Column("kind", "Kind", 11), sort="kind", source="kind", filter="kind"),
        *((verdict,) if has_policy else ()),
        ColumnSpec(
            Column("destination", "Destination", 12, flex=3, shorten="host", priority=3, max_width=40),
            sort="destination",
            source="destination",
            filter="dest",
        ),
        ColumnSpec(Column("from", "From", 15, priority=4), sort="source_ip", source="source_ip", filter="ip"),
        ColumnSpec(Column("reason", "Reason", 12, flex=2, priority=6), sort="reason", source="reason", filter="reason"),
        ColumnSpec(Column("role", "Role", 14, flex=1, priority=7), sort="role", source="role", filter="role"),
        ColumnSpec(Column("account", "Account", 12, priority=8), sort="account", source="account", filter="account"),
    )


def session_row(row: Record, clock: Clock, signs: Signs) -> TableRow:
    """One session as a row of the list."""
    machine, target = machine_cells(row, signs)
    return TableRow(
        key=row.text("key") or "",
        cells={
            "started": started_cell(row, clock, signs),
            "length": length_cell(row, signs),
            "person": safe_or(row.text("person_shown") or row.text("person"), signs.unsure),
            "machine": machine,
            "target": target,
            "env": quiet(row.text("environment")),
            "kind": kind_cell(row, signs),
            "policy": verdict_cell(row),
            "destination": quiet(destination_text(row), style=""),
            "from": quiet(row.text("source_ip"), style=""),
            "reason": quiet(row.text("reason"), style=""),
            "role": quiet(row.text("role")),
            "account": quiet(row.text("account")),
        },
        mark=mark_cell(row, signs),
        signs={"person": person_sign(row, signs)},
    )


def kind_cell(row: Record, signs: Signs) -> Cell:
    """The kind with its sign."""
    kind = row.text("kind")
    known = signs.kind(kind)
    if row.yes("is_omitted"):
        return (f"{signs.unsure} omitted", "warn")
    return (known, "warn") if known == signs.unsure else known


def destination_text(row: Record) -> str | None:
    """Where it led; a port that the call did not name is said to be the document's default."""
    destination = row.text("destination")
    return f"{destination} (default)" if destination and row.yes("is_default_port") else destination


_ALTERED = frozenset({"changed", "missing", "unsigned"})


def mark_cell(row: Record, signs: Signs) -> Cell:
    """The one sign for what an auditor should see: refused, against the policy, altered, a conflict, and so on."""
    status = row.text("status")
    if status in ("denied", "failed"):
        return (signs.bad, "bad")
    if row.text("policy") == "violation":
        return ("!", "bad")
    if row.text("integrity") in _ALTERED:
        return ("!", "bad")
    if row.text("conflict"):
        return (signs.conflict, "warn")
    if status in ("orphan", "reported-only"):
        return (signs.unsure, "warn")
    return (signs.first, "accent") if row.yes("first_ever") else ""


def call_columns(clock: Clock) -> Sequence[ColumnSpec]:
    """The columns of the list, in the order of the screen; the least needed go first where it is narrow."""
    return (
        ColumnSpec(Column("time", "Time", clock.width), sort="at", source="event_time"),
        ColumnSpec(Column("call", "Call", 16), sort="event_name", source="event_name", filter="event"),
        ColumnSpec(Column("status", "Outcome", 7), sort="status", source="status", filter="status"),
        person_column(),
        *machine_columns(id_priority=6),
        ColumnSpec(Column("kind", "Kind", 11, priority=4), sort="kind", source="kind", filter="kind"),
        ColumnSpec(Column("from", "From", 15, priority=2), sort="source_ip", source="source_ip", filter="ip"),
        ColumnSpec(
            Column("error", "Error", 14, flex=2, priority=3), sort="error_code", source="error_code", filter="error"
        ),
        ColumnSpec(
            Column("session", "Session", 14, flex=2, shorten="middle", priority=5),
            sort="session_id",
            source="session_id",
            filter="session",
        ),
        ColumnSpec(Column("role", "Role", 14, flex=1, priority=7), sort="role", source="role", filter="role"),
        ColumnSpec(Column("account", "Account", 12, priority=8), sort="account", source="account", filter="account"),
    )


def call_row(row: Record, clock: Clock, signs: Signs) -> TableRow:
    """One call as a row of the list."""
    at = row.time("event_time")
    machine, target = machine_cells(row, signs)
    bad = row.text("status") in ("denied", "failed")
    return TableRow(
        key=row.text("key") or "",
        cells={
            "time": clock.row(at) if at else (signs.unsure, "warn"),
            "call": safe(row.text("event_name") or ""),
            "status": outcome_cell(row),
            "person": safe_or(row.text("person_shown") or row.text("person"), signs.unsure),
            "machine": machine,
            "target": target,
            "kind": kind_cell(row, signs),
            "from": quiet(row.text("source_ip"), style=""),
            "error": quiet(row.text("error_code"), style="bad"),
            "session": quiet(row.text("session_id")),
            "role": quiet(row.text("role")),
            "account": quiet(row.text("account")),
        },
        mark=(signs.bad, "bad") if bad else (signs.conflict, "warn") if row.text("conflict") else "",
        signs={"person": person_sign(row, signs)},
    )


def outcome_cell(row: Record) -> Cell:
    """The call's own outcome; a good one is quiet."""
    status = row.text("status") or "unknown"
    return (status, "bad") if status in ("denied", "failed") else (safe(status), "muted")


#: Label and column; an empty label parts the groups.
_SESSION = (
    ("reason", "reason"),
    ("", ""),
    ("person", "person_shown"),
    ("known by", "person_evidence"),
    ("identity", "identity_arn"),
    ("type", "identity_type"),
    ("role", "role"),
    ("from", "source_ip"),
    ("with", "user_agent"),
    ("via", "via"),
    ("MFA", "mfa"),
    ("console", "from_console"),
    ("", ""),
    ("machine", "target_name"),
    ("id", "target"),
    ("platform", "target_kind"),
    ("env", "environment"),
    ("account", "account"),
    ("region", "region"),
    ("", ""),
    ("kind", "kind"),
    ("document", "document"),
    ("to", "destination"),
    ("command", "command"),
    ("omitted", "is_omitted"),
    ("access", "access_type"),
    ("resumes", "resumes"),
    ("session", "session_id"),
    ("conflict", "conflict"),
    ("policy", "policy"),
    ("integrity", "integrity"),
    ("calls", "event_ids"),
)
_CALL = (
    ("call", "event_name"),
    ("outcome", "status"),
    ("error", "error_code"),
    ("message", "error_message"),
    ("", ""),
    ("person", "person_shown"),
    ("known by", "person_evidence"),
    ("identity", "identity_arn"),
    ("type", "identity_type"),
    ("role", "role"),
    ("from", "source_ip"),
    ("with", "user_agent"),
    ("via", "via"),
    ("", ""),
    ("machine", "target_name"),
    ("named by", "name_source"),
    ("id", "target"),
    ("platform", "target_kind"),
    ("env", "environment"),
    ("account", "account"),
    ("region", "region"),
    ("resource", "resource_arn"),
    ("", ""),
    ("kind", "kind"),
    ("document", "document"),
    ("to", "destination"),
    ("reason", "reason"),
    ("session", "session_id"),
    ("conflict", "conflict"),
    ("integrity", "integrity"),
    ("event", "event_id"),
)


def panel_facts(name: QuestionName, row: Record, clock: Clock, signs: Signs) -> Facts:
    """Everything known of a session or a call, for the side panel."""
    return _call_facts(row, clock, signs) if name == "calls" else _session_facts(row, clock, signs)


def _session_facts(row: Record, clock: Clock, signs: Signs) -> Facts:
    facts: list[tuple[str, Cell]] = [beginning_fact(row, clock), ("ended", ending(row, clock))]
    if row.number("length_seconds") is not None:
        facts.append(("length", length_cell(row, signs)))
    alive = row.time("alive_at")
    if alive is not None and alive != row.time("started_at"):
        facts.append(("alive at", clock.exact(alive)))
    if row.text("error_message"):
        facts.append(("message", (safe(row.text("error_message") or ""), "bad")))
    if row.yes("first_ever"):
        facts.append(("first ever", "no earlier session of this person on this machine is in the data"))
    return facts + _plain(_SESSION, row, signs)


def _call_facts(row: Record, clock: Clock, signs: Signs) -> Facts:
    at = row.time("event_time")
    time: tuple[str, Cell] = ("time", clock.exact(at) if at else (signs.unsure, "warn"))
    return [time, *_plain(_CALL, row, signs)]


def _plain(plan: Sequence[tuple[str, str]], row: Record, signs: Signs) -> list[tuple[str, Cell]]:
    return [fact for label, column in plan for fact in _fact(label, column, row, signs)]


def _fact(label: str, column: str, row: Record, signs: Signs) -> Facts:
    match column:
        case "person_evidence":
            return evidence_facts(row, signs)
        case "conflict":
            return conflict_fact(row)
        case "integrity":
            return integrity_fact(row)
        case "policy":
            return policy_facts(row)
        case "is_omitted":
            return omission_fact(row)
        case "via" | "access_type" if row.text(column) is None:
            return []
        case "destination" if row.text(column):
            return [(label, safe(destination_text(row) or ""))]
    value = row.raw(column) if column else ""
    if isinstance(value, tuple):
        return [(label if not index else "", (safe(part), "muted")) for index, part in enumerate(value)]
    return [(label, _value(column, row, signs) if column else "")]


def _value(column: str, row: Record, signs: Signs) -> Cell:
    value = row.raw(column)
    if value is None or value == "":
        return (_UNKNOWN.get(column, signs.dash), _UNKNOWN_STYLE.get(column, "muted"))
    text = safe(exact(value))
    return (text, "bad") if column in _BAD or (column, text) in _BAD_VALUES else text


_UNKNOWN = {"mfa": "not recorded", "from_console": "not recorded", "target": "?", "person_shown": "?"}
_UNKNOWN_STYLE = {"target": "warn", "person_shown": "warn"}
_BAD = frozenset({"error_code", "error_message"})
_BAD_VALUES = frozenset({("status", "denied"), ("status", "failed")})


class SessionsPane(ListPane):
    """Sessions by default; `c` shows the calls that they are made of."""

    TAB = True
    STEPS = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "as_of", "as of", show=False, tooltip="Who was on this machine at that time", id="go.as-of"),
        Binding(
            "t",
            "as_of_typed",
            "as of a time",
            show=False,
            id="go.as-of-typed",
            tooltip="Who was on this machine at a time that you type",
        ),
    ]

    @classmethod
    def first(cls, state: ViewState) -> ListView:
        """Sessions, or calls, newest first."""
        return ListView.of(state)

    def columns(self, display: Display) -> Sequence[ColumnSpec]:
        """The columns of sessions, or of calls."""
        if display.measure == "calls":
            return call_columns(display.clock)
        return session_columns(display.clock, has_policy=display.has_policy)

    def table_row(self, record: Record, display: Display) -> TableRow:
        """One session, or one call."""
        row = call_row if display.measure == "calls" else session_row
        return row(record, display.clock, display.signs)

    def facts(self, record: Record, display: Display) -> Sequence[tuple[str, Cell]]:
        """Everything known of a session, or of a call."""
        return panel_facts(display.measure, record, display.clock, display.signs)

    def toggled_measure(self, view: ListView) -> ListView:
        """The other measure; the cursor goes to the call that began the session, or to the call's session."""
        record = self.record
        if record is not None:
            self.stay_on(record.text("session_key") if self.state.measure == "calls" else record.text("key"))
        return view.over(view.state.measured())

    def page_of(self, state: ViewState, key: str, record: Record) -> tuple[View, str]:
        """The session, with the cursor on the call; a call of no session has a page of its own."""
        is_call = record.text("event_id") is not None
        session = record.text("session_key") if is_call else key
        if session is None:
            return CallPage(state, key), "a call"
        event = key if is_call else None
        return SessionPage(state, session, event, record.time("at")), self.context.signs.more

    def can_as_of(self) -> bool | None:
        """For a row with a machine."""
        return True if self.record and self.record.text("target") else None

    can_as_of_typed = can_as_of

    def action_as_of(self) -> None:
        """Open the row's machine as it was then: at the start of the session, at the time of the call."""
        record = self.record
        if record is not None:
            self._open_as_of(record, record.time("at"))

    def action_as_of_typed(self) -> None:
        """Ask for a moment, and open the row's machine as it was then."""
        from ssmtrail.tui.frame.prompt import PromptScreen  # imported late: imports cost start-up time
        from ssmtrail.tui.typed_moment import typed_moment

        record, zone = self.record, self.host.clock.zone
        about = record.time("at") if record is not None else None
        if record is None or about is None:
            return

        def entered(moment: datetime | None) -> None:
            if moment is not None:
                self._open_as_of(record, moment)

        title, hint = (
            f"Who was on {shorten_middle(machine_label(record), 40)} at",
            "21 Nov 12:12, tuesday-14:00, yesterday",
        )
        read = partial(typed_moment, about=about, zone=zone)
        self.host.dialog(PromptScreen(title, hint, "Enter goes there", read), entered)

    def _open_as_of(self, record: Record, moment: datetime | None) -> None:
        self.stay_on(None)
        self.host.open_machine(record.text("target"), machine_label(record), moment)
