"""A snapshot: one state of the store, cut to a window, as relations that questions are asked of."""

from __future__ import annotations

import shutil
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, cast

from ssmtrail.queries.engine import cursor_of, run
from ssmtrail.queries.errors import Cancelled
from ssmtrail.queries.filters.keys import VERDICT_KEYS
from ssmtrail.queries.index import Index
from ssmtrail.queries.sql_text import paths_literal, statement
from ssmtrail.queries.store.atomic import scratch_folder
from ssmtrail.queries.store.count_cache import Counted, keep_count, read_count
from ssmtrail.queries.store.derive import derive_tables, index_rows, step
from ssmtrail.queries.store.partitions import ROW_BITS
from ssmtrail.queries.thresholds import DEFAULT_FINDINGS, FindingSettings
from ssmtrail.queries.window_sql import cut, inside, local_to, moments, touching, with_names, with_stops

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.model import Entity, Scope
    from ssmtrail.queries.store.sessions import DerivedSet, FileKind
    from ssmtrail.queries.times import Window


@dataclass(frozen=True, slots=True)
class Stretch:
    """Runs of row ids, in order."""

    runs: tuple[tuple[int, int], ...]
    """First row id and number of rows of each; none is empty."""

    def between(self, first: int, last: int) -> tuple[tuple[int, int], ...]:
        """The runs of the rows `first` to `last`, which is not among them."""
        found = []
        passed = 0
        for row_id, rows in self.runs:
            start, end = max(first - passed, 0), min(last - passed, rows)
            if start < end:
                found.append((row_id + start, end - start))
            passed += rows
        return tuple(found)

    def position(self, wanted: int) -> int | None:
        """Which row of all has this id; None where it is not among them."""
        passed = 0
        for row_id, rows in self.runs:
            if row_id <= wanted < row_id + rows:
                return passed + wanted - row_id
            passed += rows
        return None


#: What visits are made of.
_VISITED: Final[tuple[Entity, Entity]] = ("sessions", "doors")


def _visits(sessions: str, doors: str) -> str:
    """SQL of the visits that these sessions and calls of other doors are."""
    given = f"sessions AS NOT MATERIALIZED (FROM {sessions}), doors AS NOT MATERIALIZED (FROM {doors})"
    return f"(WITH {given} FROM ({statement('visits')}))"


Four: TypeAlias = tuple[int, int, int, int]
_KEPT: Final[tuple[Entity, ...]] = ("sessions", "calls", "doors")
#: What the index has, with more columns than its files.
_INDEXED: Final[tuple[tuple[Literal["sessions", "calls"], str], ...]] = (
    ("sessions", ", found.first_ever"), ("calls", ""),
)  # fmt: skip
#: Beginnings of the names of a patch's tables.
_PATCH_TABLES: Final = (
    *_KEPT, "index_sessions", "index_calls", "names", "beyond_sessions", "beyond_calls", "beyond_doors",
    "reaching",
)  # fmt: skip
_numbers = count(1)
_RAW_TIME: Final = "time_of(eventtime)"
#: Rows of patches have ids above those of the files.
_PATCHED: Final = 1 << 60


@dataclass(slots=True)
class Snapshot:
    """What is kept at one moment, for as long as answers need it.

    A row whose data reach beyond the look-around of a window is not what two auditors would both see: it is derived
    again from the calls inside. Such *patches* are made once a window and kept beside the files.
    """

    derived: DerivedSet
    number: int
    scratch: Path
    look_around_days: int = 1
    owned: bool = False
    """Whether the files are links of our own, which go with the generation."""
    has_policy: bool = True
    """Whether sessions may have verdicts."""
    findings: FindingSettings = DEFAULT_FINDINGS
    names_change: bool = False
    """Whether any machine had one name or environment at one time and another at another."""
    index: Index = field(default_factory=Index)
    _has_doors: bool | None = None
    _patches: dict[Window, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _holders: int = 1
    """Answers that need it, and the service while it is the current one."""

    def relation(
        self,
        connection: DuckDBPyConnection,
        entity: Entity,
        window: Window,
        *,
        marked: bool = True,
        near: Window | None = None,
    ) -> str:
        """SQL of all rows of a window, with `row_id`; joins look no further than the look-around.

        Without `first_ever` unless `marked`: to look it up takes longer than to count. Where those of a part of the
        window are enough, `near` says which: others may be missing.

        Rows of patches have ids above those of the files.
        """
        if entity == "visits":
            return _visits(*(self.relation(connection, each, window, marked=False, near=near) for each in _VISITED))
        around = window.look_around(self.look_around_days)
        rows = self.file(entity, near or window, marked=marked)
        found = cut(window, rows, self.patch(connection, around, entity), local_to(around))
        return self._addressed(found, window) if entity == "doors" else found

    def around(self, connection: DuckDBPyConnection, entity: Entity, window: Window, near: Window | None = None) -> str:
        """The same with the rows of the look-around itself, joined as the window joins them."""
        around = window.look_around(self.look_around_days)
        return cut(around, self.file(entity, near or around), self.patch(connection, around, entity), local_to(around))

    def row_number(
        self, connection: DuckDBPyConnection, entity: Entity, window: Window, key: str, at: datetime | None = None
    ) -> int | None:
        """The `row_id` of the row of a window with this key; `at` is where it is looked for first."""
        for near in [moments(at, at), None] if at else [None]:
            rows = self.relation(cursor_of(connection), entity, window, marked=False, near=near)
            among = f"{inside(near)} AND" if near else ""
            if found := run(connection, f"SELECT row_id FROM {rows} WHERE {among} key = ?", [key], once=near is None):
                return cast("int", found[0][0])
        return None

    def stretch(self, connection: DuckDBPyConnection, entity: Entity, window: Window) -> Stretch | None:
        """Where the rows of the window lie side by side in the files; None where patched."""
        if self._patch(connection, window.look_around(self.look_around_days)):
            return None
        files = paths_literal(self.derived.files(cast("FileKind", entity), window))
        rows = f"SELECT row_id FROM read_parquet({files}) WHERE {inside(window)}"
        runs = f"SELECT min(row_id), count(*) FROM ({rows}) GROUP BY row_id >> {ROW_BITS} ORDER BY 1"
        return Stretch(tuple(connection.execute(runs).fetchall()))

    def counted(
        self, connection: DuckDBPyConnection, entity: Entity, window: Window, count: Callable[[], Four]
    ) -> Counted:
        """What a list without a filter has; `count` gives rows, sessions, people, machines that are not cached."""
        key = f"{entity} {window.start} {window.end} {self.look_around_days}"
        if (known := read_count(self.derived.counts, key)) is not None:
            return known
        stretch = self.stretch(connection, entity, window)
        counted = Counted(key, *count(), stretch.runs if stretch is not None else None)
        keep_count(self.derived.counts, counted)
        return counted

    def file(self, entity: Entity, window: Window | None = None, *, marked: bool = True) -> str:
        """SQL of all rows that are kept, or of no fewer than a window has."""
        return self._read(entity, self.derived.files(cast("FileKind", entity), window), marked=marked)

    @property
    def people(self) -> str:
        """SQL of the names of all persons that are kept."""
        names = paths_literal(self.derived.files("names"))
        return f"SELECT person FROM read_parquet({names}) WHERE dictionary = 'people' AND person IS NOT NULL"

    def _read(self, entity: Entity, files: Sequence[Path], *, marked: bool = True, among: str = "true") -> str:
        """Rows of files; only those for which `among` holds are marked, which for a page spares reading all marks."""
        rows = f"read_parquet({paths_literal(files)})"
        if entity != "sessions" or not marked:
            return f"(SELECT * FROM {rows})"
        firsts = f"SELECT row_id FROM read_parquet({paths_literal([self.derived.firsts])}) WHERE {among}"
        return f"(SELECT *, row_id IN ({firsts}) AS first_ever FROM {rows})"

    def rows(self, entity: Entity, stretch: Stretch, first: int, last: int) -> str:
        """SQL of the rows `first` to `last`, which is not among them, of a stretch."""
        runs = stretch.between(first, last)
        numbers = {row_id >> ROW_BITS for row_id, _ in runs}
        ids = " OR ".join(f"row_id BETWEEN {row_id} AND {row_id + rows - 1}" for row_id, rows in runs) or "false"
        files = self.derived.numbered_files(cast("FileKind", entity), numbers)
        return f"(SELECT * FROM {self._read(entity, files, among=ids)} WHERE {ids})"

    def rows_of(self, connection: DuckDBPyConnection, entity: Entity, window: Window, ids: Sequence[int]) -> str:
        """SQL of the rows of a window with these ids."""
        among = f"row_id IN ({', '.join(map(str, ids)) or 'NULL'})"
        if entity == "visits":
            # All doors, which are few, since they say of sessions how they were opened.
            doors = self.relation(connection, "doors", window)
            return f"(SELECT * FROM {_visits(self.rows_of(connection, 'sessions', window, ids), doors)} WHERE {among})"
        if any(row_id >= _PATCHED for row_id in ids):
            return f"(SELECT * FROM {self.relation(connection, entity, window)} WHERE {among})"
        numbers = {row_id >> ROW_BITS for row_id in ids}
        files = self.derived.numbered_files(cast("FileKind", entity), numbers)
        found = f"(SELECT * FROM {self._read(entity, files, among=among)} WHERE {among})"
        return self._addressed(found, window) if entity == "doors" else found

    def has_doors(self, connection: DuckDBPyConnection) -> bool:
        """Whether any call of another door is kept; most trails have few or none, and then nothing need be counted."""
        if self._has_doors is None:
            self._has_doors = connection.execute(f"SELECT 1 FROM {self.file('doors')} LIMIT 1").fetchone() is not None
        return self._has_doors

    def _addressed(self, doors: str, window: Window) -> str:
        """Calls of other doors with the machines behind addresses, as far as launches in the look-around tell."""
        around = inside(window.look_around(self.look_around_days))
        launches = f"SELECT * FROM read_parquet({paths_literal([self.derived.launches])}) WHERE {around}"
        given = f"doors AS NOT MATERIALIZED (FROM {doors}), launches AS NOT MATERIALIZED ({launches})"
        return f"(WITH {given} FROM ({statement('addressed')}))"

    def bounded(self, entity: Entity, rows: str, window: Window) -> str:
        """Rows of a window with what bounds their ends from outside: of sessions the stops of their machines."""
        if entity != "sessions" or not self.derived.has_stops:
            return rows
        around = inside(window.look_around(self.look_around_days))
        stops = f"(SELECT * FROM read_parquet({paths_literal([self.derived.stops])}) WHERE {around})"
        return with_stops(rows, stops)

    def judged(self, connection: DuckDBPyConnection, entity: Entity, rows: str, scope: Scope, people: str = "") -> str:
        """Rows of a scope's window with their names; with verdicts where its filter asks for them.

        A call has the verdict of its session. For `people` see `with_names`.
        """
        asked = any(term.key and term.key.name in VERDICT_KEYS for term in scope.filter.terms)
        if entity == "calls" and asked:
            around = self.around(connection, "sessions", scope.window)
            sessions = with_names("sessions", around, judged=self.has_policy)
            rows = statement("call_verdicts").replace("{calls}", rows).replace("{sessions}", sessions)
        return with_names(entity, rows, people, judged=asked and self.has_policy)

    def named(self, entity: Entity, rows: str, window: Window) -> str:
        """Rows of a window with everything that a list shows of them, as `columns_of` names it."""
        return with_names(entity, self.bounded(entity, rows, window), self.people, judged=self.has_policy)

    def patch(self, connection: DuckDBPyConnection, around: Window, entity: Entity) -> str:
        """The table of the rows that a window with its look-around derives again; empty where none is needed."""
        suffix = self._patch(connection, around)
        return f"{entity}{suffix}" if suffix else ""

    def _patch(self, connection: DuckDBPyConnection, around: Window) -> str:
        """The suffix of the patch tables of a window with its look-around; empty where none is needed."""
        if around.start is None and around.end is None:
            return ""
        with self._lock:
            if around not in self._patches:
                self._patches[around] = self._make_patch(connection, around)
            return self._patches[around]

    def _make_patch(self, connection: DuckDBPyConnection, around: Window) -> str:
        beyond = f"{touching(around)} AND NOT {local_to(around)}"
        reaching = " UNION ALL ".join(
            f"SELECT key, event_name, event_time, account, region, session_id FROM {self.file(entity)} WHERE {beyond}"
            for entity in ("calls", "doors")
        )
        if connection.execute(f"SELECT 1 FROM ({reaching}) LIMIT 1").fetchone() is None:
            return ""
        suffix = f"_patch_{next(_numbers)}"
        connection.execute(f"CREATE TABLE reaching{suffix} AS {reaching}")
        parts = {
            "raw_calls": f"({self.derived.raw_calls()})",
            "inside": inside(around, _RAW_TIME),
            "keys": f"reaching{suffix}",
        }
        restricted = statement("restricted")
        for name, sql in parts.items():
            restricted = restricted.replace(f"{{{name}}}", sql)
        with scratch_folder(self.scratch) as folder:
            derive_tables(connection, restricted, folder, suffix, _PATCHED)
        for entity in _KEPT:
            kept, local = f"{self.file(entity)} WHERE {inside(around)}", local_to(around)
            connection.execute(f"CREATE TABLE beyond_{entity}{suffix} AS SELECT row_id FROM {kept} AND NOT {local}")
            # A session has the key of its first call: where that is local, so are all of its calls.
            rows = self.file("doors" if entity == "doors" else "calls")
            calls = f"SELECT key FROM {rows} WHERE {inside(around)} AND {local}"
            connection.execute(f"DELETE FROM {entity}{suffix} WHERE key IN ({calls})")
        self._mark_outside(connection, around, suffix)
        names = step("names", sessions=f"FROM sessions{suffix}", calls=f"FROM calls{suffix}")
        connection.execute(f"CREATE TABLE names{suffix} AS {names}")
        for indexed, more in _INDEXED:
            index = index_rows(indexed, f"FROM {indexed}{suffix}", f"FROM names{suffix}", more)
            connection.execute(f"CREATE TABLE index_{indexed}{suffix} AS {index}")
        self.index.add_names(connection, f"names{suffix}")
        return suffix

    def _mark_outside(self, connection: DuckDBPyConnection, around: Window, suffix: str) -> None:
        """Say of patched sessions where their start or end lies, if it is in the data but not inside."""
        marking = statement("outside").replace("{suffix}", suffix).replace("{calls}", self.file("calls"))
        connection.execute(marking.replace("{inside}", inside(around)))

    def hold(self) -> Snapshot:
        """Keep it until `release`; a holder may pass it on."""
        with self._lock:
            self._holders += 1
        return self

    def release(self, connection: DuckDBPyConnection) -> None:
        """Be done with it; the last one drops patches and files."""
        with self._lock:
            self._holders -= 1
            if self._holders:
                return
        with suppress(Cancelled):  # a closed connection has freed them
            cursor = cursor_of(connection)
            for suffix in filter(None, self._patches.values()):
                for name in _PATCH_TABLES:
                    cursor.execute(f"DROP TABLE IF EXISTS {name}{suffix}")
            self.index.free(cursor)
        if self.owned:
            shutil.rmtree(self.derived.folder, ignore_errors=True)
