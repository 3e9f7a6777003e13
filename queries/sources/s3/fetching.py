"""Objects fetched side by side into files, a few batches ahead of who reads these."""

from __future__ import annotations

import shutil
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.errors import Cancelled
from ssmtrail.queries.sources.files.source import INLINE_MOST, total_weight
from ssmtrail.queries.sources.s3.bucket import CONNECTIONS, DENIED, ObjectRefusedError
from ssmtrail.queries.store.atomic import unwritten

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ssmtrail.queries.sources.base import FileEntry
    from ssmtrail.queries.sources.s3.bucket import Bucket

#: Objects of the first batch, so that rows are seen soon, and of the others.
_FIRST: Final = 64
_MOST: Final = 400
#: Batches that are fetched while one is read.
_AHEAD: Final = 2
#: Refused objects, none of them read, after which no more of the bucket is asked for.
_HOPELESS: Final = 50
#: Seconds between two looks at whether a fetch is cancelled.
_WAIT: Final = 0.1
#: The longest name that file systems take, bytes.
_LONGEST: Final = 255
NO_PATH: Final = "a key that is no path"


@dataclass(slots=True)
class Fetched:
    """A batch of objects."""

    folder: Path
    """The files are below it, at the paths of the entries."""
    entries: list[FileEntry] = field(default_factory=list)
    refused: list[tuple[FileEntry, ObjectRefusedError]] = field(default_factory=list)


@dataclass(slots=True)
class Fetching:
    """Fetches the objects of a bucket."""

    bucket: Bucket
    prefix: str
    scratch: Path
    _denied: int = 0
    _read: int = 0

    def run(self, entries: Sequence[FileEntry]) -> Iterator[Fetched]:
        """Yield batches in order; each one's files are removed when the next is asked for.

        Raises Cancelled, StoreError where the disk is full.
        """
        waiting: deque[tuple[Fetched, list[tuple[FileEntry, Future[None]]]]] = deque()
        pool = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="s3")
        try:
            for number, batch in enumerate(batches(entries)):
                folder = self.scratch / f"objects-{number}"
                waiting.append((Fetched(folder), [(each, pool.submit(self._fetch, folder, each)) for each in batch]))
                if len(waiting) > _AHEAD:
                    yield from self._finished(*waiting.popleft())
            while waiting:
                yield from self._finished(*waiting.popleft())
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _finished(self, found: Fetched, futures: list[tuple[FileEntry, Future[None]]]) -> Iterator[Fetched]:
        is_stopped = False
        for entry, future in futures:
            try:
                self._wait_for(future)
                found.entries.append(entry)
            except Cancelled:
                is_stopped = True  # what has arrived is read
            except ObjectRefusedError as refusal:
                found.refused.append((entry, refusal))
            except OSError as error:
                raise unwritten(found.folder.parent, error.strerror) from error
        yield found
        shutil.rmtree(found.folder, ignore_errors=True)
        if is_stopped:
            raise Cancelled

    def _wait_for(self, future: Future[None]) -> None:
        while True:
            try:
                return future.result(timeout=_WAIT)
            except TimeoutError:
                if self.bucket.cancelled.is_set():
                    raise Cancelled from None

    def _fetch(self, folder: Path, entry: FileEntry) -> None:
        parts = entry.path.split("/")
        if any(part in ("", ".", "..") or len(part.encode()) > _LONGEST or "\0" in part for part in parts):
            raise ObjectRefusedError(NO_PATH)
        if self._denied >= _HOPELESS and not self._read:
            raise ObjectRefusedError(DENIED, is_denied=True)
        try:
            content = self.bucket.get(self.prefix + entry.path, entry.ctime_ns)
        except ObjectRefusedError as refusal:
            self._denied += refusal.is_denied
            raise
        self._read += 1
        path = folder / entry.path
        try:
            path.write_bytes(content)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def batches(entries: Sequence[FileEntry]) -> Iterator[list[FileEntry]]:
    """The objects in order, in batches that are read at once without a process of their own."""
    at, most = 0, _FIRST
    while at < len(entries):
        batch = list(entries[at : at + most])
        while len(batch) > 1 and total_weight(batch) > INLINE_MOST:
            del batch[len(batch) // 2 :]
        yield batch
        at, most = at + len(batch), _MOST
