"""Reading batches of log files into rows, in the caller's process or in a worker process (`main`), and its messages."""

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

from ssmtrail.queries.sources.files.checkpoint import checkpoint
from ssmtrail.queries.sources.files.contents import LogFile, texts
from ssmtrail.queries.sources.files.inflate import MOST_BYTES
from ssmtrail.queries.sources.files.kinds import OUTSIDE_END, OUTSIDE_LINK, SPECIAL_FILE
from ssmtrail.queries.sources.files.listing import folder_day
from ssmtrail.queries.sources.files.outcome import Outcome, readable_member
from ssmtrail.queries.sources.files.records import extract, utf8
from ssmtrail.queries.sources.files.rows import Place, Usual, members, quick_row, row_of
from ssmtrail.queries.store.parcels import day_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ssmtrail.queries.sources.files.contents import Text
    from ssmtrail.queries.sources.files.records import Extracted
    from ssmtrail.queries.sources.files.rows import Members, Row

#: Seconds between two reports of a batch.
TICK: Final = 0.1
#: Bytes of the write buffer for rows: with Python's default of 8 KiB writing takes three times as long.
ROWS_BUFFER: Final = 1 << 20
#: An mtime that no file has, so that a file of which nothing was read is tried again next time.
_NEVER: Final = -1
#: Bytes of the length before a message, and of a marker.
_LENGTH_BYTES: Final = 4
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
    """What was read from one file; sent between processes."""

    size: int
    mtime_ns: int
    ctime_ns: int = 0
    inode: int = 0
    sha256: str = ""
    """Of the content on disk, in hexadecimal; empty where it was not read whole."""
    first_day: date | None = None
    last_day: date | None = None
    calls: int = 0
    unreadable: str = ""
    kind: str = ""
    """What it is if it holds no records: `.png`."""
    note: str = ""
    """What is unusual about it, though it was read whole."""


class Tally(msgspec.Struct, array_like=True):
    """Sums of what was read."""

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
    *,
    keep_secrets: bool = False,
) -> tuple[list[Cover], Tally]:
    """Read files below `root` and write their raw calls to `rows`; returns the covers in order, and the sums.

    `tick` is called before each file with the sums and the file's index; it may raise to stop. Raises TooMuch for a
    file that decompresses to more than `most` bytes, where `most` is below the limit of a worker process.
    """
    tally = Tally()
    covers = []
    for at, path in enumerate(paths):
        tick(tally, at)
        cover, records = _read_file(f"{root}/{path}", path, rows, most, keep_secrets=keep_secrets)
        covers.append(cover)
        tally.files += 1
        tally.bytes += max(cover.size, 0)
        tally.records += records
        tally.calls += cover.calls
    return covers, tally


def readable(path: str) -> str:
    r"""The path as text, with `\xNN` for bytes that are not UTF-8."""
    return path if path.isascii() else os.fsencode(path).decode("utf-8", "backslashreplace")


def _read_file(full: str, path: str, rows: IO[bytes], most: int, *, keep_secrets: bool) -> tuple[Cover, int]:
    """Read one file; returns its cover and its number of records. Raises TooMuch, see `read_batch`."""
    try:
        if path.endswith(OUTSIDE_END):
            return Cover(0, 0, kind=OUTSIDE_LINK), 0
        if path.endswith("/"):
            return _folder(full), 0
        file = LogFile.open(full)
    except OSError as error:
        return Cover(0, _NEVER, unreadable=_fault(error)), 0
    outcome = Outcome(path)
    try:
        for text in texts(file, most):
            _take(text, outcome, rows, keep_secrets=keep_secrets)
    except MemoryError:
        outcome.refuse("too large for the memory of this machine")
    finally:
        file.close()
    status = file.status
    cover = Cover(
        status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, file.sha256(), outcome.first_day,
        outcome.last_day, outcome.calls, outcome.unreadable, SPECIAL_FILE if file.why == SPECIAL_FILE else outcome.kind,
        outcome.note,
    )  # fmt: skip
    return cover, outcome.records


def _take(text: Text, outcome: Outcome, rows: IO[bytes], *, keep_secrets: bool) -> None:
    """Write the raw calls of one text of a file, and add it to the outcome."""
    file, day = readable(outcome.path), folder_day(outcome.path)
    if text.member:
        file, day = f"{file}!{readable_member(text.member)}", folder_day(text.member) or day
    data = utf8(text.data)
    ends = text.ends if data is text.data else ()
    found, problems = write_rows(data, file, day_text(day) or None, rows, ends, keep_secrets=keep_secrets)
    outcome.add(text, data, found, problems)


def write_rows(
    text: bytes, file: str, day: str | None, rows: IO[bytes], ends: Sequence[int] = (), *, keep_secrets: bool = False
) -> tuple[Extracted, str]:
    """Write the raw calls in a text; returns what was found in it, and what is wrong with it, as a clause.

    `file` and `day` are columns of its rows, positions count from 0; `ends` as in `extract`. Secrets are replaced
    (`ssmtrail.queries.redaction`) unless they are to be kept.
    """
    found = extract(text, ends)
    replaced = timeless = 0
    for record, exact, position in found.wanted:
        checkpoint()
        row = _row(record, exact, Place(file, day, position, keep_secrets))
        rows.write(row.line)
        replaced += row.replaced
        timeless += row.timeless
    return found, _problems(found.why(), replaced, timeless)


def _row(record: Usual | Members, exact: bytes, place: Place) -> Row:
    if not isinstance(record, Usual):
        return row_of(record, exact, place)
    return quick_row(record, exact, place) or row_of(members(exact), exact, place)


def _problems(why: str, replaced: int, timeless: int) -> str:
    """What is wrong with a text and its calls, as one clause."""
    clauses = [why] if why else []
    if replaced:
        clauses.append(f"not UTF-8 in {_calls(replaced)}, replaced")
    if timeless:
        clauses.append(f"no time in {_calls(timeless)}, left out")
    return ", ".join(clauses)


def _calls(number: int) -> str:
    return f"{number:,} {'calls' if number > 1 else 'call'}"


def _folder(full: str) -> Cover:
    """The cover of a folder that could not be listed, with the reason found by trying again."""
    try:
        with os.scandir(full):
            return Cover(0, 0, unreadable="a folder that could not be listed before")
    except OSError as error:
        return Cover(0, 0, unreadable=f"folder: {_fault(error)}")


def _fault(error: OSError) -> str:
    return _FAULTS.get(error.errno or 0, (error.strerror or "cannot be read").lower())


class Job(msgspec.Struct, array_like=True, tag=True):
    """A batch to read."""

    number: int
    root: bytes
    rows: bytes
    """Path of the file to write."""
    marker: bytes
    """Path of a file with the index of the log file being read, 4 bytes; it survives a crash of the process."""
    paths: list[bytes]
    keep_secrets: bool = False


class Tick(msgspec.Struct, array_like=True, tag=True):
    """The progress of a batch."""

    number: int
    tally: Tally


class Done(msgspec.Struct, array_like=True, tag=True):
    """The result of a batch."""

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
    """The next message of a pipe; None at its end."""
    head = pipe.read(_LENGTH_BYTES)
    if len(head) < _LENGTH_BYTES:
        return None
    size = int.from_bytes(head, "big")
    body = pipe.read(size)
    return body if len(body) == size else None


def main() -> None:
    """The worker process: read batches until the standard input ends, which also happens when the parent dies."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    jobs: queue.SimpleQueue[Job] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(jobs,), daemon=True).start()
    while True:
        job = jobs.get()
        try:
            send(sys.stdout.buffer, _read_job(job))
        except BrokenPipeError:
            os._exit(0)


def _listen(jobs: queue.SimpleQueue[Job]) -> None:
    """Queue incoming jobs; end the process when the pipe ends, even in the middle of a batch."""
    decoder = msgspec.msgpack.Decoder(Job)
    while body := receive(sys.stdin.buffer):
        jobs.put(decoder.decode(body))
    os._exit(0)


def _read_job(job: Job) -> Done | Failed:
    reported_at = time.monotonic()
    paths = [os.fsdecode(path) for path in job.paths]
    try:
        with (
            Path(os.fsdecode(job.marker)).open("w+b") as file,
            Path(os.fsdecode(job.rows)).open("wb", ROWS_BUFFER) as rows,
        ):
            file.write(bytes(_LENGTH_BYTES))
            file.flush()
            with mmap.mmap(file.fileno(), _LENGTH_BYTES) as marker:

                def tick(tally: Tally, index: int) -> None:
                    nonlocal reported_at
                    marker[:] = index.to_bytes(_LENGTH_BYTES, "big")
                    if (now := time.monotonic()) - reported_at >= TICK:
                        reported_at = now
                        send(sys.stdout.buffer, Tick(job.number, tally))

                covers, tally = read_batch(os.fsdecode(job.root), paths, rows, tick, keep_secrets=job.keep_secrets)
    except BrokenPipeError:
        raise
    except OSError as error:
        return Failed(job.number, error.strerror or "the rows cannot be written")
    return Done(job.number, covers, tally)
