"""Reads the digests and log files of a folder, and hashes what is in them."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from ssmtrail.queries.errors import Cancelled, SourceError
from ssmtrail.queries.integrity.digests import read_digest
from ssmtrail.queries.sources.files.inflate import MOST_BYTES, Content, TooMuch, inflate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from threading import Event

    from ssmtrail.queries.integrity.digests import Digest
    from ssmtrail.queries.times import Window

_T = TypeVar("_T")
#: Files that a thread reads at once: what they hold is in memory for a moment only.
_BATCH: Final = 64
_MOST_THREADS: Final = 8
_FLAGS: Final = os.O_RDONLY | os.O_NONBLOCK
#: Bytes that are read at once of a file that is longer or shorter than it was.
_PIECE: Final = 1 << 20
#: Records of CloudTrail start with this word, after a brace and blanks.
_START: Final = b'"Records"'
_LOOKED_AT: Final = 256


class Listing(NamedTuple):
    """The files of a folder."""

    paths: Sequence[str]
    """Below the folder."""
    locked: Sequence[str]
    """Folders that cannot be listed."""


class Hashed(NamedTuple):
    """The content of a file."""

    path: str
    hash: str
    """SHA-256 of what it holds unpacked, in hexadecimal; empty where it cannot be read."""
    odd: str = ""
    """What is wrong with its packing: `a second gzip member`, `truncated gzip`."""
    unread: str = ""
    """Why it cannot be read."""
    has_records: bool = True
    on_disk: str = ""
    """SHA-256 of the bytes on disk, in hexadecimal; empty where they cannot be read."""


@dataclass(frozen=True, slots=True)
class Folder:
    """The log files and digests below a folder."""

    root: Path

    def listed(self, window: Window, cancelled: Event) -> Listing:
        """All files, whatever the window. Raises SourceError, Cancelled."""
        del window
        return listed(self.root, cancelled)

    def digests(self, paths: Sequence[str], cancelled: Event) -> Iterator[Digest | Hashed]:
        """The digest of each file; the file itself where it holds none. Raises Cancelled."""
        return digests(self.root, paths, cancelled)

    def hashes(
        self, paths: Sequence[str], cancelled: Event, report: Callable[[int, int], None]
    ) -> Iterator[Hashed]:  # fmt: skip
        """The content of each file; `report` gets the number of files and the bytes of each batch. Raises Cancelled."""
        return hashes(self.root, paths, cancelled, report)


def listed(root: Path, cancelled: Event) -> Listing:
    """The regular files below a folder, in order; links are not followed. Raises SourceError, Cancelled."""
    if not root.is_dir():
        raise SourceError(f"There is no folder {root}.")
    base = os.fspath(root)
    paths: list[str] = []
    locked: list[OSError] = []
    for folder, inner, names in os.walk(base, onerror=locked.append):
        if cancelled.is_set():
            raise Cancelled
        inner.sort()
        below = folder[len(base) :].lstrip("/")
        paths += [f"{below}/{name}" if below else name for name in names]
    paths.sort()
    return Listing(paths, sorted(str(error.filename) for error in locked))


def hashes(
    root: Path, paths: Sequence[str], cancelled: Event, report: Callable[[int, int], None] = lambda _, __: None
) -> Iterator[Hashed]:
    """The content of each file; `report` gets the number of files and the bytes of each batch. Raises Cancelled."""

    def work(batch: Sequence[str]) -> tuple[list[Hashed], int]:
        found, size = [], 0
        for path in batch:
            if cancelled.is_set():
                break
            data, unread = _bytes(f"{root}/{path}")
            size += len(data)
            found.append(Hashed(path, "", unread=unread, has_records=False) if unread else hashed(path, data))
        return found, size

    for found, size in _in_threads(work, _batches(paths, _BATCH), cancelled):
        report(len(found), size)
        yield from found


def digests(root: Path, paths: Sequence[str], cancelled: Event) -> Iterator[Digest | Hashed]:
    """The digest of each file; the file itself where it holds none. Raises Cancelled."""

    def work(batch: Sequence[str]) -> list[Digest | Hashed]:
        return [_digest(root, path) for path in batch if not cancelled.is_set()]

    for found in _in_threads(work, _batches(paths, _BATCH), cancelled):
        yield from found


def _digest(root: Path, path: str) -> Digest | Hashed:
    data, unread = _bytes(f"{root}/{path}")
    if unread:
        return Hashed(path, "", unread=unread)
    try:
        content = inflate(data)
        return read_digest(path, content.data, _odd(content))
    except TooMuch:
        return Hashed(path, "", "it is too large for a digest")
    except ValueError as error:
        return Hashed(path, "", str(error))


def hashed(path: str, data: bytes) -> Hashed:
    """The content of a file from its bytes, all its gzip members together."""
    try:
        content = inflate(data)
    except TooMuch:
        return Hashed(path, "", unread="it unpacks to more than is allowed")
    has_records = _START in content.data[:_LOOKED_AT]
    on_disk = sha256(data).hexdigest()
    return Hashed(path, sha256(content.data).hexdigest(), _odd(content), has_records=has_records, on_disk=on_disk)


def _odd(content: Content) -> str:
    if content.why:
        return content.why
    return "a second gzip member" if content.members > 1 else ""


def _bytes(path: str) -> tuple[bytes, str]:
    """The content of a regular file, and why there is none; a pipe does not block."""
    # Plain calls of the system: with a file object they are twice as many, and a thread waits for its turn at each.
    try:
        handle = os.open(path, _FLAGS)
        try:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                return b"", "no regular file"
            if status.st_size > MOST_BYTES:
                return b"", "too large"
            return _all_of(handle, status.st_size), ""
        finally:
            os.close(handle)
    except OSError as error:
        return b"", (error.strerror or "unknown").lower()


def _all_of(handle: int, size: int) -> bytes:
    """What is left of a file of about this size. Raises OSError."""
    data = os.read(handle, size + 1)
    if len(data) == size:
        return data
    parts = [data]
    while parts[-1]:
        parts.append(os.read(handle, _PIECE))
    return b"".join(parts)


def _batches(paths: Iterable[str], size: int) -> Iterator[list[str]]:
    rest = iter(paths)
    while batch := list(islice(rest, size)):
        yield batch


def _in_threads(
    work: Callable[[list[str]], _T], batches: Iterator[list[str]], cancelled: Event
) -> Iterator[_T]:  # fmt: skip
    """Do the work of each batch in threads, the answers in order: unpacking and hashing free the interpreter."""
    threads = min(_MOST_THREADS, os.cpu_count() or 1)
    with ThreadPoolExecutor(threads) as pool:
        running = [pool.submit(work, batch) for batch in islice(batches, 2 * threads)]
        while running:
            if cancelled.is_set():
                raise Cancelled
            yield running.pop(0).result()
            running += [pool.submit(work, batch) for batch in islice(batches, 1)]
