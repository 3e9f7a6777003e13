"""The page of a person, the page of a machine: the numbers behind their lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from queries.answers import answer
from queries.columns import columns_of
from queries.drills import target_key
from queries.errors import UsageError
from queries.usage import Only, heat_of
from queries.values import Question
from queries.views import Page

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from queries.generation import Generation
    from queries.values import Measure, Row, Scope
    from queries.views import PersonId


def person_page(
    connection: DuckDBPyConnection, generation: Generation, cursor: DuckDBPyConnection, who: PersonId, scope: Scope,
    measure: Measure,
) -> Page:  # fmt: skip
    """A person in a scope. Raises UsageError where the scope has nothing of them."""
    row = _row(connection, generation, cursor, Question("people", scope, measure=measure), who.key)
    found = cursor.execute(
        "SELECT person_no FROM known_people WHERE account IS NOT DISTINCT FROM ? AND person IS NOT DISTINCT FROM ?"
        " AND role IS NOT DISTINCT FROM ?",
        [who.account, who.person, who.role],
    ).fetchall()
    only = Only("person_no", found[0][0])
    return Page(columns_of("people"), row, heat_of(generation, cursor, scope, measure, only))


def instance_page(
    connection: DuckDBPyConnection, generation: Generation, cursor: DuckDBPyConnection, target: str | None,
    scope: Scope, measure: Measure,
) -> Page:  # fmt: skip
    """A machine in a scope. Raises UsageError where the scope has nothing of it."""
    row = _row(connection, generation, cursor, Question("instances", scope, measure=measure), target_key(target))
    sql = "SELECT target_no FROM known_targets WHERE target IS NOT DISTINCT FROM ?"
    only = Only("target_no", cursor.execute(sql, [target]).fetchall()[0][0])
    return Page(columns_of("instances"), row, heat_of(generation, cursor, scope, measure, only))


def _row(
    connection: DuckDBPyConnection, generation: Generation, cursor: DuckDBPyConnection, question: Question, key: str
) -> Row:
    rows = answer(connection, generation, question, cursor)
    try:
        place = rows.position(key)
        if place is None:
            raise UsageError("There is nothing of it in this window and filter any more.")
        return rows.page(place, 1)[0]
    finally:
        rows.close()
