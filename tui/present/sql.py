"""A founding question as SQL, with what has to be known of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from widgets.safe_text import safe, safe_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from queries.console import ConsoleSql
    from tui.paid_requests import Sql
    from widgets.rows_table import Cell

_ASKS: Final = {
    "calls": "every call, in the order of time",
    "pairs": "who touched which machine, how often",
    "usage": "how much it is used, a row",
}
_UNITS: Final = {"hour": "an hour", "day": "a day", "week": "a week", "month": "a month"}
_CHANGED: Final = (
    "The filter has signs that no screen can show; here and in the copy they are written out, so that they match "
    "nothing. `ssmtrail sql` into a file has them as they are."
)


def sql_facts(question: Sql, found: ConsoleSql) -> Sequence[tuple[str, Cell]]:
    """What it asks, of which table, over which window; then what it cannot say."""
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
