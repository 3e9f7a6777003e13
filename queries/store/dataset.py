"""The dataset of one source in the store: its segments, the copies of days, and the lock of the reading process."""

from __future__ import annotations

import math
import os
import shutil
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from ssmtrail.queries.engine import interruptible
from ssmtrail.queries.errors import Cancelled, StoreError
from ssmtrail.queries.raw_calls import SCHEMA_VERSION
from ssmtrail.queries.store.atomic import is_alive, make_private_folder, store_errors, try_lock, write_private
from ssmtrail.queries.store.folders import READING_LOCK, dataset_folder, first_page_of, looked_at, require_known_format
from ssmtrail.queries.store.former import FormerDataset, complete_columns, former_dataset
from ssmtrail.queries.store.journal import Journal
from ssmtrail.queries.store.parcels import Covers
from ssmtrail.queries.store.segments import (
    MEMBER,
    Segment,
    drop_segment,
    manifests_in,
    rewrite_manifest,
    segments_in,
    select_lines,
    select_without,
    sweep_segments,
    write_rows,
    write_segment,
)
from ssmtrail.queries.store.units import WHOLE, Subset
from ssmtrail.queries.trust import DEFAULT_TRUST, Trust

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.store.parcels import Parcel
    from ssmtrail.queries.store.spans import Span

#: Seconds between two tries to get the lock of a dataset.
_CLAIM_SECONDS: Final = 0.1
_SUBSETS: Final = "subsets"
#: The start of the names of files with reports of Session Manager; a hash of their content follows.
_REPORTS: Final = "reported-"
#: The same of a source that is answered together with others, in the dataset of all.
_LINKED: Final = "linked-"
#: Incomplete files that were not written to for so long belong to no running process.
_LEFT_SECONDS: Final = 3600
#: Files that only a process writes which holds the lock.
_OF_READERS: Final = frozenset({"objects-kept", "rate"})


@dataclass(frozen=True, slots=True)
class Dataset:
    """The folder of one source, or of a subset of a table below the folder of the whole table."""

    folder: Path
    kind: str = ""
    """Kind of the source: `files`, `athena`."""
    trust: Trust = DEFAULT_TRUST
    """Which names are evidence: what is derived depends on it."""
    subset: Subset = WHOLE
    former: tuple[FormerDataset, ...] = ()
    """What ssmtrail 0.1.0 kept of it."""

    @classmethod
    def of(
        cls, root: Path, identity: str, label: str, trust: Trust = DEFAULT_TRUST,
        given: Mapping[str, Sequence[str]] | None = None,
    ) -> Dataset:  # fmt: skip
        """The dataset of a source; its folder is made where it does not exist.

        `given` has the values of partition columns to which a table is restricted. Raises StoreError, also where a
        newer version of ssmtrail keeps this source.
        """
        require_known_format(root, identity)
        whole = make_private_folder(dataset_folder(root, identity))
        described = msgspec.json.encode({"source": label.encode("utf-8", "replace").decode()})
        if not (whole / "source.json").exists():
            write_private(whole / "source.json", described)
        made = cls(whole, identity.partition(":")[0], trust, former=(former_dataset(root, identity, {}, WHOLE),))
        if given:
            subset = Subset.of(given)
            former = former_dataset(root, identity, given, subset)
            made = replace(made, folder=whole / _SUBSETS / subset.folder, subset=subset, former=(*made.former, former))
        for each in {made, made.whole}:
            make_private_folder(each.segment_folder)
            make_private_folder(each.folder / "derived")
        return made

    @property
    def whole(self) -> Dataset:
        """The dataset of the whole table, where journal, leases and proofs are; itself where it is no subset."""
        if not self.subset:
            return self
        return Dataset(self.folder.parents[1], self.kind, self.trust, former=self.former[:1])

    @property
    def subsets(self) -> tuple[Path, ...]:
        """The folders of segments of all subsets of the table."""
        return tuple(sorted((self.whole.folder / _SUBSETS).glob("*/segments")))

    @property
    def segment_folder(self) -> Path:
        """The folder of the segments."""
        return self.folder / "segments"

    def names(self) -> tuple[str, ...]:
        """The names of the files that sessions are derived from, without reading manifests."""
        manifests = manifests_in(self.segment_folder)
        return (*(each.stem for each in manifests if each.with_suffix(".parquet").exists()), *self.reports)

    @property
    def reports(self) -> tuple[str, ...]:
        """The names of files with what Session Manager reports of sessions; none where that was not asked for."""
        linked = self.segment_folder.glob(f"{_LINKED}*.parquet")
        return (*self.own_reports, *sorted(path.stem for path in linked))

    @property
    def own_reports(self) -> tuple[str, ...]:
        """The file, one at most, that `keep_reports` wrote."""
        found = sorted(self.segment_folder.glob(f"{_REPORTS}*.parquet"), key=lambda path: path.stat().st_mtime)
        return (found[-1].stem,) if found else ()

    @staticmethod
    def linked_name(name: str) -> str:
        """The name of a file of another dataset in one that links to it."""
        return f"{_LINKED}{name.removeprefix(_REPORTS)}" if name.startswith(_REPORTS) else name

    def keep_reports(self, connection: DuckDBPyConnection, rows: Path, digest: str) -> None:
        """Replace the reports by the rows of a file of JSON lines with this hash; none where that is empty.

        Raises StoreError.
        """
        path = self.segment_folder / f"{_REPORTS}{digest}.parquet"
        if digest and not path.exists():
            write_rows(connection, select_lines([rows]), path)
        for former in self.segment_folder.glob(f"{_REPORTS}*.parquet"):
            if former != path:
                former.unlink(missing_ok=True)

    def segments(self) -> tuple[Segment, ...]:
        """The complete segments, by name; damaged ones are dropped, so that their files are read again."""
        return tuple(segments_in(self.segment_folder))

    def sound_segments(self) -> tuple[Segment, ...]:
        """The segments, after a check of every byte; damaged ones are dropped, so that their files are read again."""
        sound = []
        for segment in self.segments():
            if segment.is_sound:
                sound.append(segment)
            else:
                drop_segment(segment)
        return tuple(sound)

    def sweep(self, *, alone: bool = False) -> None:
        """Remove incomplete files of processes that were killed while writing.

        `alone` where the caller holds the lock: no other process writes segments then, so that what is incomplete is
        left behind, however new.
        """
        before = time.time() - _LEFT_SECONDS
        sweep_segments(self.segment_folder, math.inf if alone else before)
        for unfinished in self.folder.glob(".*.*"):
            is_readers = alone and unfinished.name.split(".")[1] in _OF_READERS
            with suppress(OSError):
                if is_readers or unfinished.stat().st_mtime < before:
                    unfinished.unlink()
        for building in (self.folder / "derived").glob(".*"):
            process = building.name.rpartition("-")[0].rpartition("-")[2]
            is_left = process.isdigit() and not is_alive(int(process))
            with suppress(OSError):  # another process was quicker
                if is_left or building.stat().st_mtime < before:
                    shutil.rmtree(building)

    def convert_former(self, engine: Callable[[], DuckDBPyConnection], cancelled: threading.Event) -> None:
        """Take over the days that older versions kept, whole or not at all each; for sources of days.

        Raises StoreError, Cancelled.
        """
        former = [each for each in self.former if each.exists]
        if not former and all(segment.schema == SCHEMA_VERSION for segment in self.segments()):
            return
        with self.whole.claim(cancelled):
            for each in former:
                home = self if each.subset else self.whole
                journal = Journal.of(self.whole.folder, each.subset.text)
                each.convert(home.segment_folder, self.kind, journal, engine(), cancelled)
            complete_columns(self.segments(), self.segment_folder, self.kind, engine(), cancelled)

    @property
    def looked_at(self) -> datetime | None:
        """When a fetch last compared the source with this dataset to the end (UTC)."""
        return looked_at(self.folder)

    def mark_looked_at(self, now: datetime) -> None:
        """Record that the dataset is what the source holds now. Raises StoreError.

        What 0.1.0 kept of files was read again by then.
        """
        for former in self.former if self.kind == "files" else ():
            former.discard()
        path = self.folder / "looked-at"
        with store_errors("the store cannot be written"):
            path.touch(mode=0o600)
            os.utime(path, (now.timestamp(), now.timestamp()))

    def add(
        self, connection: DuckDBPyConnection, parcels: Sequence[Parcel], cancelled: threading.Event,
        spans: tuple[Span, ...] = (),
    ) -> Segment:  # fmt: skip
        """Write parcels as one segment; `spans` are complete with it. Raises StoreError, Cancelled."""
        rows = [parcel.rows for parcel in parcels if parcel.calls]
        files = Covers.joined(parcel.files for parcel in parcels)
        records = sum(parcel.records for parcel in parcels)
        with interruptible(connection, cancelled):
            return write_segment(
                connection, self.segment_folder, select_lines(rows) if rows else None, files, records, source=self.kind,
                spans=spans,
            )  # fmt: skip

    def renew(
        self, kept: Iterable[Segment], identities: Mapping[str, tuple[int, int, int, int]]
    ) -> tuple[Segment, ...]:
        """The segments with another size, mtime, ctime (both in nanoseconds) and inode of files with the same content.

        Only manifests are written. Raises StoreError.
        """
        return tuple(_renewed(segment, identities) for segment in kept)

    def forget(
        self, connection: DuckDBPyConnection, kept: tuple[Segment, ...], gone: frozenset[str], never: threading.Event
    ) -> tuple[Segment, ...]:
        """Drop the rows of files that were removed or changed; returns the segments with the rows of all other files.

        A segment is dropped whole where its rows do not name their files exactly.
        """
        with suppress(OSError):  # a first page of another state is not shown
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
                rest = write_segment(
                    connection,
                    self.segment_folder,
                    select_without(segment, left),
                    stay,
                    source=self.kind,
                    spans=segment.spans,
                )
        drop_segment(segment)
        return rest

    @contextmanager
    def claim(self, cancelled: threading.Event) -> Iterator[bool]:
        """Hold the lock of this dataset, after waiting for other processes; gives whether it is held.

        Where the file system has no locks two processes may read: that costs time, the result is right.
        Raises Cancelled; StoreError, also where another process purged the source meanwhile.
        """
        while True:
            with ExitStack() as lock:
                with store_errors("the store cannot be locked"):
                    if not self.folder.exists():
                        raise StoreError("Another process removed what is kept of this source: try again")
                    held = lock.enter_context(try_lock(self.folder / READING_LOCK))
                if held is not False:
                    yield bool(held)
                    return
            if cancelled.wait(_CLAIM_SECONDS):
                raise Cancelled


def _renewed(segment: Segment, identities: Mapping[str, tuple[int, int, int, int]]) -> Segment:
    files = segment.files
    if identities.keys().isdisjoint(files.paths):
        return segment
    former = zip(files.sizes, files.mtimes, files.column("ctimes"), files.column("inodes"), strict=True)
    found = [identities.get(path, known) for path, known in zip(files.paths, former, strict=True)]
    sizes, mtimes, ctimes, inodes = map(list, zip(*found, strict=True))
    return rewrite_manifest(segment, files=replace(files, sizes=sizes, mtimes=mtimes, ctimes=ctimes, inodes=inodes))


def _named_exactly(path: str) -> bool:
    """Whether rows contain this path unescaped, and before the name of a member; two escaped paths could be equal."""
    return path.isprintable() and "\\" not in path and MEMBER not in path


@dataclass(frozen=True, slots=True)
class Proofs:
    """The query shapes that were proved to scan one day only: an empty file each, named by letters and digits."""

    folder: Path

    @classmethod
    def of(cls, dataset: Path) -> Proofs:
        """The proved shapes of a dataset. Raises StoreError."""
        return cls(make_private_folder(dataset / "proved"))

    def __contains__(self, shape: str) -> bool:
        return (self.folder / shape).exists()

    def add(self, shape: str) -> None:
        """Record a shape as proved. Raises StoreError."""
        write_private(self.folder / shape, b"")
