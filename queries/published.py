"""The snapshot that questions are answered from: published while reading, or left by an earlier process."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, TypeVar

from ssmtrail.queries.engine import EitherEvent, cursor_of, interruptible
from ssmtrail.queries.errors import Cancelled, StoreError
from ssmtrail.queries.naming import Naming
from ssmtrail.queries.proving import Proving
from ssmtrail.queries.snapshot import Snapshot
from ssmtrail.queries.store.sessions import DerivedSet, derive, drop_damaged, find_derived
from ssmtrail.queries.thresholds import DEFAULT_FINDINGS, FindingSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from threading import Event

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.store.dataset import Dataset

_DAMAGED: Final = "A part of what was read before is damaged; the next refresh reads it again"
_GONE: Final = "Another process changed or removed what is kept of this source; the next refresh reads it again"
_Found = TypeVar("_Found")


@dataclass(slots=True)
class Published:
    """The newest snapshot of a dataset. Its methods may be called from any thread."""

    engine: Callable[[], DuckDBPyConnection]
    dataset: Dataset
    scratch: Path
    """For links to the files of a snapshot."""
    closing: Event
    """Ends every question."""
    look_around_days: int
    converts_former: bool
    """Whether what older versions kept is taken over; what they kept of files is read again."""
    has_policy: bool
    """Whether sessions may have verdicts."""
    findings: FindingSettings = DEFAULT_FINDINGS
    naming: Naming = field(default_factory=Naming)
    proving: Proving = field(default_factory=Proving)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _snapshot: Snapshot | None = None
    _is_damaged: bool = False
    _snapshots_made: int = 0

    @property
    def newest(self) -> Snapshot | None:
        """The newest snapshot, if one was needed yet. Does not block."""
        return self._snapshot

    def ask(self, find: Callable[[Snapshot, DuckDBPyConnection], _Found], cancelled: Event) -> _Found:
        """Find something in the newest snapshot, with a cursor that stops when `cancelled` is set.

        Raises Cancelled, StoreError, and what `find` raises.
        """
        stop = EitherEvent(cancelled, self.closing)

        def found(snapshot: Snapshot) -> _Found:
            cursor = cursor_of(self.engine())
            with interruptible(cursor, stop):
                return find(snapshot, cursor)

        return self.find(found, stop)

    def find(self, find: Callable[[Snapshot], _Found], stop: Event) -> _Found:
        """Find something in the newest snapshot; once more where its files were removed, changed or damaged."""
        try:
            return self._find_once(find, stop)
        except StoreError:
            if self.closing.is_set():
                raise Cancelled from None
            self._renew()
            return self._find_once(find, stop)

    def publish(self, derived: DerivedSet) -> int:
        """Make derived files the newest snapshot, and return its number."""
        with self._lock:
            self._is_damaged = False
            former = self._snapshot
            if former is not None and former.derived.segments == derived.segments:
                return former.number
            self._snapshot = self._snapshot_of(derived)
        if former is not None:
            former.release(self.engine())
        return self._snapshot.number

    def renew_names(self) -> int | None:
        """Answer with the names that are kept now; returns the number of the newest snapshot, None without one.

        Changed names make a new snapshot of the same files: counts by name may differ.
        """
        is_changed = self.naming.renew()
        with self._lock:
            former = self._snapshot
            if former is None or not is_changed:
                return former.number if former else None
            renewed = self._snapshot = self._snapshot_of(former.derived)
        former.release(self.engine())
        return renewed.number

    def _find_once(self, find: Callable[[Snapshot], _Found], stop: Event) -> _Found:
        snapshot = self._current(stop)
        try:
            self.naming.of(self.engine(), snapshot)
            self.proving.of(self.engine(), snapshot)
            return find(snapshot)
        finally:
            snapshot.release(self.engine())

    def _current(self, cancelled: Event) -> Snapshot:
        """The snapshot that was published last, else the one that an earlier process left; held by the caller."""
        with self._lock:
            if self._is_damaged:
                raise StoreError(_DAMAGED)
            if self._snapshot is None:
                if self.converts_former:
                    self.dataset.convert_former(lambda: cursor_of(self.engine()), cancelled)
                derived = find_derived(self.dataset, self.dataset.names())
                if derived is None:
                    names = [segment.name for segment in self.dataset.segments() if segment.calls]
                    names += self.dataset.reports
                    derived = derive(cursor_of(self.engine()), self.dataset, names, cancelled)
                self._snapshot = self._snapshot_of(derived)
            return self._snapshot.hold()

    def _renew(self) -> None:
        """Check every byte of the segments and drop damaged derived files, so that they are made again.

        Raises StoreError where a segment is damaged or gone: what is left would be a part, told as the whole.
        """
        with self._lock:
            before = len(self.dataset.segments())
            if len(self.dataset.sound_segments()) < before:
                self._is_damaged = True
                raise StoreError(_DAMAGED)
            self.require(self.dataset.names())
            drop_damaged(self.dataset)
            self._snapshot = None

    def require(self, names: Iterable[str]) -> None:
        """Raise StoreError where the newest snapshot is of other segments or reports than those of these names."""
        if self._snapshot is not None and not set(self._snapshot.derived.segments).issubset(names):
            raise StoreError(_GONE)

    def _snapshot_of(self, derived: DerivedSet) -> Snapshot:
        """A snapshot with its own links to the files: other processes may remove these while answers need them."""
        self._snapshots_made += 1
        number, own = self._snapshots_made, self.scratch / f"snapshot-{self._snapshots_made}"
        try:
            own.mkdir(mode=0o700)
            for file in (*derived.answer_files, *derived.segment_files):
                os.link(file, own / file.name)
        except OSError:  # a file system without links, or another process was quicker
            return self._over(derived, number, owned=False)
        return self._over(replace(derived, folder=own, segment_folder=own), number, owned=True)

    def _over(self, derived: DerivedSet, number: int, *, owned: bool) -> Snapshot:
        return Snapshot(
            derived,
            number,
            self.scratch,
            self.look_around_days,
            owned=owned,
            has_policy=self.has_policy,
            findings=self.findings,
        )
