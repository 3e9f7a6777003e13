"""The answers of statements, for what is small enough to be paged."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import random
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace as changed

from queries.errors import Cancelled
from queries.sources.athena.errors import AthenaError
from queries.sources.athena.runs import Runner
from queries.sources.athena.statements import Extraction
from queries.store.journal import Journal

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from datetime import date

    from queries.sources.athena.client import Aws
    from queries.store.journal import Run

_PAGE: Final = 1000
#: Times that a statement is asked where only time is missing, or its result is gone.
_TRIES: Final = 6
_LONGEST_PAUSE: Final = 8.0
#: A query that was left behind longer ago than this is not taken: its answer would be of another time.
_LONGEST_AGE: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Answered:
    """Rows as Athena told them, all text."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]
    bytes: int
    """Scanned."""
    id: str
    """Athena's name for the query."""
    asked_at: datetime
    """UTC."""
    is_found: bool = False
    """Whether a process that ended had asked it: nothing more was paid."""


@dataclass(slots=True)
class Answers:
    """Statements that are written down before they start: what a process that was killed had asked is taken again."""

    aws: Aws
    journal: Journal
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    """The clock, zone-aware UTC."""
    _taken: list[Run] = field(default_factory=list)

    def of(self, sql: str, day: date, cancelled: threading.Event) -> Answered:
        """Run a statement to its end; when `cancelled` is set it is stopped at the service. `day` is for the records.

        Asked again where that helps. Raises AthenaError, Cancelled, StoreError.
        """
        runner = Runner(self.aws, self.journal, cancelled, _untold, self.now)
        left = self.left_behind(sql)
        for number in range(_TRIES):
            run = self.left_behind(sql) or runner.asked(Extraction(sql, day, day), "check")
            try:
                found = self._answered(runner, run, cancelled)
            except AthenaError as error:
                if error.retry not in {"later", "again"} or number == _TRIES - 1:
                    raise
            else:
                return replace(found, is_found=left is not None and left.token == run.token)
            if cancelled.wait(random() * min(_LONGEST_PAUSE, 2**number)):
                raise Cancelled
        raise AssertionError

    def left_behind(self, sql: str) -> Run | None:
        """The query of this very statement that was asked lately, and whose answer nobody has used."""
        since = self.now() - _LONGEST_AGE
        found = (run for run in self.journal.unfinished("check") if run.asked_at >= since)
        return next((run for run in found if run.sql == sql), None)

    def settle(self) -> None:
        """Note that the answers have been used: whoever asks again asks anew. What is too old to be taken goes, too."""
        for run in self._taken:
            self.journal.write(changed(run, state="done", error=""))
        self._taken.clear()
        since = self.now() - _LONGEST_AGE
        for run in self.journal.unfinished("check"):
            if run.asked_at < since:
                self.journal.write(changed(run, state="failed", error="Nobody came for its answer."))

    def _answered(self, runner: Runner, run: Run, cancelled: threading.Event) -> Answered:
        run = runner.finished(run, cancelled)
        try:
            columns, rows = _paged(self.aws, run.id, cancelled)
        except AthenaError as error:
            runner.troubled(run, error)
            raise
        self._taken.append(run)
        return Answered(columns, rows, run.bytes, run.id, run.asked_at)


def once_answered(aws: Aws, sql: str, day: date, cancelled: threading.Event) -> Answered:
    """The answer of a statement that costs nothing, so that nothing of it is written down."""
    with tempfile.TemporaryDirectory(prefix="ssmtrail-") as folder:
        return Answers(aws, Journal.of(Path(folder))).of(sql, day, cancelled)


def _paged(
    aws: Aws, query: str, cancelled: threading.Event
) -> tuple[tuple[str, ...], tuple[tuple[str | None, ...], ...]]:
    columns: tuple[str, ...] = ()
    rows: list[tuple[str | None, ...]] = []
    more: dict[str, str] = {}
    while True:
        answer = aws.call(
            "athena", "get_query_results", cancelled, QueryExecutionId=query, MaxResults=_PAGE, **more
        )  # fmt: skip
        found = answer["ResultSet"]
        page = [tuple(value.get("VarCharValue") for value in row.get("Data", ())) for row in found["Rows"]]
        if not more:
            columns = tuple(str(each["Name"]) for each in found.get("ResultSetMetadata", {}).get("ColumnInfo", ()))
            # The first row of a SELECT's first page is the header; other statements have none.
            page = page[1:] if page and page[0] == columns else page
        rows += page
        if not answer.get("NextToken"):
            return columns, tuple(rows)
        more = {"NextToken": answer["NextToken"]}


def _untold(_: Run) -> None:
    """Nobody looks at it meanwhile."""
