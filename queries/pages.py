"""The page of a person, the page of a machine: the numbers behind their lists."""

from __future__ import annotations

import json
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Final, get_args

from queries.columns import columns_of
from queries.drills import target_key
from queries.engine import statement
from queries.errors import UsageError
from queries.questions import summary, utc_time
from queries.stored_answer import typed
from queries.usage import Only, heat_of
from queries.values import Question
from queries.views import Page, Part, PartName, Parts

if TYPE_CHECKING:
    from datetime import datetime

    from duckdb import DuckDBPyConnection

    from queries.generation import Generation
    from queries.values import Measure, Row, Scope
    from queries.views import PersonId

#: Parts of one name that a page has.
MOST_PARTS: Final = 8
#: A user of an account acts without a role.
_NONE: Final[dict[PartName, str]] = {"role": "no role"}


def person_page(
    generation: Generation, cursor: DuckDBPyConnection, who: PersonId, scope: Scope, measure: Measure
) -> Page:
    """A person in a scope. Raises UsageError where the scope has nothing of them."""
    row = _row(generation, cursor, Question("people", scope, measure=measure), who.key)
    sql = (
        "SELECT person_no FROM known_people WHERE account IS NOT DISTINCT FROM ? AND person IS NOT DISTINCT FROM ?"
        " AND role IS NOT DISTINCT FROM ?"
    )
    only = Only("person_no", cursor.execute(sql, [who.account, who.person, who.role]).fetchall()[0][0])
    return _page(generation, cursor, Question("people", scope, measure=measure), row, only)


def instance_page(
    generation: Generation, cursor: DuckDBPyConnection, target: str | None, scope: Scope, measure: Measure
) -> Page:
    """A machine in a scope. Raises UsageError where the scope has nothing of it."""
    row = _row(generation, cursor, Question("instances", scope, measure=measure), target_key(target))
    sql = "SELECT target_no FROM known_targets WHERE target IS NOT DISTINCT FROM ?"
    only = Only("target_no", cursor.execute(sql, [target]).fetchall()[0][0])
    return _page(generation, cursor, Question("instances", scope, measure=measure), row, only)


def _page(generation: Generation, cursor: DuckDBPyConnection, question: Question, row: Row, only: Only) -> Page:
    scope, measure = question.scope, question.measure
    heat = heat_of(generation, cursor, scope, measure, only)
    return Page(columns_of(question.name), row, heat, _parts(generation, cursor, question, only))


def _parts(generation: Generation, cursor: DuckDBPyConnection, question: Question, only: Only) -> tuple[Parts, ...]:
    facts = generation.facts.both(generation, cursor, question.scope)
    asked = statement("parts").format(only=f"{only.column} = {only.number}", measure=question.measure, most=MOST_PARTS)
    found = cursor.execute(f"WITH {facts.sql} FROM ({asked})", list(facts.parameters)).fetchall()
    by_name = {name: list(rows) for name, rows in groupby(found, itemgetter(0))}
    return tuple(
        Parts(name, tuple(_part(*row[:6]) for row in rows), rows[0][6])
        for name in get_args(PartName)
        if (rows := by_name.get(name))
    )


def _part(name: PartName, value: str | None, sessions: int, calls: int, denied: int, last_seen: datetime) -> Part:
    label = _NONE.get(name, "unknown") if value is None else value
    return Part(json.dumps(value, ensure_ascii=False), label, sessions, calls, denied, utc_time(last_seen))


def _row(generation: Generation, cursor: DuckDBPyConnection, question: Question, key: str) -> Row:
    columns, rows = columns_of(question.name), summary(generation, cursor, question)
    names = ", ".join(f'"{name}"' for name in columns)
    found = cursor.execute(f"SELECT {names} FROM ({rows.sql}) WHERE key = ?", [*rows.parameters, key]).fetchall()
    if not found:
        raise UsageError("There is nothing of it in this window and filter any more.")
    return tuple(map(typed, found[0]))
