"""Sessions derived from segments: which derived files there are, and how they are made."""

from __future__ import annotations

import hashlib
import os
import shutil
from bisect import bisect_left
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Final, Literal
from uuid import uuid4

from ssmtrail.queries.engine import interruptible, literal, paths_literal, statement
from ssmtrail.queries.store.atomic import make_private_folder, storing
from ssmtrail.queries.store.derive import DERIVE_VERSION, KEPT, PASSING, QUICK, parse_file, raw_calls, step, write
from ssmtrail.queries.store.derived_files import (
    Kept,
    Manifest,
    Part,
    is_sound,
    is_whole,
    kept_file,
    read_manifest,
    take_over,
    write_manifest,
)
from ssmtrail.queries.store.joining import Joining, abreast, parsed_of
from ssmtrail.queries.store.partitions import MOST_CALLS, Span, ranges, spans_of, tie, untie, within

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.store.dataset import Dataset
    from ssmtrail.queries.times import Window


#: Raw calls that are joined at a time: more is hardly quicker, and takes memory.
_BATCH: Final = MOST_CALLS


@dataclass(frozen=True, slots=True)
class Source:
    """What a span is made of."""

    span: Span
    segments: tuple[str, ...]
    """Those that have calls in it."""
    calls: int

    @property
    def key(self) -> str:
        """Another one whenever its own calls are others; not when what they are tied to is."""
        return _digest(DERIVE_VERSION, str(self.span.level), str(self.span.index), *self.segments)


def _digest(*texts: str) -> str:
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]


@dataclass(slots=True)
class Making:
    """One set that is being made."""

    connection: DuckDBPyConnection
    segment_folder: Path
    segments: Sequence[str]
    folder: Path
    """Where the files come."""
    others: Sequence[tuple[Path, Manifest]]
    """Sets to take over from."""
    cancelled: threading.Event
    _files: dict[str, Kept] = field(default_factory=dict)
    _parsed: list[Path] = field(default_factory=list)
    _hour_calls: dict[str, dict[int, int]] = field(default_factory=dict)

    def run(self) -> Manifest:
        """Write all files and their manifest. Raises the engine's errors, OSError, StoreError."""
        scratch = make_private_folder(self.folder / "scratch")
        hours = self._hour_calls = self._hours()
        sources = _sources(hours)
        new = [source for source in sources if not self._take_over(f"keys-{source.key}.parquet", sound=True)]
        self._write_keys(new, scratch)
        prints = tie(self.connection, [self.folder / f"keys-{source.key}.parquet" for source in sources])
        named = [(source, _digest(source.key, prints.get(source.span.number, ""))) for source in sources]
        known = {part.name: part for _, manifest in self.others for part in manifest.parts}
        parts = {name: known[name] for _, name in named if name in known and self._take_over_part(name)}
        missing = [(source, name) for source, name in named if name not in parts]
        self._parse_more([source for source, _ in missing], new, scratch)
        parts |= {part.name: part for part in self._join(missing, scratch)}
        made = [parts[name] for _, name in named]
        self._write_firsts(made)
        untie(self.connection)
        shutil.rmtree(scratch)
        manifest = Manifest(DERIVE_VERSION, made, self._files, hours)
        write_manifest(self.folder, manifest)
        return manifest

    def _hours(self) -> dict[str, dict[int, int]]:
        """How many calls each hour has, by segment; looked up in segments that no other set has seen."""
        seen: dict[str, dict[int, int]] = {}
        for _, manifest in self.others:
            seen |= manifest.hours
        hours = {name: seen.get(name, {}) for name in self.segments}
        new = [name for name in self.segments if name not in seen]
        if new:
            for name, hour, calls in self.connection.execute(step("hours", raw_calls=self._raw(new))).fetchall():
                hours[name][hour] = calls
        return hours

    def _raw(self, segments: Iterable[str]) -> str:
        return raw_calls([self.segment_folder / f"{name}.parquet" for name in sorted(segments)])

    def _take_over(self, name: str, *, sound: bool = False) -> bool:
        """Have a file from another set, where one has it; `sound` looks at every byte of it."""
        for folder, manifest in self.others:
            kept = manifest.files.get(name)
            path = folder / name
            if kept is None or not (is_sound(path, kept) if sound else _has_size(path, kept.size)):
                continue
            if take_over(path, self.folder / name):
                self._files[name] = kept
                return True
        return False

    def _take_over_part(self, name: str) -> bool:
        return (
            self._take_over(f"firsts-{name}.parquet", sound=True)
            and self._take_over(f"sessions-{name}.parquet")
            and self._take_over(f"calls-{name}.parquet")
        )

    def _write(self, connection: DuckDBPyConnection, select: str, name: str, form: str = KEPT) -> Path:
        path = self.folder / name
        path.unlink(missing_ok=True)  # never into a file that another set has too
        write(connection, select, path, form)
        self._files[name] = kept_file(path)
        return path

    def _write_keys(self, new: Sequence[Source], scratch: Path) -> None:
        if not new:
            return
        inside = " OR ".join(within("time_of(eventtime)", *run) for run in ranges(source.span for source in new))
        groups = self._groups({name for source in new for name in source.segments})
        self._parsed = [scratch / f"parsed-{number}.parquet" for number in range(len(groups))]
        issued = [scratch / f"issued-{number}.parquet" for number in range(len(groups))]

        def parse(number: int, connection: DuckDBPyConnection) -> None:
            raw = f"SELECT * FROM ({self._raw(groups[number])}) WHERE {inside}"
            parse_file(connection, raw, self._parsed[number])
            write(connection, step("issued", raw_calls=raw), issued[number], PASSING)

        abreast(self.connection, [partial(parse, number) for number in range(len(groups))], self.cancelled)
        self._tell_keys(new, paths_literal(self._parsed), paths_literal(issued))

    def _groups(self, segments: set[str]) -> list[list[str]]:
        """Segments that are parsed at a time, so that memory stays bounded; one group of none where there are none."""
        groups: list[list[str]] = [[]]
        calls = 0
        for name in sorted(segments):
            size = sum(self._hour_calls[name].values())
            if groups[-1] and calls + size > _BATCH:
                groups.append([])
                calls = 0
            groups[-1].append(name)
            calls += size
        return groups

    def _tell_keys(self, new: Sequence[Source], parsed: str, issued: str) -> None:
        for source in new:
            keys = statement("keys").replace("{span}", str(source.span.number))
            given = (
                f"parsed AS (SELECT * FROM read_parquet({parsed}) WHERE {source.span.inside('event_time')}),"
                f" issued AS (SELECT * FROM read_parquet({issued}) WHERE {source.span.inside('issued_at')})"
            )
            self._write(self.connection, f"WITH {given} {keys}", f"keys-{source.key}.parquet", QUICK)

    def _parse_more(self, missing: Sequence[Source], new: Sequence[Source], scratch: Path) -> None:
        """Parse what has to be joined and is not parsed yet: it is tied to something that is new."""
        there = {source.span for source in new}
        again = [source for source in missing if source.span not in there]
        numbers = ", ".join(str(source.span.number) for source in missing) or "NULL"
        parsed = ", ".join(str(span.number) for span in there) or "NULL"
        rows = self.connection.execute(
            f"SELECT DISTINCT segment, segment_row FROM outsiders WHERE span IN ({numbers}) AND home NOT IN"
            f" ({', '.join(str(source.span.number) for source in again) or '-1'}, {parsed if there else '-1'})"
        ).fetchall()
        if not again and not rows:
            return
        inside = [within("time_of(eventtime)", *run) for run in ranges(source.span for source in again)]
        by_segment: dict[str, list[int]] = {}
        for segment, row in rows:
            by_segment.setdefault(segment, []).append(row)
        inside += [
            f"(segment = {literal(segment)} AND segment_row IN ({', '.join(map(str, sorted(numbers)))}))"
            for segment, numbers in by_segment.items()
        ]
        segments = {name for source in again for name in source.segments} | by_segment.keys()
        raw = f"SELECT * FROM ({self._raw(segments)}) WHERE {' OR '.join(inside)}"
        self._parsed.append(scratch / "more.parquet")
        parse_file(self.connection, raw, self._parsed[-1])

    def _join(self, missing: Sequence[tuple[Source, str]], scratch: Path) -> Iterator[Part]:
        callers = write(self.connection, "FROM temp.callers", scratch / "callers.parquet", PASSING)
        works: list[Callable[[DuckDBPyConnection], list[Part]]] = []
        for batch in _batches(missing):
            named = [(source.span, name) for source, name in batch]
            folder = make_private_folder(scratch / f"{len(works)}")
            joining = Joining(
                named, parsed_of(self.connection, named, self._parsed, folder), callers, folder, self._write
            )
            works.append(joining.run)
        for parts in abreast(self.connection, works, self.cancelled):
            yield from parts

    def _write_firsts(self, parts: Sequence[Part]) -> None:
        paths = paths_literal([self.folder / f"firsts-{part.name}.parquet" for part in parts])
        first = min((part.first for part in parts if part.first is not None), default=0)
        firsts = statement("firsts").replace("{earliest}", f"make_timestamp({first})")
        self._write(
            self.connection, f"WITH part_firsts AS (FROM read_parquet({paths})) {firsts}", "firsts.parquet", QUICK
        )


def _sources(hours: dict[str, dict[int, int]]) -> list[Source]:
    totals: Counter[int] = Counter()
    for each in hours.values():
        totals.update(each)
    spans = spans_of(totals, MOST_CALLS) or [Span(0, 0)]
    oldest_first = spans[::-1]
    starts = [span.first for span in oldest_first]
    segments: list[set[str]] = [set() for _ in oldest_first]
    calls = [0] * len(oldest_first)
    for name, each in hours.items():
        for hour, number in each.items():
            at = bisect_left(starts, hour + 1) - 1
            segments[at].add(name)
            calls[at] += number
    found = zip(oldest_first, segments, calls, strict=True)
    return [Source(span, tuple(sorted(names)), number) for span, names, number in found][::-1]


def _batches(missing: Sequence[tuple[Source, str]]) -> Iterator[list[tuple[Source, str]]]:
    batch: list[tuple[Source, str]] = []
    calls = 0
    for each in missing:
        if batch and calls + each[0].calls > _BATCH:
            yield batch
            batch, calls = [], 0
        batch.append(each)
        calls += each[0].calls
    if batch:
        yield batch


def _has_size(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except OSError:
        return False


#: Older sets of derived files that another process may still be reading.
_SPARED: Final = 2


@dataclass(frozen=True, slots=True)
class Derived:
    """The files of one set of segments."""

    folder: Path
    segment_folder: Path
    segments: tuple[str, ...]
    """Names of the segments that hold calls."""
    parts: tuple[Part, ...]
    """Newest first."""
    counts: Path
    """Where counts of them are kept, also while they are read through links."""

    @property
    def firsts(self) -> Path:
        """The row ids of sessions that are the first ever of a person on a machine."""
        return self.folder / "firsts.parquet"

    def files(self, entity: Literal["sessions", "calls"], window: Window | None = None) -> list[Path]:
        """One row a session or call, newest first, by `row_id`; for a window at least those that reach into it."""
        parts = [part for part in self.parts if window is None or _touches(part, window)]
        return [self.folder / f"{entity}-{part.name}.parquet" for part in parts or self.parts[:1]]

    def numbered_files(self, entity: Literal["sessions", "calls"], numbers: Collection[int]) -> list[Path]:
        """The files of the spans with these numbers; of one span where there are none."""
        parts = [part for part in self.parts if part.span.number in numbers]
        return [self.folder / f"{entity}-{part.name}.parquet" for part in parts or self.parts[:1]]

    @property
    def asked_files(self) -> tuple[Path, ...]:
        """All that questions are asked of."""
        return (self.firsts, *self.files("sessions"), *self.files("calls"))

    def raw_calls(self, names: Sequence[str] | None = None) -> str:
        """The relation `raw_calls` under these files, or under the named segments alone."""
        paths = (self.segment_folder / f"{name}.parquet" for name in names or self.segments)
        return raw_calls([path for path in paths if path.exists()])


def _touches(part: Part, window: Window) -> bool:
    first, end = part.span.first * 3600, part.span.end * 3600
    after = window.start is None or window.start.timestamp() < end
    return after and (window.end is None or window.end.timestamp() > first)


def find_derived(dataset: Dataset, segments: Sequence[str]) -> Derived | None:
    """The derived files of these segments; None where they are not there, or not whole."""
    folder = _folder(dataset, segments)
    manifest = read_manifest(folder, DERIVE_VERSION)
    if manifest is None or not is_whole(folder, manifest):
        return None
    with suppress(OSError):  # swept by another process meanwhile: whoever reads it makes it again
        os.utime(folder)
    return _derived(dataset, segments, folder, manifest)


def derive(
    connection: DuckDBPyConnection, dataset: Dataset, segments: Sequence[str], cancelled: threading.Event
) -> Derived:
    """Make the derived files, unless they are there; what other sets share with them is taken over from these.

    Raises Cancelled, StoreError; leaves nothing half made.
    """
    if (found := find_derived(dataset, segments)) is not None:
        return found
    folder = _folder(dataset, segments)
    making = make_private_folder(folder.with_name(f".{folder.name}-{uuid4().hex[:8]}"))
    names = _with_calls(dataset, segments)
    try:
        with interruptible(connection, cancelled), storing("the store cannot be written"):
            manifest = Making(connection, dataset.segment_folder, names, making, _sets(dataset), cancelled).run()
        _publish(making, folder)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    _sweep(folder)
    return _derived(dataset, segments, folder, manifest)


def drop_damaged(dataset: Dataset) -> None:
    """Remove derived files that are not, to the byte, what was written, from every set that has them."""
    for folder, manifest in _sets(dataset):
        for name, kept in manifest.files.items():
            if not is_sound(folder / name, kept):
                with suppress(OSError):
                    (folder / name).unlink()


def _folder(dataset: Dataset, segments: Sequence[str]) -> Path:
    key = hashlib.sha256("\n".join((DERIVE_VERSION, *sorted(segments))).encode()).hexdigest()[:16]
    return dataset.folder / "derived" / key


def _with_calls(dataset: Dataset, segments: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in sorted(segments) if (dataset.segment_folder / f"{name}.parquet").exists())


def _derived(dataset: Dataset, segments: Sequence[str], folder: Path, manifest: Manifest) -> Derived:
    names = _with_calls(dataset, segments)
    return Derived(folder, dataset.segment_folder, names, tuple(manifest.parts), folder / "counts")


def _sets(dataset: Dataset) -> list[tuple[Path, Manifest]]:
    """The sets of this version, the one used last first."""
    folders = sorted(_folders(dataset.folder / "derived"), key=_used_at, reverse=True)
    found = ((folder, read_manifest(folder, DERIVE_VERSION)) for folder in folders)
    return [(folder, manifest) for folder, manifest in found if manifest is not None]


def _folders(parent: Path) -> list[Path]:
    return [folder for folder in parent.iterdir() if not folder.name.startswith(".")]


def _publish(making: Path, folder: Path) -> None:
    manifest = read_manifest(folder, DERIVE_VERSION)
    if manifest is None or not is_whole(folder, manifest):
        shutil.rmtree(folder, ignore_errors=True)
    try:
        making.rename(folder)
    except OSError as fault:
        if not folder.is_dir():  # else another process made the same files
            with storing("the store cannot be written"):
                raise fault


def _sweep(current: Path) -> None:
    """Remove sets that nobody reads any more; an open one costs its reader a retry, no data."""
    others = [folder for folder in _folders(current.parent) if folder != current]
    for folder in sorted(others, key=_used_at, reverse=True)[_SPARED:]:
        shutil.rmtree(folder, ignore_errors=True)


def _used_at(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except OSError:  # swept by another process
        return 0.0
