"""One reading of a bucket: fetch the objects that are new, the newest days first, store and publish them."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.errors import Cancelled
from ssmtrail.queries.ingest.coverage import tally_of
from ssmtrail.queries.ingest.publishing import Publishing, Report, read_alone
from ssmtrail.queries.model import Progress
from ssmtrail.queries.sources.files.listing import folder_day
from ssmtrail.queries.sources.files.source import FilesReading
from ssmtrail.queries.store.atomic import make_private_folder, write_private
from ssmtrail.queries.store.parcels import Covers
from ssmtrail.queries.store.segments import files_of, rewrite_manifest, write_segment
from ssmtrail.queries.store.spans import SECOND, Span, merged
from ssmtrail.queries.times import midnight

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.engine import LateEngine
    from ssmtrail.queries.ingest.publishing import Work
    from ssmtrail.queries.ingest.s3 import S3State
    from ssmtrail.queries.sources.base import FileEntry, Identity
    from ssmtrail.queries.sources.s3.fetching import Fetched
    from ssmtrail.queries.sources.s3.listing import Listed, Place
    from ssmtrail.queries.sources.s3.source import S3Source
    from ssmtrail.queries.store.dataset import Dataset
    from ssmtrail.queries.store.parcels import Parcel
    from ssmtrail.queries.store.segments import Segment

#: Seconds in which objects are gathered into one segment: a share of the time so far, between these two.
_GATHERING: Final = (0.3, 20.0)
_SHARE: Final = 0.1
#: Objects from which on a reading measures the rate.
_MEASURED: Final = 200
_REPLACED: Final = "replaced since it was first read; CloudTrail replaces no file"

Part = tuple["Place", date]
"""The objects of an account and region on one day: a span each."""

#: The file with the number of objects that are kept.
_KEPT: Final = "objects-kept"


def span_name(place: Place) -> str:
    """The name of the spans of a place: an account and region may lie below several folders."""
    return f"objects {place.folder}"


def is_lost(dataset: Dataset, segments: Sequence[Segment]) -> bool:
    """Whether a damaged segment was dropped: no stretch then counts as read, and all days are listed again.

    The objects of a stretch are in other segments than the stretch itself.
    """
    try:
        kept = int((dataset.folder / _KEPT).read_text())
    except (OSError, ValueError):
        kept = 0
    return _files(segments) < kept


def _files(segments: Iterable[Segment]) -> int:
    return sum(len(segment.files) for segment in segments)


@dataclass(slots=True)
class S3Reading:
    """One fetch from a bucket."""

    source: S3Source
    dataset: Dataset
    scratch_parent: Path
    engine: Callable[[], DuckDBPyConnection]
    now: Callable[[], datetime]
    work: Work
    state: S3State
    listings: Sequence[Listed]
    _segments: list[Segment] = field(default_factory=list)
    _parcels: list[Parcel] = field(default_factory=list)
    """Read, and not stored yet."""
    _spans: list[Span] = field(default_factory=list)
    """Parts that are complete with these."""
    _left: Counter[Part] = field(default_factory=Counter)
    """Objects still to be read."""
    _whole: dict[Part, Span] = field(default_factory=dict)
    """What is covered when nothing is left of a part."""
    _home: dict[str, Part] = field(default_factory=dict)
    """The part by the folder of an object."""
    _replaced: frozenset[str] = frozenset()
    _report: Report = field(init=False)

    def __post_init__(self) -> None:
        self._report = Report(self.work.report, Progress("listing", of="objects"))

    def run(self) -> Progress:
        """Read to the end, or until cancelled. Raises SourceError, StoreError."""
        return read_alone(
            self.work, self._report, self.dataset, self.scratch_parent, self.engine, self._read
        )  # fmt: skip

    def _read(self, engine: LateEngine, scratch: Path) -> None:
        self._segments = list(self.dataset.sound_segments())
        if is_lost(self.dataset, self._segments):
            self._forget_spans()
        self._count()
        publishing = Publishing.of(self.work, engine, self.dataset, self._report)
        if self._segments:
            self._publish(publishing)
        new = self._new(engine)
        try:
            self._fetch(engine, scratch, publishing, new)
        finally:
            # What arrived stays, also after a cancel.
            self._store(engine())
            self._count()
            if not self.work.closing.is_set():
                self._publish(publishing)
        if self.work.cancelled.is_set():
            raise Cancelled
        refused = [found.error for found in self.listings if found.error is not None]
        if refused and len(refused) == len(self.listings) and not self._segments:
            raise refused[0]
        self.dataset.mark_looked_at(self.now())
        files, size = self.state.tally.whole_files if self.state.tally else 0, sum(each.size for each in new)
        self._report.change(
            state="done", files_done=files, files_total=files, bytes_done=size, bytes_total=size,
            calls=sum(segment.calls for segment in self._segments), seconds_left=0.0,
        )  # fmt: skip

    def _new(self, engine: LateEngine) -> list[FileEntry]:
        """The objects that are not kept as they are now, the newest days first."""
        stored = files_of(self._segments)
        new: list[tuple[int, str, FileEntry]] = []
        self.state.refused = {found.walk.place.cell: found.error for found in self.listings if found.error}
        for day in {day for found in self.listings for day in found.walk.days}:
            self.state.failed.pop(day, None)
        for found in self.listings:
            if found.error is None:
                self._add_spans(found)
                for entry in found.objects:
                    part = self._part(found, entry)
                    if stored.get(entry.path) != entry.identity:
                        self._left[part] += 1
                        new.append((part[1].toordinal(), entry.path, entry))
                for entry in found.archived:
                    self._fail(self._part(found, entry), "in Glacier: restore the objects first", is_missing=True)
        self._replaced = frozenset(path for _, path, _ in new if path in stored)
        if self._replaced:
            left = _files(self._segments) - len(self._replaced)
            self._note_number(left)
            kept = self.dataset.forget(engine(), tuple(self._segments), self._replaced, self.work.closing)
            self._segments = list(kept)
            if _files(self._segments) < left:
                self._forget_spans()
        self._spans += [span for part, span in self._whole.items() if not self._left[part]]
        return [entry for *_, entry in sorted(new, key=lambda each: each[:2], reverse=True)]

    def _forget_spans(self) -> None:
        """Let all days be listed again, because objects of some were lost."""
        self._segments = [rewrite_manifest(segment) for segment in self._segments]
        self.state.spans = ()
        self._note_number(_files(self._segments))

    def _note_number(self, number: int) -> None:
        write_private(self.dataset.folder / _KEPT, str(number).encode())

    def _add_spans(self, found: Listed) -> None:
        walk = found.walk
        for day in walk.days:
            begin = midnight(day, UTC)
            start, end = max(walk.start, begin), min(walk.end, begin + timedelta(days=1) - SECOND)
            span = Span(*walk.place.cell, span_name(walk.place), start, end, found.asked_at)
            self._whole[walk.place, day] = span

    def _part(self, found: Listed, entry: FileEntry) -> Part:
        folder = _folder(entry.path)
        if folder not in self._home:
            day = folder_day(entry.path) or found.walk.end.date()
            self._home[folder] = found.walk.place, day
        return self._home[folder]

    def _fail(self, part: Part, why: str, *, is_missing: bool) -> None:
        """Record that a part is not complete."""
        self._whole.pop(part, None)
        self.state.failed.setdefault(part[1], ("missing" if is_missing else "failed", why))

    def _fetch(self, engine: LateEngine, scratch: Path, publishing: Publishing, new: Sequence[FileEntry]) -> None:
        total, began = sum(entry.size for entry in new), time.monotonic()
        if new:
            self._report.change(state="reading", files_total=len(new), bytes_total=total)
            self._count()
        done = size = 0
        stored_at = 0.0
        for number, fetched in enumerate(self.source.read(new, scratch, self.work.cancelled)):
            self._take(fetched, scratch / f"rows-{number}")
            done += len(fetched.entries) + len(fetched.refused)
            size += sum(entry.size for entry in fetched.entries)
            seconds = time.monotonic() - began
            self._report.change(
                files_done=done, bytes_done=size, calls=self._calls, seconds_left=seconds * (len(new) - done) / done,
                price=done * self.source.terms.get + size * self.source.terms.transfer,
            )  # fmt: skip
            if time.monotonic() - stored_at >= max(_GATHERING[0], min(_GATHERING[1], _SHARE * seconds)):
                self._store(engine())
                if publishing.is_due(self._segments):
                    self._publish(publishing)
                stored_at = time.monotonic()
        if done >= _MEASURED:
            rate = done / (time.monotonic() - began)
            write_private(self.dataset.folder / "rate", f"{rate:.0f}".encode())

    @property
    def _calls(self) -> int:
        return sum(segment.calls for segment in self._segments) + sum(parcel.calls for parcel in self._parcels)

    def _take(self, fetched: Fetched, scratch: Path) -> None:
        """Read the files of a batch as those of a folder are read, also after a cancel."""
        known = {entry.path: entry.identity for entry in fetched.entries}
        reading = FilesReading(
            str(fetched.folder), fetched.entries, make_private_folder(scratch), lambda _: None, self.work.closing
        )
        for parcel in reading.parcels():
            files = _as_listed(Covers.of(parcel.files), known, self._replaced)
            self._parcels.append(replace(parcel, files=files))
            for path in files.paths:
                self._finish(path)
        for entry, refusal in fetched.refused:
            part = self._home[_folder(entry.path)]
            self._left[part] -= 1
            self._fail(part, str(refusal), is_missing=refusal.is_archived)

    def _finish(self, path: str) -> None:
        part = self._home[_folder(path)]
        self._left[part] -= 1
        if not self._left[part] and part in self._whole:
            self._spans.append(self._whole[part])

    def _store(self, connection: DuckDBPyConnection) -> None:
        """Write what was read as one segment; where no object is new, only spans."""
        parcels, spans = self._parcels, merged(self._spans)
        self._parcels, self._spans = [], []
        if parcels:
            self._segments.append(self.dataset.add(connection, parcels, self.work.closing, spans))
            self._note_number(_files(self._segments))
            for parcel in parcels:
                parcel.rows.unlink(missing_ok=True)
        elif spans and self._segments:
            last = self._segments[-1]
            self._segments[-1] = rewrite_manifest(last, spans=merged((*last.spans, *spans)))
        elif spans:
            kind = self.dataset.kind
            self._segments.append(
                write_segment(connection, self.dataset.segment_folder, None, source=kind, spans=spans)
            )
        self.state.spans = merged((*self.state.spans, *spans))

    def _count(self) -> None:
        arriving = frozenset(day for (_, day), left in self._left.items() if left)
        self.state.tally = tally_of(self._segments, arriving)

    def _publish(self, publishing: Publishing) -> None:
        self._count()
        snapshot = publishing.now(self._segments)
        if snapshot is not None:
            self._report.change(snapshot=snapshot)


def _folder(path: str) -> str:
    return path[: path.rfind("/") + 1]


def _as_listed(files: Covers, known: Mapping[str, Identity], replaced: frozenset[str]) -> Covers:
    """The covers with the objects' sizes and times in place of those of the files that they were fetched into."""
    sizes, mtimes, ctimes, inodes = map(list, zip(*(known[path] for path in files.paths), strict=True))
    notes = {index: _REPLACED for index, path in enumerate(files.paths) if path in replaced}
    return replace(
        files, sizes=sizes, mtimes=mtimes, ctimes=ctimes, inodes=inodes, notes={**files.notes, **notes}
    )  # fmt: skip
