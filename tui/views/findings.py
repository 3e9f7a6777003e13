"""Findings: what deserves a look, the most severe first; Enter opens the sessions and calls behind one."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from ssmtrail.queries.drills import of_events
from ssmtrail.queries.filters import without_foreign
from ssmtrail.tui.frame.list_pane import ListPane
from ssmtrail.tui.frame.lists_text import ColumnSpec, machine_columns, person_column, quiet, safe_or
from ssmtrail.tui.list_view import BY_TIME, ListView
from ssmtrail.tui.pages import SqlQuestion
from ssmtrail.tui.query import Query
from ssmtrail.tui.text import plural
from ssmtrail.widgets.table import Column, TableRow
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ssmtrail.queries.findings.making import Silent
    from ssmtrail.queries.model import Scope
    from ssmtrail.tui.frame.list_found import ListFound
    from ssmtrail.tui.frame.lists_text import Display, Record
    from ssmtrail.tui.signs import Signs
    from ssmtrail.tui.text import Clock
    from ssmtrail.tui.view_state import ViewState
    from ssmtrail.widgets.table import Cell

_STYLES: Final = {"high": "bad", "medium": "warn"}
#: Rules whose calls are those of other doors.
_DOORS: Final = frozenset({"trail", "dup-key"})
#: Calls that are opened together; those of a longer finding are in its panel.
MOST_OPENED: Final = 50


def finding_columns(clock: Clock) -> Sequence[ColumnSpec]:
    """The columns of the list, in the order of the screen; the least needed go first where it is narrow."""
    what = Column("what", "What", 34, flex=5, max_width=90)
    machine, _ = machine_columns(id_priority=9)
    return (
        ColumnSpec(Column("severity", "Level", 6), sort="severity_no", source="severity", filter="severity"),
        ColumnSpec(Column("rule", "Rule", 14), sort="rule", source="rule", filter="finding"),
        ColumnSpec(Column("at", "At", clock.width), sort="at", source="at"),
        person_column(width=12),
        ColumnSpec(what, sort="summary", source="summary"),
        replace(machine, column=replace(machine.column, priority=2)),
        ColumnSpec(Column("calls", "Calls", 6, right=True, priority=3), sort="calls", source="calls"),
        ColumnSpec(Column("account", "Account", 12, priority=6), sort="account", source="account", filter="account"),
    )


def finding_row(row: Record, clock: Clock, signs: Signs) -> TableRow:
    """One finding as a row of the list; an accepted one is muted."""
    at, severity = row.time("at"), row.text("severity") or ""
    accepted = row.text("status") == "accepted"
    style = "muted" if accepted else _STYLES.get(severity, "muted")
    plain = "muted" if accepted else ""
    return TableRow(
        key=row.text("key") or "",
        cells={
            "severity": (severity, style),
            "rule": quiet(row.text("rule"), style=plain),
            "at": clock.row(at) if at else "",
            "person": quiet(row.text("person_shown"), style="muted") if accepted
            else safe_or(row.text("person_shown"), signs.unsure),
            "what": quiet(row.text("summary"), style=plain),
            "machine": quiet(row.text("target_name") or row.text("target"), style=plain),
            "calls": f"{int(row.number('calls') or 0):,}",
            "account": quiet(row.text("account")),
        },
        mark=("!", "bad") if severity == "high" and not accepted else "",
    )  # fmt: skip


def finding_facts(row: Record, clock: Clock, signs: Signs) -> Sequence[tuple[str, Cell]]:
    """Everything known of a finding, for the side panel."""
    severity = row.text("severity") or ""
    first, last = row.time("baseline_from"), row.time("baseline_to")
    at = row.time("at")
    facts: list[tuple[str, Cell]] = [
        ("what", safe(row.text("summary") or "")),
        ("why", safe(row.text("why") or "")),
        ("harmless", safe(row.text("harmless") or "")),
        ("", ""),
        ("rule", safe(row.text("rule") or "")),
        ("level", (severity, _STYLES[severity]) if severity in _STYLES else severity),
        ("status", safe(row.text("status") or "")),
        ("at", clock.exact(at) if at else signs.unsure),
    ]
    if first and last:
        facts.append(("compared", f"{first:%Y-%m-%d} to {last:%Y-%m-%d}, not that day"))
    facts += [
        ("", ""),
        ("person", safe_or(row.text("person_shown"), signs.unsure)),
        ("machine", safe(row.text("target_name") or "")),
        ("id", quiet(row.text("target"), style="")),
        ("env", quiet(row.text("environment"), style="")),
        ("account", quiet(row.text("account"), style="")),
        ("region", quiet(row.text("region"), style="")),
        ("", ""),
        ("id", safe(row.text("finding_id") or "")),
        ("sessions", f"{int(row.number('sessions') or 0):,}"),
    ]
    return facts + [
        ("calls" if not number else "", (safe(event), "muted")) for number, event in enumerate(row.texts("event_ids"))
    ]


def silent_text(rules: Sequence[Silent]) -> str:
    """`9 rules silent, most: fewer than 30 days of records before 2026-11-30`."""
    whys = Counter(each.why for each in rules)
    why, number = whys.most_common(1)[0]
    return f"{plural(len(rules), 'rule')} silent{'' if number == len(rules) else ', most'}: {why}"


class FindingsPane(ListPane):
    """One row a finding; the line above the table says which rules could not look."""

    TAB = True

    @classmethod
    def first(cls, state: ViewState) -> ListView:
        """Open ones first, then the most severe, the rarest, the newest."""
        return ListView(state, "findings", ())

    def columns(self, display: Display) -> Sequence[ColumnSpec]:
        """The columns of findings."""
        return finding_columns(display.clock)

    def table_row(self, record: Record, display: Display) -> TableRow:
        """One finding."""
        return finding_row(record, display.clock, display.signs)

    def facts(self, record: Record, display: Display) -> Sequence[tuple[str, Cell]]:
        """Everything known of a finding."""
        return finding_facts(record, display.clock, display.signs)

    def title(self, view: Any) -> str:
        """What the list is; which rules are silent follows."""
        return "what deserves a look; d says why, and what would make it harmless"

    def show_list(self, view: ListView, found: ListFound, *, fresh: bool) -> None:
        """Show an answer, and ask which rules could not look."""
        super().show_list(view, found, fresh=fresh)
        window = view.scope.window
        self.host.ask(
            Query("silent rules", lambda trail, cancelled: trail.silent_rules(window, cancelled)), self._show_silent
        )

    def _show_silent(self, rules: Sequence[Silent]) -> None:
        if rules and self.answer is not None:
            self.heading.update(safe(silent_text(rules)))
            if not self.answer.totals.rows:  # nothing found is no proof where a rule could not look
                self.host.add_to_note(f"{safe(silent_text(rules))}.")

    def sql(self, scope: Scope) -> SqlQuestion:
        """The calls: findings are no question to the table."""
        return SqlQuestion("calls", replace(scope, filter=without_foreign(scope.filter, "calls")))

    def open_row(self, key: str, record: Record) -> None:
        """Open the sessions, or the calls of other doors, that the finding rests on."""
        events = record.texts("event_ids")[:MOST_OPENED]
        name = record.text("rule") or ""
        state = self.host.into(of_events(self.scope, events))
        self.host.open(ListView(state, "visits" if name in _DOORS else "sessions", BY_TIME), safe(name))
