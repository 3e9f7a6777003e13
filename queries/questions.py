"""Questions as SQL: which relation, which rows, in which order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, timedelta
from functools import lru_cache
from math import gcd
from typing import TYPE_CHECKING, Final, cast

from queries.columns import columns_of
from queries.engine import statement
from queries.errors import UsageError
from queries.filters import Filter, compile_filter
from queries.ranked import ranked
from queries.values import Sort
from queries.zones import buckets

if TYPE_CHECKING:
    from datetime import datetime

    from duckdb import DuckDBPyConnection

    from queries.generation import Entity, Generation
    from queries.values import Question, QuestionName, Scope, Unit

#: The order of a question without a wish, and what breaks the ties of every other order.
_NATURAL: Final[dict[QuestionName, str]] = {
    "sessions": '"at" DESC, key',
    "calls": '"at" DESC, step DESC, key',
    "pairs": "{measure} DESC, person_order, target_order",
    "usage": "bucket",
    "people": "{measure} DESC, person_order",
    "instances": "{measure} DESC, target_order",
    "tunnels": "{measure} DESC, destination NULLS LAST, kind",
}
#: The names behind the numbers of the facts, as relations for WITH.
NAMES: Final = f"people AS ({statement('all_people')}), targets AS ({statement('all_targets')})"
#: The sums of facts that each question is made of.
_SUMS: Final[dict[QuestionName, tuple[str, ...]]] = {
    "pairs": ("touched",),
    "people": ("touched", "habits"),
    "instances": ("touched", "placed"),
    "tunnels": ("tunnelled",),
}
#: Worth making before anybody asks, the slowest of the first views last.
PREPARED: Final = ("touched", "placed", "tunnelled", "habits")
#: Columns of sessions and calls that are looked up beside their files: for an order by others that is left out.
_NOT_IN_FILES: Final = frozenset({"target_name", "environment", "first_ever"})
#: What is kept of a list's rows that the facts have found.
_FOUND: Final = ("row_id", "person_no", "target_no", "started")
_PAIR_NUMBERS: Final = ("person_no", "target_no", "sessions", "calls", "denied", "first_seen", "last_seen")


@dataclass(frozen=True, slots=True)
class Select:
    """A statement with its parameters."""

    sql: str
    parameters: tuple[object, ...] = ()


def scoped(
    generation: Generation, connection: DuckDBPyConnection, entity: Entity, scope: Scope, *, marked: bool = True
) -> Select:
    """All rows of a scope with every column of `columns_of`, and `row_id`; without `first_ever` unless `marked`."""
    rows = with_names(generation.relation(connection, entity, scope.window, marked=marked))
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


def order_of(question: Question, *, natural: str = "") -> str:
    """The total order of an answer; `natural` is its natural order where rows are told by something of their own.

    Raises UsageError for a column that the question does not have.
    """
    wishes = [_sort_key(question.name, sort) for sort in question.sort]
    return ", ".join([*wishes, natural or _NATURAL[question.name].format(measure=question.measure)])


def _sort_key(name: QuestionName, sort: Sort) -> str:
    if sort.column not in columns_of(name):
        raise UsageError(f"{name} cannot be sorted by {sort.column!r}: there is no such column")
    return f'"{sort.column}" {"DESC" if sort.descending else "ASC"} NULLS LAST'


def listing(generation: Generation, connection: DuckDBPyConnection, entity: Entity, question: Question) -> Select:
    """The row ids of a list of sessions or calls, in order."""
    by_row_id = _by_row_id(generation, connection, entity, question)
    order = order_of(question, natural=by_row_id)
    facts = generation.facts.listed(generation, connection, entity, question.scope) if by_row_id else None
    if facts and (in_order := ranked(question.sort, facts.sql)):
        return Select(in_order, facts.parameters)
    if question.scope.filter.terms or any(sort.column in _NOT_IN_FILES for sort in question.sort):
        rows = scoped(generation, connection, entity, question.scope)
        return Select(f"SELECT row_id FROM {rows.sql} ORDER BY {order}", rows.parameters)
    found = generation.relation(connection, entity, question.scope.window, marked=False)
    return Select(f"SELECT row_id FROM {found} ORDER BY {order}")


def _by_row_id(generation: Generation, connection: DuckDBPyConnection, entity: Entity, question: Question) -> str:
    """`row_id` where all rows are those of the files, whose ids are in the natural order; else nothing."""
    around = question.scope.window.look_around(generation.look_around_days)
    return "" if generation.patch(connection, around, entity) else "row_id"


def found_listing(generation: Generation, connection: DuckDBPyConnection, question: Question, facts: Select) -> Select:
    """The row ids of a list whose facts are found, in order, with what its totals are made of."""
    found = f"(SELECT {', '.join(_FOUND)} FROM {facts.sql})"
    entity, window = cast("Entity", question.name), question.scope.window
    by_row_id = _by_row_id(generation, connection, entity, question)
    if is_natural(question) and by_row_id:
        return Select(f"SELECT * FROM {found} ORDER BY row_id", facts.parameters)
    order = f"ORDER BY {order_of(question, natural=by_row_id)}"
    if by_row_id and (in_order := ranked(question.sort, facts.sql, _FOUND)):
        return Select(in_order, facts.parameters)
    rows = with_names(generation.relation(connection, entity, window))
    return Select(f"SELECT numbers.* FROM {found} AS numbers JOIN {rows} USING (row_id) {order}", facts.parameters)


def summary(generation: Generation, connection: DuckDBPyConnection, question: Question) -> Select:
    """The whole of a question that counts, in order; of pairs the numbers alone, which `named_pairs` names."""
    if question.name == "usage":
        return _bars(generation, connection, question)
    sums = (
        f"{name} AS (FROM {generation.facts.summed(generation, connection, name, question.scope)})"
        for name in _SUMS[question.name]
    )
    columns = ", ".join(_PAIR_NUMBERS) if question.name == "pairs" else "*"
    rows = f"SELECT {columns} FROM ({statement(question.name)}) ORDER BY {order_of(question)}"
    return Select(f"WITH {NAMES}, {', '.join(sums)} {rows}")


def _bars(generation: Generation, connection: DuckDBPyConnection, question: Question) -> Select:
    facts = generation.facts.both(generation, connection, question.scope)
    bars = bars_of(generation, connection, question.scope, question.unit)
    given = "buckets AS (SELECT unnest(?::TIMESTAMP[]) AS bucket), step AS (SELECT ? AS seconds)"
    rows = f"SELECT * FROM ({statement('usage')}) ORDER BY {order_of(question)}"
    return Select(f"WITH {facts.sql}, {given} {rows}", (*facts.parameters, list(bars.starts), bars.seconds))


def named_pairs(table: str, condition: str) -> str:
    """Rows of a table of pairs with their names and `position`."""
    rows = f"SELECT rowid AS position, * FROM {table}"
    return f"(WITH {NAMES}, touched AS ({rows} WHERE {condition}) {statement('pairs')})"


@dataclass(frozen=True, slots=True)
class Bars:
    """Where bars begin: there may be thousands, which take longer to tell than to fill."""

    starts: tuple[datetime, ...] = ()
    """As UTC without a zone."""
    seconds: int = 1
    """So many that every start is a whole number of them: rows are counted by these, then by bars."""
    begins: tuple[int, ...] = ()
    """The starts as numbers of these, since 1970."""


def bars_of(generation: Generation, connection: DuckDBPyConnection, scope: Scope, unit: Unit) -> Bars:
    """All bars of a scope; where the window is open, as far as the data of any filter go. Raises UsageError."""
    start, end = scope.window.start, scope.window.end
    if start is None or end is None:
        first, last = _reach(generation, connection, scope)
        if first is None or last is None:
            return Bars()
        start, end = start or first, end or last + timedelta(microseconds=1)
    return _bars_between(start, end, unit, scope.zone) if start < end else Bars()


# A look at them counts three times: what there is, what was refused, the period before; the next one the same.
@lru_cache(maxsize=8)
def _bars_between(start: datetime, end: datetime, unit: Unit, zone: str) -> Bars:
    starts = buckets(start, end, unit, zone)
    times = [int(moment.timestamp()) for moment in starts]
    seconds = gcd(*times) or 1
    return Bars(
        tuple(moment.replace(tzinfo=None) for moment in starts), seconds, tuple(time // seconds for time in times)
    )


def _reach(
    generation: Generation, connection: DuckDBPyConnection, scope: Scope
) -> tuple[datetime | None, datetime | None]:
    calls = generation.facts.rows(generation, connection, "calls", replace(scope, filter=Filter()))
    first, last = connection.execute(f'SELECT min("at"), max("at") FROM {calls.sql}').fetchall()[0]
    return utc(first), utc(last)


def utc_time(moment: datetime) -> datetime:
    """A moment of the engine, which knows no zones, as what it is: UTC."""
    return moment.replace(tzinfo=UTC)


def utc(moment: datetime | None) -> datetime | None:
    """The same where there may be none."""
    return None if moment is None else utc_time(moment)
