"""A folder of files as a source of CloudTrail records, and one reading of its files."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final, Literal
from urllib.parse import quote_from_bytes

from ssmtrail.queries.errors import Cancelled, SourceError
from ssmtrail.queries.model import Progress
from ssmtrail.queries.sources.files.checkpoint import checked
from ssmtrail.queries.sources.files.contents import sha256_of
from ssmtrail.queries.sources.files.inflate import TooMuch
from ssmtrail.queries.sources.files.listing import compare, compare_file, folder_days
from ssmtrail.queries.sources.files.watch import FolderWatch
from ssmtrail.queries.sources.files.worker import ROWS_BUFFER, TICK, Tally, read_batch, readable
from ssmtrail.queries.store.atomic import unwritten
from ssmtrail.queries.store.parcels import Covers, Parcel, day_text

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
    from threading import Event

    from ssmtrail.queries.sources.base import Changes, FileEntry, Identity
    from ssmtrail.queries.sources.files.worker import Cover

#: Below this weight, reading is quicker than starting a process.
INLINE_MOST: Final = 4 << 20
#: The most bytes that a file read in the caller's own process may decompress to.
_INLINE_BYTES: Final = 64 << 20
_MOST_READERS: Final = 8
#: Opening a file takes as long as reading so many bytes.
_FILE_COST: Final = 4 << 10
#: The weight of the first batch, and the least and most of the others.
_FIRST: Final = 1 << 20
_LEAST: Final = 2 << 20
_MOST: Final = 16 << 20
_MOST_FILES: Final = 2_000


#: The identity of no file.
_CHANGED: Final = (-1, -1, -1, -1)


def identity_of(folder: Path, *, keep_secrets: bool = False) -> str:
    """The source's identity: the real path, so that links to a folder share its dataset; ASCII for any path."""
    return f"files:{quote_from_bytes(os.fsencode(folder.resolve()))}{'?keep-secrets' if keep_secrets else ''}"


def label_of(folder: Path, *, keep_secrets: bool = False) -> str:
    """A short name for the header; may be hostile."""
    return f"logs {folder}{' with secrets' if keep_secrets else ''}"


class FilesSource:
    """The files below a folder, or a single one; a `Source` of `ssmtrail.queries.sources.base`.

    The folder is first read by `changes`, which raises SourceError where it does not exist.
    """

    kind: ClassVar[Literal["files"]] = "files"

    def __init__(
        self, folder: Path, label: str | None = None, *, follow_links: bool = False, reread: bool = False,
        keep_secrets: bool = False,
    ) -> None:  # fmt: skip
        """`follow_links` reads what links out of the folder lead to; `reread` looks at every content once.

        With `keep_secrets` secrets in records stay as they are, in a store of its own.
        """
        self._folder = folder
        self._follow_links = follow_links
        self._reread = reread
        self.keeps_secrets = keep_secrets
        """Whether secrets in records stay as they are."""
        self._label = label if label is not None else label_of(folder, keep_secrets=keep_secrets)

    @property
    def identity(self) -> str:
        """See `identity_of`."""
        return identity_of(self._folder, keep_secrets=self.keeps_secrets)

    @property
    def label(self) -> str:
        """A short name for the header; may be hostile."""
        return self._label

    def changes(self, kept: Mapping[str, Identity], cancelled: Event) -> Changes:
        """List the folder and compare it with what is kept. Raises SourceError where it cannot be listed, Cancelled."""
        shown = readable(str(self._folder))
        if self._reread:  # no identity is believed, so that hashes of the content decide
            self._reread = False
            kept = dict.fromkeys(kept, _CHANGED)
        try:
            real = self._folder.resolve(strict=True)
            if real.is_dir():
                return compare(str(real).rstrip("/"), kept, cancelled, follow_links=self._follow_links)
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
        reading = FilesReading(self.root(), new, scratch, report, cancelled, keep_secrets=self.keeps_secrets)
        return reading.parcels()

    def sha256(self, entry: FileEntry, cancelled: Event) -> str:
        """The hash of a file's content in hexadecimal; empty where it is not what was listed. Raises Cancelled."""
        try:
            with Path(f"{self.root()}/{entry.path}").open("rb", buffering=0) as file:
                return sha256_of(file, entry.identity, cancelled)
        except OSError:
            return ""

    def watch(self) -> FolderWatch:
        """What tells cheaply whether `changes` may find something."""
        return FolderWatch(self._folder, follow_links=self._follow_links)

    def root(self) -> str:
        """The real folder, which the paths of entries are below."""
        real = self._folder.resolve()
        return str(real.parent if real.is_file() else real).rstrip("/")


class FilesReading:
    """One reading of files: little in the caller's thread, much in worker processes, with reports of the progress."""

    def __init__(
        self,
        root: str,
        new: Sequence[FileEntry],
        scratch: Path,
        report: Callable[[Progress], None],
        cancelled: Event,
        *,
        keep_secrets: bool = False,
    ) -> None:
        self._root = root
        self._keep_secrets = keep_secrets
        self._new = new
        self._scratch = scratch
        self._report = report
        self._cancelled = cancelled
        self._began = self._reported_at = time.monotonic()
        self._bytes_total = sum(entry.size for entry in new)
        self._done = Tally()

    def parcels(self) -> Iterator[Parcel]:
        """Read all files; see `Source.read`."""
        left: Sequence[FileEntry] = self._new
        if total_weight(left) <= INLINE_MOST:
            left = yield from self._read_inline(left)
        if left and not self._cancelled.is_set():
            yield from self._read_in_processes(left)
        self._report_progress([], force=True)

    def _read_inline(self, entries: Sequence[FileEntry]) -> Generator[Parcel, None, Sequence[FileEntry]]:
        """Read in this thread; returns the files that a process has to read, because one is too large."""

        def check() -> None:
            if self._cancelled.is_set():
                raise Cancelled

        def tick(tally: Tally, _at: int) -> None:
            check()
            self._report_progress([tally])

        for number, batch in enumerate(batches(entries, 1)):
            rows = self._scratch / f"inline-{number}.jsonl"
            try:
                with rows.open("wb", ROWS_BUFFER) as file, checked(check):
                    covers, tally = read_batch(
                        self._root, [e.path for e in batch], file, tick, _INLINE_BYTES, keep_secrets=self._keep_secrets
                    )
            except TooMuch:
                return entries
            except Cancelled:
                return ()
            except OSError as error:
                raise unwritten(self._scratch, error.strerror) from error
            entries = entries[len(batch) :]
            yield self._parcel(batch, covers, tally, rows)
        return entries

    def _read_in_processes(self, entries: Sequence[FileEntry]) -> Iterator[Parcel]:
        """Read in as many processes as there are processors."""
        from ssmtrail.queries.sources.files.workers import WorkerPool  # not needed for a few files

        # sched_getaffinity: the processors that this process may use.
        processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        readers = min(_MOST_READERS, processors, len(entries))
        pool = WorkerPool(self._root, self._scratch, readers, keep_secrets=self._keep_secrets)

        def tick() -> None:
            self._report_progress(pool.running.values())

        for batch, covers, tally, rows in pool.run(batches(entries, readers), tick, self._cancelled):
            yield self._parcel(batch, covers, tally, rows)

    def _parcel(self, batch: list[FileEntry], covers: list[Cover], tally: Tally, rows: Path) -> Parcel:
        self._done = _sum([self._done, tally])
        self._report_progress([])
        paths = [entry.path for entry in batch]
        files = Covers(
            paths,
            [cover.size for cover in covers],
            [cover.mtime_ns for cover in covers],
            folder_days(paths),
            [day_text(cover.first_day) for cover in covers],
            [day_text(cover.last_day) for cover in covers],
            [cover.calls for cover in covers],
            {index: cover.unreadable for index, cover in enumerate(covers) if cover.unreadable},
            [cover.ctime_ns for cover in covers],
            [cover.inode for cover in covers],
            [cover.sha256 for cover in covers],
            {index: cover.kind for index, cover in enumerate(covers) if cover.kind},
            {index: cover.note for index, cover in enumerate(covers) if cover.note},
        )
        return Parcel(rows, files, tally.calls, tally.records)

    def _report_progress(self, running: Iterable[Tally], *, force: bool = False) -> None:
        """Report what is done, with the batches that are running; at most every tenth of a second unless forced."""
        now = time.monotonic()
        if now - self._reported_at < TICK and not force:
            return
        self._reported_at = now
        done = _sum([self._done, *running])
        seconds = now - self._began
        total = self._bytes_total + _FILE_COST * len(self._new)
        weight_done = done.bytes + _FILE_COST * done.files
        left = seconds * (total - weight_done) / weight_done if weight_done else None
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


def total_weight(entries: Sequence[FileEntry]) -> int:
    """The cost of reading files, in compressed bytes."""
    return sum([entry.size for entry in entries]) + _FILE_COST * len(entries)


def batches(entries: Sequence[FileEntry], readers: int) -> Iterator[list[FileEntry]]:
    """The files in order, in batches: a small one first, to show rows soon; small ones last, to end together."""
    left = total_weight(entries)
    batch: list[FileEntry] = []
    weight, most = 0, _FIRST
    for entry in entries:
        batch.append(entry)
        weight += entry.size + _FILE_COST
        if weight >= most or len(batch) >= _MOST_FILES:
            yield batch
            left -= weight
            batch, weight = [], 0
            most = min(_MOST, max(_LEAST, left // (2 * readers)))
    if batch:
        yield batch


def _sum(tallies: Iterable[Tally]) -> Tally:
    total = Tally()
    for tally in tallies:
        total.files += tally.files
        total.bytes += tally.bytes
        total.records += tally.records
        total.calls += tally.calls
    return total
