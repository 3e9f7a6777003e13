"""Answering questions: what of an answer is made at once, what it is held as."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Final, cast

from queries.columns import COUNTED
from queries.facts import without_zone
from queries.filters import Filter
from queries.ordered import Ordered
from queries.pair_texts import pairs_by_text
from queries.questions import Select, found_listing, is_natural, listing, scoped, summary
from queries.runs import Stretch
from queries.stored_answer import StoredAnswer
from queries.totals import MACHINES_IN, PEOPLE_IN
from queries.values import Question, QuestionName, Totals

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from queries.generation import Entity, Generation
    from queries.store.remembered import Counted
    from queries.values import Scope

_numbers: Final = count(1)
#: How many people, machines an answer names; 0 where it does not tell.
_DISTINCT: Final[dict[QuestionName, tuple[str, str]]] = {
    "pairs": (PEOPLE_IN, MACHINES_IN),
    "people": ("count(DISTINCT person)", "0"),
    "instances": ("0", "count(target)"),
}
_BY_TEXT: Final = ("count(DISTINCT person)", "count(DISTINCT target)")


def answer(
    connection: DuckDBPyConnection, generation: Generation, question: Question, cursor: DuckDBPyConnection
) -> StoredAnswer:
    """Answer a question; `cursor` runs it and may be interrupted meanwhile. The answer holds the generation."""
    if question.name in COUNTED:
        return _counted(connection, generation, question, cursor)
    return _listed(connection, generation, question, cursor)


def _counted(
    connection: DuckDBPyConnection, generation: Generation, question: Question, cursor: DuckDBPyConnection
) -> StoredAnswer:
    whole, by_text = _whole(generation, cursor, question)
    table = _keep(cursor, whole)
    distinct = ", ".join(_BY_TEXT if by_text else _DISTINCT.get(question.name, ("0", "0"))).format(table=table)
    figures = cursor.execute(f"SELECT count(*), coalesce(sum(sessions), 0)::BIGINT, {distinct} FROM {table}")
    rows, sessions, people, machines = figures.fetchall()[0]
    unfiltered = rows
    if question.name != "usage" and question.scope.filter.terms:
        unfiltered = counted_rows(generation, cursor, question.narrowed(Filter()))
    totals = Totals(rows, unfiltered, sessions, people, machines)
    return StoredAnswer(question, totals, connection, generation.hold(), table, _by_text=by_text)


def _whole(generation: Generation, cursor: DuckDBPyConnection, question: Question) -> tuple[Select, bool]:
    """The whole of a question that counts; whether by texts, as pairs are while there are no facts."""
    by_text = question.name == "pairs" and not generation.facts.are_made(generation)
    return (pairs_by_text if by_text else summary)(generation, cursor, question), by_text


def counted_rows(generation: Generation, cursor: DuckDBPyConnection, question: Question) -> int:
    """How many rows a question that counts has; kept, since every drill wants that of all that it drills into."""
    wanted = (question.name, question.measure, without_zone(question.scope))

    def counted() -> int:
        whole, _ = _whole(generation, cursor, question)
        found = cursor.execute(f"SELECT count(*) FROM ({whole.sql})", list(whole.parameters)).fetchall()
        return cast("int", found[0][0])

    return generation.facts.view("rows", wanted, counted)


def _listed(
    connection: DuckDBPyConnection, generation: Generation, question: Question, cursor: DuckDBPyConnection
) -> StoredAnswer:
    entity = cast("Entity", question.name)
    if question.scope.filter.terms:
        facts = generation.facts.listed(generation, cursor, entity, question.scope)
        if facts:
            return _found(connection, generation, question, cursor, facts)
        totals = _totals(generation, question, cursor)
    else:
        counted = _all(generation, entity, question.scope, cursor)
        totals = Totals(counted.rows, counted.rows, counted.sessions, counted.people, counted.machines)
        if is_natural(question) and counted.runs is not None:
            return StoredAnswer(question, totals, connection, generation.hold(), "", Stretch(counted.runs))
    ordered = Ordered.begun(connection, cursor, listing(generation, cursor, entity, question), totals.rows)
    return StoredAnswer(question, totals, connection, generation.hold(), "", _ordered=ordered)


def _found(
    connection: DuckDBPyConnection,
    generation: Generation,
    question: Question,
    cursor: DuckDBPyConnection,
    facts: Select,
) -> StoredAnswer:
    """A list whose rows the facts have found: no text of any other row is read."""
    entity, scope = cast("Entity", question.name), question.scope
    table = _keep(cursor, found_listing(generation, cursor, question, facts))
    sums = f"count(*), count(*) FILTER (started), {PEOPLE_IN}, {MACHINES_IN}".format(table=table)
    rows, sessions, people, machines = cursor.execute(f"SELECT {sums} FROM {table}").fetchall()[0]
    whole = generation.facts.listed(generation, cursor, entity, replace(scope, filter=Filter()))
    assert whole is not None
    unfiltered = cursor.execute(f"SELECT count(*) FROM {whole.sql}").fetchall()[0][0]
    totals = Totals(rows, unfiltered, sessions, people, machines)
    return StoredAnswer(question, totals, connection, generation.hold(), table)


def _totals(generation: Generation, question: Question, cursor: DuckDBPyConnection) -> Totals:
    entity = cast("Entity", question.name)
    rows, sessions, people, machines = _figures(generation, entity, question.scope, cursor)
    unfiltered = _all(generation, entity, question.scope, cursor).rows
    return Totals(rows, unfiltered, sessions, people, machines)


def _all(generation: Generation, entity: Entity, scope: Scope, cursor: DuckDBPyConnection) -> Counted:
    """Of a window without the filter."""
    whole = replace(scope, filter=Filter())
    return generation.counted(cursor, entity, scope.window, lambda: _figures(generation, entity, whole, cursor))


def _figures(
    generation: Generation, entity: Entity, scope: Scope, cursor: DuckDBPyConnection
) -> tuple[int, int, int, int]:
    """Rows, sessions, people, machines."""
    rows = scoped(generation, cursor, entity, scope, marked=False)
    started = "status = 'started'" if entity == "sessions" else "step = 0 AND status = 'ok'"
    found = cursor.execute(
        f"SELECT count(*), count(*) FILTER ({started}), count(DISTINCT person), count(DISTINCT target) FROM {rows.sql}",
        list(rows.parameters),
    ).fetchall()
    return cast("tuple[int, int, int, int]", found[0])


def _keep(cursor: DuckDBPyConnection, select: Select) -> str:
    table = f"answer_{next(_numbers)}"
    cursor.execute(f"CREATE TABLE {table} AS {select.sql}", list(select.parameters))
    return table
