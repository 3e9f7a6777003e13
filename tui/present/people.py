"""The list of people: its columns, its rows, everything known of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.present.counted import (
    account_cell,
    account_column,
    count_columns,
    counts,
    denied_column,
    number_column,
    person_cell,
    person_label,
    seen,
    seen_columns,
    seen_facts,
    several,
)
from tui.present.listing import Listed, person_column
from widgets.rows_table import Column, TableRow
from widgets.safe_text import safe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from queries.values import Measure
    from tui.present.record import Record
    from tui.present.signs import Signs
    from tui.present.times import Clock
    from widgets.rows_table import Cell


def people_columns(clock: Clock, measure: Measure, accounts: Mapping[str, str]) -> Sequence[Listed]:
    """The columns of the list, in the order of the screen; the least needed go first where it is narrow."""
    roles = Column("roles", "Roles", 14, flex=2, priority=3, max_width=40)
    return (
        person_column(width=19),
        account_column(accounts, priority=1),
        *count_columns(measure),
        denied_column(),
        number_column("targets", "Machines"),
        *seen_columns(clock, first_priority=4),
        Listed(roles, sort="roles", source="roles", filter="role"),
        number_column("source_ips", "Addresses", priority=6),
    )


def people_row(row: Record, clock: Clock, signs: Signs, accounts: Mapping[str, str]) -> TableRow:
    """One person as a row of the list."""
    return TableRow(
        key=row.text("key") or "",
        cells={
            "person": person_cell(row),
            **counts(row, signs, "targets", "source_ips"),
            **seen(row, clock),
            "roles": (several(row.texts("roles")), "muted"),
            "account": account_cell(row.text("account"), accounts),
        },
    )


def people_facts(row: Record, clock: Clock, signs: Signs, accounts: Mapping[str, str]) -> Sequence[tuple[str, Cell]]:
    """Everything known of a person, for the side panel."""
    cells = people_row(row, clock, signs, accounts).cells
    roles = row.texts("roles")
    return [
        ("person", person_label(row) if row.text("person") else (person_label(row), "warn")),
        ("account", account_cell(row.text("account"), accounts)),
        *(("role" if not number else "", safe(role)) for number, role in enumerate(roles)),
        *([] if roles else [("role", (signs.dash, "muted"))]),
        ("", ""),
        *((label, cells[name]) for label, name in _NUMBERS),
        ("", ""),
        *seen_facts(row, clock),
    ]


_NUMBERS = (
    ("sessions", "sessions"),
    ("calls", "calls"),
    ("denied", "denied"),
    ("machines", "targets"),
    ("addresses", "source_ips"),
)
