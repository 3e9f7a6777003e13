"""The queries that ran at a source that costs, as rows and as facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tui.present.plan import dollars, span_text
from tui.present.words import plural, size, ticking
from widgets.column_layout import Column
from widgets.rows_table import TableRow
from widgets.safe_text import safe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from queries.plans import QueryRun
    from tui.present.signs import Signs
    from tui.present.times import Clock
    from widgets.rows_table import Cell

#: States of a query that has not ended.
LIVE: Final = frozenset({"queued", "running", "storing"})
#: States of a query that did not bring its days.
LOST: Final = frozenset({"failed", "cancelled"})
_MARKS: Final = {
    "queued": ("·", "."), "running": ("▸", ">"), "storing": ("▸", ">"), "done": ("✓", "+"), "failed": ("✗", "x"),
    "cancelled": ("·", "-"),
}  # fmt: skip
_STYLES: Final = {"running": "accent", "storing": "accent", "queued": "muted", "failed": "bad", "cancelled": "muted"}

COLUMNS: Final = (
    Column("state", "State", 11),
    Column("days", "Days", 20, max_width=27, flex=1),
    Column("scanned", "Scanned", 8, right=True),
    Column("price", "Price", 8, right=True),
    Column("took", "Took", 5, right=True),
    Column("queued", "Queued", 6, right=True, priority=3),
    Column("id", "Id", 9, flex=1, shorten="middle", priority=2, max_width=13),
    Column("asked", "Asked", 12, priority=4),
    Column("why", "Why", 12, flex=8, priority=1),
)


def query_row(run: QueryRun, clock: Clock, signs: Signs) -> TableRow:
    """One query."""
    return TableRow(
        key=run.key,
        cells={
            "state": (_state(run, signs), _STYLES.get(run.state, "")),
            "days": span_text(run.first, run.last),
            "scanned": size(run.bytes) if run.bytes or run.reused else "",
            "price": _price(run),
            "took": ticking(run.seconds) if run.seconds else "",
            "queued": ticking(run.queued) if run.seconds else "",
            "id": (safe(run.id), "muted"),
            "asked": clock.minute(run.asked_at),
            "why": (why(run), "warn" if run.error else "muted"),
        },
    )


def _price(run: QueryRun) -> str:
    if run.reused:
        return "reused"
    return dollars(run.price) if run.bytes else ""


def why(run: QueryRun) -> str:
    """What there is to say of a query beside its figures; safe."""
    if run.error:
        return safe(run.error)
    return "Athena gave an earlier result again, for nothing." if run.reused else ""


def queries_summary(runs: Sequence[QueryRun]) -> str:
    """`12 queries, 1.4 GB scanned for $0.01, 2 running`."""
    if not runs:
        return "No query ran yet."
    live = sum(run.state in LIVE for run in runs)
    spent = f"{size(sum(run.bytes for run in runs))} scanned for {dollars(sum(run.price for run in runs))}"
    return f"{plural(len(runs), 'query', 'queries')}, {spent}" + (f", {live} running" if live else "")


def query_facts(run: QueryRun, clock: Clock, signs: Signs) -> Sequence[tuple[str, Cell]]:
    """Everything known of a query but its SQL."""
    facts: list[tuple[str, Cell]] = [
        ("state", (_state(run, signs), _STYLES.get(run.state, ""))),
        ("days", span_text(run.first, run.last)),
        ("asked", clock.exact(run.asked_at)),
        ("scanned", f"{run.bytes:,} bytes, {_price(run) or dollars(0)}"),
        ("took", f"{ticking(run.seconds)}, {ticking(run.queued)} of it in the queue"),
        ("id", safe(run.id) or ("none yet", "muted")),
    ]
    return [*facts, ("why", (why(run), "warn" if run.error else ""))] if why(run) else facts


def _state(run: QueryRun, signs: Signs) -> str:
    return f"{_MARKS[run.state][signs.ascii_only]} {run.state}"
