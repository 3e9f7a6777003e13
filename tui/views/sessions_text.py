"""The lists of sessions and of calls: columns, rows, and how a session ended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ssmtrail.tui.text import length
from ssmtrail.tui.views.lists_text import ColumnSpec, machine_cells, machine_columns, person_column, quiet, safe_or
from ssmtrail.widgets.table import Column, TableRow
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ssmtrail.tui.signs import Signs
    from ssmtrail.tui.text import Clock
    from ssmtrail.tui.views.lists_text import Record
    from ssmtrail.widgets.table import Cell


def session_columns(clock: Clock) -> Sequence[ColumnSpec]:
    """The columns of the list, in the order of the screen; the least needed go first where it is narrow."""
    return (
        ColumnSpec(Column("started", "Started", clock.width), sort="at", source="started_at"),
        ColumnSpec(
            Column("length", "Length", 8, right=True), sort="length_seconds", source="length_seconds", filter="end"
        ),
        person_column(),
        *machine_columns(id_priority=5),
        ColumnSpec(Column("env", "Env", 5, priority=2), sort="environment", source="environment", filter="env"),
        ColumnSpec(Column("kind", "Kind", 9), sort="kind", source="kind", filter="kind"),
        ColumnSpec(
            Column("destination", "Destination", 12, flex=3, shorten="middle", priority=3, max_width=40),
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
            "started": _started(row, clock, signs),
            "length": length_cell(row, signs),
            "person": safe_or(row.text("person_shown") or row.text("person"), signs.unsure),
            "machine": machine,
            "target": target,
            "env": quiet(row.text("environment")),
            "kind": kind_cell(row, signs),
            "destination": quiet(row.text("destination"), style=""),
            "from": quiet(row.text("source_ip"), style=""),
            "reason": quiet(row.text("reason"), style=""),
            "role": quiet(row.text("role")),
            "account": quiet(row.text("account")),
        },
        mark=mark_cell(row, signs),
    )


def _started(row: Record, clock: Clock, signs: Signs) -> Cell:
    started, at = row.time("started_at"), row.time("at")
    if started is not None:
        return clock.row(started)
    if at is None:
        return (signs.unsure, "warn")
    # Its start is not in the data: at the latest it was the first call's time, to the minute so that it fits.
    return (f"{signs.at_most} {clock.row(at)[:-3]}", "warn")


def length_cell(row: Record, signs: Signs) -> Cell:
    """How long a session was, or why that cannot be said."""
    status, evidence, seconds = row.text("status"), row.text("end_evidence"), row.number("length_seconds")
    if status in ("denied", "failed"):
        return (status, "bad")
    if evidence == "no-shell":
        return ("no shell", "muted")
    if seconds is None:
        return (signs.unsure, "warn")
    if row.time("ended_at") is None:
        return (f"{signs.at_least} {length(seconds)}", "warn")
    return length(seconds)


def kind_cell(row: Record, signs: Signs) -> Cell:
    """The kind with its sign."""
    kind = row.text("kind")
    known = signs.kind(kind)
    return (known, "warn") if known == signs.unsure else known


def mark_cell(row: Record, signs: Signs) -> Cell:
    """The one sign for what an auditor should see: denied or failed, start not in the data, first ever."""
    status = row.text("status")
    if status in ("denied", "failed"):
        return (signs.bad, "bad")
    if status == "orphan":
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
        ColumnSpec(Column("kind", "Kind", 9, priority=4), sort="kind", source="kind", filter="kind"),
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
        mark=(signs.bad, "bad") if bad else "",
    )


def outcome_cell(row: Record) -> Cell:
    """The call's own outcome; a good one is quiet."""
    status = row.text("status") or "unknown"
    return (status, "bad") if status in ("denied", "failed") else (safe(status), "muted")


_SILENT = "A session closed by exit or by timeout leaves no call."


def ending(row: Record, clock: Clock) -> Cell:
    """The end of a session and its proof; amber where it is not known for sure."""
    if row.text("status") in ("denied", "failed"):
        return (_never_began(row), "bad")
    evidence, ended = row.text("end_evidence"), row.time("ended_at")
    if evidence == "no-shell":
        return "at once: started and terminated within two seconds by the same client. Nobody got a shell."
    if evidence in ("terminated", "reported") and ended is not None:
        proof = f"by a TerminateSession call{_by(row)}" if evidence == "terminated" else "as Session Manager reported"
        return f"{clock.exact(ended)}, {proof}"
    alive = row.time("alive_at")
    if evidence == "alive-at" and alive is not None:
        return (f"not recorded. It was alive at {clock.exact(alive)}. {_SILENT}", "warn")
    return (f"not recorded. {_SILENT}", "warn")


def _by(row: Record) -> str:
    who = row.text("ended_by")
    if who is None:
        return ""
    return f" of {safe(who)}" + ("" if who == row.text("person") else ", somebody else")


def _never_began(row: Record) -> str:
    verb = "denied" if row.text("status") == "denied" else "refused"
    code = row.text("error_code")
    return f"it never began: the start was {verb}" + (f", {safe(code)}" if code else "")


def beginning(row: Record, clock: Clock) -> Cell:
    """The start of a session; for one whose start is not in the data, the latest it can have been."""
    started, at = row.time("started_at"), row.time("at")
    if started is not None:
        return clock.exact(started)
    if at is None:
        return ("not in the data", "warn")
    return (f"not in the data; at the latest {clock.exact(at)}", "warn")
