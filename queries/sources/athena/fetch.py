"""Running queries: several at a time, each to its result file, retried and split where that helps."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from queue import Empty, Queue
from random import random
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from msgspec.structs import replace

from ssmtrail.queries.engine import EitherEvent
from ssmtrail.queries.errors import Cancelled, StoreError
from ssmtrail.queries.sources.athena.client import Deadline
from ssmtrail.queries.sources.athena.errors import AthenaError, Refusal, translated
from ssmtrail.queries.sources.athena.results import Pieces, download
from ssmtrail.queries.sources.athena.statements import extraction
from ssmtrail.queries.store.journal import Run

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
    from datetime import date
    from pathlib import Path

    from ssmtrail.queries.sources.athena.client import Aws
    from ssmtrail.queries.sources.athena.statements import Extraction
    from ssmtrail.queries.sources.athena.tables import Table
    from ssmtrail.queries.store.journal import Journal, RunPurpose, RunState

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


#: Seconds between two looks at a query: the first ones, and the longest.
_FIRST_LOOK: Final = 0.2
_LONGEST_LOOK: Final = 1.0
#: Seconds that stopping a query may take.
_STOP_PATIENCE: Final = 2.5
_STATES: Final[dict[str, RunState]] = {"QUEUED": "queued", "RUNNING": "running", "SUCCEEDED": "answered"}


@dataclass(frozen=True, slots=True)
class Runner:
    """Runs queries through an address, and writes down what becomes of them."""

    aws: Aws
    journal: Journal
    cancelled: threading.Event
    tell: Callable[[Run], None]
    """Hears of every change."""
    now: Callable[[], datetime]
    """The clock, zone-aware UTC."""
    reuse: Callable[[Extraction], int] = lambda _: 0
    """Minutes that an earlier result of a statement may be old to be taken again, 0 for never."""

    def asked(self, statement: Extraction, purpose: RunPurpose = "days") -> Run:
        """Write a statement down, before anything is sent. Raises Cancelled."""
        if self.cancelled.is_set():
            raise Cancelled
        return self._note(
            Run(
                uuid4().hex, statement.sql, statement.first, statement.last, self.now(), part=statement.part,
                parts=statement.parts, reuse=self.reuse(statement), purpose=purpose,
            )
        )  # fmt: skip

    def finished(self, run: Run, stop: threading.Event) -> Run:
        """Start a run, or find it again, and follow it until its result is there.

        A run without an id is sent with its token: where the service took it before a crash, it is the same query and
        costs nothing more. Raises Cancelled when `stop` or `cancelled` is set, after the query was stopped; AthenaError
        when the query failed.
        """
        try:
            if not run.id:
                run = self._started(run, self.cancelled)
            return self._followed(run, stop)
        except Cancelled:
            self._stopped(run)
            raise
        except AthenaError as error:
            self.troubled(run, error)
            raise

    def troubled(self, run: Run, error: AthenaError) -> None:
        """Note what went wrong with a run; one that may still give its result is kept, so that nobody pays again."""
        run = self.journal.run(run.token) or run
        if not run.is_over:
            lost = error.retry == "again" or (not run.id and error.retry != "later")
            self._note(replace(run, state="failed" if lost else run.state, error=str(error)))

    def done(self, run: Run) -> Run:
        """Note that the result is stored."""
        return self._note(replace(run, state="done", error=""))

    def failed(self, run: Run, error: AthenaError) -> Run:
        """Note that the result could not be had."""
        return self._note(replace(run, state="failed", error=str(error)))

    def abandon(self, days: Collection[date], statements: Collection[str]) -> None:
        """Stop what an earlier version of the tool asked about these days: nobody would know its answer."""
        for run in self.journal.unfinished():
            if run.sql not in statements and any(run.first <= day <= run.last for day in days):
                self._stopped(run)

    def _started(self, run: Run, cancelled: threading.Event) -> Run:
        address = self.aws.address
        request: dict[str, Any] = {
            "QueryString": run.sql,
            "ClientRequestToken": run.token,
            "QueryExecutionContext": {"Database": address.database, "Catalog": address.catalog},
        }
        if address.workgroup:
            request["WorkGroup"] = address.workgroup
        if address.output:
            request["ResultConfiguration"] = {"OutputLocation": address.output}
        if run.reuse:
            reuse = {"Enabled": True, "MaxAgeInMinutes": run.reuse}
            request["ResultReuseConfiguration"] = {"ResultReuseByAgeConfiguration": reuse}
        answer = self.aws.call("athena", "start_query_execution", cancelled, **request)
        return self._note(replace(run, id=str(answer["QueryExecutionId"]), state="queued"))

    def _followed(self, run: Run, stop: threading.Event) -> Run:
        wait = _FIRST_LOOK
        while True:
            execution = self._look(run)
            latest = _seen(run, execution)
            run = self._note(latest) if latest != run else run
            state = execution["Status"]["State"]
            if state == "SUCCEEDED":
                return run
            if state in {"FAILED", "CANCELLED"}:
                error = translated(_refusal(execution), self.aws.address)
                self.failed(run, error)
                raise error
            if EitherEvent(self.cancelled, stop).wait(wait):
                raise Cancelled
            wait = min(_LONGEST_LOOK, wait * 1.3)

    def _look(self, run: Run) -> Any:
        return self.aws.call("athena", "get_query_execution", self.cancelled, QueryExecutionId=run.id)["QueryExecution"]

    def _stopped(self, run: Run) -> None:
        """End a query at the service; what it scanned until then is billed."""
        soon = Deadline(_STOP_PATIENCE)
        try:
            # Where a request to start went out without an answer, its token tells the query's name.
            run = run if run.id else self._started(run, soon)
            self.aws.call("athena", "stop_query_execution", soon, QueryExecutionId=run.id)
            execution = self.aws.call("athena", "get_query_execution", soon, QueryExecutionId=run.id)
            run = _seen(run, execution["QueryExecution"])
        except (AthenaError, Cancelled):
            # It may run on: the next start finds it in the journal, and takes its result.
            return
        # One that was quicker has been paid for: its result is taken by the next start.
        self._note(run if run.state == "answered" else replace(run, state="cancelled"))

    def _note(self, run: Run) -> Run:
        self.journal.write(run)
        self.tell(run)
        return run


def _seen(run: Run, execution: Any) -> Run:
    """A run with what the service says of it now."""
    status, figures = execution["Status"], execution.get("Statistics", {})
    taken: datetime | None = status.get("SubmissionDateTime")
    reuse = figures.get("ResultReuseInformation", {})
    return replace(
        run,
        state=_STATES.get(status["State"], run.state),
        started_at=taken.astimezone(UTC) if taken else run.started_at,
        bytes=int(figures.get("DataScannedInBytes", run.bytes)),
        seconds=figures.get("EngineExecutionTimeInMillis", 0) / 1000,
        queued=figures.get("QueryQueueTimeInMillis", 0) / 1000,
        output=execution.get("ResultConfiguration", {}).get("OutputLocation", ""),
        reused=bool(reuse.get("ReusedPreviousResult", False)),
    )


def _refusal(execution: Any) -> Refusal:
    status = execution["Status"]
    error = status.get("AthenaError", {})
    return Refusal(
        message=error.get("ErrorMessage") or status.get("StateChangeReason", ""),
        category=error.get("ErrorCategory"),
        error_type=error.get("ErrorType"),
        retryable=bool(error.get("Retryable", False)),
        state=status["State"],
    )
