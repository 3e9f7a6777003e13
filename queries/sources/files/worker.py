"""A reading process: takes batches from its standard input until that ends."""

from __future__ import annotations

import mmap
import os
import queue
import signal
import sys
import threading
from pathlib import Path
from typing import IO, Final

import msgspec

from queries.sources.files.batch import ROWS_BUFFER, Cover, Tally, every_tick, read_batch

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
