"""Running queries through PyAthena: several at a time, journalled, retried, and split if that helps."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, field
from queue import Empty, Queue
from random import random
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from ssmtrail.queries.errors import Cancelled, StoreError
from ssmtrail.queries.sources.athena.errors import LIMIT, AthenaError
from ssmtrail.queries.sources.athena.results import Pieces, download
from ssmtrail.queries.sources.athena.statements import extraction
from ssmtrail.queries.sources.budget import OVER_BUDGET

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import date
    from pathlib import Path

    from ssmtrail.queries.sources.athena.runner import Runner
    from ssmtrail.queries.sources.athena.statements import Extraction
    from ssmtrail.queries.sources.athena.tables import Table
    from ssmtrail.queries.store.journal import Run

#: Queries at a time, well below the smallest quota of an account. Source: "Service Quotas", Athena User Guide.
MOST_AT_ONCE: Final = 4
#: Tries of a query while Athena has internal errors.
_TRIES: Final = 6
_LONGEST_PAUSE: Final = 8.0
#: Seconds to wait for threads to end.
_JOIN_SECONDS: Final = 3.0
#: Seconds between two checks of the threads' results.
_PAUSE: Final = 0.05
#: Single days that cannot be read before the run ends, if none was read.
_MOST_UNREADABLE: Final = 3


@dataclass(frozen=True, slots=True)
class Job:
    """Consecutive days with the statements that fetch them; complete when all statements have answered."""

    first: date
    last: date
    statements: tuple[Extraction, ...]
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Piece:
    """A file of whole rows, part of a result that is still being downloaded."""

    attempt: str
    path: Path


@dataclass(frozen=True, slots=True)
class Arrived:
    """A job whose results are downloaded; all pieces of the attempt were yielded before."""

    job: Job
    runs: tuple[Run, ...]
    attempt: str


@dataclass(frozen=True, slots=True)
class Failed:
    """A job without a result."""

    job: Job
    error: AthenaError | StoreError


def jobs_of(table: Table, ranges: Iterable[tuple[date, date]]) -> Iterator[Job]:
    """The jobs for ranges of days, first and last included. Raises UsageError."""
    for first, last in ranges:
        by_days: dict[tuple[date, date], list[Extraction]] = {}
        for statement in extraction(table, first, last):
            by_days.setdefault((statement.first, statement.last), []).append(statement)
        for (begin, end), statements in by_days.items():
            yield Job(begin, end, tuple(statements))


@dataclass(slots=True)
class Fetching:
    """Jobs that run in threads until all have ended or `cancelled` is set."""

    table: Table
    runner: Runner
    scratch: Path
    cancelled: threading.Event
    """The runner has it too; `halt` is one of the events that set it."""
    halt: threading.Event
    stops: dict[str, threading.Event]
    """By token: set to stop one query."""
    _waiting: deque[Job] = field(default_factory=deque)
    _results: Queue[Piece | Arrived | Failed | BaseException] = field(default_factory=Queue)
    _open: int = 0
    ending: AthenaError | None = None
    """Why no further query starts."""
    _unreadable: int = 0
    """Single days that could not be read; -1 once a query has succeeded."""
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _threads: list[threading.Thread] = field(default_factory=list)

    def run(self, jobs: Sequence[Job], wake: Callable[[], None]) -> Iterator[Piece | Arrived | Failed]:
        """Yield results as they arrive; call `wake` several times a second meanwhile.

        When `cancelled` is set, ends after every query is stopped and yields what had arrived.
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
            over = time.monotonic() + _JOIN_SECONDS
            for thread in self._threads:
                # Do not wait for a network that hangs: the journal finds a query that runs on.
                thread.join(max(0.0, over - time.monotonic()))

    def _work(self) -> None:
        while (job := self._next()) is not None:
            try:
                self._results.put(self._until_settled(job))
                with self._lock:
                    self._open -= 1
            except Cancelled:
                return
            except BaseException as defect:  # noqa: BLE001 - `run` raises it
                self._results.put(defect)
                return

    def _next(self) -> Job | None:
        """Wait for a job; None once no more can come."""
        while not self.cancelled.is_set():
            with self._lock:
                if self._waiting:
                    return self._waiting.popleft()
                if not self._open:
                    return None
            if self.cancelled.wait(_PAUSE):
                return None
        return None

    def _until_settled(self, job: Job) -> Arrived | Failed:
        while True:
            try:
                if self.ending is not None:
                    return Failed(job, self.ending)
                return self._once(job)
            except AthenaError as error:
                if error.retry in {"smaller", "unreadable"} and job.first < job.last:
                    return self._halved(job)
                self._end_if_hopeless(error)
                if error.retry != "later" or job.tries + 1 >= _TRIES:
                    return Failed(job, error)
            except StoreError as error:
                return Failed(job, error)
            job = Job(job.first, job.last, job.statements, job.tries + 1)
            if self.cancelled.wait(random() * min(_LONGEST_PAUSE, 0.5 * 2**job.tries)):
                raise Cancelled

    def _end_if_hopeless(self, error: AthenaError) -> None:
        """Start no further query if a single day passes the byte limit, a budget is used up, or no day can be read."""
        with self._lock:
            if error.retry == "unreadable" and self._unreadable >= 0:
                self._unreadable += 1
            if error.code in {LIMIT, OVER_BUDGET} or self._unreadable >= _MOST_UNREADABLE:
                self.ending = error

    def _once(self, job: Job) -> Arrived:
        runs, attempt = [], uuid4().hex
        for statement in job.statements:
            run = self._known(statement) or self.runner.planned(statement, estimate=self._estimate(statement))
            stop = self.stops.setdefault(run.token, threading.Event())
            try:
                run = self.runner.completed(run, stop)
            except Cancelled:
                if self.cancelled.is_set():
                    raise
                raise AthenaError("The query was stopped.") from None
            pieces = Pieces(self.scratch, lambda path: self._results.put(Piece(attempt, path)))
            try:
                download(self.runner.aws, run, pieces, self.cancelled)
            except AthenaError as error:
                self.runner.note_error(run, error)
                raise
            runs.append(run)
        self._unreadable = -1
        return Arrived(job, tuple(runs), attempt)

    def _known(self, statement: Extraction) -> Run | None:
        """An unfinished run of this statement, left by an earlier process."""
        found = (run for run in self.runner.journal.unfinished() if run.sql == statement.sql)
        run = next((run for run in found if (run.first, run.last) == (statement.first, statement.last)), None)
        if run is not None:
            self.runner.allowance.carry(run)
        return run

    def _estimate(self, statement: Extraction) -> int | None:
        """Bytes that a statement may scan; None if unknown."""
        found = self.runner.allowance.estimate(statement.first, statement.last)
        return None if found is None else -(-found // statement.parts)

    def _halved(self, job: Job) -> Arrived | Failed:
        """Run the two halves instead: the first here, the second in any thread."""
        middle = job.first + (job.last - job.first) // 2
        following = type(middle).fromordinal(middle.toordinal() + 1)
        first, *rest = jobs_of(self.table, [(job.first, middle), (following, job.last)])
        with self._lock:
            self._waiting.extend(rest)
            self._open += len(rest)
        return self._until_settled(first)
