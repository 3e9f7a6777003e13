"""A folder of CloudTrail log files as a source."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Final
from urllib.parse import quote_from_bytes

from ssmtrail.queries.errors import Cancelled, SourceError, StoreError
from ssmtrail.queries.model import Progress
from ssmtrail.queries.sources.files.inflate import TooMuch
from ssmtrail.queries.sources.files.listing import compare, compare_file, folder_days
from ssmtrail.queries.sources.files.worker import ROWS_BUFFER, TICK, Tally, read_batch, readable
from ssmtrail.queries.store.parcels import Covers, Parcel, day_text

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from threading import Event

    from ssmtrail.queries.model import Progress
    from ssmtrail.queries.sources.base import Changes, FileEntry
    from ssmtrail.queries.sources.files.worker import Cover
    from ssmtrail.queries.store.parcels import Parcel


def identity_of(folder: Path) -> str:
    """The real path, so that links to the same folder share what is kept; ASCII, whatever the path is."""
    return f"files:{quote_from_bytes(os.fsencode(folder.resolve()))}"


def label_of(folder: Path) -> str:
    """A short name for the header; may be hostile."""
    return f"logs {folder}"


#: What opening a file costs, in bytes read in the same time.
FILE_COST: Final = 4 << 10
_FIRST: Final = 1 << 20
_LEAST: Final = 2 << 20
_MOST: Final = 16 << 20
_MOST_FILES: Final = 2_000


def weight(entry: FileEntry) -> int:
    """What reading a file costs, in compressed bytes."""
    return entry.size + FILE_COST


def total_weight(entries: Sequence[FileEntry]) -> int:
    """What reading all of them costs."""
    return sum([entry.size for entry in entries]) + FILE_COST * len(entries)


def batches(entries: Sequence[FileEntry], readers: int) -> Iterator[list[FileEntry]]:
    """The files in their order: a small batch first, so that rows come soon; small ones last, to end together."""
    left = total_weight(entries)
    batch: list[FileEntry] = []
    size, most = 0, _FIRST
    for entry in entries:
        batch.append(entry)
        size += weight(entry)
        if size >= most or len(batch) >= _MOST_FILES:
            yield batch
            left -= size
            batch, size = [], 0
            most = min(_MOST, max(_LEAST, left // (2 * readers)))
    if batch:
        yield batch


#: Below this weight starting a process takes longer than reading.
INLINE_MOST: Final = 4 << 20
#: What is read in the caller's own process is held to this, so that no bomb hurts it.
_INLINE_BYTES: Final = 64 << 20
_MOST_READERS: Final = 8


class Run:
    """Files to read, how far they are read, and who wants to know."""

    def __init__(
        self,
        root: str,
        new: Sequence[FileEntry],
        scratch: Path,
        report: Callable[[Progress], None],
        cancelled: Event,
    ) -> None:
        self._root = root
        self._new = new
        self._scratch = scratch
        self._report = report
        self._cancelled = cancelled
        self._began = self._told = time.monotonic()
        self._bytes_total = sum(entry.size for entry in new)
        self._done = Tally()

    def parcels(self) -> Iterator[Parcel]:
        """Read everything, a small job here, others in processes."""
        left: Sequence[FileEntry] = self._new
        if total_weight(left) <= INLINE_MOST:
            left = yield from self._inline(left)
        if left and not self._cancelled.is_set():
            yield from self._in_processes(left)
        self._tell([], force=True)

    def _inline(self, entries: Sequence[FileEntry]) -> Generator[Parcel, None, Sequence[FileEntry]]:
        """Read in this thread; gives back what is better read in a process."""
        for number, batch in enumerate(batches(entries, 1)):
            rows = self._scratch / f"inline-{number}.jsonl"
            try:
                with rows.open("wb", ROWS_BUFFER) as file:
                    covers, tally = read_batch(self._root, [e.path for e in batch], file, self._tick, _INLINE_BYTES)
            except TooMuch:
                return entries
            except Cancelled:
                return ()
            except OSError as error:
                raise StoreError(f"What was read cannot be written: {error.strerror}.") from error
            entries = entries[len(batch) :]
            yield self._parcel(batch, covers, tally, rows)
        return entries

    def _in_processes(self, entries: Sequence[FileEntry]) -> Iterator[Parcel]:
        """Read in as many processes as there are processors."""
        from ssmtrail.queries.sources.files.workers import Pool  # small jobs need none of it

        readers = min(_MOST_READERS, _processors(), len(entries))
        pool = Pool(self._root, self._scratch, readers)

        def tick() -> None:
            self._tell(pool.running.values())

        for batch, covers, tally, rows in pool.run(batches(entries, readers), tick, self._cancelled):
            yield self._parcel(batch, covers, tally, rows)

    def _parcel(self, batch: list[FileEntry], covers: list[Cover], tally: Tally, rows: Path) -> Parcel:
        self._done = _sum([self._done, tally])
        self._tell([])
        return Parcel(rows, _file_covers([entry.path for entry in batch], covers), tally.calls, tally.records)

    def _tick(self, tally: Tally, _at: int) -> None:
        if self._cancelled.is_set():
            raise Cancelled
        self._tell([tally])

    def _tell(self, running: Iterable[Tally], *, force: bool = False) -> None:
        """Report how far it is, at most every tenth of a second."""
        now = time.monotonic()
        if now - self._told < TICK and not force:
            return
        self._told = now
        done = _sum([self._done, *running])
        seconds = now - self._began
        total = self._bytes_total + FILE_COST * len(self._new)
        passed = done.bytes + FILE_COST * done.files
        left = seconds * (total - passed) / passed if passed else None
        self._report(
            Progress(
                "reading",
                files_done=done.files,
                files_total=len(self._new),
                bytes_done=done.bytes,
                bytes_total=self._bytes_total,
                records=done.records,
                calls=done.calls,
                seconds=seconds,
                seconds_left=None if left is None else max(0.0, left),
            )
        )


def _sum(tallies: Iterable[Tally]) -> Tally:
    total = Tally()
    for tally in tallies:
        total.files += tally.files
        total.bytes += tally.bytes
        total.records += tally.records
        total.calls += tally.calls
    return total


def _file_covers(paths: list[str], covers: list[Cover]) -> Covers:
    return Covers(
        paths,
        [cover.size for cover in covers],
        [cover.mtime_ns for cover in covers],
        folder_days(paths),
        [day_text(cover.first_day) for cover in covers],
        [day_text(cover.last_day) for cover in covers],
        [cover.calls for cover in covers],
        {place: cover.unreadable for place, cover in enumerate(covers) if cover.unreadable},
    )


def _processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class FilesSource:
    """CloudTrail log files below a folder, or one such file; fulfils `ssmtrail.queries.sources.base.Source`.

    Nothing is read before it is asked for: a folder that is not there raises SourceError from `changes`.
    """

    def __init__(self, folder: Path, label: str | None = None) -> None:
        self._folder = folder
        self._label = label if label is not None else label_of(folder)

    @property
    def identity(self) -> str:
        """The real path, so that links to the same folder share what is kept; ASCII, whatever the path is."""
        return identity_of(self._folder)

    @property
    def label(self) -> str:
        """A short name for the header; may be hostile."""
        return self._label

    def changes(self, kept: Mapping[str, tuple[int, int]], cancelled: Event) -> Changes:
        """List the folder. Raises SourceError when it cannot be listed, Cancelled."""
        shown = readable(str(self._folder))
        try:
            real = self._folder.resolve(strict=True)
            if real.is_dir():
                return compare(str(real).rstrip("/"), kept, cancelled)
            if real.is_file():
                return compare_file(real, kept)
        except FileNotFoundError as error:
            raise SourceError(f"There is no folder {shown}.") from error
        except PermissionError as error:
            raise SourceError(f"The folder {shown} cannot be listed: permission denied.") from error
        except OSError as error:
            raise SourceError(
                f"The folder {shown} cannot be listed: {(error.strerror or 'unknown').lower()}."
            ) from error
        raise SourceError(f"{shown} is neither a folder nor a file.")

    def read(
        self, new: Sequence[FileEntry], scratch: Path, report: Callable[[Progress], None], cancelled: Event
    ) -> Iterator[Parcel]:
        """Read files into parcels; see the contract. Raises SourceError, StoreError when `scratch` is full."""
        real = self._folder.resolve()
        root = real.parent if real.is_file() else real
        return Run(str(root).rstrip("/"), new, scratch, report, cancelled).parcels()
