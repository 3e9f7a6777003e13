"""Lists: the rows of an answer, counted, ordered, and read page by page."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from typing import TYPE_CHECKING, Final, cast
from zoneinfo import ZoneInfo

import duckdb

from ssmtrail.queries.counts import MACHINES_IN, PEOPLE_IN
from ssmtrail.queries.engine import cursor_of, interruptible, run
from ssmtrail.queries.errors import Cancelled, StoreError
from ssmtrail.queries.filters import Filter
from ssmtrail.queries.index import without_zone
from ssmtrail.queries.lines import spelled
from ssmtrail.queries.model import Question, QuestionName, Row, Spelling, Totals
from ssmtrail.queries.relations import (
    COUNTED,
    UNINDEXED,
    columns_of,
    found_listing,
    is_natural,
    listing,
    named_pairs,
    scoped,
    summary,
    typed,
)
from ssmtrail.queries.snapshot import Stretch
from ssmtrail.queries.window_sql import Select

if TYPE_CHECKING:
    from collections.abc import Sequence

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.model import Entity, Scope
    from ssmtrail.queries.snapshot import Snapshot
    from ssmtrail.queries.store.count_cache import Counted


@dataclass(slots=True)
class StoredAnswer:
    """An answer whose order is kept in the engine's memory: row ids for lists, whole rows for what is counted.

    A list in its natural order without a filter needs no ids: its rows lie side by side in the file. Of one in another
    order only the first rows are ordered before they are needed, see `Ordered`.
    """

    question: Question
    totals: Totals
    _connection: DuckDBPyConnection
    _snapshot: Snapshot
    _table: str
    _stretch: Stretch | None = None
    _ordered: Ordered | None = None
    _closed: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that `page` can give."""
        return columns_of(self.question.name)

    def page(self, offset: int, limit: int, columns: Sequence[str] | None = None) -> tuple[Row, ...]:
        """Rows `offset` to `offset + limit` in the question's order; fewer at the end. Raises StoreError."""
        wanted = tuple(columns or self.columns)
        self._require(wanted)
        first, last = max(offset, 0), min(offset + limit, self.totals.rows)
        return self._rows(first, last, wanted) if first < last else ()

    def lines(self, offset: int, limit: int, columns: Sequence[str], spelling: Spelling) -> Sequence[str | Row]:
        """The same rows as lines of a format, or as values: see `Answer.lines`. Raises StoreError."""
        line = spelled(spelling, columns) if self.question.name != "usage" else None  # its times have a zone
        if line is None:
            return self.page(offset, limit, columns)
        self._require(columns)
        first, last = max(offset, 0), min(offset + limit, self.totals.rows)
        if first >= last:
            return ()
        found = self._run(Select(f"SELECT {line} FROM {self._page(first, last)} ORDER BY position"))
        lines = cast("list[str | None]", [row[0] for row in found])
        if None not in lines:
            return cast("list[str]", lines)
        unspelled = ", ".join(str(place) for place, text in enumerate(lines, first) if text is None)
        rows = iter(self._rows(first, last, columns, f"position IN ({unspelled})"))
        return [next(rows) if text is None else text for text in lines]

    def _rows(self, first: int, last: int, columns: Sequence[str], among: str = "true") -> tuple[Row, ...]:
        chosen = ", ".join(f'page."{name}"' for name in columns)
        found = f"SELECT {chosen} FROM {self._page(first, last)} WHERE {among} ORDER BY position"
        return self._typed(self._run(Select(found)), columns)

    def _require(self, columns: Sequence[str]) -> None:
        if unknown := set(columns) - set(self.columns):
            raise StoreError(f"{self.question.name} has no column {min(unknown)!r}")

    def position(self, key: str, at: datetime | None = None) -> int | None:
        """The place of the row with this key, or None when it is not in the answer."""
        if self.question.name == "usage":
            return None
        if self.question.name == "pairs":
            return self._place_of_pair(key)
        if self.question.name in COUNTED:
            found = self._run(Select(f"SELECT rowid FROM {self._table} WHERE key = ?", (key,)))
            return cast("int", found[0][0]) if found else None
        self._require_open()
        entity, window = cast("Entity", self.question.name), self.question.scope.window
        number = self._snapshot.row_number(self._connection, entity, window, key, at)
        if number is None:
            return None
        if self._stretch:
            return self._stretch.position(number)
        table = self._ids(self.totals.rows)
        found = self._run(Select(f"SELECT rowid FROM {table} WHERE row_id = ?", (number,)))
        return cast("int", found[0][0]) if found else None

    def _place_of_pair(self, key: str) -> int | None:
        # By the names: making the keys of all pairs takes longer than finding one.
        same = " AND ".join(
            f"{name} IS NOT DISTINCT FROM ?"
            for name in ("account", "person", "behind", "person_kind", "person_id", "target")
        )
        try:
            names = tuple(json.loads(key))
        except ValueError:
            return None
        found = self._run(Select(f"SELECT position FROM {named_pairs(self._table, 'true')} WHERE {same}", names))
        return cast("int", found[0][0]) if found else None

    def complete(self, cancelled: threading.Event) -> None:
        """Make ready what is still to be made for rows further down. Raises Cancelled, StoreError."""
        if self._ordered is not None and not self._closed:
            cursor = cursor_of(self._connection)
            with interruptible(cursor, cancelled):
                self._ordered.complete(cursor)

    def close(self) -> None:
        """Free what the answer holds."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        with suppress(Cancelled):  # a closed connection has freed it
            if self._table:
                run(self._connection, f"DROP TABLE IF EXISTS {self._table}")
            if self._ordered is not None:
                self._ordered.drop()
        self._snapshot.release(self._connection)

    def _page(self, first: int, last: int) -> str:
        if self.question.name == "pairs":
            return f"{named_pairs(self._table, f'rowid >= {first} AND rowid < {last}')} AS page"
        if self.question.name in COUNTED:
            rows = f"SELECT rowid AS position, * FROM {self._table} WHERE rowid >= {first} AND rowid < {last}"
        elif self._stretch is None:
            rows = self._rows_by_id(first, last)
        else:
            entity, window = cast("Entity", self.question.name), self.question.scope.window
            found = self._snapshot.rows(entity, self._stretch, first, last)
            found = self._snapshot.named(entity, found, window)
            rows = f"SELECT row_id AS position, * FROM {found}"
        return f"({rows}) AS page"

    def _ids(self, last: int) -> str:
        return self._ordered.table(last) if self._ordered is not None else self._table

    def _rows_by_id(self, first: int, last: int) -> str:
        """Looked up in the files that have them alone, which for most pages are few."""
        table = self._ids(last)
        places = f"SELECT rowid AS position, row_id FROM {table} WHERE rowid >= {first} AND rowid < {last}"
        ids = [cast("int", row[0]) for row in self._run(Select(f"SELECT row_id FROM ({places})"))]
        entity, window = cast("Entity", self.question.name), self.question.scope.window
        rows = self._snapshot.rows_of(cursor_of(self._connection), entity, window, ids)
        found = self._snapshot.named(entity, rows, window)
        return f"SELECT * FROM ({places}) JOIN {found} USING (row_id)"

    def _require_open(self) -> None:
        if self._closed:
            raise StoreError("this answer is closed")

    def _run(self, select: Select) -> list[Row]:
        self._require_open()
        try:
            return run(self._connection, select.sql, select.parameters)
        except (duckdb.CatalogException, StoreError) as gone:
            if self._closed:  # meanwhile, by another thread
                raise StoreError("this answer is closed") from gone
            raise

    def _typed(self, found: list[Row], columns: Sequence[str]) -> tuple[Row, ...]:
        zone = ZoneInfo(self.question.scope.zone) if self.question.name == "usage" else None
        return tuple(
            tuple(typed(value, zone if name == "bucket" else None) for value, name in zip(row, columns, strict=True))
            for row in found
        )


#: So many rows are ordered before anybody sees one; a screen shows fewer, and orders the rest meanwhile.
HEAD: Final = 512


@dataclass(slots=True)
class Ordered:
    """Tables of row ids in the engine's memory, dropped with `drop`."""

    connection: DuckDBPyConnection
    rows: Select
    """All row ids, in order."""
    total: int
    """How many there are."""
    _head: str = ""
    _whole: str = ""
    _dropped: bool = False
    _completing: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def begun(cls, connection: DuckDBPyConnection, cursor: DuckDBPyConnection, rows: Select, total: int) -> Ordered:
        """With its first rows; `cursor` orders them, and may be interrupted meanwhile."""
        ordered = cls(connection, rows, total)
        if total > HEAD:
            ordered._head = ordered._made(cursor, f"{rows.sql} LIMIT {HEAD}")
        else:
            ordered._whole = ordered._made(cursor, rows.sql)
        return ordered

    def table(self, last: int) -> str:
        """A table that has at least the rows before `last`, each at its place (`rowid`). Blocks while it is made."""
        return self._whole or (self._head if last <= HEAD else self.complete())

    def complete(self, cursor: DuckDBPyConnection | None = None) -> str:
        """Order all rows, once; `cursor` may be interrupted meanwhile. Blocks; gives the table."""
        with self._completing:
            if not self._whole:
                whole = self._made(cursor or cursor_of(self.connection), self.rows.sql)
                if self._dropped:  # while it was made
                    self._drop(whole)
                self._whole = whole
            return self._whole

    def drop(self) -> None:
        """Free the tables; does not wait for one that is being made."""
        self._dropped = True
        for table in (self._head, self._whole):
            self._drop(table)

    def _made(self, cursor: DuckDBPyConnection, sql: str) -> str:
        table = f"order_{next(_numbers)}"
        cursor.execute(f"CREATE TABLE {table} AS {sql}", list(self.rows.parameters))
        return table

    def _drop(self, table: str) -> None:
        if table:
            with suppress(Cancelled):  # a closed connection has freed it
                run(self.connection, f"DROP TABLE IF EXISTS {table}")


_numbers: Final = count(1)
#: How many people, machines an answer names; 0 where it does not tell.
_DISTINCT: Final[dict[QuestionName, tuple[str, str]]] = {
    "pairs": (PEOPLE_IN, MACHINES_IN),
    "people": ("count(DISTINCT person)", "0"),
    "instances": ("0", "count(target)"),
    "as-of": ("count(DISTINCT person)", "count(DISTINCT target)"),
    "findings": ("count(DISTINCT person)", "count(DISTINCT target)"),
}


def answer(
    connection: DuckDBPyConnection, snapshot: Snapshot, question: Question, cursor: DuckDBPyConnection
) -> StoredAnswer:
    """Answer a question; `cursor` runs it and may be interrupted meanwhile. The answer holds the generation."""
    if question.name in COUNTED:
        return _counted(connection, snapshot, question, cursor)
    return _listed(connection, snapshot, question, cursor)


def _counted(
    connection: DuckDBPyConnection, snapshot: Snapshot, question: Question, cursor: DuckDBPyConnection
) -> StoredAnswer:
    table = _keep(cursor, summary(snapshot, cursor, question))
    distinct = ", ".join(_DISTINCT.get(question.name, ("0", "0"))).format(table=table)
    sessions_sum = "count(DISTINCT session_key)" if question.name == "as-of" else "coalesce(sum(sessions), 0)::BIGINT"
    figures = cursor.execute(f"SELECT count(*), {sessions_sum}, {distinct} FROM {table}")
    rows, sessions, people, machines = figures.fetchall()[0]
    unfiltered = rows
    if question.name != "usage" and question.scope.filter.terms:
        unfiltered = counted_rows(snapshot, cursor, question.narrowed(Filter()))
    totals = Totals(rows, unfiltered, sessions, people, machines)
    return StoredAnswer(question, totals, connection, snapshot.hold(), table)


def counted_rows(snapshot: Snapshot, cursor: DuckDBPyConnection, question: Question) -> int:
    """How many rows a question that counts has; kept, since every drill wants that of all that it drills into."""
    wanted = (question.name, question.measure, without_zone(question.scope), question.moment, question.possible_hours)

    def counted() -> int:
        whole = summary(snapshot, cursor, question)
        found = cursor.execute(f"SELECT count(*) FROM ({whole.sql})", list(whole.parameters)).fetchall()
        return cast("int", found[0][0])

    return snapshot.index.view("rows", wanted, counted)


def _listed(
    connection: DuckDBPyConnection, snapshot: Snapshot, question: Question, cursor: DuckDBPyConnection
) -> StoredAnswer:
    entity = cast("Entity", question.name)
    if entity in UNINDEXED:
        rows, sessions, people, machines = _figures(snapshot, entity, question.scope, cursor)
        unfiltered = rows
        if question.scope.filter.terms:
            unfiltered = _figures(snapshot, entity, replace(question.scope, filter=Filter()), cursor)[0]
        ordered = Ordered.begun(connection, cursor, listing(snapshot, cursor, entity, question), rows)
        totals = Totals(rows, unfiltered, sessions, people, machines)
        return StoredAnswer(question, totals, connection, snapshot.hold(), "", _ordered=ordered)
    if question.scope.filter.terms:
        if indexed := snapshot.index.listed(snapshot, cursor, entity, question.scope, question.sort):
            return _found(connection, snapshot, question, cursor, indexed)
        totals = _totals(snapshot, question, cursor)
    else:
        counted = _all(snapshot, entity, question.scope, cursor)
        totals = Totals(counted.rows, counted.rows, counted.sessions, counted.people, counted.machines)
        if is_natural(question) and counted.runs is not None:
            return StoredAnswer(question, totals, connection, snapshot.hold(), "", Stretch(counted.runs))
    ordered = Ordered.begun(connection, cursor, listing(snapshot, cursor, entity, question), totals.rows)
    return StoredAnswer(question, totals, connection, snapshot.hold(), "", _ordered=ordered)


def _found(
    connection: DuckDBPyConnection,
    snapshot: Snapshot,
    question: Question,
    cursor: DuckDBPyConnection,
    indexed: Select,
) -> StoredAnswer:
    """A list whose rows the index finds: no text of any other row is read."""
    entity, scope = cast("Entity", question.name), question.scope
    table = _keep(cursor, found_listing(snapshot, cursor, question, indexed))
    rows, sessions, people, machines = _counted_in(cursor, Select(table))
    unfiltered = _all(snapshot, entity, scope, cursor).rows
    totals = Totals(rows, unfiltered, sessions, people, machines)
    return StoredAnswer(question, totals, connection, snapshot.hold(), table)


def _totals(snapshot: Snapshot, question: Question, cursor: DuckDBPyConnection) -> Totals:
    entity = cast("Entity", question.name)
    rows, sessions, people, machines = _figures(snapshot, entity, question.scope, cursor)
    unfiltered = _all(snapshot, entity, question.scope, cursor).rows
    return Totals(rows, unfiltered, sessions, people, machines)


def _all(snapshot: Snapshot, entity: Entity, scope: Scope, cursor: DuckDBPyConnection) -> Counted:
    """Of a window without the filter."""
    whole = replace(scope, filter=Filter())
    return snapshot.counted(
        cursor, entity, scope.window, lambda: _counted_in(cursor, snapshot.index.all(snapshot, cursor, entity, whole))
    )


def _counted_in(cursor: DuckDBPyConnection, rows: Select) -> tuple[int, int, int, int]:
    """Rows, sessions, people, machines of rows of the index."""
    sums = f"count(*), count(*) FILTER (started), {PEOPLE_IN}, {MACHINES_IN}".format(table=rows.sql)
    found = cursor.execute(f"SELECT {sums} FROM {rows.sql}", list(rows.parameters) * 3).fetchall()
    return cast("tuple[int, int, int, int]", found[0])


def _figures(snapshot: Snapshot, entity: Entity, scope: Scope, cursor: DuckDBPyConnection) -> tuple[int, int, int, int]:
    """Rows, sessions, people, machines."""
    rows = scoped(snapshot, cursor, entity, scope, marked=False)
    started = "step = 0 AND status = 'ok' AND NOT copy" if entity == "calls" else "status = 'started'"
    found = cursor.execute(
        f"SELECT count(*), count(*) FILTER ({started}), count(DISTINCT person), count(DISTINCT target) FROM {rows.sql}",
        list(rows.parameters),
    ).fetchall()
    return cast("tuple[int, int, int, int]", found[0])


def _keep(cursor: DuckDBPyConnection, select: Select) -> str:
    table = f"answer_{next(_numbers)}"
    cursor.execute(f"CREATE TABLE {table} AS {select.sql}", list(select.parameters))
    return table
