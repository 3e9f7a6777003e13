"""Several queries at a time: each to its result file, again where that helps, in smaller pieces where that helps."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, field
from queue import Empty, Queue
from random import random
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from queries.errors import Cancelled, StoreError
from queries.sources.athena.errors import AthenaError
from queries.sources.athena.results import Pieces, download
from queries.sources.athena.statements import extraction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import date
    from pathlib import Path

    from queries.sources.athena.runs import Runner
    from queries.sources.athena.statements import Extraction
    from queries.sources.athena.tables import Table
    from queries.store.journal import Run

#: Queries at a time. Source: `athena.md`, half of what an account gets at the least.
MOST_AT_ONCE: Final = 4
#: Times that a stretch of days is asked for where the service has faults of its own.
_TRIES: Final = 6
_LONGEST_PAUSE: Final = 8.0
#: Seconds that threads get to end in.
_PATIENCE: Final = 3.0
#: Seconds between two looks at what threads have brought.
_PAUSE: Final = 0.05


@dataclass(frozen=True, slots=True)
class Job:
    """A stretch of days, with the statements that fetch it; it is whole when all have answered."""

    first: date
    last: date
    statements: tuple[Extraction, ...]
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a result, whole rows, while the rest still comes."""

    attempt: str
    path: Path


@dataclass(frozen=True, slots=True)
class Arrived:
    """A job whose results lie here: all pieces of the attempt came before."""

    job: Job
    runs: tuple[Run, ...]
    attempt: str


@dataclass(frozen=True, slots=True)
class Failed:
    """A job that came to nothing."""

    job: Job
    error: AthenaError | StoreError


def jobs_of(table: Table, stretches: Iterable[tuple[date, date]]) -> Iterator[Job]:
    """The jobs for stretches of days. Raises UsageError."""
    for first, last in stretches:
        by_days: dict[tuple[date, date], list[Extraction]] = {}
        for statement in extraction(table, first, last):
            by_days.setdefault((statement.first, statement.last), []).append(statement)
        for (begin, end), statements in by_days.items():
            yield Job(begin, end, tuple(statements))


@dataclass(slots=True)
class Fetching:
    """Jobs that run in threads of their own until all are through, or somebody asks to stop."""

    table: Table
    runner: Runner
    scratch: Path
    cancelled: threading.Event
    """The runner's too; `halt` is one of the events that set it."""
    halt: threading.Event
    stops: dict[str, threading.Event]
    """By token: set to stop one run."""
    _waiting: deque[Job] = field(default_factory=deque)
    _results: Queue[Piece | Arrived | Failed | BaseException] = field(default_factory=Queue)
    _open: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _threads: list[threading.Thread] = field(default_factory=list)

    def run(self, jobs: Sequence[Job], wake: Callable[[], None]) -> Iterator[Piece | Arrived | Failed]:
        """Results as they come; `wake` is called several times a second meanwhile.

        When `cancelled` is set it ends once every query is stopped, with what had arrived.
        """
        self._waiting.extend(jobs)
        self._open = len(jobs)
        for number in range(min(MOST_AT_ONCE, len(jobs))):
            thread = threading.Thread(target=self._work, name=f"athena-{number}", daemon=True)
            self._threads.append(thread)
            thread.start()
        try:
            while self._threads or not self._results.empty():
                try:
                    found = self._results.get(timeout=_PAUSE)
                except Empty:
                    wake()
                    self._threads = [thread for thread in self._threads if thread.is_alive()]
                    continue
                if isinstance(found, BaseException):
                    raise found
                yield found
        finally:
            self.halt.set()
            over = time.monotonic() + _PATIENCE
            for thread in self._threads:
                # A network that hangs is not waited for: what runs on is found again by the journal.
                thread.join(max(0.0, over - time.monotonic()))

    def _work(self) -> None:
        while (job := self._next()) is not None:
            try:
                self._results.put(self._through(job))
                with self._lock:
                    self._open -= 1
            except Cancelled:
                return
            except BaseException as defect:  # noqa: BLE001 - raised again by whoever reads the results
                self._results.put(defect)
                return

    def _next(self) -> Job | None:
        """A job, once there is one; None when nothing can come any more."""
        while not self.cancelled.is_set():
            with self._lock:
                if self._waiting:
                    return self._waiting.popleft()
                if not self._open:
                    return None
            if self.cancelled.wait(_PAUSE):
                return None
        return None

    def _through(self, job: Job) -> Arrived | Failed:
        while True:
            try:
                return self._once(job)
            except AthenaError as error:
                if error.retry == "smaller" and job.first < job.last:
                    return self._halved(job)
                if error.retry not in {"later", "again"} or job.tries + 1 >= _TRIES:
                    return Failed(job, error)
            except StoreError as error:
                return Failed(job, error)
            job = Job(job.first, job.last, job.statements, job.tries + 1)
            if self.cancelled.wait(random() * min(_LONGEST_PAUSE, 0.5 * 2**job.tries)):
                raise Cancelled

    def _once(self, job: Job) -> Arrived:
        runs, attempt = [], uuid4().hex
        for statement in job.statements:
            run = self._known(statement) or self.runner.asked(statement)
            stop = self.stops.setdefault(run.token, threading.Event())
            try:
                run = self.runner.finished(run, stop)
            except Cancelled:
                if self.cancelled.is_set():
                    raise
                raise AthenaError("The query was stopped.") from None
            pieces = Pieces(self.scratch, lambda path: self._results.put(Piece(attempt, path)))
            try:
                download(self.runner.aws, run, pieces, self.cancelled)
            except AthenaError as error:
                self.runner.troubled(run, error)
                raise
            runs.append(run)
        return Arrived(job, tuple(runs), attempt)

    def _known(self, statement: Extraction) -> Run | None:
        """A run of this very statement that nobody brought to its end."""
        found = (run for run in self.runner.journal.unfinished() if run.sql == statement.sql)
        return next((run for run in found if (run.first, run.last) == (statement.first, statement.last)), None)

    def _halved(self, job: Job) -> Arrived | Failed:
        """Ask for the halves instead; the first of them goes on here."""
        middle = job.first + (job.last - job.first) // 2
        following = type(middle).fromordinal(middle.toordinal() + 1)
        first, *rest = jobs_of(self.table, [(job.first, middle), (following, job.last)])
        with self._lock:
            self._waiting.extend(rest)
            self._open += len(rest)
        return self._through(first)
