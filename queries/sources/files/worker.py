"""A worker process: reads batches of log files into rows until its standard input ends."""

from __future__ import annotations

import errno
import mmap
import os
import queue
import signal
import sys
import threading
import time
from datetime import date
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

import msgspec

from ssmtrail.queries.sources.files.inflate import MOST_BYTES, NOT_REGULAR, TOO_MUCH, TooMuch, inflate, read_bytes
from ssmtrail.queries.sources.files.listing import first_day, folder_day, last_day
from ssmtrail.queries.sources.files.records import harvest, utf8
from ssmtrail.queries.sources.files.rows import Usual, members, quick_row, row_of
from ssmtrail.queries.store.parcels import day_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import IO

    from ssmtrail.queries.sources.files.rows import Members, Row

#: The time between two reports of a batch, in seconds.
TICK: Final = 0.1
#: Bytes of rows that are written at a time: with Python's usual 8 KiB writing takes three times as long.
ROWS_BUFFER: Final = 1 << 20
#: A status that no file has: the file is looked at again next time, since nothing of it was read.
_NEVER: Final = -1
_FAULTS: Final = {
    errno.ENOENT: "vanished",
    errno.ENOTDIR: "vanished",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.ELOOP: "a loop of links",
    errno.EISDIR: "a folder",
    errno.ENXIO: "not a regular file",
    errno.ENAMETOOLONG: "name too long",
}


class Cover(msgspec.Struct, array_like=True, gc=False):
    """What was read of one file; crosses between processes as it is."""

    size: int
    mtime_ns: int
    first_day: date | None = None
    last_day: date | None = None
    calls: int = 0
    unreadable: str = ""


class Tally(msgspec.Struct, array_like=True):
    """How far a batch is."""

    files: int = 0
    bytes: int = 0
    records: int = 0
    calls: int = 0


def read_batch(
    root: str,
    paths: Sequence[str],
    rows: IO[bytes],
    tick: Callable[[Tally, int], None],
    most: int = MOST_BYTES,
) -> tuple[list[Cover], Tally]:
    """Read files below `root`, write the raw calls to `rows`; a cover a file in the same order, with the sums.

    `tick` is told before each file what was done and which one is next; it may raise to stop. Raises TooMuch for a
    file of more than `most` bytes only where `most` is lower than a reader's own limit.
    """
    tally = Tally()
    covers = []
    for at, path in enumerate(paths):
        tick(tally, at)
        cover, records = _read_file(f"{root}/{path}", path, rows, most)
        covers.append(cover)
        tally.files += 1
        tally.bytes += max(cover.size, 0)
        tally.records += records
        tally.calls += cover.calls
    return covers, tally


def readable(path: str) -> str:
    r"""The path as text: bytes of a name that are not UTF-8 as `\xNN`."""
    return path if path.isascii() else os.fsencode(path).decode("utf-8", "backslashreplace")


def every_tick(report: Callable[[Tally], None]) -> Callable[[Tally], None]:
    """The report, called at most every `TICK` seconds."""
    last = time.monotonic()

    def tick(tally: Tally) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= TICK:
            last = now
            report(tally)

    return tick


def _read_file(full: str, path: str, rows: IO[bytes], most: int) -> tuple[Cover, int]:
    """Read one file; its cover, and how many records it has. Raises TooMuch where a larger limit may do."""
    try:
        if path.endswith("/"):
            return _folder(full), 0
        data, status, why = read_bytes(full)
    except OSError as error:
        return Cover(0, _NEVER, unreadable=_fault(error)), 0
    cover = Cover(status.st_size, status.st_mtime_ns, unreadable=why)
    try:
        return cover, _take(cover, path, data, rows, most)
    except TooMuch:
        if most < MOST_BYTES:
            raise
        cover.unreadable = TOO_MUCH
    except MemoryError:
        cover.unreadable = "too large for the memory of this machine"
    return cover, 0


def _take(cover: Cover, path: str, data: bytes, rows: IO[bytes], most: int) -> int:
    """Write the raw calls in a file's bytes and complete its cover; gives the number of its records."""
    if cover.unreadable in (NOT_REGULAR, TOO_MUCH):
        return 0
    text, why = inflate(data, most)
    text = utf8(text)
    found = harvest(text)
    if text:
        cover.first_day, cover.last_day = first_day(text), last_day(text)
    replaced = timeless = 0
    if found.wanted:
        file, day = readable(path), day_text(folder_day(path)) or None
        for record, exact in found.wanted:
            row = _row(record, exact, file, day)
            rows.write(row.line)
            replaced += row.replaced
            timeless += row.timeless
    cover.calls = len(found.wanted)
    cover.unreadable = _reasons(
        cover.unreadable or why, found.why(), replaced, timeless, empty=not found.records and not text.strip()
    )
    return found.records


def _row(record: Usual | Members, exact: bytes, file: str, day: str | None) -> Row:
    if not isinstance(record, Usual):
        return row_of(record, exact, file, day)
    return quick_row(record, exact, file, day) or row_of(members(exact), exact, file, day)


def _reasons(outer: str, inner: str, replaced: int, timeless: int, *, empty: bool) -> str:
    """All reasons in one clause; a text that was cut short by its envelope is not blamed for it as well."""
    if outer or empty:
        return outer or "empty file"
    clauses = [inner] if inner else []
    if replaced:
        clauses.append(f"not UTF-8 in {_calls(replaced)}, replaced")
    if timeless:
        clauses.append(f"no time in {_calls(timeless)}, left out")
    return ", ".join(clauses)


def _calls(number: int) -> str:
    return f"{number:,} {'calls' if number > 1 else 'call'}"


def _folder(full: str) -> Cover:
    """The cover of a folder that could not be listed; it is asked again why."""
    try:
        with os.scandir(full):
            return Cover(0, 0, unreadable="a folder that could not be listed before")
    except OSError as error:
        return Cover(0, 0, unreadable=f"folder: {_fault(error)}")


def _fault(error: OSError) -> str:
    return _FAULTS.get(error.errno or 0, (error.strerror or "cannot be read").lower())


_LENGTH_BYTES: Final = 4


class Job(msgspec.Struct, array_like=True, tag=True):
    """A batch to read."""

    number: int
    root: bytes
    rows: bytes
    """Path of the file to write."""
    marker: bytes
    """Path of a file that tells which of the batch's files is being read, as 4 bytes; a death leaves it behind."""
    paths: list[bytes]


class Tick(msgspec.Struct, array_like=True, tag=True):
    """How far a batch is."""

    number: int
    tally: Tally


class Done(msgspec.Struct, array_like=True, tag=True):
    """A batch that was read."""

    number: int
    covers: list[Cover]
    tally: Tally


class Failed(msgspec.Struct, array_like=True, tag=True):
    """A batch whose rows could not be written."""

    number: int
    why: str


def send(pipe: IO[bytes], message: msgspec.Struct) -> None:
    """Write a message to a pipe. Raises OSError."""
    body = msgspec.msgpack.encode(message)
    pipe.write(len(body).to_bytes(_LENGTH_BYTES, "big") + body)
    pipe.flush()


def receive(pipe: IO[bytes]) -> bytes | None:
    """The next message of a pipe, None at its end."""
    head = pipe.read(_LENGTH_BYTES)
    if len(head) < _LENGTH_BYTES:
        return None
    size = int.from_bytes(head, "big")
    body = pipe.read(size)
    return body if len(body) == size else None


def main() -> None:
    """Read batches until the standard input ends, which it also does when the parent dies."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(jobs,), daemon=True).start()
    while True:
        job = jobs.get()
        try:
            send(sys.stdout.buffer, _read(job))
        except BrokenPipeError:
            os._exit(0)


def _listen(jobs: queue.SimpleQueue[Job]) -> None:
    """Pass on what comes in; end the whole process with the pipe, also in the midst of a batch."""
    decoder = msgspec.msgpack.Decoder(Job)
    while body := receive(sys.stdin.buffer):
        jobs.put(decoder.decode(body))
    os._exit(0)


def _read(job: Job) -> Done | Failed:
    report = every_tick(lambda tally: send(sys.stdout.buffer, Tick(job.number, tally)))
    paths = [os.fsdecode(path) for path in job.paths]
    try:
        with (
            Path(os.fsdecode(job.marker)).open("w+b") as file,
            Path(os.fsdecode(job.rows)).open("wb", ROWS_BUFFER) as rows,
        ):
            file.write(bytes(_LENGTH_BYTES))
            file.flush()
            with mmap.mmap(file.fileno(), _LENGTH_BYTES) as marker:

                def tick(tally: Tally, at: int) -> None:
                    marker[:] = at.to_bytes(_LENGTH_BYTES, "big")
                    report(tally)

                covers, tally = read_batch(os.fsdecode(job.root), paths, rows, tick)
    except BrokenPipeError:
        raise
    except OSError as error:
        return Failed(job.number, error.strerror or "the rows cannot be written")
    return Done(job.number, covers, tally)
