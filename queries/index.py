"""The index: every session and call as a row of numbers, from which everything that counts is answered."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, Protocol, TypeAlias, TypeVar

from ssmtrail.queries.engine import PACKED
from ssmtrail.queries.filters import Condition, Filter, clauses_of
from ssmtrail.queries.model import Scope
from ssmtrail.queries.ranks import KNOWN
from ssmtrail.queries.sql_text import paths_literal, statement
from ssmtrail.queries.times import Window
from ssmtrail.queries.window_sql import Select, cut, inside

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Sequence

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.filters import Key
    from ssmtrail.queries.filters.keys import Filtered
    from ssmtrail.queries.model import Entity, Sort
    from ssmtrail.queries.store.sessions import DerivedSet, FileKind


#: The index column with the number of a key's columns.
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
    "personkind": "person_no",
    "personid": "person_no",
}
#: Keys of times, which the index has as they are.
_TIME_KEYS: Final = frozenset({"hour", "day"})
#: Keys whose values depend on the time. A filter by name looks at every name that a machine ever had.
_BY_TIME: Final = frozenset({"env"})


_numbers: Final = count(1)
#: What is counted of a row. An orphan is no start of a session: it counts by its calls alone.
_COUNTS: Final[dict[Entity, str]] = {
    "sessions": "status_no = 1 AS started, status_no < 4 AS counts",
    "calls": "step = 0 AND status_no = 0 AND NOT copy AS started, NOT copy AS counts",
}
_FILES: Final[dict[Entity, FileKind]] = {"sessions": "index-sessions", "calls": "index-calls"}
#: Tables of sums that are kept: of a view with its filters, of drill-downs and the views behind them.
_KEPT_SUMS: Final = 16
#: Tables of filtered rows that are kept, and how many rows one may have.
_KEPT_FEW: Final = 8
_FEW: Final = 50_000
#: The numbers that identify a row of sums.
_IDENTIFIED_BY: Final = {
    "touched": frozenset({"person_no", "target_no"}),
    "against": frozenset({"person_no", "target_no"}),
    "habits": frozenset({"person_no"}),
    "placed": frozenset({"target_no"}),
    "tunnelled": frozenset({"route_no"}),
}
#: The dictionary is the whole engine's: two snapshots that add at once would add a name twice.
_adding_names: Final = threading.Lock()
ViewName: TypeAlias = Literal["matrix", "usage", "heat", "rows", "figures"]
_KEPT_VIEWS: Final[dict[ViewName, int]] = {"matrix": 4, "usage": 8, "heat": 8, "rows": 32, "figures": 32}
_EVERYTHING: Final = Scope(Window(), Filter())
Found = TypeVar("Found")


class Split(NamedTuple):
    """A filter in conditions that have to hold together."""

    numbers: tuple[tuple[str, Condition], ...]
    """Over the index, with the column that each looks at."""
    texts: tuple[Condition, ...]
    """Over all columns of sessions or calls."""


def split(scope: Scope, entity: Filtered, *, names_change: bool = False) -> Split:
    """The filter of a scope as conditions over the index, as far as it can tell. Raises FilterError.

    Where `names_change`, the environment of a machine is not the same at all times.
    """
    numbers: list[tuple[str, Condition]] = []
    texts: list[Condition] = []
    for key, condition in clauses_of(scope.filter, entity, scope.zone):
        name = key.name if key else ""
        if name in _TIME_KEYS:
            numbers.append(("at", condition))
        elif name in _NUMBERS and not (names_change and name in _BY_TIME):
            number = _NUMBERS[name]
            found = f"{number} IN (SELECT {number} FROM ({KNOWN[number]}) WHERE {condition.sql})"
            numbers.append((number, Condition(found, condition.parameters)))
        else:
            texts.append(condition)
    return Split(tuple(numbers), tuple(texts))


def narrowing(scope: Scope, columns: frozenset[str], *, names_change: bool = False) -> Condition | None:
    """The filter of a scope over sums identified by these numbers; None where it needs more than these."""
    parts = split(scope, "sessions", names_change=names_change)
    calls = split(scope, "calls", names_change=names_change)
    if parts.texts or parts != calls or any(column not in columns for column, _ in parts.numbers):
        return None
    return Condition.joined((condition for _, condition in parts.numbers), " AND ")


#: Keys all of whose values are names in the dictionary.
_SPELLED: Final = frozenset({"person", "account", "role", "dest", "ip", "target"})


@dataclass(frozen=True, slots=True)
class Spellings:
    """Which names could be mistaken for others when case is ignored."""

    ambiguous: frozenset[tuple[str, str]]
    """Key of the filter language, and a value that is not the only one of its kind."""

    @classmethod
    def of(cls, connection: DuckDBPyConnection) -> Spellings:
        """The spellings in the dictionary now."""
        return cls(frozenset(connection.execute(statement("spellings")).fetchall()))

    def readable(self, scope: Scope) -> Scope:
        """The scope with `key:value` in place of `key:=value` where both mean the same, without what holds always."""
        shorter = scope.filter.relaxed(self._is_alone)
        for term in shorter.terms:
            if term.text == "personid:?" and ("personid", "") not in self.ambiguous:  # nobody has one
                shorter = shorter.without(term)
        return replace(scope, filter=shorter)

    def _is_alone(self, key: Key, value: str) -> bool:
        return key.name in _SPELLED and (key.name, value) not in self.ambiguous


class Indexed(Protocol):
    """What the index needs of a snapshot, see `ssmtrail.queries.snapshot.Snapshot`."""

    derived: DerivedSet
    look_around_days: int
    has_policy: bool
    names_change: bool

    def patch(self, connection: DuckDBPyConnection, around: Window, entity: Entity) -> str:
        """The table of the rows that a window derives again; empty where none is needed."""
        ...

    def relation(self, connection: DuckDBPyConnection, entity: Entity, window: Window) -> str:
        """All rows of a window with all columns."""
        ...

    def file(self, entity: Entity) -> str:
        """All rows of the files with all columns."""
        ...

    def judged(self, connection: DuckDBPyConnection, entity: Entity, rows: str, scope: Scope) -> str:
        """Rows of the scope's window with names, and verdicts where its filter asks for them."""
        ...


@dataclass(slots=True)
class Index:
    """The index of one snapshot, and what was counted from it: every session and call as a row of numbers.

    Its files are written when sessions are derived; only the names behind the numbers are loaded.
    """

    _has_names: bool = False
    _sums: dict[tuple[str, Scope], str] = field(default_factory=dict)
    """Names of tables of sums by what they are and their scope, the most recently used last."""
    _few: dict[Hashable, str] = field(default_factory=dict)
    """Names of tables of filtered rows, empty where those are many; the most recently used last."""
    _views: dict[ViewName, dict[Hashable, object]] = field(default_factory=lambda: {name: {} for name in _KEPT_VIEWS})
    """By what they are of, the most recently used last."""
    _spellings: Spellings | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def readable(self, scope: Scope) -> Scope:
        """See `Trail.readable`; the same scope before names are loaded."""
        return self._spellings.readable(scope) if self._spellings else scope

    def rows(
        self,
        snapshot: Indexed,
        connection: DuckDBPyConnection,
        entity: Entity,
        scope: Scope,
        *,
        kept: bool = False,
        marked: bool = False,
    ) -> Select:
        """The rows of a scope that count, joined as its window joins; `marked` sessions with `first_ever`.

        With `kept` they are those of the files, however far joins reach.
        """
        found = self._found(snapshot, connection, entity, scope, kept=kept, marked=marked)
        return Select(f"(SELECT * FROM {found.sql} WHERE counts)", found.parameters)

    def all(self, snapshot: Indexed, connection: DuckDBPyConnection, entity: Entity, scope: Scope) -> Select:
        """The rows of a scope, with orphans."""
        return self._found(snapshot, connection, entity, scope, kept=False, marked=False)

    def listed(
        self,
        snapshot: Indexed,
        connection: DuckDBPyConnection,
        entity: Entity,
        scope: Scope,
        sorts: Sequence[Sort] = (),
    ) -> Select | None:
        """The rows of a scope, with orphans and what `sorts` need; None where the filter needs more than numbers."""
        if split(scope, entity, names_change=snapshot.names_change).texts:
            return None
        marked = any(sort.column == "first_ever" for sort in sorts)
        return self._found(snapshot, connection, entity, scope, kept=False, marked=marked)

    def _found(
        self, snapshot: Indexed, connection: DuckDBPyConnection, entity: Entity, scope: Scope, *, kept: bool,
        marked: bool,
    ) -> Select:  # fmt: skip
        self._load_names(snapshot, connection)
        window = scope.window
        whole = self._whole(snapshot, entity, window, marked=marked)
        if kept:
            rows, found = f"(SELECT * FROM {whole} WHERE {inside(window)})", snapshot.file(entity)
        else:
            patch = snapshot.patch(connection, window.look_around(snapshot.look_around_days), entity)
            patched = f"(SELECT *, {_COUNTS[entity]} FROM index_{patch})" if patch else ""
            rows = cut(window, whole, patched, f"row_id NOT IN (SELECT row_id FROM beyond_{patch})")
            found = snapshot.relation(connection, entity, window)
        if not scope.filter.terms:
            return Select(rows)
        parts = split(scope, entity, names_change=snapshot.names_change)
        conditions = [condition for _, condition in parts.numbers]
        if parts.texts:
            texts = Condition.joined(parts.texts, " AND ")
            matching = f"SELECT row_id FROM {snapshot.judged(connection, entity, found, scope)} WHERE {texts.sql}"
            conditions.append(Condition(f"row_id IN ({matching})", texts.parameters))
        condition = Condition.joined(conditions, " AND ")
        narrowed = Select(f"(SELECT * FROM {rows} WHERE {condition.sql})", condition.parameters)
        if not parts.texts:
            return narrowed
        few = self._kept_few(connection, (entity, without_zone(scope), kept, marked), narrowed)
        return Select(few) if few else narrowed

    def _whole(self, snapshot: Indexed, entity: Entity, window: Window, *, marked: bool) -> str:
        """The rows of the files that overlap a window."""
        files = paths_literal(snapshot.derived.files(_FILES[entity], window))
        firsts = f"(SELECT row_id FROM read_parquet({paths_literal([snapshot.derived.firsts])}))"
        mark = f", row_id IN {firsts} AS first_ever" if marked and entity == "sessions" else ""
        return f"(SELECT *, {_COUNTS[entity]}{mark} FROM read_parquet({files}))"

    def _load_names(self, snapshot: Indexed, connection: DuckDBPyConnection) -> None:
        with self._lock:
            if not self._has_names:
                self.add_names(connection, f"read_parquet({paths_literal(snapshot.derived.files('names'))})")
                self._has_names = True

    def add_names(self, connection: DuckDBPyConnection, names: str) -> None:
        """Add the names of a relation to the dictionary."""
        with _adding_names:
            for line in statement("add_names").replace("{names}", names).split(";"):
                if line.strip():
                    connection.execute(line)
        self._spellings = Spellings.of(connection)

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
        return self._keep_few(connection, wanted, table, is_many=size > _FEW)

    def _keep_few(
        self, connection: DuckDBPyConnection, wanted: Hashable, table: str, *, is_many: bool = False
    ) -> str:  # fmt: skip
        """Remember a table, or that there are too many rows for one; gives the one to use."""
        dropped = [table] if is_many else []
        with self._lock:
            kept = self._few.setdefault(wanted, "" if is_many else table)
            if kept and kept != table:  # made by another thread meanwhile
                dropped.append(table)
            while len(self._few) > _KEPT_FEW:
                dropped.append(self._few.pop(next(iter(self._few))))
        for other in filter(None, dropped):
            connection.execute(f"DROP TABLE IF EXISTS {other}")
        return kept

    def kept(self, connection: DuckDBPyConnection, wanted: Hashable, make: Callable[[str], object]) -> str:
        """A table that was made before, else a new one of which `make` gets the name; few are kept."""
        with self._lock:
            if table := self._few.pop(wanted, ""):
                self._few[wanted] = table
                return table
        table = f"kept_{next(_numbers)}"
        make(table)
        return self._keep_few(connection, wanted, table)

    def both(self, snapshot: Indexed, connection: DuckDBPyConnection, scope: Scope, *, marked: bool = False) -> Select:
        """The relations `sessions`, `calls` of a scope, for WITH."""
        sessions = self.rows(snapshot, connection, "sessions", scope, marked=marked)
        calls = self.rows(snapshot, connection, "calls", scope)
        return Select(
            f"sessions AS NOT MATERIALIZED {sessions.sql}, calls AS NOT MATERIALIZED {calls.sql}",
            (*sessions.parameters, *calls.parameters),
        )

    def summed(self, snapshot: Indexed, connection: DuckDBPyConnection, name: str, scope: Scope) -> str:
        """The table of what `queries/sql/NAME.sql` makes of a scope's rows; the most recently used are kept."""
        scope = without_zone(scope)
        with self._lock:
            if table := self._sums.pop((name, scope), ""):
                self._sums[name, scope] = table
                return table
        sums = self._part_of_whole(snapshot, name, scope)
        if sums is None:
            rows = self._summed_from(snapshot, connection, name, scope)
            sums = Select(f"WITH {rows.sql} FROM ({statement(name)})", rows.parameters)
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

    def _summed_from(self, snapshot: Indexed, connection: DuckDBPyConnection, name: str, scope: Scope) -> Select:
        """The relations that sums are made from, for WITH."""
        if name != "against":
            return self.both(snapshot, connection, scope, marked=name == "touched")
        found = self.rows(snapshot, connection, "sessions", scope)
        # Of the whole window, so that the same few rows serve every filter.
        judged = Scope(scope.window, Filter("policy:violation"))
        violations = self.rows(snapshot, connection, "sessions", judged)
        return Select(
            f"found AS NOT MATERIALIZED {found.sql}, violations AS NOT MATERIALIZED {violations.sql}",
            (*found.parameters, *violations.parameters),
        )

    def _part_of_whole(self, snapshot: Indexed, name: str, scope: Scope) -> Select | None:
        """Of sums that are there without the filter, those that the filter keeps, where it keeps each whole or not."""
        condition = None
        if scope.filter.terms:
            condition = narrowing(scope, _IDENTIFIED_BY[name], names_change=snapshot.names_change)
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
            for table in filter(None, (*self._sums.values(), *self._few.values())):
                connection.execute(f"DROP TABLE IF EXISTS {table}")
            self._sums.clear()
            self._few.clear()
            for made in self._views.values():
                made.clear()


def without_zone(scope: Scope) -> Scope:
    """The scope in UTC, unless its filter asks for hours or days: its rows are the same."""
    by_clock = any(term.key and term.key.reading in {"hours", "days"} for term in scope.filter.terms)
    return scope if by_clock else replace(scope, zone="UTC")
