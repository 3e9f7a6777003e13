"""Proofs from small answers: whether a day is pruned to its partitions."""

from __future__ import annotations

import hashlib
import re
import tempfile
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import random
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace as changed

from ssmtrail.queries.errors import Cancelled
from ssmtrail.queries.sources.athena.errors import AthenaError
from ssmtrail.queries.sources.athena.fetch import Runner
from ssmtrail.queries.sources.athena.statements import Extraction, explained, extraction
from ssmtrail.queries.store.journal import Journal

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from ssmtrail.queries.sources.athena.client import Aws
    from ssmtrail.queries.sources.athena.folder_days import Days
    from ssmtrail.queries.sources.athena.tables import Table
    from ssmtrail.queries.store.journal import Run

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


#: Any day: statements of two days differ in their days alone.
_SOME_DAY: Final = date(2020, 1, 1)
_LITERAL: Final = re.compile(r"'([^']*)'|(?<![\w'\"])(\d+)(?![\w'\"])")
_BETWEEN_VALUES: Final = re.compile(r"[\[\](),\s]+")
#: Signs of a plan that are shown.
_MOST_SHOWN: Final = 80


@dataclass(frozen=True, slots=True)
class Pruning:
    """What a plan says of partitions."""

    shown: tuple[tuple[str, str], ...]
    """Partition columns of days, with the values that the plan keeps to: `[[2026/11/22]]`."""
    doubt: str = ""
    """Why it is no proof; empty where it is one."""

    @property
    def text(self) -> str:
        """`timestamp [[2026/11/22]]`; empty where the plan shows nothing."""
        return ", ".join(f"{column} {values[:_MOST_SHOWN]}" for column, values in self.shown)


def shape(table: Table) -> str:
    """Names the form of the statement that fetches a day; empty where no partition tells days."""
    if table.days is None:
        return ""
    sql = "\n".join(each.sql for each in extraction(table, _SOME_DAY, _SOME_DAY))
    return hashlib.sha256(sql.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def doubt(aws: Aws, table: Table, day: date, cancelled: threading.Event) -> str:
    """A sentence where it cannot be shown that a day's query keeps to its partitions.

    Raises AthenaError where the statement itself is refused: it would be refused for money, too.
    """
    try:
        return pruning(aws, table, day, cancelled).doubt
    except AthenaError as error:
        if error.retry not in {"later", "again"}:
            raise
        return f"EXPLAIN did not tell whether only the partitions of these days are read: {error}"


def pruning(aws: Aws, table: Table, day: date, cancelled: threading.Event) -> Pruning:
    """Ask for the plan of a day's query: it is type-checked, its result written, nothing scanned.

    Raises AthenaError, UsageError, Cancelled.
    """
    sql = extraction(table, day, day)[0].sql
    found = once_answered(aws, explained(sql), day, cancelled)
    return judged(table.days, "\n".join(row[0] or "" for row in found.rows if row), day)


def judged(days: Days | None, plan: str, day: date) -> Pruning:
    """What a plan's text says: `timestamp:string:PARTITION_KEY :: [[2026/11/22]]`.

    Source: Trino's Hive connector; how Athena words it is not documented.
    """
    columns = days.columns if days else ()
    found = (re.search(rf"\b{re.escape(each)}:\S+:PARTITION_KEY\s*::\s*(\[[^\n]*\])", plan) for each in columns)
    shown = tuple((column, match[1]) for column, match in zip(columns, found, strict=True) if match)
    if days is None:
        return Pruning(())
    if len(shown) < len(columns):
        missing = ", ".join(column for column in columns if column not in dict(shown))
        return Pruning(
            shown, f"EXPLAIN does not show which partitions are read ({missing}): it may be the whole table."
        )
    if not all(_is_of(days, values, day) for _, values in shown):
        return Pruning(shown, f"EXPLAIN shows that a query of {day} reads more than its day: {Pruning(shown).text}.")
    return Pruning(shown)


def _is_of(days: Days, values: str, day: date) -> bool:
    """Whether all values are those that the statement asks for."""
    asked = {quoted or number for quoted, number in _LITERAL.findall(days.between(day, day))}
    found = {value for value in _BETWEEN_VALUES.split(values) if value}
    return bool(found) and found <= asked
