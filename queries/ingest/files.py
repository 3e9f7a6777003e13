"""Reading a source of files into the store: list, read what changed, publish while the rest is being read."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC
from typing import TYPE_CHECKING, ClassVar, Final

from ssmtrail.queries.errors import Cancelled
from ssmtrail.queries.garbage import without_gc
from ssmtrail.queries.ingest.coverage import coverage_of, tally_of
from ssmtrail.queries.ingest.publishing import CALL_SECONDS, Publishing, Report, read_alone
from ssmtrail.queries.model import Progress
from ssmtrail.queries.sources.files.listing import folder_days
from ssmtrail.queries.store.parcels import day_of
from ssmtrail.queries.store.segments import files_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from datetime import date, datetime
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.engine import LateEngine
    from ssmtrail.queries.ingest.coverage import Tally
    from ssmtrail.queries.ingest.publishing import Work
    from ssmtrail.queries.model import Coverage, Plan
    from ssmtrail.queries.sources.base import Changes, Source
    from ssmtrail.queries.store.dataset import Dataset
    from ssmtrail.queries.store.parcels import Covers, FileCover, Parcel
    from ssmtrail.queries.store.segments import Segment
    from ssmtrail.queries.times import Window

#: Seconds in which parcels are gathered into one segment: a segment costs 10 ms, however small.
_GATHERING: Final = 0.3
#: Seconds before which no partial result is published.
_PATIENCE: Final = 0.4
#: A reading that ends within so many seconds is not delayed by a partial result.
_SOON: Final = 1.0


@dataclass(slots=True)
class FileIntake:
    """A source of files over its dataset; reading files costs time alone."""

    patience: ClassVar[float] = 0.0
    """Seconds that closing waits for a fetch to stop what it runs elsewhere."""

    source: Source
    dataset: Dataset
    scratch_parent: Path
    engine: Callable[[], DuckDBPyConnection]
    """The engine that answers too; a second one would cost 0.1 s of CPU for each small folder."""
    now: Callable[[], datetime]
    """The clock, zone-aware UTC."""
    _tally: Tally | None = field(default=None)

    def fetch(self, work: Work, agreed: Plan | None) -> Progress:
        """Read the files that are new or changed. Raises SourceError, StoreError."""
        return FileReading(
            self.source, self.dataset, self.scratch_parent, self.engine, self.now, work, self._set_tally
        ).run()

    def coverage(self, window: Window) -> Coverage:
        """The files and days of a window, from the manifests of the segments."""
        if self._tally is None:
            self._tally = tally_of(self.dataset.segments())
        return coverage_of(self._tally, window, self.now(), self.dataset.looked_at)

    def covers(self, moment: datetime) -> bool:
        """Whether a moment is on a day from the first to the last with a record of any kind."""
        tally = self._tally or tally_of(self.dataset.segments())
        return tally.first_record <= moment.astimezone(UTC).date().isoformat() <= tally.last_record

    def _set_tally(self, tally: Tally) -> None:
        self._tally = tally


@dataclass(slots=True)
class FileReading:
    """One fetch from a source of files."""

    source: Source
    dataset: Dataset
    scratch_parent: Path
    engine: Callable[[], DuckDBPyConnection]
    now: Callable[[], datetime]
    """The clock, zone-aware UTC."""
    work: Work
    set_tally: Callable[[Tally], None]
    """Called when the stored or the arriving files change."""
    _report: Report = field(init=False)
    _arriving: Counter[str] = field(default_factory=Counter)
    """Files still to be read, by folder day (ISO)."""
    _counted: tuple[frozenset[str], frozenset[date]] | None = None
    """Names of the segments and arriving days of the last tally."""

    def __post_init__(self) -> None:
        self._report = Report(self.work.report, Progress("listing"))

    def run(self) -> Progress:
        """Read to the end, or until cancelled. Raises SourceError, StoreError."""
        return read_alone(
            self.work, self._report, self.dataset, self.scratch_parent, self.engine, self._read
        )  # fmt: skip

    def _read(self, engine: LateEngine, scratch: Path) -> None:
        with without_gc():
            segments = list(self.dataset.sound_segments())
            stored = files_of(segments)
            self._count(segments, len(stored))
            changes = self.source.changes(stored, self.work.cancelled)
        if changes.gone and changes.new:
            segments, changes = self._renewed(segments, changes)
        if changes.gone:
            segments = list(self.dataset.forget(engine(), tuple(segments), changes.gone, self.work.closing))
            left = files_of(segments)
            if (stored.keys() - changes.gone) - left.keys():
                # Some segments had to be dropped whole: their other files are read again.
                changes = self.source.changes(left, self.work.cancelled)
        publishing = Publishing.of(self.work, engine, self.dataset, self._report)
        if changes.new:
            self._read_new(engine, scratch, publishing, segments, changes)
        self._publish(publishing, segments)
        if self.work.cancelled.is_set():
            raise Cancelled
        self.dataset.mark_looked_at(self.now())
        self._report.change(
            state="done", files_done=changes.files, files_total=changes.files, bytes_done=changes.bytes,
            bytes_total=changes.bytes, calls=sum(segment.calls for segment in segments), seconds_left=0.0,
        )  # fmt: skip

    def _renewed(self, segments: list[Segment], changes: Changes) -> tuple[list[Segment], Changes]:
        """Take files that only look changed, but have the same content by its hash, as unchanged.

        A copy of the folder or a restored backup has other times and inodes.
        """
        touched = {entry.path: entry for entry in changes.new if entry.path in changes.gone}
        same = {
            cover.path: entry.identity
            for segment in segments
            for cover in _those(segment.files, touched)
            if (entry := touched[cover.path]).size == cover.size
            and cover.sha256
            and self.source.sha256(entry, self.work.cancelled) == cover.sha256
        }
        if not same:
            return segments, changes
        new = tuple(entry for entry in changes.new if entry.path not in same)
        return list(self.dataset.renew(segments, same)), replace(changes, new=new, gone=changes.gone - same.keys())

    def _read_new(
        self,
        engine: LateEngine,
        scratch: Path,
        publishing: Publishing,
        segments: list[Segment],
        changes: Changes,
    ) -> None:
        self._arriving = Counter(folder_days(entry.path for entry in changes.new))
        self._count(segments)
        size = sum(entry.size for entry in changes.new)
        self._report.change(state="reading", files_total=len(changes.new), bytes_total=size)
        for parcels in _gathered(self.source.read(changes.new, scratch, self._report, self.work.cancelled)):
            if segments:  # before the new parcels, which may be large, are written
                self._publish_when_due(publishing, segments)
            segments.append(self.dataset.add(engine(), parcels, self.work.closing))
            self._arriving.subtract(segments[-1].files.folder_days)
            for parcel in parcels:
                parcel.rows.unlink(missing_ok=True)
            self._publish_when_due(publishing, segments)

    def _publish_when_due(self, publishing: Publishing, segments: list[Segment]) -> None:
        if publishing.is_due(segments) and self._takes_longer():
            self._publish(publishing, segments)

    def _takes_longer(self) -> bool:
        """Whether the user has waited for a while, and reading and joining the rest will take a while."""
        if self._report.seconds < _PATIENCE:
            return False
        done = self._report.progress
        if done.seconds_left is None:
            return True
        calls = done.calls * done.bytes_total / done.bytes_done if done.bytes_done and done.bytes_total else done.calls
        return done.seconds_left + calls * CALL_SECONDS >= _SOON

    def _publish(self, publishing: Publishing, segments: list[Segment]) -> None:
        self._count(segments)
        if (snapshot := publishing.now(segments)) is not None:
            self._report.change(snapshot=snapshot)

    def _count(self, segments: Sequence[Segment], files: int | None = None) -> None:
        """Count stored and arriving files by day, if they changed since the last count; `files` as in `tally_of`."""
        arriving = frozenset(day for text, left in self._arriving.items() if left > 0 and (day := day_of(text)))
        counted = frozenset(segment.name for segment in segments), arriving
        if counted != self._counted:
            self._counted = counted
            self.set_tally(tally_of(segments, arriving, files))


def _gathered(parcels: Iterable[Parcel]) -> Iterator[list[Parcel]]:
    """The parcels in order: the first alone, then all that come within `_GATHERING` seconds together."""
    waiting: list[Parcel] = []
    until = 0.0
    for parcel in parcels:
        waiting.append(parcel)
        if time.monotonic() >= until:
            yield waiting
            waiting, until = [], time.monotonic() + _GATHERING
    if waiting:
        yield waiting


def _those(files: Covers, wanted: Collection[str]) -> Iterator[FileCover]:
    """The covers of some paths."""
    return (files[index] for index, path in enumerate(files.paths) if path in wanted)
