"""Pairs of person and machine: the list of who used what, whole or for one person or machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from ssmtrail.queries.drills import of_pair, person_of, target_of
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
    machine_cell,
    machine_label,
    person_cell,
    person_column,
    person_label,
    quiet,
    seen,
    seen_columns,
    seen_facts,
)
from ssmtrail.tui.text import plural
from ssmtrail.widgets.table import Column, TableRow
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ssmtrail.queries.model import Measure
    from ssmtrail.tui.context import AppContext
    from ssmtrail.tui.frame.lists_text import Display, Record
    from ssmtrail.tui.frame.pane import Host
    from ssmtrail.tui.list_view import ListView
    from ssmtrail.tui.signs import Signs
    from ssmtrail.tui.text import Clock
    from ssmtrail.widgets.table import Cell

#: What the rows differ by: the other side is the same in all of them.
Side: TypeAlias = Literal["people", "machines", "both"]
#: What the rows are, one and many.
NOUNS: Final[dict[Side, tuple[str, str]]] = {
    "people": ("person", "people"),
    "machines": ("machine", "machines"),
    "both": ("pair", "pairs"),
}


def pair_columns(clock: Clock, measure: Measure, accounts: Mapping[str, str], side: Side) -> Sequence[ColumnSpec]:
    """The columns of the list, in the order of the screen; the least needed go first where it is narrow."""
    return (
        *((person_column(width=18 if side == "both" else 19),) if side != "machines" else ()),
        *((kind_column(priority=2),) if side == "people" else ()),
        *((account_column(accounts, priority=1),) if side == "people" else ()),
        *(_machine_columns(alone=side == "machines") if side != "people" else ()),
        *count_columns(measure),
        denied_column(priority=1 if side == "both" else 0),
        failed_column(priority=5 if side == "both" else 2),
        *seen_columns(clock, first_priority=4),
        *((account_column(accounts, priority=5),) if side == "both" else ()),
    )


def _machine_columns(*, alone: bool) -> tuple[ColumnSpec, ...]:
    name = Column("machine", "Machine", 17, flex=2, shorten="middle", max_width=30)
    target = Column("target", "", 9, flex=1, shorten="middle", priority=3, max_width=20)
    env = Column("env", "Env", 6, priority=1 if alone else 3)
    return (
        ColumnSpec(name, sort="target_name", source="target_name", filter="target", fallback="target"),
        ColumnSpec(target, sort="target", source="target", filter="target"),
        ColumnSpec(env, sort="environment", source="environment", filter="env"),
    )


def pair_row(row: Record, clock: Clock, signs: Signs, accounts: Mapping[str, str]) -> TableRow:
    """One person on one machine as a row of the list."""
    return TableRow(
        key=row.text("key") or "",
        cells={
            "person": person_cell(row),
            "who": (short_kind(row.text("person_kind")), "muted"),
            "machine": machine_cell(row, signs, clock),
            "target": quiet(row.text("target") if row.text("target_name") else None),
            "env": quiet(row.text("environment")),
            **counts(row, signs),
            **seen(row, clock),
            "account": account_cell(row.text("account"), accounts),
        },
    )


def pair_facts(row: Record, clock: Clock, signs: Signs, accounts: Mapping[str, str]) -> Sequence[tuple[str, Cell]]:
    """Everything known of a person on a machine, for the side panel."""
    cells = pair_row(row, clock, signs, accounts).cells
    target, absent = row.text("target"), (signs.dash, "muted")
    return [
        ("person", cells["person"]),
        ("who is", kind_words(row.text("person_kind"))),
        ("account", cells["account"] or absent),
        ("machine", cells["machine"]),
        ("id", safe(target) if target else (signs.unsure, "warn")),
        ("env", cells["env"] or absent),
        ("", ""),
        *((name, cells[name]) for name in ("sessions", "calls", "denied", "failed")),
        ("", ""),
        *seen_facts(row, clock),
    ]


class PairsPane(ListPane):
    """Rows of `pairs`; Enter opens the sessions of a pair."""

    def __init__(
        self,
        context: AppContext,
        host: Host,
        *,
        look: Callable[[ListView], None] | None = None,
        side: Side = "both",
    ) -> None:
        """`side` is what the rows differ by."""
        super().__init__(context, host, look=look)
        self._side: Side = side

    def columns(self, display: Display) -> Sequence[ColumnSpec]:
        """The columns of pairs."""
        return pair_columns(display.clock, display.measure, display.accounts, self._side)

    def table_row(self, record: Record, display: Display) -> TableRow:
        """One pair."""
        return pair_row(record, display.clock, display.signs, display.accounts)

    def facts(self, record: Record, display: Display) -> Sequence[tuple[str, Cell]]:
        """Everything known of a pair."""
        return pair_facts(record, display.clock, display.signs, display.accounts)

    def count_text(self, rows: int, unfiltered: int) -> str:
        """How many rows; without the filter there is more than what was drilled into."""
        return plural(rows, *NOUNS[self._side])

    def open_row(self, key: str, record: Record) -> None:
        """Open the sessions of the pair, or its calls."""
        scope = of_pair(self.scope, person_of(key), target_of(key))
        sides = {"people": [person_label(record)], "machines": [machine_label(record)]}
        named = sides.get(self._side, [*sides["people"], *sides["machines"]])
        self.host.drill("sessions", self.host.into(scope), f" {self.context.signs.arrow} ".join(named))
