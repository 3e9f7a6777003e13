"""The pool of worker processes that read batches of log files: starting, feeding, replacing and stopping them."""

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

from ssmtrail.queries.errors import SourceError
from ssmtrail.queries.sources.files.worker import Cover, Done, Failed, Job, Tally, Tick, receive, send
from ssmtrail.queries.store.atomic import unwritten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from threading import Event

    from ssmtrail.queries.sources.base import FileEntry

#: A message from a worker, or None when its process has ended.
Message: TypeAlias = "tuple[Worker, Tick | Done | Failed | None]"

#: glibc returns each large block to the kernel when it is freed and faults it in again for the next file, which takes a
#: third of the time. Other C libraries ignore these variables.
_KEEP_MEMORY: Final = {"MALLOC_MMAP_THRESHOLD_": str(1 << 30), "MALLOC_TRIM_THRESHOLD_": str(1 << 30)}
#: Batches of a worker: it reads one while the next waits in the pipe.
_JOBS_EACH: Final = 2
#: The encoding of file names, as in `os.fsencode`, which is slow for 100,000 names.
_NAMES: Final = (sys.getfilesystemencoding(), sys.getfilesystemencodeerrors())
#: Seconds to wait for a message before `tick` is called.
_WAIT: Final = 0.1
_MOST_FAILED_STARTS: Final = 4
_NO_START: Final = "The reading process does not start on this machine."
_DIED: Final = "the reader died on it"
_START: Final = "import sys; sys.path[:] = sys.argv[1:]; from ssmtrail.queries.sources.files.worker import main; main()"
_ANSWER: Final = msgspec.msgpack.Decoder(Tick | Done | Failed)


class Worker:
    """A process that reads batches in order.

    It is a new interpreter with the parent's search path: not a fork, because the parent has threads, and it does not
    import the parent's main module. Its own session keeps the terminal's Ctrl-C away; it ends with its standard input.
    """

    def __init__(self, inbox: SimpleQueue[Message]) -> None:
        """Start the process; its messages go to `inbox`. Raises OSError."""
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
        """Its process id, also that of its session."""
        return self._process.pid

    def give(self, job: Job) -> None:
        """Send a batch."""
        self.jobs.append(job)
        try:
            send(self._jobs, job)
        except OSError:
            self._process.kill()  # it has died: the inbox gets its end

    def kill(self) -> None:
        """End the process at once, and wait for its end."""
        self._process.kill()
        self._thread.join()
        with contextlib.suppress(OSError):  # buffered data has no reader
            self._jobs.close()
        self._answers.close()
        self._process.wait()

    def _listen(self) -> None:
        while body := receive(self._answers):
            self._inbox.put((self, _ANSWER.decode(body)))
        self._inbox.put((self, None))


class WorkerPool:
    """Worker processes and the batches that they are reading."""

    def __init__(self, root: str, scratch: Path, size: int, *, keep_secrets: bool = False) -> None:
        self.root = root
        self._keep_secrets = keep_secrets
        self.scratch = scratch
        self.size = size
        self._inbox: SimpleQueue[Message] = SimpleQueue()
        self._workers: list[Worker] = []
        self._retries: deque[list[FileEntry]] = deque()
        self._batches: dict[int, list[FileEntry]] = {}
        self._number = 0
        self._failed_starts = 0
        self._suspects: set[str] = set()
        self.running: dict[int, Tally] = {}
        """The progress of the batches being read, by number."""

    def run(
        self, batches: Iterator[list[FileEntry]], tick: Callable[[], None], cancelled: Event
    ) -> Iterator[tuple[list[FileEntry], list[Cover], Tally, Path]]:
        """Yield each finished batch with its covers, its sums and its rows; `tick` is called ten times a second.

        Raises SourceError when no process can be started, StoreError when the rows cannot be written.
        """
        try:
            self._feed(batches)
            while self._batches and not cancelled.is_set():
                tick()
                try:
                    worker, message = self._inbox.get(timeout=_WAIT)
                except Empty:
                    continue
                if isinstance(message, Tick):
                    self.running[message.number] = message.tally
                    continue
                if isinstance(message, Failed):
                    raise unwritten(self.scratch, message.why)
                done = self._finished(worker, message) if message else self._replace_dead(worker)
                self._feed(batches)
                if done:
                    yield done
        finally:
            for worker in self._workers:
                worker.kill()

    def _feed(self, batches: Iterator[list[FileEntry]]) -> None:
        """Give each worker up to `_JOBS_EACH` batches, idle workers first."""
        while len(self._workers) < self.size:
            self._workers.append(self._start_worker())
        for depth in range(_JOBS_EACH):
            for worker in self._workers:
                if len(worker.jobs) <= depth:
                    batch = self._retries.popleft() if self._retries else next(batches, None)
                    if batch:
                        worker.give(self._job(batch))

    def _start_worker(self) -> Worker:
        try:
            return Worker(self._inbox)
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
            self._keep_secrets,
        )

    def _rows(self, number: int) -> Path:
        return self.scratch / f"{number}.jsonl"

    def _forget(self, job: Job) -> list[FileEntry]:
        self.running.pop(job.number, None)
        return self._batches.pop(job.number)

    def _finished(self, worker: Worker, done: Done) -> tuple[list[FileEntry], list[Cover], Tally, Path]:
        job = worker.jobs.pop(0)
        worker.has_answered = True
        return self._forget(job), done.covers, done.tally, self._rows(done.number)

    def _replace_dead(self, worker: Worker) -> tuple[list[FileEntry], list[Cover], Tally, Path] | None:
        """Give a dead worker's batches to others.

        The file that it was reading becomes a batch of its own; a second death makes the file unreadable.
        """
        worker.kill()
        self._workers.remove(worker)
        if not worker.jobs:
            return None
        job, *others = worker.jobs
        self._retries.extend(self._forget(other) for other in others)
        batch, at = self._forget(job), self._suspect(job)
        if at is None or at >= len(batch):
            self._count_failed_start(worker)
            self._retries.append(batch)
            return None
        suspect = batch[at]
        if suspect.path in self._suspects:
            rows = self._rows(job.number)
            rows.write_bytes(b"")
            cover = Cover(*suspect.identity, unreadable=_DIED)
            return [suspect], [cover], Tally(1, suspect.size), rows
        self._suspects.add(suspect.path)
        self._retries.append([suspect])
        if rest := batch[:at] + batch[at + 1 :]:
            self._retries.append(rest)
        return None

    def _suspect(self, job: Job) -> int | None:
        """The index of the file that was being read; None where the batch had not begun."""
        try:
            return int.from_bytes(Path(os.fsdecode(job.marker)).read_bytes(), "big")
        except OSError:
            return None

    def _count_failed_start(self, worker: Worker) -> None:
        self._failed_starts += not worker.has_answered
        if self._failed_starts > _MOST_FAILED_STARTS:
            raise SourceError(_NO_START)
