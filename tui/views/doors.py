"""Doors: sessions and calls of other doors on one time line, each visit once; Enter opens the session or the call."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.filters import without_foreign
from ssmtrail.tui.frame.list_pane import ListPane
from ssmtrail.tui.frame.lists_text import (
    ColumnSpec,
    exact,
    machine_cells,
    machine_columns,
    person_column,
    quiet,
    safe_or,
)
from ssmtrail.tui.list_view import BY_TIME, ListView
from ssmtrail.tui.pages import CallPage, SessionPage, SqlQuestion
from ssmtrail.widgets.table import Column, TableRow
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ssmtrail.queries.model import Scope
    from ssmtrail.tui.frame.lists_text import Display, Record
    from ssmtrail.tui.signs import Signs
    from ssmtrail.tui.text import Clock
    from ssmtrail.tui.view_state import View, ViewState
    from ssmtrail.widgets.table import Cell

#: Doors that are no way in.
_NO_VISITS: Final = frozenset({"access-request", "access-token", "access-signal", "control"})
#: Label and column; an empty label parts the groups.
_FACTS: Final = (
    ("door", "door"),
    ("kind", "kind"),
    ("call", "event_name"),
    ("outcome", "status"),
    ("error", "error_code"),
    ("message", "error_message"),
    ("says", "detail"),
    ("reason", "reason"),
    ("to", "destination"),
    ("", ""),
    ("person", "person_shown"),
    ("known by", "person_evidence"),
    ("claimed", "claimed_name"),
    ("identity", "identity_arn"),
    ("role", "role"),
    ("from", "source_ip"),
    ("by way of", "via"),
    ("with", "user_agent"),
    ("", ""),
    ("machine", "target_name"),
    ("id", "target"),
    ("machines", "target_ids"),
    ("env", "environment"),
    ("account", "account"),
    ("region", "region"),
    ("", ""),
    ("session", "session_id"),
    ("event", "event_id"),
)


def door_columns(clock: Clock) -> Sequence[ColumnSpec]:
    """The columns of the list, in the order of the screen; the least needed go first where it is narrow."""
    detail = Column("detail", "Detail", 14, flex=4, priority=2, max_width=90)
    return (
        ColumnSpec(Column("at", "At", clock.width), sort="at", source="at"),
        ColumnSpec(Column("way", "Way", 18), sort="door", source="door", filter="door"),
        ColumnSpec(Column("status", "Outcome", 7), sort="status", source="status", filter="status"),
        person_column(),
        *machine_columns(id_priority=5),
        ColumnSpec(detail, sort="detail", source="detail"),
        ColumnSpec(Column("from", "From", 15, priority=3), sort="source_ip", source="source_ip", filter="ip"),
        ColumnSpec(Column("role", "Role", 14, flex=1, priority=7), sort="role", source="role", filter="role"),
        ColumnSpec(Column("account", "Account", 12, priority=6), sort="account", source="account", filter="account"),
    )


def door_row(row: Record, clock: Clock, signs: Signs) -> TableRow:
    """One visit as a row of the list."""
    at, status = row.time("at"), row.text("status")
    machine, target = machine_cells(row, signs)
    if row.text("target") is None and (machines := row.texts("target_ids")):
        machine = f"{len(machines):,} machines"
    elif row.text("target") is None and row.text("door"):
        machine = ""  # the detail says what the call names
    bad = status in ("denied", "failed")
    return TableRow(
        key=row.text("key") or "",
        cells={
            "at": clock.row(at) if at else (signs.unsure, "warn"),
            "way": way_cell(row, signs),
            "status": (safe(status or ""), "bad" if bad else "warn" if status == "orphan" else "muted"),
            "person": safe_or(row.text("person_shown"), signs.unsure),
            "machine": machine,
            "target": target,
            "detail": quiet(row.text("detail") or row.text("destination") or row.text("reason"), style=""),
            "from": quiet(row.text("source_ip"), style=""),
            "role": quiet(row.text("role")),
            "account": quiet(row.text("account")),
        },
        mark=(signs.bad, "bad") if bad else (signs.conflict, "warn") if row.text("conflict") else "",
    )


def way_cell(row: Record, signs: Signs) -> Cell:
    """The other door, or the kind of a session; what is no way in is muted."""
    door = row.text("door")
    if door is None:
        kind = signs.kind(row.text("kind"))
        return (kind, "warn") if kind == signs.unsure else kind
    return (f"  {safe(door)}", "muted") if door in _NO_VISITS else f"  {safe(door)}"


def door_facts(row: Record, clock: Clock, signs: Signs) -> Sequence[tuple[str, Cell]]:
    """Everything known of a visit, for the side panel."""
    at = row.time("at")
    facts: list[tuple[str, Cell]] = [("time", clock.exact(at) if at else (signs.unsure, "warn"))]
    for label, column in _FACTS:
        value = row.raw(column) if column else ""
        if not label:
            facts.append(("", ""))
        elif isinstance(value, tuple):
            if len(value) > 1:
                facts += [(label if not number else "", safe(part)) for number, part in enumerate(value)]
        elif value is not None:
            text = safe(exact(value))
            facts.append((label, (text, "bad") if column in ("error_code", "error_message") else text))
    return facts


class DoorsPane(ListPane):
    """All ways in, newest first."""

    TAB = True
    STEPS = True

    @classmethod
    def first(cls, state: ViewState) -> ListView:
        """Visits, newest first."""
        return ListView(state, "visits", BY_TIME)

    def columns(self, display: Display) -> Sequence[ColumnSpec]:
        """The columns of visits."""
        return door_columns(display.clock)

    def table_row(self, record: Record, display: Display) -> TableRow:
        """One visit."""
        return door_row(record, display.clock, display.signs)

    def facts(self, record: Record, display: Display) -> Sequence[tuple[str, Cell]]:
        """Everything known of a visit."""
        return door_facts(record, display.clock, display.signs)

    def sql(self, scope: Scope) -> SqlQuestion:
        """The calls of sessions: other doors are no question to the table."""
        return SqlQuestion("calls", replace(scope, filter=without_foreign(scope.filter, "calls")))

    def page_of(self, state: ViewState, key: str, record: Record) -> tuple[View, str]:
        """The session that the visit is, or the call's record."""
        session = record.text("session_key")
        if session is not None:
            return SessionPage(state, session, None, record.time("at")), self.context.signs.more
        return CallPage(state, key), "a call"
