"""Whether a day without rows has records at all: an unproved zero is no answer."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.sources.athena.answers import Answers
from ssmtrail.queries.sources.athena.errors import AthenaError
from ssmtrail.queries.sources.athena.fetch import Runner
from ssmtrail.queries.sources.athena.statements import MOST_BYTES, any_record
from ssmtrail.queries.sources.base import DayFailure

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date

    from ssmtrail.queries.sources.athena.fetch import Arrived, Runner
    from ssmtrail.queries.sources.athena.tables import Table


#: Days that one statement looks into: each is a stage of the query or two, of which an engine takes 100 at the least.
_MOST_DAYS: Final = 20


NOTHING: Final = "Athena found no record there: no files lie where the table looks for them, or none that it reads"


def unproved_days(
    table: Table,
    found: Arrived,
    days: Collection[date],
    rows: Mapping[str, int],
    sizes: Mapping[date, int],
    runner: Runner,
) -> list[DayFailure]:
    """Days of an answer that cannot be kept as days without sessions. Raises Cancelled, StoreError.

    `rows` counts rows by day (`YYYY-MM-DD`), `sizes` has the bytes of days that were listed.
    """
    if not (empty := _doubtful(table, found, days, rows, sizes)):
        return []
    try:
        proved = _with_records(table, empty, runner)
    except AthenaError as error:
        return [DayFailure(tuple(empty), str(error), error=error)]
    missing = tuple(day for day in empty if day not in proved)
    return [DayFailure(missing, NOTHING, "missing")] if missing else []


def _doubtful(
    table: Table, found: Arrived, days: Collection[date], rows: Mapping[str, int], sizes: Mapping[date, int]
) -> list[date]:
    """Days of an answer without rows whose files nobody has seen.

    A partition that was never added, a day outside a projection, an empty folder, objects in Glacier give no rows and
    no error. Bytes that were read for one day alone speak for it; a table without days in its partitions is read
    whole, so that its zero is one.
    """
    if table.days is None:
        return []
    alone = found.job.first == found.job.last and any(run.bytes for run in found.runs)
    return [] if alone else sorted(day for day in days if not rows.get(day.isoformat()) and not sizes.get(day))


def _with_records(table: Table, days: Collection[date], runner: Runner) -> set[date]:
    """Those of the days that have any record, whatever it tells; reads as little as finds one.

    Raises AthenaError, Cancelled, StoreError.
    """
    answers, told = Answers(runner.aws, runner.journal, runner.now), set[str | None]()
    for some in _groups(table, sorted(days)):
        told |= {day for (day,) in answers.of(any_record(table, some), some[-1], runner.cancelled).rows}
    answers.settle()
    return {day for day in days if day.isoformat() in told}


def _groups(table: Table, days: list[date]) -> list[list[date]]:
    """The days that go into one statement: so many, or one where that would be longer than Athena takes."""
    size = _MOST_DAYS if len(any_record(table, days[:_MOST_DAYS]).encode()) <= MOST_BYTES else 1
    return [days[at : at + size] for at in range(0, len(days), size)]
