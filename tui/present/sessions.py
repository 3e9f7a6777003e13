"""The list of sessions: its columns and its rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.present.listing import Listed, machine_cells, machine_columns, person_column, quiet, safe_or
from tui.present.words import length
from widgets.rows_table import Column, TableRow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui.present.record import Record
    from tui.present.signs import Signs
    from tui.present.times import Clock
    from widgets.rows_table import Cell


def session_columns(clock: Clock) -> Sequence[Listed]:
    """The columns of the list, in the order of the screen; the least needed go first where it is narrow."""
    return (
        Listed(Column("started", "Started", clock.width), sort="at", source="started_at"),
        Listed(Column("length", "Length", 8, right=True), sort="length_seconds", source="length_seconds", filter="end"),
        person_column(),
        *machine_columns(id_priority=5),
        Listed(Column("env", "Env", 5, priority=2), sort="environment", source="environment", filter="env"),
        Listed(Column("kind", "Kind", 9), sort="kind", source="kind", filter="kind"),
        Listed(
            Column("destination", "Destination", 12, flex=3, shorten="middle", priority=3, max_width=40),
            sort="destination",
            source="destination",
            filter="dest",
        ),
        Listed(Column("from", "From", 15, priority=4), sort="source_ip", source="source_ip", filter="ip"),
        Listed(Column("reason", "Reason", 12, flex=2, priority=6), sort="reason", source="reason", filter="reason"),
        Listed(Column("role", "Role", 14, flex=1, priority=7), sort="role", source="role", filter="role"),
        Listed(Column("account", "Account", 12, priority=8), sort="account", source="account", filter="account"),
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
