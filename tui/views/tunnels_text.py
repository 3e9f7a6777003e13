"""The list of tunnels: its columns, its rows, everything known of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.content import Content

from ssmtrail.tui.views.lists_text import (
    ColumnSpec,
    count_columns,
    counts,
    denied_column,
    number_column,
    quiet,
    seen,
    seen_columns,
    seen_facts,
)
from ssmtrail.widgets.table import Column, TableRow
from ssmtrail.widgets.table_layout import split_cell
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ssmtrail.queries.model import Measure
    from ssmtrail.tui.signs import Signs
    from ssmtrail.tui.text import Clock
    from ssmtrail.tui.views.lists_text import Record
    from ssmtrail.widgets.table import Cell

UNKNOWN_DESTINATION: Final = "unknown destination"
_LEADS: Final = {
    "port-forward": "to a port of the machine itself",
    "remote-port-forward": "through the machine to another host",
}


def tunnel_columns(clock: Clock, measure: Measure) -> Sequence[ColumnSpec]:
    """The columns of the list, in the order of the screen; the least needed go first where it is narrow."""
    destination = Column("destination", "Destination", 24, flex=3, shorten="middle", max_width=72)
    return (
        ColumnSpec(destination, sort="destination", source="destination", filter="dest"),
        *count_columns(measure),
        denied_column(priority=3),
        number_column("people", "People"),
        number_column("targets", "Machines"),
        *seen_columns(clock, first_priority=4),
        ColumnSpec(Column("kind", "Kind", 19, priority=5), sort="kind", source="kind", filter="kind"),
    )


def tunnel_row(row: Record, clock: Clock, signs: Signs) -> TableRow:
    """One destination as a row of the list; the mark tells of refusals where their column has no room."""
    return TableRow(
        key=row.text("key") or "",
        cells={
            "destination": destination_cell(row, signs),
            **counts(row, signs, "people", "targets"),
            **seen(row, clock),
            "kind": quiet(row.text("kind")),
        },
        mark=(signs.bad, "bad") if row.number("denied") else "",
    )


def tunnel_facts(row: Record, clock: Clock, signs: Signs) -> Sequence[tuple[str, Cell]]:
    """Everything known of a destination, for the side panel."""
    cells = tunnel_row(row, clock, signs).cells
    return [
        ("to", cells["destination"]),
        ("kind", safe(row.text("kind") or signs.unsure)),
        ("leads", _LEADS.get(row.text("kind") or "", signs.dash)),
        ("", ""),
        *((name, cells[name]) for name in ("sessions", "calls", "denied", "people")),
        ("machines", cells["targets"]),
        ("", ""),
        *seen_facts(row, clock),
    ]


def destination_cell(row: Record, signs: Signs) -> Cell:
    """`host:port`; `? unknown destination` where none is recorded."""
    destination = row.text("destination")
    return safe(destination) if destination else (f"{signs.unsure} {UNKNOWN_DESTINATION}", "warn")


def tunnel_title(row: Record, signs: Signs) -> Content:
    """`orders.rds.internal:5432   remote-port-forward, through the machine to another host`."""
    kind = row.text("kind") or ""
    text, style = split_cell(destination_cell(row, signs))
    return Content.assemble(
        (text, "bold $text-warning" if style == "warn" else "bold"),
        f"   {safe(kind)}",
        (f", {_LEADS[kind]}" if kind in _LEADS else "", "$text-muted"),
    )


def destination_label(row: Record) -> str:
    """The destination in a breadcrumb, safe."""
    return safe(row.text("destination") or UNKNOWN_DESTINATION)
