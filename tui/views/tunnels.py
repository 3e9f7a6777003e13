"""Tunnels: the list of destinations, and the page of one with who reached it through which machine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from textual.content import Content

from ssmtrail.queries.drills import of_tunnel, of_tunnels, tunnel_of
from ssmtrail.tui.frame.list_pane import ListPane
from ssmtrail.tui.frame.lists_text import (
    ColumnSpec,
    Record,
    count_columns,
    counts,
    denied_column,
    failed_column,
    number_column,
    quiet,
    seen,
    seen_columns,
    seen_facts,
)
from ssmtrail.tui.list_view import ListView
from ssmtrail.tui.pages import SqlQuestion
from ssmtrail.tui.views.pairs import PairsPane
from ssmtrail.widgets.table import Column, TableRow
from ssmtrail.widgets.table_layout import split_cell
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ssmtrail.queries.model import Measure, Scope
    from ssmtrail.tui.frame.lists_text import Display
    from ssmtrail.tui.signs import Signs
    from ssmtrail.tui.text import Clock
    from ssmtrail.tui.view_state import ViewState
    from ssmtrail.widgets.table import Cell

UNKNOWN_DESTINATION: Final = "unknown destination"
_LEADS: Final = {
    "port-forward": "to a port of the machine itself",
    "remote-port-forward": "through the machine to another host",
}


def tunnel_columns(clock: Clock, measure: Measure) -> Sequence[ColumnSpec]:
    """The columns of the list, in the order of the screen; the least needed go first where it is narrow."""
    destination = Column("destination", "Destination", 24, flex=3, shorten="host", max_width=72)
    return (
        ColumnSpec(destination, sort="destination", source="destination", filter="dest"),
        *count_columns(measure),
        denied_column(priority=3),
        failed_column(priority=4),
        number_column("people", "People"),
        number_column("targets", "Machines"),
        *seen_columns(clock, first_priority=4),
        ColumnSpec(Column("kind", "Kind", 19, priority=5), sort="kind", source="kind", filter="kind"),
    )


def tunnel_row(row: Record, clock: Clock, signs: Signs) -> TableRow:
    """One destination as a row of the list; the mark shows refusals where their column has no room."""
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
        *((name, cells[name]) for name in ("sessions", "calls", "denied", "failed", "people")),
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


@dataclass(frozen=True, slots=True)
class TunnelPage(ListView):
    """Who reached a destination, through which machine."""

    tunnel: Record = field(default_factory=lambda: Record({}))
    """The destination's row of `tunnels`."""

    @property
    def pane(self) -> str:
        """The pane that shows it."""
        return "tunnel"


class TunnelsPane(ListPane):
    """One row a destination and kind; Enter opens who reached it."""

    TAB = True

    @classmethod
    def first(cls, state: ViewState) -> ListView:
        """The destinations, those most reached first."""
        return ListView.counting(state, "tunnels")

    def columns(self, display: Display) -> Sequence[ColumnSpec]:
        """The columns of tunnels."""
        return tunnel_columns(display.clock, display.measure)

    def table_row(self, record: Record, display: Display) -> TableRow:
        """One destination."""
        return tunnel_row(record, display.clock, display.signs)

    def facts(self, record: Record, display: Display) -> Sequence[tuple[str, Cell]]:
        """Everything known of a destination."""
        return tunnel_facts(record, display.clock, display.signs)

    def sql(self, scope: Scope) -> SqlQuestion:
        """The calls of tunnels: destinations are no founding question of their own."""
        return SqlQuestion("calls", of_tunnels(scope))

    def open_row(self, key: str, record: Record) -> None:
        """Open who reached it, through which machine."""
        state = self.host.into(of_tunnel(self.scope, *tunnel_of(key)))
        pairs = ListView.counting(state, "pairs")
        self.host.open(TunnelPage(state, pairs.name, pairs.sort, record), destination_label(record))


class TunnelPane(PairsPane):
    """The pairs of one destination."""

    def title(self, view: ListView) -> Content | str:
        """The destination, whole."""
        return tunnel_title(view.tunnel, self.context.signs) if isinstance(view, TunnelPage) else ""
