"""The result of a query split into parcels of one day; days without any record are reported as missing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.sources.athena import plan
from ssmtrail.queries.sources.athena.answers import Answers
from ssmtrail.queries.sources.athena.errors import AthenaError
from ssmtrail.queries.sources.athena.results import rows_by_day, select_day
from ssmtrail.queries.sources.athena.statements import MOST_BYTES, any_record
from ssmtrail.queries.sources.base import DayFailure
from ssmtrail.queries.store.parcels import DayParcel
from ssmtrail.queries.times import each_day

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from datetime import date, datetime
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.sources.athena.fetch import Arrived
    from ssmtrail.queries.sources.athena.runner import Runner
    from ssmtrail.queries.sources.athena.tables import Table
    from ssmtrail.queries.store.journal import Run

#: Days that one statement checks: each takes up to two stages of the query, and an engine allows at least 100.
_MOST_DAYS: Final = 20


NOTHING: Final = (
    "Athena found no record of this day: the table's location has no files of it, or none that Athena reads"
)


def unproved_days(
    table: Table,
    found: Arrived,
    days: Collection[date],
    rows: Mapping[str, int],
    sizes: Mapping[date, int],
    runner: Runner,
) -> list[DayFailure]:
    """Days of a result that cannot be stored as days without sessions. Raises Cancelled, StoreError.

    `rows` counts rows by day (`YYYY-MM-DD`), `sizes` has the bytes of the listed days.
    """
    if not (empty := _without_proof(table, found, days, rows, sizes)):
        return []
    try:
        proved = _days_with_records(table, empty, runner)
    except AthenaError as error:
        return [DayFailure(tuple(empty), str(error), error=error)]
    missing = tuple(day for day in empty if day not in proved)
    return [DayFailure(missing, NOTHING, "missing")] if missing else []


def _without_proof(
    table: Table, found: Arrived, days: Collection[date], rows: Mapping[str, int], sizes: Mapping[date, int]
) -> list[date]:
    """Days without rows whose files were not listed.

    A partition that was never added, a day outside a projection, an empty folder and objects in Glacier all give no
    rows and no error. Bytes scanned for a single day prove that it has files. A table without days in its partitions
    is read whole, so no rows means no sessions.
    """
    if table.days is None:
        return []
    alone = found.job.first == found.job.last and any(run.bytes for run in found.runs)
    return [] if alone else sorted(day for day in days if not rows.get(day.isoformat()) and not sizes.get(day))


def _days_with_records(table: Table, days: Collection[date], runner: Runner) -> set[date]:
    """Those of the days that have any record; reads until the first one is found.

    Raises AthenaError, Cancelled, StoreError.
    """
    answers = Answers(runner.aws, runner.journal, runner.now, runner.allowance, runner.deletes, runner.provisioned)
    found = set[str | None]()
    for some in _groups(table, sorted(days)):
        found |= {day for (day,) in answers.of(any_record(table, some), some[-1], runner.cancelled).rows}
    answers.settle()
    return {day for day in days if day.isoformat() in found}


def _groups(table: Table, days: list[date]) -> list[list[date]]:
    """The days grouped into statements: several each, or one if the text would be too long for Athena."""
    size = _MOST_DAYS if len(any_record(table, days[:_MOST_DAYS]).encode()) <= MOST_BYTES else 1
    return [days[at : at + size] for at in range(0, len(days), size)]


@dataclass(frozen=True, slots=True)
class DaySplitter:
    """Splits the result of a job into a parcel for each day, or a failure."""

    table: Table
    sizes: Mapping[date, int]
    """Bytes of the days whose files were listed."""
    connection: DuckDBPyConnection
    runner: Runner
    price: Callable[[int], float]
    """Dollars for a query that scans so many bytes."""

    def parcels(self, found: Arrived, days: set[date], parts: Sequence[Path]) -> Iterator[DayParcel | DayFailure]:
        """The parcels of these days; `parts` are the files with the rows, deleted afterwards."""
        try:
            yield from self._split(found, days, parts)
        except AthenaError as error:
            for run in found.runs:
                self.runner.failed(run, error)
            yield DayFailure(tuple(sorted(days)), str(error), error=error)
            return
        finally:
            for file in parts:
                file.unlink(missing_ok=True)
        for run in found.runs:
            self.runner.done(run)

    def _split(self, found: Arrived, days: set[date], parts: Sequence[Path]) -> Iterator[DayParcel | DayFailure]:
        asked_for = list(each_day(found.job.first, found.job.last))
        rows = rows_by_day(self.connection, parts)
        if strange := sorted(rows.keys() - {day.isoformat() for day in asked_for}):
            raise AthenaError(f"Athena returned rows of a day that was not requested: {strange[0][:40] or 'none'}.")
        total = sum(run.bytes for run in found.runs)
        if not total and not rows and not any(run.reused for run in found.runs):
            yield DayFailure(tuple(sorted(days)), NOTHING, "missing")
            return
        complete_until, share = min(map(_complete_until, found.runs)), plan.shared(total, asked_for, self.sizes)
        queries, paid = tuple(run.id for run in found.runs), sum(self.price(run.bytes) for run in found.runs)
        unproved = unproved_days(self.table, found, days, rows, self.sizes, self.runner)
        yield from unproved
        for day in sorted(days.difference(*(each.days for each in unproved)), reverse=True):
            price = paid * (share[day] / total if total else 1 / len(asked_for))
            yield DayParcel(day, select_day(parts, day), complete_until, share[day], queries, price)


def _complete_until(run: Run) -> datetime:
    """The moment whose files a result has, by Athena's clock; a reused result may be as old as its limit."""
    started = run.started_at or run.asked_at
    return started - timedelta(minutes=run.reuse) if run.reused else started
