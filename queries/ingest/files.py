"""Reading a folder of files into the store: read what changed, publish what is whole."""

from __future__ import annotations

import gc
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.engine import LateEngine
from ssmtrail.queries.errors import Cancelled
from ssmtrail.queries.ingest.coverage import tally_of
from ssmtrail.queries.ingest.publishing import CALL_SECONDS, Publishing
from ssmtrail.queries.model import Progress
from ssmtrail.queries.sources.files.listing import folder_days
from ssmtrail.queries.store.atomic import scratch_folder, sweep_scratch
from ssmtrail.queries.store.parcels import day_of

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import date, datetime
    from pathlib import Path

    from ssmtrail.queries.ingest.coverage import Tally
    from ssmtrail.queries.sources.base import Changes, Source
    from ssmtrail.queries.store.dataset import Dataset
    from ssmtrail.queries.store.parcels import Parcel
    from ssmtrail.queries.store.segments import Segment
    from ssmtrail.queries.store.sessions import DerivedSet

#: For joining while reading; what does not fit spills.
_MEMORY: Final = "2GB"
#: Seconds that parcels wait for others to be kept together: a segment costs 10 ms, however little is in it.
_GATHERING: Final = 0.3
#: Seconds that somebody waits gladly for the whole.
_PATIENCE: Final = 0.4
#: What will be over in so many seconds is not held up to show a part of it.
_SOON: Final = 1.0


@dataclass(slots=True)
class Reading:
    """One run over a source."""

    source: Source
    dataset: Dataset
    scratch_parent: Path
    publish: Callable[[DerivedSet], int]
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
    _started: float = field(default_factory=lambda: time.monotonic())
    _arriving: Counter[str] = field(default_factory=Counter)
    """Files still to be read, by folder day (ISO)."""
    _told: tuple[frozenset[str], frozenset[date]] | None = None
    """Names of the segments, days that arrive."""

    def run(self) -> Progress:
        """Read to the end, or to where the user stops it. Raises SourceError, StoreError."""
        self._say(self._progress)
        sweep_scratch(self.scratch_parent)
        with scratch_folder(self.scratch_parent) as scratch:
            engine = LateEngine(scratch, _MEMORY)
            try:
                self._read_claimed(engine, scratch)
            finally:
                engine.close()
        return self._progress

    def _read_claimed(self, engine: LateEngine, scratch: Path) -> None:
        try:
            self._say(replace(self._progress, state="waiting"))
            with self.dataset.claim(self.cancelled):
                self._read(engine, scratch)
        except Cancelled:
            self._say(replace(self._progress, state="cancelled"))

    def _read(self, engine: LateEngine, scratch: Path) -> None:
        self._say(replace(self._progress, state="listing"))
        with _collector_spared():
            self.dataset.sweep()
            segments = list(self.dataset.sound_segments())
            kept = _kept(segments)
            self._tell(segments, len(kept))
            changes = self.source.changes(kept, self.cancelled)
        if changes.gone:
            wanted = kept.keys() - changes.gone
            segments = list(self.dataset.forget(engine(), tuple(segments), changes.gone, self.closing))
            if wanted - _kept(segments).keys():
                # Whole segments went with what is gone: their other files have to be read again.
                changes = self.source.changes(_kept(segments), self.cancelled)
        publishing = Publishing(
            engine,
            self.dataset,
            self.publish,
            self.closing,
            lambda: self._say(replace(self._progress, state="joining")),
        )
        self._read_new(engine, scratch, publishing, segments, changes)
        self._join(publishing, segments)
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
        self,
        engine: LateEngine,
        scratch: Path,
        publishing: Publishing,
        segments: list[Segment],
        changes: Changes,
    ) -> None:
        if not changes.new:
            return
        self._arriving = Counter(folder_days(entry.path for entry in changes.new))
        self._tell(segments)
        size = sum(entry.size for entry in changes.new)
        self._say(replace(self._progress, state="reading", files_total=len(changes.new), bytes_total=size))
        for parcels in _gathered(self.source.read(changes.new, scratch, self._say, self.cancelled)):
            if segments:
                self._show(publishing, segments)  # what has just come may be much, and hold this up
            segments.append(self.dataset.add(engine(), parcels, self.closing))
            self._arriving.subtract(segments[-1].files.folder_days)
            for parcel in parcels:
                parcel.rows.unlink(missing_ok=True)
            self._show(publishing, segments)

    def _show(self, publishing: Publishing, segments: list[Segment]) -> None:
        """Publish what is kept, where it is time to."""
        if publishing.is_due(segments) and self._takes_long():
            self._join(publishing, segments)

    def _takes_long(self) -> bool:
        """Whether somebody waits, and will go on to wait: until all is read, and joined."""
        if time.monotonic() - self._started < _PATIENCE:
            return False
        far = self._progress
        if far.seconds_left is None:
            return True
        calls = far.calls * far.bytes_total / far.bytes_done if far.bytes_done and far.bytes_total else far.calls
        return far.seconds_left + calls * CALL_SECONDS >= _SOON

    def _join(self, publishing: Publishing, segments: list[Segment]) -> None:
        self._tell(segments)
        if (snapshot := publishing.now(segments)) is not None:
            self._say(replace(self._progress, snapshot=snapshot))

    def _tell(self, segments: Sequence[Segment], files: int | None = None) -> None:
        """Tell what is kept and what arrives, where that is not what was told last."""
        told = frozenset(segment.name for segment in segments), self._arriving_days()
        if told != self._told:
            self._told = told
            self.tell(tally_of(segments, told[1], files))

    def _arriving_days(self) -> frozenset[date]:
        days = (day_of(day) for day, files in self._arriving.items() if files > 0)
        return frozenset(day for day in days if day)

    def _say(self, progress: Progress) -> None:
        """Pass progress on; the generation and the clock are ours, whoever speaks."""
        snapshot = max(progress.snapshot, self._progress.snapshot)
        self._progress = replace(progress, snapshot=snapshot, seconds=time.monotonic() - self._started)
        self.report(self._progress)


@contextmanager
def _collector_spared() -> Iterator[None]:
    """Let nothing look for circles of garbage: a listing makes hundreds of thousands of values, and none."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _gathered(parcels: Iterable[Parcel]) -> Iterator[list[Parcel]]:
    """The parcels in their order: the first at once, others together that come within a moment."""
    waiting: list[Parcel] = []
    until = 0.0
    for parcel in parcels:
        waiting.append(parcel)
        if time.monotonic() >= until:
            yield waiting
            waiting, until = [], time.monotonic() + _GATHERING
    if waiting:
        yield waiting


def _kept(segments: Iterable[Segment]) -> dict[str, tuple[int, int]]:
    kept: dict[str, tuple[int, int]] = {}
    for segment in segments:
        kept.update(zip(segment.files.paths, zip(segment.files.sizes, segment.files.mtimes, strict=True), strict=True))
    return kept
