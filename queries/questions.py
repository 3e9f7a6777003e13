"""Questions as SQL: which relation, which rows, in which order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Final

from queries.columns import columns_of
from queries.engine import statement
from queries.errors import UsageError
from queries.filters import compile_filter
from queries.values import Sort
from queries.zones import buckets

if TYPE_CHECKING:
    from datetime import datetime

    from duckdb import DuckDBPyConnection

    from queries.generation import Entity, Generation
    from queries.values import Question, QuestionName, Scope

#: The order of a question without a wish, and what breaks the ties of every other order.
_NATURAL: Final[dict[QuestionName, str]] = {
    "sessions": '"at" DESC, key',
    "calls": '"at" DESC, step DESC, key',
    "pairs": "{measure} DESC, person NULLS LAST, target NULLS LAST, account NULLS LAST, role NULLS LAST",
    "usage": "bucket",
}


@dataclass(frozen=True, slots=True)
class Select:
    """A statement with its parameters."""

    sql: str
    parameters: tuple[object, ...] = ()


def scoped(generation: Generation, connection: DuckDBPyConnection, entity: Entity, scope: Scope) -> Select:
    """All rows of a scope with every column of `columns_of`, and `row_id`."""
    rows = with_names(generation.relation(connection, entity, scope.window))
    condition = compile_filter(scope.filter, entity, scope.zone)
    return Select(f"(SELECT * FROM {rows} WHERE {condition.sql})", condition.parameters)


def with_names(relation: str) -> str:
    """A relation of sessions or calls with what the inventory says of their targets."""
    return (
        f"(SELECT found.*, machines.name AS target_name, machines.environment AS environment FROM {relation} AS found"
        f" LEFT JOIN machines ON machines.instance_id = found.target)"
    )


def is_natural(question: Question) -> bool:
    """Whether the answer's order is that of the files: newest first."""
    return question.sort in ((), (Sort("at", descending=True),))


def order_of(question: Question) -> str:
    """The total order of an answer. Raises UsageError for a column that the question does not have."""
    wishes = [_sort_key(question.name, sort) for sort in question.sort]
    return ", ".join([*wishes, _NATURAL[question.name].format(measure=question.measure)])


def _sort_key(name: QuestionName, sort: Sort) -> str:
    if sort.column not in columns_of(name):
        raise UsageError(f"{name} cannot be sorted by {sort.column!r}: there is no such column")
    return f'"{sort.column}" {"DESC" if sort.descending else "ASC"} NULLS LAST'


def listing(generation: Generation, connection: DuckDBPyConnection, entity: Entity, question: Question) -> Select:
    """The row ids of a list of sessions or calls, in order."""
    rows = scoped(generation, connection, entity, question.scope)
    return Select(f"SELECT row_id FROM {rows.sql} ORDER BY {order_of(question)}", rows.parameters)


def summary(generation: Generation, connection: DuckDBPyConnection, question: Question) -> Select:
    """The whole of a question that counts: pairs or usage, in order."""
    sessions = scoped(generation, connection, "sessions", question.scope)
    calls = scoped(generation, connection, "calls", question.scope)
    parts = [f"sessions AS {sessions.sql}", f"calls AS {calls.sql}"]
    parameters: tuple[object, ...] = (*sessions.parameters, *calls.parameters)
    if question.name == "usage":
        parts.append("buckets AS (SELECT unnest(?::TIMESTAMP[]) AS bucket)")
        parameters = (*parameters, _bucket_starts(generation, connection, question))
    body = f"WITH {', '.join(parts)} SELECT * FROM ({statement(question.name)}) ORDER BY {order_of(question)}"
    return Select(body, parameters)


def _bucket_starts(generation: Generation, connection: DuckDBPyConnection, question: Question) -> list[datetime]:
    """Starts of all buckets as UTC without a zone; where the window is open, as far as the data of any filter go."""
    window = question.scope.window
    start, end = window.start, window.end
    if start is None or end is None:
        first, last = _reach(generation, connection, question)
        if first is None or last is None:
            return []
        start, end = start or first, end or last + timedelta(microseconds=1)
    if start >= end:
        return []
    return [moment.replace(tzinfo=None) for moment in buckets(start, end, question.unit, question.scope.zone)]


def _reach(
    generation: Generation, connection: DuckDBPyConnection, question: Question
) -> tuple[datetime | None, datetime | None]:
    calls = generation.relation(connection, "calls", question.scope.window)
    first, last = connection.execute(f'SELECT min("at"), max("at") FROM {calls}').fetchall()[0]
    return utc(first), utc(last)


def utc(moment: datetime | None) -> datetime | None:
    """A moment of the engine, which knows no zones, as what it is: UTC."""
    return None if moment is None else moment.replace(tzinfo=UTC)
