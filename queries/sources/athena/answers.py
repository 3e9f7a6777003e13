"""Small results through the cursor, and the check that a day's query reads only its own partitions."""

from __future__ import annotations

import hashlib
import re
import tempfile
import threading
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import random
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from ssmtrail.queries.errors import Cancelled
from ssmtrail.queries.sources.allowance import Allowance
from ssmtrail.queries.sources.athena.errors import AthenaError
from ssmtrail.queries.sources.athena.runner import Runner
from ssmtrail.queries.sources.athena.statements import Extraction, explained, extraction
from ssmtrail.queries.store.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Callable

    from ssmtrail.queries.sources.athena.client import Aws
    from ssmtrail.queries.sources.athena.partitions import Days
    from ssmtrail.queries.sources.athena.tables import Table
    from ssmtrail.queries.store.journal import Run

#: Tries of a statement while waiting can help.
_TRIES: Final = 6
_LONGEST_PAUSE: Final = 8.0
#: An unfinished query of an earlier process that is older than this is not reused: its answer would be out of date.
_LONGEST_AGE: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Answered:
    """The rows of a result, all text."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]
    bytes: int
    """Scanned."""
    id: str
    """Athena's id of the query."""
    asked_at: datetime
    """UTC."""
    is_found: bool = False
    """Whether an earlier process had run the query, so that it was not paid again."""


@dataclass(slots=True)
class Answers:
    """Runs statements with small results; takes the result of a killed process's query instead of running it again."""

    aws: Aws
    journal: Journal
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    """The clock, zone-aware UTC."""
    allowance: Allowance = field(default_factory=Allowance)
    """What the statements may be billed for."""
    deletes: bool = False
    """Whether the files of results are deleted after they were used."""
    provisioned: bool = False
    """Whether statements run on reserved capacity, so that scans have no price."""
    left: list[str] = field(default_factory=list)
    """Why files of results are left, a sentence each."""
    _taken: list[Run] = field(default_factory=list)

    def of(self, sql: str, day: date, cancelled: threading.Event, estimate: int | None = None) -> Answered:
        """Run a statement, retry it if that helps, and return its result; `day` is noted in the journal.

        `estimate` is what it may scan, in bytes; None if unknown. Stops the query when `cancelled` is set. Raises
        AthenaError, Cancelled, StoreError.
        """
        runner = self._runner(cancelled)
        left = self.left_behind(sql)
        for number in range(_TRIES):
            run = self.left_behind(sql) or runner.planned(Extraction(sql, day, day), "check", estimate)
            try:
                run, columns, rows = runner.answered(run, cancelled)
            except AthenaError as error:
                if error.retry != "later" or number == _TRIES - 1:
                    raise
            else:
                self._taken.append(run)
                is_found = left is not None and left.token == run.token
                return Answered(columns, rows, run.bytes, run.id, run.asked_at, is_found)
            if cancelled.wait(random() * min(_LONGEST_PAUSE, 2**number)):
                raise Cancelled
        raise AssertionError

    def left_behind(self, sql: str) -> Run | None:
        """A recent unfinished query of this statement, whose result has not been used."""
        since = self.now() - _LONGEST_AGE
        found = (run for run in self.journal.unfinished("check") if run.asked_at >= since)
        return next((run for run in found if run.sql == sql), None)

    def settle(self) -> None:
        """Note that the results have been used, so that the next call runs new queries; drop those that are too old."""
        runner = self._runner(threading.Event())
        self.left += [left for run in self._taken if (left := runner.done(run).left)]
        self._taken.clear()
        since = self.now() - _LONGEST_AGE
        for run in self.journal.unfinished("check"):
            if run.asked_at < since:
                self.journal.write(replace(run, state="failed", error="Its result was never used."))

    def _runner(self, cancelled: threading.Event) -> Runner:
        return Runner(
            self.aws, self.journal, cancelled, lambda _: None, self.now, allowance=self.allowance,
            deletes=self.deletes, provisioned=self.provisioned,
        )  # fmt: skip


def free_answer(aws: Aws, sql: str, day: date, cancelled: threading.Event, *, deletes: bool = False) -> Answered:
    """The result of a statement that costs nothing, without an entry in the journal."""
    with tempfile.TemporaryDirectory(prefix="ssmtrail-") as folder:
        answers = Answers(aws, Journal.of(Path(folder)), deletes=deletes)
        found = answers.of(sql, day, cancelled)
        answers.settle()
        return found


#: Any day: statements for two days differ only in the day.
_SOME_DAY: Final = date(2020, 1, 1)
#: A value of a plan, and whether it is the open end of a range: `[[2026/11/22/00, 2026/11/23/00)]`.
_VALUE: Final = re.compile(r"([^\[\](),]+)(\)?)")
#: The node of a plan that reads nothing, as no partition is left; a scan is named `TableScan`, `ScanProject`, ….
_NO_ROWS: Final = re.compile(r"^\W*Values\b", re.MULTILINE)
_SCAN: Final = "Scan"
#: Characters of a partition's values that are shown.
_MOST_SHOWN: Final = 80


@dataclass(frozen=True, slots=True)
class Pruning:
    """The partitions that a query plan reads."""

    shown: tuple[tuple[str, str], ...]
    """Partition columns of days with the values that the plan reads: `[[2026/11/22]]`."""
    doubt: str = ""
    """Why the plan does not prove pruning; empty if it does."""

    @property
    def text(self) -> str:
        """`timestamp [[2026/11/22]]`; empty if the plan shows nothing."""
        return ", ".join(f"{column} {values[:_MOST_SHOWN]}" for column, values in self.shown)


def query_shape(table: Table) -> str:
    """A hash of the statement that fetches a day, the same for every day; empty if no partition column holds days."""
    if table.days is None:
        return ""
    sql = "\n".join(each.sql for each in extraction(table, _SOME_DAY, _SOME_DAY))
    return hashlib.sha256(sql.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def pruning_check(aws: Aws, table: Table, day: date, cancelled: threading.Event, *, deletes: bool = False) -> str:
    """Why a day's query may read more than its partitions; empty if EXPLAIN proves that it does not.

    Raises AthenaError if Athena rejects the statement itself.
    """
    try:
        return pruning(aws, table, day, cancelled, deletes=deletes).doubt
    except AthenaError as error:
        if error.retry not in {"later", "gone"}:
            raise
        return f"EXPLAIN did not show whether only the partitions of these days are read: {error}"


def pruning(aws: Aws, table: Table, day: date, cancelled: threading.Event, *, deletes: bool = False) -> Pruning:
    """Read the plan of a day's query: Athena checks the types and scans nothing.

    Raises AthenaError, UsageError, Cancelled.
    """
    sql = extraction(table, day, day)[0].sql
    found = free_answer(aws, explained(sql), day, cancelled, deletes=deletes)
    return read_plan(table.days, "\n".join(row[0] or "" for row in found.rows if row), day)


def read_plan(days: Days | None, plan: str, day: date) -> Pruning:
    """Read the partitions from a plan's text: `timestamp:string:PARTITION_KEY :: [[2026/11/22]]`.

    A plan without a scan reads nothing: its day has no partitions. Source: Trino's Hive connector (`make trino-hive`);
    Athena does not document the text.
    """
    columns = days.columns if days else ()
    found = (re.search(rf"\b{re.escape(each)}:\S+:PARTITION_KEY\s*::\s*(\[[^\n]*\])", plan) for each in columns)
    shown = tuple((column, match[1]) for column, match in zip(columns, found, strict=True) if match)
    if days is None or (_NO_ROWS.search(plan) and _SCAN not in plan):
        return Pruning(())
    if len(shown) < len(columns):
        missing = ", ".join(column for column in columns if column not in dict(shown))
        return Pruning(
            shown, f"EXPLAIN does not show which partitions are read ({missing}): it may be the whole table."
        )
    if not all(_is_of(days, column, values, day) for column, values in shown):
        return Pruning(shown, f"EXPLAIN shows that a query of {day} reads more than its day: {Pruning(shown).text}.")
    return Pruning(shown)


def _is_of(days: Days, column: str, values: str, day: date) -> bool:
    """Whether all values of a column are of the day: those of partitions, or the ends of a range."""
    found = [(value.strip(), bool(end)) for value, end in _VALUE.findall(values) if value.strip()]
    following = day + timedelta(days=1)
    return bool(found) and all(
        days.holds(column, value, day) or (is_end and days.begins(column, value, following)) for value, is_end in found
    )
