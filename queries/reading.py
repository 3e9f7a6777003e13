"""Reading a source into the store: what changed is read, what is whole is published while the rest still comes."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from queries.coverage import Tally
from queries.engine import connect, is_readable
from queries.errors import Cancelled
from queries.sources.files.days import folder_day
from queries.store.derived import Derived, derive, derived_of
from queries.store.private_files import scratch_folder, sweep_scratch
from queries.values import Progress

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable
    from datetime import date, datetime
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from queries.sources.contract import Changes, Source
    from queries.store.dataset import Dataset
    from queries.store.segments import Segment

#: Publishing may take this share of the time that reading takes.
_PUBLISHING_SHARE: Final = 0.25
#: Seconds between two publications at the least.
_PUBLISHING_PAUSE: Final = 0.4
#: For joining while reading; what does not fit spills.
_MEMORY: Final = "2GB"


@dataclass(slots=True)
class Reading:
    """One run over a source."""

    source: Source
    dataset: Dataset
    scratch_parent: Path
    publish: Callable[[Derived], int]
    """Makes derived files what questions are asked of; gives the generation's number."""
    tell: Callable[[Tally], None]
    """Takes what is kept and what arrives, day by day."""
    report: Callable[[Progress], None]
    cancelled: threading.Event
    closing: threading.Event
    """Set when nothing more is wanted, not even what is whole."""
    now: Callable[[], datetime]
    """The clock, zone-aware UTC."""
    _progress: Progress = field(default_factory=lambda: Progress("listing"))
    _started: float = field(default_factory=time.monotonic)
    _published_at: float = 0.0
    _derive_seconds: float = 0.0
    _published: tuple[str, ...] | None = None
    _arriving: Counter[date | None] = field(default_factory=Counter)
    """Files still to be read, by folder day."""

    def run(self) -> Progress:
        """Read to the end, or to where the user stops it. Raises SourceError, StoreError."""
        self._say(self._progress)
        sweep_scratch(self.scratch_parent)
        with scratch_folder(self.scratch_parent) as scratch:
            connection = connect(scratch, memory=_MEMORY)
            try:
                self._read_claimed(connection, scratch)
            finally:
                connection.close()
        return self._progress

    def _read_claimed(self, connection: DuckDBPyConnection, scratch: Path) -> None:
        try:
            self._say(replace(self._progress, state="waiting"))
            with self.dataset.claim(self.cancelled):
                self._read(connection, scratch)
        except Cancelled:
            self._say(replace(self._progress, state="cancelled"))

    def _read(self, connection: DuckDBPyConnection, scratch: Path) -> None:
        self._say(replace(self._progress, state="listing"))
        self.dataset.sweep()
        segments = list(self.dataset.sound_segments())
        self.tell(Tally.of(segments))
        changes = self.source.changes(_kept(segments), self.cancelled)
        if changes.gone:
            wanted = _kept(segments).keys() - changes.gone
            segments = list(self.dataset.forget(connection, tuple(segments), changes.gone, self.closing))
            if wanted - _kept(segments).keys():
                # Whole segments went with what is gone: their other files have to be read again.
                changes = self.source.changes(_kept(segments), self.cancelled)
        self._read_new(connection, scratch, segments, changes)
        self._join(connection, segments)
        if self.cancelled.is_set():
            raise Cancelled
        self.dataset.mark_looked_at(self.now())
        self._say(
            replace(
                self._progress, state="done", files_done=changes.files, files_total=changes.files,
                bytes_done=changes.bytes, bytes_total=changes.bytes,
                calls=sum(segment.calls for segment in segments), seconds_left=0.0,
            )
        )  # fmt: skip

    def _read_new(
        self, connection: DuckDBPyConnection, scratch: Path, segments: list[Segment], changes: Changes
    ) -> None:
        if not changes.new:
            return
        self._arriving = Counter(folder_day(entry.path) for entry in changes.new)
        self.tell(Tally.of(segments, self._arriving_days()))
        size = sum(entry.size for entry in changes.new)
        self._say(replace(self._progress, state="reading", files_total=len(changes.new), bytes_total=size))
        for parcel in self.source.read(changes.new, scratch, self._say, self.cancelled):
            segments.append(self.dataset.add(connection, parcel, self.closing))
            parcel.rows.unlink(missing_ok=True)
            self._arriving.subtract(folder_day(cover.path) for cover in parcel.files)
            self._publish_sometimes(connection, segments)

    def _publish_sometimes(self, connection: DuckDBPyConnection, segments: list[Segment]) -> None:
        pause = max(_PUBLISHING_PAUSE, self._derive_seconds / _PUBLISHING_SHARE)
        first = not self._published and segments[-1].calls > 0
        if first or time.monotonic() - self._published_at > pause:
            self._join(connection, segments)

    def _join(self, connection: DuckDBPyConnection, segments: list[Segment]) -> None:
        self.tell(Tally.of(segments, self._arriving_days()))
        names = tuple(sorted(segment.name for segment in segments if segment.calls))
        if names == self._published:
            return
        self._say(replace(self._progress, state="joining"))
        began = time.monotonic()
        if self._published is None:
            discard_damaged(connection, derived_of(self.dataset, names))
        derived = derive(connection, self.dataset, names, self.closing)
        self._published, self._published_at = names, time.monotonic()
        self._derive_seconds = self._published_at - began
        self._say(replace(self._progress, generation=self.publish(derived)))

    def _arriving_days(self) -> frozenset[date]:
        return frozenset(day for day, files in self._arriving.items() if day and files > 0)

    def _say(self, progress: Progress) -> None:
        """Pass progress on; the generation and the clock are ours, whoever speaks."""
        generation = max(progress.generation, self._progress.generation)
        self._progress = replace(progress, generation=generation, seconds=time.monotonic() - self._started)
        self.report(self._progress)


def _kept(segments: Iterable[Segment]) -> dict[str, tuple[int, int]]:
    return {cover.path: (cover.size, cover.mtime_ns) for segment in segments for cover in segment.files}


def discard_damaged(connection: DuckDBPyConnection, derived: Derived) -> None:
    """Remove derived files that cannot be read, so that they are made again."""
    if not all(is_readable(connection, path) for path in (derived.sessions, derived.calls)):
        shutil.rmtree(derived.folder, ignore_errors=True)
