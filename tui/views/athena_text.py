"""Texts of Athena: the plan before a scan, the queries that ran, a view as SQL."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from ssmtrail.tui.text import count, day_text, dollars, plural, size, ticking
from ssmtrail.widgets.table import TableRow
from ssmtrail.widgets.table_layout import Column
from ssmtrail.widgets.text import safe, safe_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from ssmtrail.queries.model import ConsoleSql, Plan, QueryRun, Spendings, Spent
    from ssmtrail.tui.pages import SqlQuestion
    from ssmtrail.tui.signs import Signs
    from ssmtrail.tui.text import Clock
    from ssmtrail.widgets.table import Cell

_HOW: Final = {
    "listed": "from the sizes of the files",
    "sampled": "sampled: some of its files were listed",
    "guessed": "guessed from days that are known",
    "unknown": "its files cannot be listed, and none was scanned before",
    "free": "",
}
#: Ranges of missing days that are listed; the strip of days has all.
_NAMED: Final = 3
#: Callers and tables whose costs are listed one by one.
_SPENT: Final = 3


def span_text(first: date, last: date) -> str:
    """`7 Nov 2026`, `1 - 7 Nov 2026`, `28 Oct - 3 Nov 2026`."""
    if first == last:
        return day_text(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} - {day_text(last)}"
    return f"{day_text(first, year=first.year != last.year)} - {day_text(last)}"


def plan_title(plan: Plan) -> str:
    """The question."""
    if plan.objects and plan.price is not None:
        return f"Read {plural(plan.objects, 'object')} for {_about(plan.price)}?"
    if plan.price is None:
        return f"Scan {plural(len(plan.days), 'day')}, at an unknown price?"
    return f"Scan {plural(len(plan.days), 'day')} for {_about(plan.price)}?"


def plan_facts(plan: Plan) -> Sequence[tuple[str, Cell]]:
    """The facts to decide on, figures first."""
    scan = "to read" if plan.objects else "to scan"
    facts: list[tuple[str, Cell]] = [("days", _days(plan)), (scan, _bytes(plan)), ("price", _price(plan))]
    paying = [(label, part) for label, part in plan.parts if part.days and part.price != 0.0]
    facts += [("source", (_source(label, part), "muted")) for label, part in paying]
    if plan.objects:
        facts += [("requests", count(plan.requests)), ("time", f"about {ticking(plan.seconds or 0)}")]
    if plan.reservation:
        facts.append(("capacity", (f"{safe(plan.reservation)}: reserved, paid by the hour and not by scan", "warn")))
    elif plan.most_price is not None and (plan.price is None or plan.how in {"sampled", "guessed"}):
        facts.append(("stops at", f"{size(plan.most)}, {dollars(plan.most_price)}"))
    if plan.paid:
        facts.append(("paid", f"{plural(len(plan.paid), 'day')} of these, at no further price"))
    if plan.queries:
        facts.append(("queries", count(plan.queries)))
    if plan.limit is not None:
        facts.append(("limit", f"the workgroup ends a query after {size(plan.limit)}"))
    if plan.doubt:
        facts.append(("doubt", (safe(plan.doubt), "warn")))
    if plan.paid_before:
        facts.append(("again", (f"{plural(len(plan.paid_before), 'day')} of these were paid for before", "warn")))
    if plan.older:
        facts.append(("older", (_older(plan), "muted")))
    facts += [("absent", (text, "muted")) for text in absent_texts(plan)]
    facts += [("note", (safe(warning), "warn")) for warning in plan.warnings]
    return facts


def _source(label: str, plan: Plan) -> str:
    """One of several sources and its share: `athena audit.other: 7 days, 2 TB, about $10.00`; safe."""
    scan = "unknown size" if plan.bytes is None else size(plan.bytes)
    price = "unknown price" if plan.price is None else _about(plan.price)
    return f"{safe(label)}: {plural(len(plan.days), 'day')}, {scan}, {price}"


def absent_texts(plan: Plan) -> Sequence[str]:
    """`1 - 3 Oct 2026: no files lie in its folder`, days that follow each other together; safe."""
    stretches = list(_stretches(plan.absent))
    texts = [f"{span_text(first, last)}: {safe(why)}" for first, last, why in stretches[:_NAMED]]
    left = sum((last - first).days + 1 for first, last, _ in stretches[_NAMED:])
    return [*texts, f"and {plural(left, 'more day', 'more days')}"] if left else texts


def _stretches(absent: Sequence[tuple[date, str]]) -> Iterator[tuple[date, date, str]]:
    numbered = ((day.toordinal() - index, day, why) for index, (day, why) in enumerate(sorted(absent)))
    for (_, why), group in groupby(numbered, key=lambda each: (each[0], each[2])):
        days = [day for _, day, _ in group]
        yield days[0], days[-1], why


def _about(price: float) -> str:
    return f"about {dollars(price)}" if price >= 0.001 else "less than $0.001"


def _days(plan: Plan) -> str:
    found = f"{count(len(plan.days))}, {span_text(plan.days[0], plan.days[-1])}" if plan.days else "none"
    again = f", {count(len(plan.again))} of them again" if plan.again else ""
    return found + again + (f"; {count(plan.kept)} read already" if plan.kept else "")


def _older(plan: Plan) -> str:
    price = "at an unknown price" if plan.older_price is None else f"for {_about(plan.older_price)}"
    return (
        f"{plural(len(plan.older), 'day')} kept with extraction set 1, fetched again only when asked (Queries), {price}"
    )


def _bytes(plan: Plan) -> Cell:
    if plan.bytes is None:
        return ("not known", "warn")
    return f"{size(plan.bytes)}, {_HOW[plan.how]}" if _HOW[plan.how] else size(plan.bytes)


def _price(plan: Plan) -> Cell:
    if plan.price is None:
        return (f"not known: {'scans have none' if plan.reservation else _HOW['unknown']}", "warn")
    if plan.objects:
        return (f"{_about(plan.price)} at most, once; objects that were read are never paid for again", "strong")
    return (f"{_about(plan.price)}, once; days that were read are never paid for again", "strong")


#: States of a query that has not ended.
LIVE: Final = frozenset({"queued", "running", "storing"})
#: States of a query that failed to read its days.
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
            "price": _price_of_run(run),
            "took": ticking(run.seconds) if run.seconds else "",
            "queued": ticking(run.queued) if run.seconds else "",
            "id": (safe(run.id), "muted"),
            "asked": clock.minute(run.asked_at),
            "why": (why(run), "warn" if run.error else "muted"),
        },
    )


def _price_of_run(run: QueryRun) -> str:
    if run.reused:
        return "reused"
    if run.provisioned:
        return "capacity"
    return dollars(run.price) if run.bytes else ""


def why(run: QueryRun) -> str:
    """The error of a query, that its result was reused, or that its files are left; safe."""
    if run.error or run.left:
        return safe(run.error or run.left)
    return "Athena reused an earlier result, free of charge." if run.reused else ""


def queries_summary(runs: Sequence[QueryRun]) -> str:
    """`12 queries, 1.4 GB scanned for $0.01, 2 running`."""
    if not runs:
        return "No query ran yet."
    live = sum(run.state in LIVE for run in runs)
    spent = f"{size(sum(run.bytes for run in runs))} scanned for {dollars(sum(run.price for run in runs))}"
    spent += " and reserved capacity" if any(run.provisioned for run in runs) else ""
    return f"{plural(len(runs), 'query', 'queries')}, {spent}" + (f", {live} running" if live else "")


def caller_text(caller: str) -> str:
    """`Audit/jane`, `auditor`: an ARN without what is the same of all; safe."""
    name = caller.rpartition(":")[2]
    return safe(name.removeprefix("assumed-role/").removeprefix("user/")) or "unknown"


def spent_texts(found: Spendings) -> Sequence[str]:
    """What the caller spent against its budgets; what all spent this month, by whom and what."""
    if not found.rows and not found.budgets:
        return ()
    sums = (("today", found.own_day, found.budgets.day), ("this month", found.own_month, found.budgets.month))
    own = ", ".join(
        f"{dollars(spent)} {when}" + (f" of {dollars(limit)}" if limit is not None else "")
        for when, spent, limit in sums
    )
    texts = [_spent_text(row) for row in found.rows[:_SPENT]]
    left = found.rows[_SPENT:]
    if left:
        texts.append(f"{plural(len(left), 'more', 'more')} for {dollars(sum(row.month for row in left))}")
    return (f"spent: {own} (UTC)", *texts)


def _spent_text(row: Spent) -> str:
    what = "" if row.purpose == "days" else ", checks"
    today = f", {dollars(row.day)} today" if row.day else ""
    return f"{caller_text(row.caller)}: {safe(row.table)}{what} {dollars(row.month)} this month{today}"


def query_facts(run: QueryRun, clock: Clock, signs: Signs) -> Sequence[tuple[str, Cell]]:
    """Everything known of a query but its SQL."""
    facts: list[tuple[str, Cell]] = [
        ("state", (_state(run, signs), _STYLES.get(run.state, ""))),
        ("days", span_text(run.first, run.last)),
        ("asked", clock.exact(run.asked_at)),
        ("scanned", f"{run.bytes:,} bytes, {_price_of_run(run) or dollars(0)}"),
        ("took", f"{ticking(run.seconds)}, {ticking(run.queued)} of it in the queue"),
        ("id", safe(run.id) or ("none yet", "muted")),
        ("by", safe(run.caller) or ("unknown", "muted")),
    ]
    return [*facts, ("why", (why(run), "warn" if run.error else ""))] if why(run) else facts


def _state(run: QueryRun, signs: Signs) -> str:
    return f"{_MARKS[run.state][signs.ascii_only]} {run.state}"


_ASKS: Final = {
    "calls": "every call, in the order of time",
    "pairs": "who touched which machine, how often",
    "usage": "how much it is used, a row",
}
_UNITS: Final = {"hour": "an hour", "day": "a day", "week": "a week", "month": "a month"}
_CHANGED: Final = (
    "The filter has characters that cannot be displayed; here and in the copy they are written out, so that they "
    "match nothing. `ssmtrail sql` written to a file has them unchanged."
)


def sql_facts(question: SqlQuestion, found: ConsoleSql) -> Sequence[tuple[str, Cell]]:
    """What it asks, which table, which window; then its notes."""
    scope = question.scope
    asks = _ASKS[question.name] + (f" {_UNITS[question.unit]}" if question.name == "usage" else "")
    facts: list[tuple[str, Cell]] = [
        ("asks", (asks, "strong")),
        ("table", (safe(found.table), "warn" if found.is_placeholder else "")),
        ("window", scope.window.label(scope.zone)),
    ]
    if scope.filter.text:
        facts.append(("filter", safe(scope.filter.text)))
    notes = (*found.notes, *((_CHANGED,) if safe_lines(found.sql) != found.sql else ()))
    return [*facts, *(("note", (safe(note), "warn")) for note in notes)]


def sql_caption(found: ConsoleSql) -> str:
    """Above the SQL."""
    return f"{len(found.sql.splitlines()):,} lines for Athena's console; nothing is run, y copies"
