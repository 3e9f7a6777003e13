"""Making a set of derived files: span by span, only those that differ from what other sets have."""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from queries.engine import literal, paths_literal, statement
from queries.store.derive import DERIVE_VERSION, KEPT, QUICK, join_files, parse_file, raw_calls, step, write
from queries.store.manifests import Kept, Manifest, Part, is_sound, kept_file, take_over, write_manifest
from queries.store.private_files import make_private_folder
from queries.store.spans import MOST_CALLS, Span, ranges, spans_of, within
from queries.store.ties import tie, untie

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from duckdb import DuckDBPyConnection

#: Raw calls that are joined at a time: more is hardly quicker, and takes memory.
_BATCH: Final = MOST_CALLS
_AT: Final = '"at"'
_FIGURES: Final = 'SELECT count(*), epoch_us(min("at")) FROM read_parquet({path})'


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
        for batch in _batches(missing):
            parts |= {part.name: part for part in self._make(batch, scratch)}
        made = [parts[name] for _, name in named]
        self._write_firsts(made)
        untie(self.connection)
        for path in sorted(scratch.iterdir()):
            path.unlink()
        scratch.rmdir()
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

    def _write(self, select: str, name: str, form: str = KEPT) -> Path:
        path = self.folder / name
        path.unlink(missing_ok=True)  # never into a file that another set has too
        write(self.connection, select, path, form)
        self._files[name] = kept_file(path)
        return path

    def _write_keys(self, new: Sequence[Source], scratch: Path) -> None:
        if not new:
            return
        inside = " OR ".join(within("time_of(eventtime)", *run) for run in ranges(source.span for source in new))
        issued: list[Path] = []
        for number, segments in enumerate(self._groups({name for source in new for name in source.segments})):
            raw = f"SELECT * FROM ({self._raw(segments)}) WHERE {inside}"
            self._parsed.append(scratch / f"parsed-{number}.parquet")
            parse_file(self.connection, raw, self._parsed[-1])
            issued.append(scratch / f"issued-{number}.parquet")
            write(self.connection, step("issued", raw_calls=raw), issued[-1], QUICK)
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
            self._write(f"WITH {given} {keys}", f"keys-{source.key}.parquet", QUICK)

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

    def _make(self, batch: Sequence[tuple[Source, str]], scratch: Path) -> Iterator[Part]:
        """Join the calls of some spans with all that is tied to them; keep the rows of these spans."""
        spans = [source.span for source, _ in batch]
        numbers = ", ".join(str(span.number) for span in spans)
        inside = " OR ".join(within("event_time", *run) for run in ranges(spans))
        tied = (
            f"SELECT DISTINCT segment, segment_row FROM outsiders WHERE span IN ({numbers}) AND home NOT IN ({numbers})"
        )
        read = f"read_parquet({paths_literal(self._parsed)})"
        given = (
            f"SELECT * FROM {read} WHERE {inside}"
            f" UNION ALL SELECT * FROM {read} SEMI JOIN ({tied}) USING (segment, segment_row)"
        )
        parsed = write(self.connection, given, scratch / "batch.parquet", QUICK)
        sessions, calls = join_files(self.connection, parsed, scratch)
        for source, name in batch:
            yield self._keep_part(source.span, name, sessions, calls)

    def _keep_part(self, span: Span, name: str, sessions: str, calls: str) -> Part:
        found = self._write(_numbered(sessions, span, "file_row_number, session_no"), f"sessions-{name}.parquet")
        firsts = step("part_firsts", sessions=f"SELECT * FROM read_parquet({paths_literal([found])})")
        self._write(firsts, f"firsts-{name}.parquet", QUICK)
        path = self._write(_numbered(calls, span, "file_row_number"), f"calls-{name}.parquet")
        counts = [
            self.connection.execute(_FIGURES.format(path=paths_literal([each]))).fetchall()[0] for each in (found, path)
        ]
        return Part(name, span.level, span.index, counts[0][0], counts[1][0], counts[1][1])

    def _write_firsts(self, parts: Sequence[Part]) -> None:
        paths = paths_literal([self.folder / f"firsts-{part.name}.parquet" for part in parts])
        first = min((part.first for part in parts if part.first is not None), default=0)
        firsts = statement("firsts").replace("{earliest}", f"make_timestamp({first})")
        self._write(f"WITH part_firsts AS (FROM read_parquet({paths})) {firsts}", "firsts.parquet", QUICK)


def _numbered(select: str, span: Span, without: str) -> str:
    """The rows of a span, which lie side by side, with ids that nothing else changes."""
    inside = f"SELECT * FROM ({select}) WHERE {span.inside(_AT)}"
    first = f"(SELECT min(file_row_number) FROM ({inside}))"
    return f"SELECT {span.base} + file_row_number - {first} AS row_id, * EXCLUDE ({without}) FROM ({inside})"


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
