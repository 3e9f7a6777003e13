"""The list of calls: its columns and its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.present.listing import Listed, machine_cells, machine_columns, person_column, quiet, safe_or
from tui.present.sessions import kind_cell
from widgets.rows_table import Column, TableRow
from widgets.safe_text import safe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui.present.record import Record
    from tui.present.signs import Signs
    from tui.present.times import Clock
    from widgets.rows_table import Cell


def call_columns(clock: Clock) -> Sequence[Listed]:
    """The columns of the list, in the order of the screen; the least needed go first where it is narrow."""
    return (
        Listed(Column("time", "Time", clock.width), sort="at", source="event_time"),
        Listed(Column("call", "Call", 16), sort="event_name", source="event_name", filter="event"),
        Listed(Column("status", "Outcome", 7), sort="status", source="status", filter="status"),
        person_column(),
        *machine_columns(id_priority=6),
        Listed(Column("kind", "Kind", 9, priority=4), sort="kind", source="kind", filter="kind"),
        Listed(Column("from", "From", 15, priority=2), sort="source_ip", source="source_ip", filter="ip"),
        Listed(
            Column("error", "Error", 14, flex=2, priority=3), sort="error_code", source="error_code", filter="error"
        ),
        Listed(
            Column("session", "Session", 14, flex=2, shorten="middle", priority=5),
            sort="session_id",
            source="session_id",
            filter="session",
        ),
        Listed(Column("role", "Role", 14, flex=1, priority=7), sort="role", source="role", filter="role"),
        Listed(Column("account", "Account", 12, priority=8), sort="account", source="account", filter="account"),
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
        mark=(signs.bad, "bad") if bad else "",
    )


def outcome_cell(row: Record) -> Cell:
    """The call's own outcome; a good one is quiet."""
    status = row.text("status") or "unknown"
    return (status, "bad") if status in ("denied", "failed") else (safe(status), "muted")
