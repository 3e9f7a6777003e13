"""One reading of days: their queries, the parcels of their results, and the days that cannot be had."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ssmtrail.queries.engine import EitherEvent
from ssmtrail.queries.model import Progress
from ssmtrail.queries.sources.athena.errors import AthenaError
from ssmtrail.queries.sources.athena.fetch import Failed, Fetching, Piece, jobs_of
from ssmtrail.queries.sources.athena.parcels import DaySplitter
from ssmtrail.queries.sources.athena.results import as_columns
from ssmtrail.queries.sources.base import DayFailure
from ssmtrail.queries.store.parcels import DayParcel
from ssmtrail.queries.times import each_day

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import date
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.sources.athena.runner import Runner
    from ssmtrail.queries.sources.athena.tables import Table
    from ssmtrail.queries.store.journal import Run


@dataclass(slots=True, kw_only=True)
class Reading:
    """Reads days, several in a query, and splits the results by day."""

    table: Table
    runner: Runner
    """Its `cancelled` ends the reading."""
    connection: DuckDBPyConnection
    scratch: Path
    report: Callable[[Progress], None]
    listed: Mapping[date, int]
    """Bytes of the days whose files were listed."""
    sizes: dict[date, int]
    """Bytes of days, as far as they are known or estimated."""
    limit: int | None
    """Bytes after which the workgroup ends a query."""
    ranges: Callable[[Sequence[date], Mapping[date, int], int | None], list[tuple[date, date]]]
    """Groups days into queries."""
    price: Callable[[int], float]
    stops: dict[str, threading.Event]
    """By token: set to stop one query."""
    _seen: dict[str, Run] = field(default_factory=dict)
    _done: set[date] = field(default_factory=set)
    _total: int = 0
    _ending: AthenaError | None = None

    def run(self, wanted: set[date]) -> Iterator[DayParcel | DayFailure]:
        """Yield every day once, as a parcel or in a failure.

        Where the workgroup ends queries at a limit and a size is unknown, one day is read first: it tells how many
        days fit into a query.
        """
        self._total = len(wanted)
        self._report()
        is_probed = self.limit is not None and wanted - self.sizes.keys() and not self.runner.journal.unfinished()
        first = {max(wanted)} if is_probed else wanted
        yield from self._read(first)
        if is_probed and self._ending is None:
            scanned = sum(run.bytes for run in self._seen.values())
            self.sizes |= dict.fromkeys(wanted - self.sizes.keys(), scanned)
            yield from self._read(wanted - first)
        if self._ending is not None and (left := wanted - self._done):
            yield _failure(left, self._ending)

    def _read(self, days: set[date]) -> Iterator[DayParcel | DayFailure]:
        halt = threading.Event()
        runner = replace(self.runner, cancelled=EitherEvent(self.runner.cancelled, halt), report=self._note)
        jobs = list(jobs_of(self.table, self._ranges_to_read(days)))
        runner.abandon(days, {statement.sql for job in jobs for statement in job.statements})
        splitter = DaySplitter(self.table, self.listed, self.connection, runner, self.price)
        fetching = Fetching(self.table, runner, self.scratch, runner.cancelled, halt, self.stops)
        parts: dict[str, list[Path]] = {}
        for found in fetching.run(jobs, self._report):
            if isinstance(found, Piece):
                parts.setdefault(found.attempt, []).append(as_columns(self.connection, found.path))
                self._report()
                continue
            own = days.intersection(each_day(found.job.first, found.job.last))
            if isinstance(found, Failed):
                yield _failure(own, found.error)
            else:
                for each in splitter.parcels(found, own, parts.pop(found.attempt, [])):
                    yield self._priced(each, found.runs) if isinstance(each, DayParcel) else each
            self._done |= own
            self._report()
        self._ending = fetching.ending

    def _ranges_to_read(self, wanted: set[date]) -> Iterator[tuple[date, date]]:
        """The ranges of unfinished queries, then those of the other days."""
        left = set(wanted)
        for run in self.runner.journal.unfinished():
            own = set(each_day(run.first, run.last))
            if own & left:
                yield run.first, run.last
                left -= own
        yield from self.ranges(sorted(left), self.sizes, self.limit)

    def _note(self, run: Run) -> None:
        self._seen[run.token] = run

    def _report(self) -> None:
        runs = tuple(self._seen.values())
        size = sum(run.bytes for run in runs)
        price = sum(self.price(run.bytes) for run in runs if run.bytes and not run.is_free)
        self.report(
            Progress("reading", bytes_done=size, days_done=len(self._done), days_total=self._total, price=price)
        )

    def _priced(self, parcel: DayParcel, runs: Sequence[Run]) -> DayParcel:
        """The parcel with its share of the price of its queries."""
        paid = sum(self.price(run.bytes) for run in runs if run.bytes and not run.is_free)
        total = sum(run.bytes for run in runs)
        return replace(parcel, price=paid * parcel.bytes / total if total else 0.0)


def _failure(days: set[date], error: Exception) -> DayFailure:
    if isinstance(error, AthenaError) and error.retry == "unreadable" and len(days) == 1:
        return DayFailure(tuple(days), str(error), "unreadable", error, error.file)
    is_gone = isinstance(error, AthenaError) and error.retry == "gone"
    return DayFailure(tuple(sorted(days)), str(error), "gone" if is_gone else "failed", error)
