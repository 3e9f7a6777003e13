"""Building a set of derived files: partition the calls, parse new ones, join what changed, share the rest."""

from __future__ import annotations

import hashlib
import shutil
from bisect import bisect_right
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Final, Literal, TypeVar

from ssmtrail.queries.engine import interruptible, joining_cursor
from ssmtrail.queries.raw_calls import CREDENTIALS, STS
from ssmtrail.queries.sql_text import literal, paths_literal, statement
from ssmtrail.queries.store.atomic import make_private_folder
from ssmtrail.queries.store.derive import (
    INDEX,
    KEPT,
    NO_CALLERS,
    NO_DOORS,
    NO_ISSUED,
    NO_LAUNCHES,
    NO_STOPS,
    QUICK,
    TEMPORARY,
    index_rows,
    join_calls,
    make_callers_table,
    parsed_rows,
    raw_calls,
    step,
    write,
)
from ssmtrail.queries.store.derived_files import (
    FileState,
    Manifest,
    Part,
    file_state,
    is_sound,
    share_file,
    write_manifest,
)
from ssmtrail.queries.store.links import drop_link_tables, make_link_tables
from ssmtrail.queries.store.partitions import MOST_CALLS, Partition, in_partitions, partition_calls

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.store.derive import Joined

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

#: Raw calls parsed or joined together: more is hardly quicker, and takes memory.
_BATCH: Final = MOST_CALLS
#: Batches that run at a time; each takes memory.
_THREADS: Final = 2
#: Names of the calls, with their source, that `issued.sql`, `stops.sql`, `launches.sql` and `naming.sql` look for.
ISSUING: Final = frozenset({*(f"{STS} {name}" for name in CREDENTIALS[STS]), "ssm.amazonaws.com GetAccessToken"})
STOPPING: Final = frozenset(
    {
        "ec2.amazonaws.com StopInstances", "ec2.amazonaws.com TerminateInstances", "ec2.amazonaws.com BidEvictedEvent",
        "ssm.amazonaws.com DeregisterManagedInstance",
    }
)  # fmt: skip
LAUNCHING: Final = frozenset({"ec2.amazonaws.com RunInstances"})
NAMING: Final = frozenset(
    f"ec2.amazonaws.com {name}" for name in ("RunInstances", "CreateTags", "DeleteTags", "TerminateInstances")
)
#: The file of the names that these calls give; missing where they give none.
NAMING_FILE: Final = "naming.parquet"


@dataclass(frozen=True, slots=True)
class PartitionSource:
    """What one partition is derived from."""

    partition: Partition
    segments: tuple[str, ...]
    """Those that have calls in it."""
    calls: int

    def key(self, version: str) -> str:
        """Changes whenever the partition's own calls do, not when calls elsewhere do that they are linked to."""
        return _digest(version, str(self.partition.level), str(self.partition.index), *self.segments)


@dataclass(slots=True)
class DerivedBuild:
    """The making of one set of derived files."""

    connection: DuckDBPyConnection
    segment_folder: Path
    segments: Sequence[str]
    """Names of those that hold calls."""
    folder: Path
    """Where the files are written; private."""
    others: Sequence[tuple[Path, Manifest]]
    """Other sets, whose files are shared where they are the same."""
    cancelled: threading.Event
    version: str
    """See `derive_version`."""
    _files: dict[str, FileState] = field(default_factory=dict)
    _hours: dict[str, dict[int, int]] = field(default_factory=dict)
    _names: dict[str, list[str]] = field(default_factory=dict)
    """As in `Manifest`."""
    _issued: list[Path] = field(default_factory=list)
    _parsed: list[Path] = field(default_factory=list)
    _making: threading.Lock = field(default_factory=Lock)

    def run(self) -> Manifest:
        """Write all files and the manifest. Raises the engine's errors, OSError, StoreError."""
        scratch = make_private_folder(self.folder / "scratch")
        self._count_hours()
        sources = _partition_sources(self._hours)
        # Calls in one partition have no links to others.
        named = {_digest(source.key(self.version), ""): source for source in sources}
        new, is_single = sources, len(sources) == 1
        if not is_single:
            new = [source for source in sources if not self._share(self._keys(source), check_bytes=True)]
            self._parse_new(new, scratch)
            links = make_link_tables(self.connection, [self.folder / self._keys(source) for source in sources])
            named = {
                _digest(source.key(self.version), links.get(source.partition.number, "")): source for source in sources
            }
        known = {part.name: part for _, manifest in self.others for part in manifest.parts}
        parts = {name: known[name] for name in named if name in known and self._share_part(name)}
        missing = [(name, source) for name, source in named.items() if name not in parts]
        if is_single and missing:
            self._parse(new, scratch)
            self._make_callers()
        elif not is_single:
            self._parse_again([source for _, source in missing], new, scratch)
        parts |= {part.name: part for part in self._join(missing, scratch, is_single=is_single)}
        ordered = [parts[name] for name in named]
        self._write_firsts(ordered)
        self._write_found("stops", STOPPING, NO_STOPS)
        self._write_found("launches", LAUNCHING, NO_LAUNCHES)
        self._write_naming(ordered)
        drop_link_tables(self.connection)
        shutil.rmtree(scratch)
        manifest = Manifest(self.version, ordered, self._files, self._hours, self._names)
        write_manifest(self.folder, manifest)
        return manifest

    def _count_hours(self) -> None:
        """Count calls by segment and hour, and list their names; only new segments are read."""
        counted = {name: hours for _, manifest in self.others for name, hours in manifest.hours.items()}
        listed = {name: names for _, manifest in self.others for name, names in manifest.names.items()}
        self._hours = {name: counted.get(name, {}) for name in self.segments}
        self._names = {name: listed.get(name, []) for name in self.segments}
        new = [name for name in self.segments if name not in counted]
        if new:
            raw = self._raw(new)
            for name, hour, calls in self.connection.execute(step("hours", raw_calls=raw)).fetchall():
                self._hours[name][hour] = calls
            for name, call in self.connection.execute(step("call_names", raw_calls=raw)).fetchall():
                self._names[name].append(call)

    def _with(self, names: frozenset[str], segments: Iterable[str] | None = None) -> list[str]:
        """Those of the segments, all without `segments`, that have calls of these names."""
        among = self.segments if segments is None else segments
        return [segment for segment in among if not names.isdisjoint(self._names[segment])]

    def _write_found(self, name: Literal["stops", "launches"], calls: frozenset[str], nothing: str) -> None:
        """Write what the statement of a name finds in raw calls of some names."""
        among = self._with(calls)
        found = step(name, raw_calls=self._raw(among)) if among else nothing
        self._write(self.connection, found, f"{name}.parquet", QUICK)

    def _write_naming(self, parts: Sequence[Part]) -> None:
        """Write the names that records give to machines of sessions and other doors; no file where they give none."""
        if not (among := self._with(NAMING)):
            return
        paths = {kind: [self.folder / f"{kind}-{part.name}.parquet" for part in parts] for kind in ("names", "doors")}
        paths["launches"] = [self.folder / "launches.parquet"]
        files = {kind: f"FROM read_parquet({paths_literal(each)})" for kind, each in paths.items()}
        found = step("naming", raw_calls=self._raw(among), touched=step("touched_machines", **files))
        reading = self._write(self.connection, found, NAMING_FILE, QUICK)
        if not self.connection.execute(f"{reading} LIMIT 1").fetchall():
            (self.folder / NAMING_FILE).unlink()
            del self._files[NAMING_FILE]

    def _parse_new(self, new: Sequence[PartitionSource], scratch: Path) -> None:
        """Parse the calls of new partitions, and write their key files."""
        if not new:
            return
        self._parse(new, scratch)
        issued = f"SELECT * FROM read_parquet({paths_literal(self._issued)})" if self._issued else NO_ISSUED
        for source in new:
            contains = source.partition.contains
            keys = step(
                "keys",
                parsed=f"SELECT * FROM read_parquet({paths_literal(self._parsed)}) WHERE {contains('event_time')}",
                issued=f"SELECT * FROM ({issued}) WHERE {contains('issued_at')}",
            ).replace("{partition_no}", str(source.partition.number))
            self._write(self.connection, keys, self._keys(source), QUICK)

    def _make_callers(self) -> None:
        """Make the table `callers` from what was parsed, where there are issuing calls."""
        if self._with(ISSUING):
            issued = f"FROM read_parquet({paths_literal(self._issued)})" if self._issued else NO_ISSUED
            parsed = f"read_parquet({paths_literal(self._parsed)})"
            used = f"SELECT DISTINCT credential, role_session, issued_at FROM {parsed} WHERE credential IS NOT NULL"
            make_callers_table(self.connection, issued, used)

    def _parse(self, new: Sequence[PartitionSource], scratch: Path) -> None:
        """Parse the calls of new partitions."""
        condition = in_partitions("time_of(eventtime)", (source.partition for source in new))
        segments = sorted({name for source in new for name in source.segments})
        groups = _batched(segments, lambda name: sum(self._hours[name].values())) or [[]]
        self._parsed = [scratch / f"parsed-{number}.parquet" for number in range(len(groups))]
        issued = [scratch / f"issued-{number}.parquet" for number in range(len(groups))]

        def parse(number: int, connection: DuckDBPyConnection) -> None:
            raw = f"SELECT * FROM ({self._raw(groups[number])}) WHERE {condition}"
            write(connection, step("parsed", raw_calls=raw), self._parsed[number], TEMPORARY)
            if self._with(ISSUING, groups[number]):
                write(connection, step("issued", raw_calls=raw), issued[number], TEMPORARY)

        parallel(self.connection, [partial(parse, number) for number in range(len(groups))], self.cancelled)
        self._issued = [path for path in issued if path.exists()]

    def _parse_again(self, missing: Sequence[PartitionSource], new: Sequence[PartitionSource], scratch: Path) -> None:
        """Parse calls of older partitions: of those to be joined again, and those linked to what is joined."""
        again = [source for source in missing if source not in new]
        linked = self.connection.execute(
            "SELECT DISTINCT segment, segment_row FROM linked_calls"
            f" WHERE partition_no IN ({_numbers(missing)}) AND home_no NOT IN ({_numbers([*again, *new])})"
        ).fetchall()
        if not again and not linked:
            return
        rows_by_segment: dict[str, list[int]] = {}
        for segment, row in linked:
            rows_by_segment.setdefault(segment, []).append(row)
        conditions = [in_partitions("time_of(eventtime)", (source.partition for source in again))]
        conditions += [
            f"(segment = {literal(segment)} AND segment_row IN ({', '.join(map(str, sorted(rows)))}))"
            for segment, rows in rows_by_segment.items()
        ]
        segments = {name for source in again for name in source.segments} | rows_by_segment.keys()
        raw = f"SELECT * FROM ({self._raw(segments)}) WHERE {' OR '.join(conditions)}"
        self._parsed.append(scratch / "parsed-again.parquet")
        write(self.connection, step("parsed", raw_calls=raw), self._parsed[-1], TEMPORARY)

    def _join(
        self, missing: Sequence[tuple[str, PartitionSource]], scratch: Path, *, is_single: bool
    ) -> Iterable[Part]:
        """Join partitions in batches; `missing` has them with the names of their parts."""
        callers = NO_CALLERS
        if missing and self._with(ISSUING):
            callers = write(self.connection, "FROM temp.callers", scratch / "callers.parquet", TEMPORARY)
        works: list[Callable[[DuckDBPyConnection], list[Part]]] = []
        for batch in _batched(missing, lambda named: named[1].calls):
            folder = make_private_folder(scratch / str(len(works)))
            partitions = [source.partition for _, source in batch]
            parsed = parsed_rows(self._parsed) if is_single else self._parsed_with_linked(partitions, folder)
            works.append(partial(self._join_batch, batch, parsed, callers, folder))
        return [part for parts in parallel(self.connection, works, self.cancelled) for part in parts]

    def _parsed_with_linked(self, partitions: Sequence[Partition], folder: Path) -> str:
        """The relation `parsed`: the calls of some partitions, and calls elsewhere that are linked to them."""
        own = parsed_rows(self._parsed, in_partitions("event_time", partitions))
        numbers = ", ".join(str(partition.number) for partition in partitions)
        linked = (
            "SELECT DISTINCT segment, segment_row FROM linked_calls"
            f" WHERE partition_no IN ({numbers}) AND home_no NOT IN ({numbers})"
        )
        if not self.connection.execute(f"{linked} LIMIT 1").fetchall():
            return own
        # They are few, anywhere in the files: written by themselves.
        path = folder / "linked-calls.parquet"
        parsed = f"read_parquet({paths_literal(self._parsed)})"
        select = f"SELECT * FROM {parsed} SEMI JOIN ({linked}) USING (segment, segment_row)"
        write(self.connection, select, path, TEMPORARY)
        return f"{own} UNION ALL SELECT -1 - row_no AS row_no, * EXCLUDE (row_no) FROM ({parsed_rows([path])})"

    def _join_batch(
        self,
        batch: Sequence[tuple[str, PartitionSource]],
        parsed: str,
        callers: str,
        folder: Path,
        connection: DuckDBPyConnection,
    ) -> list[Part]:
        joined = join_calls(connection, self._raw(self.segments), parsed, callers, folder)
        parts = [self._write_part(connection, name, source.partition, joined) for name, source in batch]
        shutil.rmtree(folder)
        return parts

    def _write_part(self, connection: DuckDBPyConnection, name: str, partition: Partition, joined: Joined) -> Part:
        def figures(files: str) -> tuple[int, int | None]:
            found = connection.execute(f'SELECT count(*), epoch_us(min("at")) FROM ({files})').fetchall()
            return found[0]

        contained, first_row_id = partition.contains('"at"'), partition.first_row_id
        sessions = self._write(
            connection, joined.ordered_sessions(first_row_id, contained), f"sessions-{name}.parquet", KEPT
        )
        calls = self._write(connection, joined.ordered_calls(first_row_id, contained), f"calls-{name}.parquet", KEPT)
        self._write_doors(connection, f"doors-{name}.parquet", partition, joined)
        names = self._write(connection, step("names", sessions=sessions, calls=calls), f"names-{name}.parquet", QUICK)
        self._write(connection, index_rows("sessions", sessions, names), f"index-sessions-{name}.parquet", INDEX)
        self._write(connection, index_rows("calls", calls, names), f"index-calls-{name}.parquet", INDEX)
        number, first = figures(calls)
        return Part(name, partition.level, partition.index, figures(sessions)[0], number, first)

    def _write_doors(self, connection: DuckDBPyConnection, name: str, partition: Partition, joined: Joined) -> None:
        """Write the calls of other doors; most trails have few, so that files without rows are one and the same."""
        if joined.doors:
            doors = joined.ordered_doors(partition.first_row_id, partition.contains('"at"'))
            self._write(connection, doors, name, KEPT)
            return
        empty = self.folder / "scratch" / "no-doors.parquet"
        with self._making:
            if not empty.exists():
                write(connection, NO_DOORS, empty, KEPT)
        (self.folder / name).unlink(missing_ok=True)
        share_file(empty, self.folder / name)
        self._files[name] = file_state(self.folder / name)

    def _write_firsts(self, parts: Sequence[Part]) -> None:
        """Write which sessions are the first of a person on a machine in all partitions."""
        paths = paths_literal([self.folder / f"index-sessions-{part.name}.parquet" for part in parts])
        first = min((part.first for part in parts if part.first is not None), default=0)
        firsts = statement("firsts").replace("{earliest}", f"make_timestamp({first})")
        select = f"WITH started AS (FROM read_parquet({paths}) WHERE status_no = 1) {firsts}"
        self._write(self.connection, select, "firsts.parquet", QUICK)

    def _keys(self, source: PartitionSource) -> str:
        """The name of a partition's key file."""
        return f"keys-{source.key(self.version)}.parquet"

    def _raw(self, segments: Iterable[str]) -> str:
        return raw_calls([self.segment_folder / f"{name}.parquet" for name in sorted(segments)])

    def _write(self, connection: DuckDBPyConnection, select: str, name: str, options: str) -> str:
        """Write a file of this set; gives the statement that reads it."""
        path = self.folder / name
        path.unlink(missing_ok=True)  # it may be a link to another set's file, which must not change
        reading = write(connection, select, path, options)
        self._files[name] = file_state(path)
        return reading

    def _share_part(self, name: str) -> bool:
        return (
            self._share(f"index-sessions-{name}.parquet", check_bytes=True)
            and self._share(f"index-calls-{name}.parquet")
            and self._share(f"names-{name}.parquet")
            and self._share(f"sessions-{name}.parquet")
            and self._share(f"calls-{name}.parquet")
            and self._share(f"doors-{name}.parquet")
        )

    def _share(self, name: str, *, check_bytes: bool = False) -> bool:
        """Take a file from another set that has it; its size is checked, or every byte."""
        for folder, manifest in self.others:
            state, path = manifest.files.get(name), folder / name
            if state is None or not (is_sound(path, state) if check_bytes else _has_size(path, state.size)):
                continue
            if share_file(path, self.folder / name):
                self._files[name] = state
                return True
        return False


def parallel(
    connection: DuckDBPyConnection,
    works: Sequence[Callable[[DuckDBPyConnection], _Result]],
    cancelled: threading.Event,
) -> list[_Result]:
    """Run each work with a cursor of its own, two at a time; gives the results in order.

    Statements over few rows do not keep every processor busy. Cursors do not see temporary tables. Raises the first
    error: Cancelled, or StoreError for the engine's errors; a single work runs on `connection` itself.
    """

    def run(work: Callable[[DuckDBPyConnection], _Result]) -> _Result:
        cursor = joining_cursor(connection)
        try:
            with interruptible(cursor, cancelled):
                return work(cursor)
        finally:
            cursor.close()

    if len(works) < _THREADS:
        return [work(connection) for work in works]
    with ThreadPoolExecutor(_THREADS, "store") as pool:
        return list(pool.map(run, works))


def _partition_sources(hours: dict[str, dict[int, int]]) -> list[PartitionSource]:
    """The partitions of all calls, newest first; one empty partition where there are no calls."""
    totals: Counter[int] = Counter()
    for by_hour in hours.values():
        totals.update(by_hour)
    oldest_first = (partition_calls(totals, MOST_CALLS) or [Partition(0, 0)])[::-1]
    starts = [partition.first for partition in oldest_first]
    segments: list[set[str]] = [set() for _ in oldest_first]
    for name, by_hour in hours.items():
        for hour in by_hour:
            segments[bisect_right(starts, hour) - 1].add(name)
    calls: Counter[int] = Counter()
    for hour, number in totals.items():
        calls[bisect_right(starts, hour) - 1] += number
    return [
        PartitionSource(partition, tuple(sorted(segments[index])), calls[index])
        for index, partition in enumerate(oldest_first)
    ][::-1]


def _batched(items: Sequence[_Item], calls: Callable[[_Item], int]) -> list[list[_Item]]:
    """The items in batches of at most `_BATCH` calls; an item with more is a batch by itself."""
    batches: list[list[_Item]] = []
    total = 0
    for item in items:
        if not batches or total + calls(item) > _BATCH:
            batches.append([])
            total = 0
        batches[-1].append(item)
        total += calls(item)
    return batches


def _numbers(sources: Iterable[PartitionSource]) -> str:
    return ", ".join(str(source.partition.number) for source in sources) or "-1"


def _digest(*texts: str) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]


def _has_size(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except OSError:
        return False
