"""The store of one source: its segments, who may add to them, and what is derived from them."""

from __future__ import annotations

import os
import shutil
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from ssmtrail.queries.engine import interruptible
from ssmtrail.queries.errors import Cancelled
from ssmtrail.queries.store.atomic import make_private_folder, store_errors, write_private
from ssmtrail.queries.store.folders import dataset_folder, first_page_of, looked_at
from ssmtrail.queries.store.parcels import Covers, FileCover
from ssmtrail.queries.store.segments import (
    Segment,
    drop_segment,
    manifests_in,
    segments_in,
    select_lines,
    select_without,
    sweep_segments,
    write_segment,
)

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.store.parcels import DayParcel, Parcel

#: Seconds between two tries to become the one process that reads a source.
_CLAIM_SECONDS: Final = 0.1
#: What was not written to for so long is nobody's any more, also where no locks tell.
_LEFT_SECONDS: Final = 3600


@dataclass(frozen=True, slots=True)
class Dataset:
    """The folder of one source in the store."""

    folder: Path

    @classmethod
    def of(cls, root: Path, identity: str, label: str) -> Dataset:
        """The dataset of a source, made when it is not there. Raises StoreError."""
        folder = make_private_folder(dataset_folder(root, identity))
        make_private_folder(folder / "segments")
        make_private_folder(folder / "derived")
        described = msgspec.json.encode({"source": label.encode("utf-8", "replace").decode()})
        if not (folder / "source.json").exists():
            write_private(folder / "source.json", described)
        return cls(folder)

    @property
    def segment_folder(self) -> Path:
        """Where the segments lie."""
        return self.folder / "segments"

    def names(self) -> tuple[str, ...]:
        """The names of the segments that hold calls, without a look into their manifests."""
        manifests = manifests_in(self.segment_folder)
        return tuple(manifest.stem for manifest in manifests if manifest.with_suffix(".parquet").exists())

    def segments(self) -> tuple[Segment, ...]:
        """The whole segments, by name; what cannot be read is dropped, so that it is read again from the source."""
        return tuple(segments_in(self.segment_folder))

    def sound_segments(self) -> tuple[Segment, ...]:
        """The same after a look at every byte of them; what is damaged is dropped, so that it is read again."""
        sound = []
        for segment in self.segments():
            if segment.is_sound:
                sound.append(segment)
            else:
                drop_segment(segment)
        return tuple(sound)

    def sweep(self) -> None:
        """Remove what processes left that were killed while they wrote."""
        before = time.time() - _LEFT_SECONDS
        sweep_segments(self.segment_folder, before)
        for making in (self.folder / "derived").glob(".*"):
            with suppress(OSError):  # another process was quicker
                if making.stat().st_mtime < before:
                    shutil.rmtree(making)

    @property
    def looked_at(self) -> datetime | None:
        """When the source was last compared with what is kept, to the end (UTC)."""
        return looked_at(self.folder)

    def mark_looked_at(self, now: datetime) -> None:
        """Remember that what is kept is what the source holds now. Raises StoreError."""
        path = self.folder / "looked-at"
        with store_errors("the store cannot be written"):
            path.touch(mode=0o600)
            os.utime(path, (now.timestamp(), now.timestamp()))

    def add(self, connection: DuckDBPyConnection, parcels: Sequence[Parcel], cancelled: threading.Event) -> Segment:
        """Keep parcels as one segment. Raises StoreError, Cancelled."""
        rows = [parcel.rows for parcel in parcels if parcel.calls]
        files = Covers.joined(parcel.files for parcel in parcels)
        records = sum(parcel.records for parcel in parcels)
        with interruptible(connection, cancelled):
            return write_segment(connection, self.segment_folder, select_lines(rows) if rows else None, files, records)

    def forget(
        self, connection: DuckDBPyConnection, kept: tuple[Segment, ...], gone: frozenset[str], never: threading.Event
    ) -> tuple[Segment, ...]:
        """Drop the rows of files that are gone or changed; the other files of their segments stay as they are."""
        with suppress(OSError):  # it is there no more, or it will be found to be of another state
            first_page_of(self.folder).unlink()
        return tuple(
            rest
            for segment in kept
            if (rest := self._without(connection, segment, gone, never)) is not None
        )  # fmt: skip

    def _without(
        self, connection: DuckDBPyConnection, segment: Segment, gone: frozenset[str], never: threading.Event
    ) -> Segment | None:
        if gone.isdisjoint(segment.files.paths):
            return segment
        stay = tuple(file for file in segment.files if file.path not in gone)
        rest = None
        if stay and all(map(_named_exactly, segment.files.paths)):
            left = gone.intersection(segment.files.paths)
            with interruptible(connection, never):
                rest = write_segment(connection, self.segment_folder, select_without(segment, left), stay, 0)
        drop_segment(segment)
        return rest

    @contextmanager
    def claim(self, cancelled: threading.Event) -> Iterator[bool]:
        """Be the one process that reads this source; wait for another. Gives whether it had to wait. Raises Cancelled.

        Where the file system knows no locks the claim is granted: reading twice costs time, not correctness.
        """
        import fcntl

        with store_errors("the store cannot be locked"):
            lock = os.open(self.folder / "reading.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        waited = False
        try:
            while True:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    waited = True
                    if cancelled.wait(_CLAIM_SECONDS):
                        raise Cancelled from None
                except OSError:
                    break
            yield waited
        finally:
            os.close(lock)


def _named_exactly(path: str) -> bool:
    """Whether the rows name the file by its very path: odd names are shown escaped, and two could look alike."""
    return path.isprintable() and "\\" not in path


@dataclass(frozen=True, slots=True)
class KeptDay:
    """A copy of a day."""

    day: date
    segment: Segment
    asked_at: datetime
    """UTC; what was delivered later is not in it."""
    bytes: int
    """Its share of what was scanned."""


def kept_days(dataset: Dataset, *, sound: bool = False) -> dict[date, KeptDay]:
    """The newest copy of every day; older ones, left by a process that was killed, are removed where `sound`.

    With `sound` every byte is looked at, and what is damaged is dropped.
    """
    found: dict[date, KeptDay] = {}
    for segment in dataset.sound_segments() if sound else dataset.segments():
        cover = segment.files[0] if len(segment.files) == 1 else None
        if cover is None or cover.folder_day is None:
            continue
        kept = KeptDay(cover.folder_day, segment, _moment(cover.mtime_ns), cover.size)
        other = found.get(kept.day)
        if other is None or (other.asked_at, other.segment.name) < (kept.asked_at, segment.name):
            found[kept.day], kept_no_more = kept, other
        else:
            kept_no_more = kept
        if kept_no_more is not None and sound:
            drop_segment(kept_no_more.segment)
    return found


def keep_day(dataset: Dataset, connection: DuckDBPyConnection, parcel: DayParcel, closing: threading.Event) -> KeptDay:
    """Keep a day, whole or not at all; an older copy stays beside it until it is dropped.

    Raises StoreError, Cancelled.
    """
    cover = FileCover(
        parcel.day.isoformat(), parcel.bytes, int(parcel.asked_at.timestamp() * 1e9), parcel.day, parcel.day, parcel.day
    )
    with interruptible(connection, closing):
        segment = write_segment(connection, dataset.segment_folder, parcel.select, (cover,), 0)
    return KeptDay(parcel.day, segment, _moment(cover.mtime_ns), parcel.bytes)


def _moment(nanoseconds: int) -> datetime:
    return datetime.fromtimestamp(nanoseconds / 1e9, UTC)


@dataclass(frozen=True, slots=True)
class Proofs:
    """Names of forms of queries, a file each; names are made of letters and digits."""

    folder: Path

    @classmethod
    def of(cls, dataset: Path) -> Proofs:
        """The proofs of a dataset. Raises StoreError."""
        return cls(make_private_folder(dataset / "proved"))

    def __contains__(self, shape: str) -> bool:
        return (self.folder / shape).exists()

    def add(self, shape: str) -> None:
        """Remember one. Raises StoreError."""
        write_private(self.folder / shape, b"")
