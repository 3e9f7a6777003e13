"""Machines: the list of what sessions were opened on; Enter opens the page of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ssmtrail.queries.drills import target_of
from ssmtrail.tui.frame.list_pane import ListPane
from ssmtrail.tui.frame.lists_text import (
    ColumnSpec,
    account_cell,
    account_column,
    count_columns,
    counts,
    denied_column,
    failed_column,
    machine_cell,
    machine_label,
    number_column,
    quiet,
    seen,
    seen_columns,
    seen_facts,
)
from ssmtrail.tui.list_view import ListView
from ssmtrail.widgets.table import Column, TableRow
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ssmtrail.queries.model import Measure
    from ssmtrail.tui.frame.lists_text import Display, Record
    from ssmtrail.tui.signs import Signs
    from ssmtrail.tui.text import Clock
    from ssmtrail.tui.view_state import ViewState
    from ssmtrail.widgets.table import Cell


def instance_columns(clock: Clock, measure: Measure, accounts: Mapping[str, str]) -> Sequence[ColumnSpec]:
    """The columns of the list, in the order of the screen; the least needed go first where it is narrow."""
    name = Column("machine", "Machine", 16, flex=2, shorten="middle", max_width=30)
    target = Column("target", "", 9, flex=1, shorten="middle", priority=3, max_width=20)
    return (
        ColumnSpec(name, sort="target_name", source="target_name", filter="target", fallback="target"),
        ColumnSpec(target, sort="target", source="target", filter="target"),
        ColumnSpec(Column("env", "Env", 6, priority=1), sort="environment", source="environment", filter="env"),
        *count_columns(measure),
        denied_column(),
        failed_column(priority=5),
        number_column("people", "People"),
        *seen_columns(clock, first_priority=4),
        ColumnSpec(
            Column("kind", "Kind", 7, priority=7), sort="target_kind", source="target_kind", filter="targetkind"
        ),
        ColumnSpec(Column("region", "Region", 14, priority=6), sort="region", source="region", filter="region"),
        account_column(accounts, priority=5),
    )


def instance_row(row: Record, clock: Clock, signs: Signs, accounts: Mapping[str, str]) -> TableRow:
    """One machine as a row of the list; beside a name its id."""
    return TableRow(
        key=row.text("key") or "",
        cells={
            "machine": machine_cell(row, signs, clock),
            "target": quiet(row.text("target") if row.text("target_name") else None),
            "env": quiet(row.text("environment")),
            **counts(row, signs, "people"),
            **seen(row, clock),
            "kind": quiet(row.text("target_kind")),
            "region": quiet(row.text("region")),
            "account": account_cell(row.text("account"), accounts),
        },
    )


def instance_facts(row: Record, clock: Clock, signs: Signs, accounts: Mapping[str, str]) -> Sequence[tuple[str, Cell]]:
    """Everything known of a machine, for the side panel."""
    cells = instance_row(row, clock, signs, accounts).cells
    target, absent = row.text("target"), (signs.dash, "muted")
    return [
        ("machine", cells["machine"]),
        ("id", safe(target) if target else (signs.unsure, "warn")),
        ("env", cells["env"] or absent),
        ("platform", cells["kind"] or absent),
        *([("terminated", clock.row(gone).strip())] if (gone := row.time("terminated_at")) else []),
        ("region", cells["region"] or absent),
        ("account", cells["account"] or absent),
        ("", ""),
        *((name, cells[name]) for name in ("sessions", "calls", "denied", "failed", "people")),
        ("", ""),
        *seen_facts(row, clock),
    ]


class MachinesPane(ListPane):
    """One row a machine, one for sessions whose machine is unknown."""

    TAB = True

    @classmethod
    def first(cls, state: ViewState) -> ListView:
        """The machines, those most used first."""
        return ListView.counting(state, "instances")

    def columns(self, display: Display) -> Sequence[ColumnSpec]:
        """The columns of machines."""
        return instance_columns(display.clock, display.measure, display.accounts)

    def table_row(self, record: Record, display: Display) -> TableRow:
        """One machine."""
        return instance_row(record, display.clock, display.signs, display.accounts)

    def facts(self, record: Record, display: Display) -> Sequence[tuple[str, Cell]]:
        """Everything known of a machine."""
        return instance_facts(record, display.clock, display.signs, display.accounts)

    def open_row(self, key: str, record: Record) -> None:
        """Open the machine's page."""
        self.host.open_machine(target_of(key), machine_label(record))
