"""Facts: every session and call as a row of small numbers, so that what counts them need not read their texts."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias, TypeVar

from ssmtrail.queries.engine import PACKED, literal, reading_once, statement
from ssmtrail.queries.filters import Condition, Filter, clauses_of
from ssmtrail.queries.filters.keys import KINDS
from ssmtrail.queries.model import Scope
from ssmtrail.queries.ranks import KNOWN
from ssmtrail.queries.relations import Select, cut, inside, order_of, scoped, with_names
from ssmtrail.queries.times import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.filters import Key
    from ssmtrail.queries.filters.keys import Filtered
    from ssmtrail.queries.model import Question
    from ssmtrail.queries.snapshot import Entity, Snapshot


#: The number that stands for a key's columns in the facts.
_NUMBERS: Final = {
    "person": "person_no",
    "target": "target_no",
    "name": "target_no",
    "env": "target_no",
    "targetkind": "target_no",
    "kind": "route_no",
    "dest": "route_no",
    "ip": "address_no",
    "role": "role_no",
    "account": "person_no",
    "region": "place_no",
    "status": "status_no",
    "event": "step",
}
#: Keys whose column the facts have as it is.
_THERE: Final = frozenset({"hour", "day"})


class Split(NamedTuple):
    """A filter in conditions that have to hold together."""

    numbers: tuple[tuple[str, Condition], ...]
    """Over facts, with the column that each looks at."""
    texts: tuple[Condition, ...]
    """Over all columns of sessions or calls."""


def split(scope: Scope, entity: Filtered) -> Split:
    """The filter of a scope as conditions over facts, as far as they can tell. Raises FilterError."""
    numbers: list[tuple[str, Condition]] = []
    texts: list[Condition] = []
    for key, condition in clauses_of(scope.filter, entity, scope.zone):
        name = key.name if key else ""
        if name in _THERE:
            numbers.append(("at", condition))
        elif name in _NUMBERS:
            number = _NUMBERS[name]
            found = f"{number} IN (SELECT {number} FROM ({KNOWN[number]}) WHERE {condition.sql})"
            numbers.append((number, Condition(found, condition.parameters)))
        else:
            texts.append(condition)
    return Split(tuple(numbers), tuple(texts))


def narrowing(scope: Scope, columns: frozenset[str]) -> Condition | None:
    """The filter of a scope over sums that these numbers tell apart; None where it asks for more than they tell."""
    parts = split(scope, "sessions")
    if parts.texts or parts != split(scope, "calls") or any(column not in columns for column, _ in parts.numbers):
        return None
    return Condition.joined((condition for _, condition in parts.numbers), " AND ")


#: The same order as that of the numbers in `all_people`, `all_targets`.
_NATURAL: Final = "{measure} DESC, person NULLS LAST, account NULLS LAST, role NULLS LAST, target NULLS LAST"
_COLUMNS: Final = "account, person, role, target, sessions, calls, denied, first_seen, last_seen"


def pairs_by_text(snapshot: Snapshot, connection: DuckDBPyConnection, question: Question) -> Select:
    """All pairs of a question, in order, with their texts. Raises UsageError, FilterError."""
    sessions = _rows(snapshot, connection, "sessions", question.scope)
    calls = _rows(snapshot, connection, "calls", question.scope)
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


def _rows(snapshot: Snapshot, connection: DuckDBPyConnection, entity: Entity, scope: Scope) -> Select:
    if scope.filter.terms:
        return scoped(snapshot, connection, entity, scope, marked=False)
    # Looking up what the inventory says of every row takes longer than to count them.
    return Select(snapshot.relation(connection, entity, scope.window, marked=False))


#: Keys whose values the dictionary knows one and all.
_SPELLED: Final = frozenset({"person", "account", "role", "dest", "ip", "target"})


@dataclass(frozen=True, slots=True)
class Spellings:
    """What is known of spellings at one moment."""

    ambiguous: frozenset[tuple[str, str]]
    """Key of the filter language, and a value that is not the only one of its kind."""

    @classmethod
    def of(cls, connection: DuckDBPyConnection) -> Spellings:
        """Those of the dictionary as it is now."""
        return cls(frozenset(connection.execute(statement("spellings")).fetchall()))

    def readable(self, scope: Scope) -> Scope:
        """The scope with `key:value` in place of `key:=value` where both hold the same."""
        return replace(scope, filter=scope.filter.relaxed(self._is_alone))

    def _is_alone(self, key: Key, value: str) -> bool:
        return key.name in _SPELLED and (key.name, value) not in self.ambiguous


_numbers: Final = count(1)
#: What is counted of a row. An orphan is no start of a session: it counts by its calls alone.
_COUNTS: Final[dict[Entity, str]] = {
    "sessions": "found.status = 'started' AS started, found.first_ever, found.status <> 'orphan' AS counts",
    "calls": "found.step, found.step = 0 AND found.status = 'ok' AS started, true AS counts",
}
#: Sums that are kept: of a view with its turns, of what was drilled into, of the way back.
_KEPT_SUMS: Final = 16
#: Filtered rows that are kept: of what was drilled into, of the way back; so many of one filter at the most.
_KEPT_FEW: Final = 8
_FEW: Final = 50_000
#: What tells one row of sums from another.
_TOLD_BY: Final = {
    "touched": frozenset({"person_no", "target_no"}),
    "habits": frozenset({"person_no"}),
    "placed": frozenset({"target_no"}),
    "tunnelled": frozenset({"route_no"}),
}
_KINDS: Final = "[" + ", ".join(literal(kind) for kind in KINDS) + "]"
#: The numbers are of the whole engine: two generations that learn at once would give one name two of them.
_learning: Final = threading.Lock()


ViewName: TypeAlias = Literal["matrix", "usage", "heat", "rows", "figures"]
_KEPT_VIEWS: Final[dict[ViewName, int]] = {"matrix": 4, "usage": 8, "heat": 8, "rows": 32, "figures": 32}
_EVERYTHING: Final = Scope(Window(), Filter())
Found = TypeVar("Found")


@dataclass(slots=True)
class Facts:
    """The facts of one generation, made when they are first asked for.

    A million sessions with their calls take about 0.7 s to make, 38 MB to hold when packed (measured on two cores).
    """

    _tables: dict[str, str] = field(default_factory=dict)
    """Names of tables of facts by what they were made from."""
    _sums: dict[tuple[str, Scope], str] = field(default_factory=dict)
    """Names of tables of sums by what they are and their scope, the one asked for last at the end."""
    _few: dict[Hashable, str] = field(default_factory=dict)
    """Names of tables of filtered rows, empty where those are many; the one asked for last at the end."""
    _views: dict[ViewName, dict[Hashable, object]] = field(default_factory=lambda: {name: {} for name in _KEPT_VIEWS})
    """By what they are of, the one asked for last at the end."""
    _spellings: Spellings | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def readable(self, scope: Scope) -> Scope:
        """See `Trail.readable`; the same scope before there are facts."""
        return self._spellings.readable(scope) if self._spellings else scope

    def rows(
        self,
        snapshot: Snapshot,
        connection: DuckDBPyConnection,
        entity: Entity,
        scope: Scope,
        *,
        kept: bool = False,
    ) -> Select:
        """The facts of a scope that count, joined as its window joins.

        The `kept` ones are those that are kept, however far joins reach.
        """
        found = self._found(snapshot, connection, entity, scope, kept=kept)
        return Select(f"(SELECT * FROM {found.sql} WHERE counts)", found.parameters)

    def are_made(self, snapshot: Snapshot) -> bool:
        """Whether there are facts of all that is kept."""
        # Not behind the lock: while facts are made, texts are faster than waiting.
        return all(snapshot.file(each) in self._tables for each in _COUNTS)

    def listed(self, snapshot: Snapshot, connection: DuckDBPyConnection, entity: Entity, scope: Scope) -> Select | None:
        """The facts of a scope, of orphans too; None where it takes texts to find them, or facts are not there yet."""
        if not self.are_made(snapshot) or split(scope, entity).texts:
            return None
        return self._found(snapshot, connection, entity, scope, kept=False)

    def _found(
        self, snapshot: Snapshot, connection: DuckDBPyConnection, entity: Entity, scope: Scope, *, kept: bool
    ) -> Select:
        window = scope.window
        around = window if kept else window.look_around(snapshot.look_around_days)
        patch = "" if kept else snapshot.patch(connection, around, entity)
        whole = self._table(connection, entity, snapshot.file(entity))
        if kept:
            rows, found = f"(SELECT * FROM {whole} WHERE {inside(window)})", snapshot.file(entity)
        else:
            patched = self._table(connection, entity, patch) if patch else ""
            rows = cut(window, whole, patched, f"row_id NOT IN (SELECT row_id FROM beyond_{patch})")
            found = snapshot.relation(connection, entity, window)
        if not scope.filter.terms:
            return Select(rows)
        parts = split(scope, entity)
        conditions = [condition for _, condition in parts.numbers]
        if parts.texts:
            texts = Condition.joined(parts.texts, " AND ")
            matching = f"SELECT row_id FROM {with_names(found)} WHERE {texts.sql}"
            conditions.append(Condition(f"row_id IN ({matching})", texts.parameters))
        condition = Condition.joined(conditions, " AND ")
        narrowed = Select(f"(SELECT * FROM {rows} WHERE {condition.sql})", condition.parameters)
        if not parts.texts:
            return narrowed
        few = self._kept_few(connection, (entity, without_zone(scope), kept), narrowed)
        return Select(few) if few else narrowed

    def _kept_few(self, connection: DuckDBPyConnection, wanted: Hashable, rows: Select) -> str:
        """The table of a filter's rows, where they are few: texts are read once for a whole page. Else empty."""
        with self._lock:
            table = self._few.pop(wanted, None)
            if table is not None:
                self._few[wanted] = table
                return table
        table = f"few_{next(_numbers)}"
        made = f"CREATE TABLE {table} AS SELECT * FROM {rows.sql} LIMIT {_FEW + 1}"
        size = connection.execute(made, list(rows.parameters)).fetchall()[0][0]
        dropped = [table] if size > _FEW else []
        with self._lock:
            kept = self._few.setdefault(wanted, "" if dropped else table)
            if kept and kept != table:  # made by another thread meanwhile
                dropped.append(table)
            while len(self._few) > _KEPT_FEW:
                dropped.append(self._few.pop(next(iter(self._few))))
        for other in filter(None, dropped):
            connection.execute(f"DROP TABLE IF EXISTS {other}")
        return kept

    def both(self, snapshot: Snapshot, connection: DuckDBPyConnection, scope: Scope) -> Select:
        """The relations `sessions`, `calls` of a scope, for WITH."""
        sessions = self.rows(snapshot, connection, "sessions", scope)
        calls = self.rows(snapshot, connection, "calls", scope)
        return Select(
            f"sessions AS NOT MATERIALIZED {sessions.sql}, calls AS NOT MATERIALIZED {calls.sql}",
            (*sessions.parameters, *calls.parameters),
        )

    def summed(self, snapshot: Snapshot, connection: DuckDBPyConnection, name: str, scope: Scope) -> str:
        """The table of what `queries/sql/NAME.sql` makes of a scope's facts; those asked for last are kept."""
        scope = without_zone(scope)
        with self._lock:
            if table := self._sums.pop((name, scope), ""):
                self._sums[name, scope] = table
                return table
        sums = self._part_of_whole(name, scope)
        if sums is None:
            facts = self.both(snapshot, connection, scope)
            sums = Select(f"WITH {facts.sql} FROM ({statement(name)})", facts.parameters)
        table = f"{PACKED}.{name}_{next(_numbers)}"
        connection.execute(f"CREATE TABLE {table} AS {sums.sql}", list(sums.parameters))
        with self._lock:
            kept = self._sums.setdefault((name, scope), table)
            dropped = [] if kept == table else [table]
            # Those of everything that is kept stay: most others are found in them.
            passing = [each for each in self._sums if each[1] != _EVERYTHING]
            dropped += [self._sums.pop(each) for each in passing[:-_KEPT_SUMS]]
        for other in dropped:
            connection.execute(f"DROP TABLE IF EXISTS {other}")
        return kept

    def _part_of_whole(self, name: str, scope: Scope) -> Select | None:
        """Of sums that are there without the filter, those that the filter keeps, where it keeps each whole or not."""
        condition = narrowing(scope, _TOLD_BY[name]) if scope.filter.terms else None
        with self._lock:
            whole = self._sums.get((name, replace(scope, filter=Filter())))
        if condition is None or whole is None:
            return None
        return Select(f"SELECT * FROM {whole} WHERE {condition.sql}", condition.parameters)

    def view(self, name: ViewName, wanted: Hashable, make: Callable[[], Found]) -> Found:
        """A view that was made before, else a new one: a matrix of a million sessions takes 0.2 s, holds 10 MB."""
        with self._lock:
            made = self._views[name]
            known = wanted in made
            found = made.pop(wanted) if known else None
        view: Found = found if known else make()  # type: ignore[assignment]
        with self._lock:
            made[wanted] = view
            while len(made) > _KEPT_VIEWS[name]:
                made.pop(next(iter(made)))
        return view

    def free(self, connection: DuckDBPyConnection) -> None:
        """Drop the tables."""
        with self._lock:
            for table in filter(None, (*self._tables.values(), *self._sums.values(), *self._few.values())):
                connection.execute(f"DROP TABLE IF EXISTS {table}")
            self._tables.clear()
            self._sums.clear()
            self._few.clear()
            for made in self._views.values():
                made.clear()

    def _table(self, connection: DuckDBPyConnection, entity: Entity, source: str) -> str:
        with self._lock:
            if source not in self._tables:
                with reading_once(connection):
                    _learn(connection, source)
                    self._spellings = Spellings.of(connection)
                    self._tables[source] = _made(connection, entity, source)
            return self._tables[source]


def without_zone(scope: Scope) -> Scope:
    """The scope in UTC, unless its filter asks for hours or days: its rows are the same."""
    by_clock = any(term.key and term.key.reading in {"hours", "days"} for term in scope.filter.terms)
    return scope if by_clock else replace(scope, zone="UTC")


def _learn(connection: DuckDBPyConnection, source: str) -> None:
    with _learning:
        for line in statement("learn").replace("{found}", source).replace("{kinds}", _KINDS).split(";"):
            if line.strip():
                connection.execute(line)


def _made(connection: DuckDBPyConnection, entity: Entity, source: str) -> str:
    table = f"{PACKED}.facts_{next(_numbers)}"
    made = statement("facts").replace("{found}", source)
    made = made.replace("{counts}", _COUNTS[entity])
    connection.execute(f"CREATE TABLE {table} AS {made}")
    return table
