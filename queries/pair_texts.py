"""Pairs straight from the texts of sessions and calls.

Of a million sessions they take 0.4 s; making the facts that all else is counted from takes 1 s (measured on two cores).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from queries.engine import statement
from queries.questions import Select, order_of, scoped

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from queries.generation import Entity, Generation
    from queries.values import Question, Scope

#: The same order as that of the numbers in `all_people`, `all_targets`.
_NATURAL: Final = "{measure} DESC, person NULLS LAST, account NULLS LAST, role NULLS LAST, target NULLS LAST"
_COLUMNS: Final = "account, person, role, target, sessions, calls, denied, first_seen, last_seen"


def pairs_by_text(generation: Generation, connection: DuckDBPyConnection, question: Question) -> Select:
    """All pairs of a question, in order, with their texts. Raises UsageError, FilterError."""
    sessions = _rows(generation, connection, "sessions", question.scope)
    calls = _rows(generation, connection, "calls", question.scope)
    found = f"sessions AS {sessions.sql}, calls AS {calls.sql}, found AS ({statement('pairs_by_text')})"
    order = order_of(question, natural=_NATURAL.format(measure=question.measure))
    return Select(
        f"WITH {found} SELECT {_COLUMNS} FROM ({statement('named_texts')}) ORDER BY {order}",
        (*sessions.parameters, *calls.parameters),
    )


def named_texts(table: str, condition: str) -> str:
    """Rows of a table of pairs by their texts, with all columns and `position`."""
    rows = f"SELECT rowid AS position, * FROM {table} WHERE {condition}"
    return f"(WITH found AS ({rows}) {statement('named_texts')})"


def _rows(generation: Generation, connection: DuckDBPyConnection, entity: Entity, scope: Scope) -> Select:
    if scope.filter.terms:
        return scoped(generation, connection, entity, scope, marked=False)
    # Looking up what the inventory says of every row takes longer than to count them.
    return Select(generation.relation(connection, entity, scope.window, marked=False))
