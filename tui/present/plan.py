"""What a scan would read and cost, in the words of the question before it."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from tui.present.times import day_text
from tui.present.words import count, plural, size
from widgets.safe_text import safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from queries.plans import Plan
    from widgets.rows_table import Cell

_HOW: Final = {
    "listed": "from the sizes of the files",
    "average": "from the days scanned before",
    "unknown": "its files cannot be listed, and none was scanned before",
    "free": "",
}
#: Stretches of absent days that are named; the strip tells of each.
_NAMED: Final = 3


def dollars(price: float) -> str:
    """`$0`, `$0.004`, `$1.24`, `$1,240`; what rounds to nothing is `< $0.001`."""
    if not price:
        return "$0"
    if 0 < price < 0.001:
        return "< $0.001"
    digits = 3 if price < 0.1 else 2 if price < 100 else 0
    return f"${price:,.{digits}f}"


def span_text(first: date, last: date) -> str:
    """`7 Nov 2026`, `1 - 7 Nov 2026`, `28 Oct - 3 Nov 2026`."""
    if first == last:
        return day_text(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day} - {day_text(last)}"
    return f"{day_text(first, year=first.year != last.year)} - {day_text(last)}"


def plan_title(plan: Plan) -> str:
    """The question."""
    if plan.price is None:
        return f"Scan {plural(len(plan.days), 'day')}, at a price that nobody knows?"
    return f"Scan {plural(len(plan.days), 'day')} for {_about(plan.price)}?"


def plan_facts(plan: Plan) -> Sequence[tuple[str, Cell]]:
    """Everything that the answer may depend on, the figures first."""
    facts: list[tuple[str, Cell]] = [("days", _days(plan)), ("to scan", _bytes(plan)), ("price", _price(plan))]
    if plan.queries:
        facts.append(("queries", count(plan.queries)))
    if plan.limit is not None:
        facts.append(("limit", f"the workgroup ends a query after {size(plan.limit)}"))
    if plan.doubt:
        facts.append(("doubt", (safe(plan.doubt), "warn")))
    facts += [("absent", (text, "muted")) for text in absent_texts(plan)]
    facts += [("note", (safe(warning), "warn")) for warning in plan.warnings]
    return facts


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
    return found + again + (f"; {count(plan.kept)} kept already" if plan.kept else "")


def _bytes(plan: Plan) -> Cell:
    if plan.bytes is None:
        return ("not known", "warn")
    return f"{size(plan.bytes)}, {_HOW[plan.how]}" if _HOW[plan.how] else size(plan.bytes)


def _price(plan: Plan) -> Cell:
    if plan.price is None:
        return (f"not known: {_HOW['unknown']}", "warn")
    return (f"{_about(plan.price)}, once; what is kept is never paid for again", "strong")
