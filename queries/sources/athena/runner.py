"""Running one query through PyAthena: journalled, held against the agreement, stopped on request."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar, cast
from uuid import uuid4

from msgspec.structs import replace

from ssmtrail.queries.engine import EitherEvent
from ssmtrail.queries.errors import Cancelled
from ssmtrail.queries.sources.allowance import Allowance
from ssmtrail.queries.sources.athena.client import Deadline, patient
from ssmtrail.queries.sources.athena.errors import AthenaError, Refusal, translated
from ssmtrail.queries.sources.athena.results import delete_result
from ssmtrail.queries.sources.budget import OVER_BUDGET
from ssmtrail.queries.store.journal import Run

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import date, datetime

    from pyathena.model import AthenaQueryExecution

    from ssmtrail.queries.sources.athena.client import Aws
    from ssmtrail.queries.sources.athena.statements import Extraction
    from ssmtrail.queries.store.journal import Journal, RunPurpose, RunState

Row: TypeAlias = "tuple[str | None, ...]"
Read = TypeVar("Read")

#: Rows of a small result per request, the most that Athena allows.
_PAGE: Final = 1000
#: Seconds between two looks at a query: at first, and at most.
_FIRST_WAIT: Final = 0.2
_LONGEST_WAIT: Final = 1.0
#: Seconds that stopping a query may take.
_STOP_PATIENCE: Final = 2.5
#: The code of an error that says that an agreement was passed.
PASSED: Final = "agreement"
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
    allowance: Allowance = field(default_factory=Allowance)
    """What the queries may be billed for."""
    deletes: bool = False
    """Whether the files of results are deleted after they were stored."""
    provisioned: bool = False
    """Whether queries run on reserved capacity, so that scans have no price."""

    def planned(self, statement: Extraction, purpose: RunPurpose = "days", estimate: int | None = None) -> Run:
        """Write a statement to the journal, before anything is sent; `estimate` is what it may scan, in bytes.

        Raises AthenaError if that is more than is left of what was agreed to or of a budget, Cancelled.
        """
        if self.cancelled.is_set():
            raise Cancelled
        token = uuid4().hex
        with self.allowance.starting():
            if not self.provisioned and (why := self.allowance.over_budget(estimate)):
                raise AthenaError(f"Not read: its query would cost {why}.", code=OVER_BUDGET)
            most = self.allowance.begin(token, estimate)
            if most is None:
                raise AthenaError(
                    f"Not read: its query would scan {estimate or 0:,} bytes, and {self.allowance.left or 0:,} bytes "
                    "are left of what was agreed to.", code=PASSED,
                )  # fmt: skip
            return self.note(
                Run(
                    token, statement.sql, statement.first, statement.last, self.now(), part=statement.part,
                    parts=statement.parts, reuse=self.reuse(statement), purpose=purpose, most=most,
                    reserved=estimate or 0, caller=self.aws.caller, provisioned=self.provisioned,
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
            if error.code in {PASSED, OVER_BUDGET} and self._stop(query.run, str(error)).state == "answered":
                # It had its result before it could be stopped, and is paid for.
                return self._complete(self.journal.run(run.token) or query.run, stop, read, page_size)
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
            is_gone = error.retry == "gone"
            is_over = is_gone or (not run.id and error.retry != "later")
            self.note(replace(run, state="failed" if is_over else run.state, error=str(error), lost=is_gone))

    def done(self, run: Run) -> Run:
        """Note that the result is stored; its files may then be deleted, and a refusal of that is noted too."""
        run = self.note(replace(run, state="done", error=""))
        left = delete_result(self.aws, run) if self.deletes else ""
        return self.note(replace(run, left=left)) if left else run

    def failed(self, run: Run, error: AthenaError) -> Run:
        """Note that the query has no result."""
        return self.note(
            replace(run, state="failed", error=str(error), file=error.file, unreadable=error.retry == "unreadable")
        )

    def abandon(self, days: Collection[date], statements: Collection[str]) -> None:
        """Stop unfinished queries for these days with other statements, left by an earlier version of ssmtrail."""
        for run in self.journal.unfinished():
            if run.sql not in statements and any(run.first <= day <= run.last for day in days):
                self._stop(run)

    def _stop(self, run: Run, why: str = "") -> Run:
        """Stop a query at Athena, which bills what it scanned until then; returns it in its last known state."""
        query, soon = _Query(self, run, _STOPPED), Deadline(_STOP_PATIENCE)
        try:
            if not run.id:
                # The request to start may have been accepted although its answer was lost: its token returns the id.
                query.look(soon)
            self.aws.call("athena", "stop_query_execution", soon, QueryExecutionId=query.run.id)
            query.look(soon)
        except (AthenaError, Cancelled):
            # It may run on: the next start finds it in the journal and takes its result.
            return query.run
        # A query that succeeded before it could be stopped has been paid for: the next start takes its result.
        return (
            query.run if query.run.state == "answered" else self.note(replace(query.run, state="cancelled", error=why))
        )

    def note(self, run: Run) -> Run:
        """Write the run to the journal and report it."""
        self.journal.write(run)
        self.allowance.note(run)
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
            token=run.token, started_id=run.id, arraysize=page_size,
            on_start_query_execution=self._started,
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
            if not self.stop.is_set() and not self.runner.allowance.holds(latest.token):
                raise AthenaError(
                    f"Stopped after {latest.bytes:,} bytes: it scanned more than what was agreed to.", code=PASSED
                )
            if not self.stop.is_set() and (why := self.runner.allowance.passes_budget(latest)):
                raise AthenaError(f"Stopped after {latest.bytes:,} bytes: {why}.", code=OVER_BUDGET)
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
        unbilled=execution.state == "FAILED",
    )


def _refusal(execution: AthenaQueryExecution) -> Refusal:
    return Refusal(
        message=execution.error_message or execution.state_change_reason or "",
        category=execution.error_category,
        error_type=execution.error_type,
        retryable=bool(execution.retryable),
        state=execution.state or "",
    )
