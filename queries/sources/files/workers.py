"""Worker processes that read batches of log files, as their parent starts, feeds and stops them."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
from collections import deque
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec

from ssmtrail.queries.errors import SourceError, StoreError
from ssmtrail.queries.sources.files.worker import Cover, Done, Failed, Job, Tally, Tick, receive, send

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from threading import Event

    from ssmtrail.queries.sources.base import FileEntry

#: A message of a process, or None when it has ended.
Letter: TypeAlias = "tuple[Reader, Tick | Done | Failed | None]"

#: glibc gives each large block back to the kernel when it is freed and faults it in again for the next file: that is a
#: third of the time. Other C libraries ignore these.
_KEEP_MEMORY: Final = {"MALLOC_MMAP_THRESHOLD_": str(1 << 30), "MALLOC_TRIM_THRESHOLD_": str(1 << 30)}
_START: Final = "import sys; sys.path[:] = sys.argv[1:]; from ssmtrail.queries.sources.files.worker import main; main()"
_ANSWER: Final = msgspec.msgpack.Decoder(Tick | Done | Failed)


class Reader:
    """A process that reads batches, those in hand in order.

    It is a new interpreter with nothing of the parent's but its search path: no fork (the parent has threads), no
    second run of the parent's main module. Its own session keeps the terminal's Ctrl-C from it; it ends with its
    standard input.
    """

    def __init__(self, inbox: SimpleQueue[Letter]) -> None:
        """Start it; what it says goes to `inbox`. Raises OSError."""
        here = str(Path(__file__).absolute().parents[4])
        paths = [here, *(path or str(Path.cwd()) for path in sys.path)]
        self.jobs: list[Job] = []
        self.has_answered = False
        self._inbox = inbox
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _START, *paths],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env=os.environ | _KEEP_MEMORY,
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._jobs, self._answers = self._process.stdin, self._process.stdout
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    @property
    def pid(self) -> int:
        """Its process id, which is its session's too."""
        return self._process.pid

    def give(self, job: Job) -> None:
        """Hand over a batch; a process that has died says so through the inbox."""
        self.jobs.append(job)
        try:
            send(self._jobs, job)
        except OSError:
            self._process.kill()  # it has died; its end is on the way through the inbox

    def kill(self) -> None:
        """End it at once and wait until it has."""
        self._process.kill()
        self._thread.join()
        with contextlib.suppress(OSError):  # what is left in its buffer has no reader
            self._jobs.close()
        self._answers.close()
        self._process.wait()

    def _listen(self) -> None:
        while body := receive(self._answers):
            self._inbox.put((self, _ANSWER.decode(body)))
        self._inbox.put((self, None))


#: One batch is read while the next one waits in the pipe.
_IN_HAND: Final = 2
#: How names of files become bytes, as `os.fsencode` does it, which takes a while for a hundred thousand.
_NAMES: Final = (sys.getfilesystemencoding(), sys.getfilesystemencodeerrors())
_WAIT: Final = 0.1
_MOST_STILLBORN: Final = 4
_NO_START: Final = "The reading process does not start on this machine."
_DIED: Final = "the reader died on it"


class Pool:
    """Some reading processes and the batches that they have."""

    def __init__(self, root: str, scratch: Path, size: int) -> None:
        self.root = root
        self.scratch = scratch
        self.size = size
        self._inbox: SimpleQueue[Letter] = SimpleQueue()
        self._readers: list[Reader] = []
        self._again: deque[list[FileEntry]] = deque()
        self._batches: dict[int, list[FileEntry]] = {}
        self._number = 0
        self._stillborn = 0
        self._suspects: set[str] = set()
        self.running: dict[int, Tally] = {}
        """How far the batches in hand are."""

    def run(
        self, batches: Iterator[list[FileEntry]], tick: Callable[[], None], cancelled: Event
    ) -> Iterator[tuple[list[FileEntry], list[Cover], Tally, Path]]:
        """Give each batch as it is done, with its covers, its sums and its rows; `tick` is called ten times a second.

        Raises SourceError when no process can be started, StoreError when the rows cannot be written.
        """
        try:
            self._feed(batches)
            while self._batches and not cancelled.is_set():
                tick()
                try:
                    reader, letter = self._inbox.get(timeout=_WAIT)
                except Empty:
                    continue
                if isinstance(letter, Tick):
                    self.running[letter.number] = letter.tally
                    continue
                if isinstance(letter, Failed):
                    raise StoreError(f"What was read cannot be written: {letter.why}.")
                done = self._finished(reader, letter) if letter else self._buried(reader)
                self._feed(batches)
                if done:
                    yield done
        finally:
            for reader in self._readers:
                reader.kill()

    def _feed(self, batches: Iterator[list[FileEntry]]) -> None:
        """Keep every process busy, the idle ones first."""
        while len(self._readers) < self.size:
            self._readers.append(self._reader())
        for depth in range(_IN_HAND):
            for reader in self._readers:
                if len(reader.jobs) <= depth:
                    batch = self._again.popleft() if self._again else next(batches, None)
                    if batch:
                        reader.give(self._job(batch))

    def _reader(self) -> Reader:
        try:
            return Reader(self._inbox)
        except OSError as error:
            raise SourceError(_NO_START) from error

    def _job(self, batch: list[FileEntry]) -> Job:
        self._number += 1
        self._batches[self._number] = batch
        return Job(
            self._number,
            os.fsencode(self.root),
            os.fsencode(self._rows(self._number)),
            os.fsencode(self.scratch / f"{self._number}.at"),
            [entry.path.encode(*_NAMES) for entry in batch],
        )

    def _rows(self, number: int) -> Path:
        return self.scratch / f"{number}.jsonl"

    def _forget(self, job: Job) -> list[FileEntry]:
        self.running.pop(job.number, None)
        return self._batches.pop(job.number)

    def _finished(self, reader: Reader, done: Done) -> tuple[list[FileEntry], list[Cover], Tally, Path]:
        job = reader.jobs.pop(0)
        reader.has_answered = True
        return self._forget(job), done.covers, done.tally, self._rows(done.number)

    def _buried(self, reader: Reader) -> tuple[list[FileEntry], list[Cover], Tally, Path] | None:
        """Give a dead process's batches to others, the file that it was reading on its own; then give that file up."""
        reader.kill()
        self._readers.remove(reader)
        if not reader.jobs:
            return None
        job, *others = reader.jobs
        self._again.extend(self._forget(other) for other in others)
        batch, at = self._forget(job), self._suspect(job)
        if at is None or at >= len(batch):
            self._count_stillborn(reader)
            self._again.append(batch)
            return None
        suspect = batch[at]
        if suspect.path in self._suspects:
            rows = self._rows(job.number)
            rows.write_bytes(b"")
            cover = Cover(suspect.size, suspect.mtime_ns, unreadable=_DIED)
            return [suspect], [cover], Tally(1, suspect.size), rows
        self._suspects.add(suspect.path)
        self._again.append([suspect])
        if rest := batch[:at] + batch[at + 1 :]:
            self._again.append(rest)
        return None

    def _suspect(self, job: Job) -> int | None:
        """Which of a batch's files was being read, None when it had not begun."""
        try:
            return int.from_bytes(Path(os.fsdecode(job.marker)).read_bytes(), "big")
        except OSError:
            return None

    def _count_stillborn(self, reader: Reader) -> None:
        self._stillborn += not reader.has_answered
        if self._stillborn > _MOST_STILLBORN:
            raise SourceError(_NO_START)
