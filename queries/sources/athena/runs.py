"""One query at Athena: started once, followed to its end, stopped when nobody wants it any more."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from msgspec.structs import replace

from queries.engine import EitherEvent
from queries.errors import Cancelled
from queries.sources.athena.client import Deadline
from queries.sources.athena.errors import AthenaError, Refusal, translated
from queries.store.journal import Run

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import date

    from queries.sources.athena.client import Aws
    from queries.sources.athena.statements import Extraction
    from queries.store.journal import Journal, RunPurpose, RunState

#: Seconds between two looks at a query: the first ones, and the longest.
_FIRST_LOOK: Final = 0.2
_LONGEST_LOOK: Final = 1.0
#: Seconds that stopping a query may take.
_PATIENCE: Final = 2.5
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
        soon = Deadline(_PATIENCE)
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
