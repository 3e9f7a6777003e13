"""Running queries through PyAthena: several at a time, journalled, retried, and split if that helps."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from queue import Empty, Queue
from random import random
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar, cast
from uuid import uuid4

from msgspec.structs import replace

from ssmtrail.queries.engine import EitherEvent
from ssmtrail.queries.errors import Cancelled, StoreError
from ssmtrail.queries.sources.athena.client import Deadline, patient
from ssmtrail.queries.sources.athena.errors import AthenaError, Refusal, translated
from ssmtrail.queries.sources.athena.results import Pieces, download
from ssmtrail.queries.sources.athena.statements import extraction
from ssmtrail.queries.store.journal import Run

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from datetime import date
    from pathlib import Path

    from pyathena.model import AthenaQueryExecution

    from ssmtrail.queries.sources.athena.client import Aws
    from ssmtrail.queries.sources.athena.statements import Extraction
    from ssmtrail.queries.sources.athena.tables import Table
    from ssmtrail.queries.store.journal import Journal, RunPurpose, RunState

Row: TypeAlias = "tuple[str | None, ...]"
Read = TypeVar("Read")

#: Queries at a time, well below the smallest quota of an account. Source: "Service Quotas", Athena User Guide.
MOST_AT_ONCE: Final = 4
#: Tries of a query while Athena has internal errors.
_TRIES: Final = 6
_LONGEST_PAUSE: Final = 8.0
#: Seconds to wait for threads to end.
_JOIN_SECONDS: Final = 3.0
#: Seconds between two checks of the threads' results.
_PAUSE: Final = 0.05


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
            run = self._known(statement) or self.runner.planned(statement)
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
        return Arrived(job, tuple(runs), attempt)

    def _known(self, statement: Extraction) -> Run | None:
        """An unfinished run of this statement, left by an earlier process."""
        found = (run for run in self.runner.journal.unfinished() if run.sql == statement.sql)
        return next((run for run in found if (run.first, run.last) == (statement.first, statement.last)), None)

    def _halved(self, job: Job) -> Arrived | Failed:
        """Run the two halves instead: the first here, the second in any thread."""
        middle = job.first + (job.last - job.first) // 2
        following = type(middle).fromordinal(middle.toordinal() + 1)
        first, *rest = jobs_of(self.table, [(job.first, middle), (following, job.last)])
        with self._lock:
            self._waiting.extend(rest)
            self._open += len(rest)
        return self._until_settled(first)


#: Rows of a small result per request, the most that Athena allows.
_PAGE: Final = 1000
#: Seconds between two looks at a query: at first, and at most.
_FIRST_WAIT: Final = 0.2
_LONGEST_WAIT: Final = 1.0
#: Seconds that stopping a query may take.
_STOP_PATIENCE: Final = 2.5
_STOPPED: Final = threading.Event()
_STOPPED.set()
_STATES: Final[dict[str, RunState]] = {"QUEUED": "queued", "RUNNING": "running", "SUCCEEDED": "answered"}


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs queries and writes every change of state to the journal."""

    aws: Aws
    journal: Journal
    cancelled: threading.Event
    report: Callable[[Run], None]
    """Called after every change."""
    now: Callable[[], datetime]
    """The clock, zone-aware UTC."""
    reuse: Callable[[Extraction], int] = lambda _: 0
    """Maximum age in minutes of an earlier result of a statement that may be reused; 0 for none."""

    def planned(self, statement: Extraction, purpose: RunPurpose = "days") -> Run:
        """Write a statement to the journal, before anything is sent. Raises Cancelled."""
        if self.cancelled.is_set():
            raise Cancelled
        return self.note(
            Run(
                uuid4().hex, statement.sql, statement.first, statement.last, self.now(), part=statement.part,
                parts=statement.parts, reuse=self.reuse(statement), purpose=purpose,
            )
        )  # fmt: skip

    def completed(self, run: Run, stop: threading.Event) -> Run:
        """Start a run, or attach to its query if it has an id, and wait until Athena has its result.

        Raises Cancelled when `stop` or `cancelled` is set, after stopping the query; AthenaError when the query failed.
        """
        return self._complete(run, stop, lambda _: None)[0]

    def answered(self, run: Run, stop: threading.Event) -> tuple[Run, tuple[str, ...], tuple[Row, ...]]:
        """The same for a small result: returns its columns and rows too."""
        run, (columns, rows) = self._complete(run, stop, _read_all, page_size=_PAGE)
        return run, columns, rows

    def _complete(
        self, run: Run, stop: threading.Event, read: Callable[[Any], Read], page_size: int = 1
    ) -> tuple[Run, Read]:
        query = _Query(self, run, EitherEvent(self.cancelled, stop))
        try:
            found = query.follow(read, self.cancelled, page_size)
        except Cancelled:
            self._stop(query.run)
            raise
        except AthenaError as error:
            if query.has_failed:
                self.failed(query.run, error)
            else:
                self.note_error(query.run, error)
            raise
        return query.run, found

    def note_error(self, run: Run, error: AthenaError) -> None:
        """Note an error; a run that may still give its result stays unfinished, so that it is not paid twice."""
        run = self.journal.run(run.token) or run
        if not run.is_over:
            lost = error.retry == "again" or (not run.id and error.retry != "later")
            self.note(replace(run, state="failed" if lost else run.state, error=str(error)))

    def done(self, run: Run) -> Run:
        """Note that the result is stored."""
        return self.note(replace(run, state="done", error=""))

    def failed(self, run: Run, error: AthenaError) -> Run:
        """Note that the query has no result."""
        return self.note(replace(run, state="failed", error=str(error)))

    def abandon(self, days: Collection[date], statements: Collection[str]) -> None:
        """Stop unfinished queries for these days with other statements, left by an earlier version of ssmtrail."""
        for run in self.journal.unfinished():
            if run.sql not in statements and any(run.first <= day <= run.last for day in days):
                self._stop(run)

    def _stop(self, run: Run) -> None:
        """Stop a query at Athena, which bills what it scanned until then, and note its last state."""
        query, soon = _Query(self, run, _STOPPED), Deadline(_STOP_PATIENCE)
        try:
            if not run.id:
                # The request to start may have been accepted although its answer was lost: its token returns the id.
                query.look(soon)
            self.aws.call("athena", "stop_query_execution", soon, QueryExecutionId=query.run.id)
            query.look(soon)
        except (AthenaError, Cancelled):
            # It may run on: the next start finds it in the journal and takes its result.
            return
        # A query that succeeded before it could be stopped has been paid for: the next start takes its result.
        if query.run.state != "answered":
            self.note(replace(query.run, state="cancelled"))

    def note(self, run: Run) -> Run:
        """Write the run to the journal and report it."""
        self.journal.write(run)
        self.report(run)
        return run


@dataclass(slots=True)
class _Query:
    """One query followed by PyAthena's cursor, every change of its state noted."""

    runner: Runner
    run: Run
    stop: threading.Event
    """Ends the wait for the result."""
    has_failed: bool = False
    """Whether Athena ended it without a result."""
    _looks: int = 0
    _wait: float = _FIRST_WAIT

    def follow(self, read: Callable[[Any], Read], cancelled: threading.Event, page_size: int = 1) -> Read:
        """Start or attach, wait for the result, read from the cursor. Raises AthenaError, Cancelled."""
        return cast("Read", patient(
            lambda: read(self._executed(page_size)), "StartQueryExecution", self.runner.aws.address, cancelled
        ))  # fmt: skip

    def look(self, patience: threading.Event) -> None:
        """Note the state as it is now. Raises AthenaError, Cancelled if that did not succeed."""
        before = self._looks
        try:
            self.follow(lambda _: None, patience)
        except (AthenaError, Cancelled):
            if self._looks == before:
                raise

    def _executed(self, page_size: int) -> Any:
        run = self.run
        cursor = self.runner.aws.connection.cursor(
            token=run.token, started_id=run.id, arraysize=page_size, on_start_query_execution=self._started,
            on_poll=self._polled, result_reuse_enable=bool(run.reuse), result_reuse_minutes=run.reuse,
        )  # fmt: skip
        # "qmark" leaves the text of the statement alone; its `%` belong to date_format.
        return cursor.execute(run.sql, paramstyle="qmark")

    def _started(self, query_id: str) -> None:
        if not self.run.id:
            self.run = self.runner.note(replace(self.run, id=query_id, state="queued"))

    def _polled(self, execution: AthenaQueryExecution) -> None:
        """Note a state; wait here rather than in the cursor, whose sleep cannot be interrupted."""
        self._looks += 1
        latest = _with_state(self.run, execution)
        if latest != self.run:
            self.run = self.runner.note(latest)
        if execution.state in {"FAILED", "CANCELLED"}:
            self.has_failed = True
            raise translated(_refusal(execution), self.runner.aws.address)
        if execution.state != "SUCCEEDED":
            if self.stop.wait(self._wait):
                raise Cancelled
            self._wait = min(_LONGEST_WAIT, self._wait * 1.3)


def _read_all(cursor: Any) -> tuple[tuple[str, ...], tuple[Row, ...]]:
    return tuple(column[0] for column in cursor.description or ()), tuple(cursor.fetchall())


def _with_state(run: Run, execution: AthenaQueryExecution) -> Run:
    """The run with Athena's latest figures."""
    accepted = execution.submission_date_time
    scanned = execution.data_scanned_in_bytes
    return replace(
        run,
        state=_STATES.get(execution.state or "", run.state),
        started_at=accepted.astimezone(UTC) if accepted else run.started_at,
        bytes=run.bytes if scanned is None else scanned,
        seconds=(execution.engine_execution_time_in_millis or 0) / 1000,
        queued=(execution.query_queue_time_in_millis or 0) / 1000,
        output=execution.output_location or "",
        reused=bool(execution.reused_previous_result),
    )


def _refusal(execution: AthenaQueryExecution) -> Refusal:
    return Refusal(
        message=execution.error_message or execution.state_change_reason or "",
        category=execution.error_category,
        error_type=execution.error_type,
        retryable=bool(execution.retryable),
        state=execution.state or "",
    )
