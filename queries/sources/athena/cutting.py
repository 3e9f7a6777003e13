"""The result of a query for several days, cut into its days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from ssmtrail.queries.sources.athena import plan
from ssmtrail.queries.sources.athena.emptiness import NOTHING, unproved_days
from ssmtrail.queries.sources.athena.errors import AthenaError
from ssmtrail.queries.sources.athena.results import rows_by_day, select_day
from ssmtrail.queries.sources.base import DayFailure
from ssmtrail.queries.store.parcels import DayParcel

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date, datetime
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.sources.athena.fetch import Arrived, Runner
    from ssmtrail.queries.sources.athena.tables import Table
    from ssmtrail.queries.store.journal import Run


@dataclass(frozen=True, slots=True)
class Cutting:
    """Makes parcels of answers, and failures of what is no day's answer."""

    table: Table
    sizes: Mapping[date, int]
    """Bytes of the days whose files could be listed."""
    connection: DuckDBPyConnection
    runner: Runner

    def parcels(self, found: Arrived, days: set[date], parts: Sequence[Path]) -> Iterator[DayParcel | DayFailure]:
        """What an answer, whose rows lie in `parts`, says of these days; its files are removed, its queries done."""
        try:
            yield from self._cut(found, days, parts)
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

    def _cut(self, found: Arrived, days: set[date], parts: Sequence[Path]) -> Iterator[DayParcel | DayFailure]:
        asked_for = list(plan.each(found.job.first, found.job.last))
        rows = rows_by_day(self.connection, parts)
        if strange := sorted(rows.keys() - {day.isoformat() for day in asked_for}):
            raise AthenaError(
                f"Athena answered with rows of a day that was not asked for: {strange[0][:40] or 'none'}."
            )
        total = sum(run.bytes for run in found.runs)
        if not total and not rows and not any(run.reused for run in found.runs):
            yield DayFailure(tuple(sorted(days)), NOTHING, "missing")
            return
        asked, share = min(map(_asked_at, found.runs)), plan.shared(total, asked_for, self.sizes)
        unproved = unproved_days(self.table, found, days, rows, self.sizes, self.runner)
        yield from unproved
        for day in sorted(days.difference(*(each.days for each in unproved)), reverse=True):
            yield DayParcel(day, select_day(parts, day), asked, share[day])


def _asked_at(run: Run) -> datetime:
    """Since when files may be missing in an answer: the service's own clock counts, a reused answer is older."""
    asked = run.started_at or run.asked_at
    return asked - timedelta(minutes=run.reuse) if run.reused else asked
