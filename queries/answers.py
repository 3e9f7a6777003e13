"""Answers: how many rows a question has, given in pages, each page read when it is asked for."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING, Final, cast
from zoneinfo import ZoneInfo

import duckdb

from queries.columns import columns_of
from queries.engine import cursor_of, run
from queries.errors import Cancelled, StoreError
from queries.facts import without_zone
from queries.filters import Filter
from queries.questions import Select, found_listing, is_natural, listing, named_pairs, scoped, summary, with_names
from queries.runs import Stretch
from queries.totals import MACHINES_IN, PEOPLE_IN
from queries.values import Question, QuestionName, Row, Totals, Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from duckdb import DuckDBPyConnection

    from queries.generation import Entity, Generation
    from queries.store.remembered import Counted
    from queries.values import Scope

_numbers: Final = count(1)
#: Questions whose answers lie in memory whole.
COUNTED: Final[frozenset[QuestionName]] = frozenset({"pairs", "usage", "people", "instances", "tunnels"})
#: How many people, machines an answer names; 0 where it does not tell.
_DISTINCT: Final[dict[QuestionName, tuple[str, str]]] = {
    "pairs": (PEOPLE_IN, MACHINES_IN),
    "people": ("count(DISTINCT person)", "0"),
    "instances": ("0", "count(target)"),
}


@dataclass(slots=True)
class StoredAnswer:
    """An answer whose order lies in the engine's memory: row ids for lists, whole rows for what is counted.

    A list in its natural order without a filter needs no ids: its rows lie side by side in the file.
    """

    question: Question
    totals: Totals
    _connection: DuckDBPyConnection
    _generation: Generation
    _table: str
    _stretch: Stretch | None = None
    _closed: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that `page` can give."""
        return columns_of(self.question.name)

    def page(self, offset: int, limit: int, columns: Sequence[str] | None = None) -> tuple[Row, ...]:
        """Rows `offset` to `offset + limit` in the question's order; fewer at the end. Raises StoreError."""
        wanted = tuple(columns or self.columns)
        if unknown := set(wanted) - set(self.columns):
            raise StoreError(f"{self.question.name} has no column {min(unknown)!r}")
        first, last = max(offset, 0), min(offset + limit, self.totals.rows)
        if first >= last:
            return ()
        chosen = ", ".join(f'page."{name}"' for name in wanted)
        found = self._run(Select(f"SELECT {chosen} FROM {self._page(first, last)} ORDER BY position"))
        return self._typed(found, wanted)

    def position(self, key: str) -> int | None:
        """Where the row with this key stands, or None when it is not in the answer."""
        if self.question.name == "usage":
            return None
        if self.question.name == "pairs":
            return self._place_of_pair(key)
        if self.question.name in COUNTED:
            found = self._run(Select(f"SELECT rowid FROM {self._table} WHERE key = ?", (key,)))
            return cast("int", found[0][0]) if found else None
        found = self._run(Select(f"SELECT row_id FROM {self._whole()} WHERE key = ?", (key,)))
        if found and not self._stretch:
            found = self._run(Select(f"SELECT rowid FROM {self._table} WHERE row_id = ?", found[0]))
        place = cast("int", found[0][0]) if found else None
        return self._stretch.position(place) if self._stretch and place is not None else place

    def _place_of_pair(self, key: str) -> int | None:
        # By the names: making the keys of all pairs takes longer than finding one.
        same = " AND ".join(f"{name} IS NOT DISTINCT FROM ?" for name in ("account", "person", "role", "target"))
        try:
            names = tuple(json.loads(key))
        except ValueError:
            return None
        found = self._run(Select(f"SELECT position FROM {named_pairs(self._table, 'true')} WHERE {same}", names))
        return cast("int", found[0][0]) if found else None

    def close(self) -> None:
        """Free what the answer holds."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        with suppress(Cancelled):  # a closed connection has freed it
            if self._table:
                run(self._connection, f"DROP TABLE IF EXISTS {self._table}")
        self._generation.release(self._connection)

    def _page(self, first: int, last: int) -> str:
        if self.question.name == "pairs":
            return f"{named_pairs(self._table, f'rowid >= {first} AND rowid < {last}')} AS page"
        if self.question.name in COUNTED:
            rows = f"SELECT rowid AS position, * FROM {self._table} WHERE rowid >= {first} AND rowid < {last}"
        elif self._table:
            ids = f"SELECT rowid AS position, row_id FROM {self._table} WHERE rowid >= {first} AND rowid < {last}"
            rows = f"SELECT * FROM ({ids}) JOIN {self._whole()} USING (row_id)"
        else:
            assert self._stretch is not None
            found = self._generation.rows(cast("Entity", self.question.name), self._stretch, first, last)
            rows = f"SELECT row_id AS position, * FROM {with_names(found)}"
        return f"({rows}) AS page"

    def _whole(self) -> str:
        entity = cast("Entity", self.question.name)
        cursor = cursor_of(self._connection)
        return with_names(self._generation.relation(cursor, entity, self.question.scope.window))

    def _run(self, select: Select) -> list[Row]:
        if self._closed:
            raise StoreError("this answer is closed")
        try:
            return run(self._connection, select.sql, select.parameters)
        except (duckdb.CatalogException, StoreError) as gone:
            if self._closed:  # meanwhile, by another thread
                raise StoreError("this answer is closed") from gone
            raise

    def _typed(self, found: list[Row], columns: tuple[str, ...]) -> tuple[Row, ...]:
        zone = ZoneInfo(self.question.scope.zone) if self.question.name == "usage" else None
        return tuple(
            tuple(typed(value, zone if name == "bucket" else None) for value, name in zip(row, columns, strict=True))
            for row in found
        )


def typed(value: object, zone: ZoneInfo | None = None) -> Value:
    """A value of the engine as a value of an answer: UTC times, tuples for lists."""
    if isinstance(value, datetime):
        moment = value.replace(tzinfo=UTC)
        return moment.astimezone(zone) if zone else moment
    if isinstance(value, list):
        return tuple(value)
    return cast("Value", value)


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
    table = _keep(cursor, summary(generation, cursor, question))
    distinct = ", ".join(_DISTINCT.get(question.name, ("0", "0"))).format(table=table)
    figures = cursor.execute(f"SELECT count(*), coalesce(sum(sessions), 0)::BIGINT, {distinct} FROM {table}")
    rows, sessions, people, machines = figures.fetchall()[0]
    unfiltered = rows
    if question.name != "usage" and question.scope.filter.terms:
        unfiltered = counted_rows(generation, cursor, question.narrowed(Filter()))
    totals = Totals(rows, unfiltered, sessions, people, machines)
    return StoredAnswer(question, totals, connection, generation.hold(), table)


def counted_rows(generation: Generation, cursor: DuckDBPyConnection, question: Question) -> int:
    """How many rows a question that counts has; kept, since every drill wants that of all that it drills into."""
    wanted = (question.name, question.measure, without_zone(question.scope))

    def counted() -> int:
        whole = summary(generation, cursor, question)
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
    table = _keep(cursor, listing(generation, cursor, entity, question))
    return StoredAnswer(question, totals, connection, generation.hold(), table)


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
