"""People: the list of who opened sessions; Enter opens the page of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ssmtrail.queries.drills import person_of
from ssmtrail.tui.frame.evidence_text import kind_words, short_kind
from ssmtrail.tui.frame.list_pane import ListPane
from ssmtrail.tui.frame.lists_text import (
    ColumnSpec,
    account_cell,
    account_column,
    count_columns,
    counts,
    denied_column,
    failed_column,
    kind_column,
    number_column,
    person_cell,
    person_column,
    person_label,
    seen,
    seen_columns,
    seen_facts,
    several,
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


def people_columns(clock: Clock, measure: Measure, accounts: Mapping[str, str]) -> Sequence[ColumnSpec]:
    """The columns of the list, in the order of the screen; the least needed go first where it is narrow."""
    roles = Column("roles", "Roles", 14, flex=2, priority=3, max_width=40)
    return (
        person_column(width=19),
        kind_column(priority=1),
        account_column(accounts, priority=2),
        *count_columns(measure),
        denied_column(),
        failed_column(priority=5),
        number_column("targets", "Machines"),
        *seen_columns(clock, first_priority=4),
        ColumnSpec(roles, sort="roles", source="roles", filter="role"),
        number_column("source_ips", "Addresses", priority=6),
    )


def people_row(row: Record, clock: Clock, signs: Signs, accounts: Mapping[str, str]) -> TableRow:
    """One person as a row of the list."""
    return TableRow(
        key=row.text("key") or "",
        cells={
            "person": person_cell(row),
            "who": (short_kind(row.text("person_kind")), "muted"),
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
        ("who is", kind_words(row.text("person_kind"))),
        *([("user id", (safe(number), "muted"))] if (number := row.text("person_id")) else []),
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
    ("failed", "failed"),
    ("machines", "targets"),
    ("addresses", "source_ips"),
)


class PeoplePane(ListPane):
    """One row a person, kind of person and account, or a role where only that is known."""

    TAB = True

    @classmethod
    def first(cls, state: ViewState) -> ListView:
        """The people, those with most first."""
        return ListView.counting(state, "people")

    def columns(self, display: Display) -> Sequence[ColumnSpec]:
        """The columns of people."""
        return people_columns(display.clock, display.measure, display.accounts)

    def table_row(self, record: Record, display: Display) -> TableRow:
        """One person."""
        return people_row(record, display.clock, display.signs, display.accounts)

    def facts(self, record: Record, display: Display) -> Sequence[tuple[str, Cell]]:
        """Everything known of a person."""
        return people_facts(record, display.clock, display.signs, display.accounts)

    def open_row(self, key: str, record: Record) -> None:
        """Open the person's page."""
        self.host.open_person(person_of(key), person_label(record))
