"""One reading of new files, from batches to parcels."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Final

from queries.errors import Cancelled, StoreError
from queries.sources.contract import Parcel
from queries.sources.covers import Covers, day_text
from queries.sources.files.batch import ROWS_BUFFER, TICK, Tally, read_batch
from queries.sources.files.days import folder_days
from queries.sources.files.inflate import TooMuch
from queries.sources.files.plan import FILE_COST, batches, total_weight
from queries.values import Progress

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
    from pathlib import Path
    from threading import Event

    from queries.sources.contract import FileEntry
    from queries.sources.files.batch import Cover

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
        from queries.sources.files.pool import Pool  # small jobs need none of it

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
