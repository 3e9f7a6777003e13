"""A CloudTrail table in Athena as a source of days."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from ssmtrail.queries.engine import EitherEvent
from ssmtrail.queries.model import Progress
from ssmtrail.queries.sources.athena import plan
from ssmtrail.queries.sources.athena.address import AthenaTerms
from ssmtrail.queries.sources.athena.answers import pruning_check, query_shape
from ssmtrail.queries.sources.athena.catalog import Catalog, read_catalog, sizes_of
from ssmtrail.queries.sources.athena.client import Workgroup, read_workgroup
from ssmtrail.queries.sources.athena.console_queries import console_query, with_table_notes
from ssmtrail.queries.sources.athena.fetch import Failed, Fetching, Piece, Runner, jobs_of
from ssmtrail.queries.sources.athena.parcels import DaySplitter
from ssmtrail.queries.sources.athena.results import as_columns
from ssmtrail.queries.sources.base import DayFailure, MetadataEstimate
from ssmtrail.queries.store.parcels import DayParcel

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.model import ConsoleQueryName, ConsoleSql, Scope
    from ssmtrail.queries.sources.athena.client import Aws
    from ssmtrail.queries.sources.athena.statements import Extraction
    from ssmtrail.queries.store.journal import Journal, Run
    from ssmtrail.queries.times import Unit, Window
    from ssmtrail.queries.trust import Trust


@dataclass(slots=True)
class AthenaSource:
    """Implements `ssmtrail.queries.sources.base.DaySource`; `client.connected` makes `aws`."""

    aws: Aws
    terms: AthenaTerms = field(default_factory=AthenaTerms)
    given: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Values of partition columns to restrict queries to."""
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    _catalog: Catalog | None = None
    _group: Workgroup | None = None
    _sizes: dict[date, int] = field(default_factory=dict)
    _stops: dict[str, threading.Event] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def identity(self) -> str:
        """Account, region and table: two profiles that reach the same table share its stored days."""
        address = self.aws.address
        owner = self.aws.account or f"profile {address.profile or 'default'}"
        return f"athena:{owner}:{address.region}:{address.catalog}.{address.database}.{address.table}"

    @property
    def subset(self) -> Mapping[str, tuple[str, ...]]:
        """The values that queries are restricted to."""
        return self.given

    @property
    def label(self) -> str:
        """The table's name for the header; may be hostile."""
        return f"athena {self.aws.address.shown_table}"

    @property
    def threshold(self) -> float:
        """Dollars above which to ask first."""
        return self.terms.threshold

    @property
    def open_age(self) -> timedelta:
        """Maximum age of the copy of an open day."""
        return timedelta(minutes=self.terms.open_minutes)

    @property
    def recheck_days(self) -> int:
        """How many of the last days are read again, once per run."""
        return self.terms.recheck_days

    def needed_days(
        self, window: Window, look_around: int, today: date, cancelled: threading.Event
    ) -> tuple[date, ...]:
        """The days that a window needs; if it has no beginning, from the first day of the table's projection range."""
        table = self.catalog(cancelled).table
        if window.start is None and (begin := table.reach(today)[0]) is not None:
            window = type(window)(datetime(begin.year, begin.month, begin.day, tzinfo=UTC), window.end)
            look_around = 0 if window.end is None else look_around
        first, last = plan.needed(window, look_around, today, delivery=table.is_delivery)
        return tuple(plan.each(first, last))

    def closes(self, day: date) -> datetime:
        """When a day is final."""
        return plan.closes(day, delivery=self._catalog is None or self._catalog.table.is_delivery)

    def metadata_estimate(self, days: Sequence[date], cancelled: threading.Event) -> MetadataEstimate:
        """From the projection range, the partitions, the listed sizes and the workgroup's limit."""
        catalog = self.catalog(cancelled)
        absent = dict(self._absent(catalog, days))
        sizes = sizes_of(self.aws, catalog, (day for day in days if day not in absent), cancelled)
        self._sizes |= sizes.bytes
        absent |= sizes.archived
        absent |= {
            day: "its folder has no files" for day, size in sizes.bytes.items() if not size and day not in absent
        }
        group = self._workgroup(cancelled)
        why = (group.no_reuse,) if group.no_reuse and self.terms.reuse_minutes else ()
        return MetadataEstimate(absent, sizes.bytes, group.limit, (*catalog.table.warnings, *why))

    def query_shape(self, cancelled: threading.Event) -> str:
        """A hash of the statement that fetches a day; empty if no partition column holds days."""
        return query_shape(self.catalog(cancelled).table)

    def pruning_check(self, day: date, cancelled: threading.Event) -> str:
        """By the free `EXPLAIN` of a day's query."""
        return pruning_check(self.aws, self.catalog(cancelled).table, day, cancelled)

    def console_sql(
        self,
        name: ConsoleQueryName,
        scope: Scope,
        unit: Unit,
        look_around: int,
        trust: Trust,
        cancelled: threading.Event,
    ) -> ConsoleSql:
        """A console query for this table. Raises FilterError, UsageError."""
        table = self.catalog(cancelled).table
        query = console_query(
            table, name, scope, unit=unit, look_around_days=look_around, leave_out=True, trust=trust
        )  # fmt: skip
        return with_table_notes(query, table)

    def query_ranges(
        self, days: Sequence[date], sizes: Mapping[date, int], limit: int | None
    ) -> list[tuple[date, date]]:
        """The days grouped into queries; one query if the table is not partitioned, as each scans it whole."""
        if self._catalog is not None and self._catalog.table.days is None and days:
            return [(min(days), max(days))]
        return plan.query_ranges(days, sizes, limit)

    def price(self, run_bytes: int) -> float:
        """Dollars for a query that scans `run_bytes`."""
        return plan.price(run_bytes, self.terms.price)

    def read(
        self,
        days: Sequence[date],
        journal: Journal,
        connection: DuckDBPyConnection,
        scratch: Path,
        report: Callable[[Progress], None],
        cancelled: threading.Event,
        fresh: Collection[date] = (),
    ) -> Iterator[DayParcel | DayFailure]:
        """Fetch days, several in a query; see `DaySource.read`."""
        table = self.catalog(cancelled).table
        wanted = set(days)
        seen: dict[str, Run] = {}
        halt = threading.Event()
        stop = EitherEvent(cancelled, halt)
        runner = Runner(
            self.aws, journal, stop, lambda run: seen.__setitem__(run.token, run), self.now,
            partial(self._reusable, fresh, self._workgroup(cancelled)),
        )  # fmt: skip
        fetching = Fetching(table, runner, scratch, stop, halt, self._stops)
        splitter = DaySplitter(table, self._sizes, connection, runner, self.price)
        jobs = list(jobs_of(table, self._ranges_to_read(wanted, journal, cancelled)))
        runner.abandon(wanted, {statement.sql for job in jobs for statement in job.statements})
        done: set[date] = set()

        def report_progress() -> None:
            runs = tuple(seen.values())
            size = sum(run.bytes for run in runs)
            price = sum(self.price(run.bytes) for run in runs if run.bytes)
            report(Progress("reading", bytes_done=size, days_done=len(done), days_total=len(wanted), price=price))

        report_progress()
        parts: dict[str, list[Path]] = {}
        for found in fetching.run(jobs, report_progress):
            if isinstance(found, Piece):
                parts.setdefault(found.attempt, []).append(as_columns(connection, found.path))
                report_progress()
                continue
            own = wanted.intersection(plan.each(found.job.first, found.job.last))
            if isinstance(found, Failed):
                error = found.error
                yield DayFailure(tuple(sorted(own)), str(error), error=error)
            else:
                for each in splitter.parcels(found, own, parts.pop(found.attempt, [])):
                    yield self._priced(each, found.runs) if isinstance(each, DayParcel) else each
            done |= own
            report_progress()

    def stop(self, run: Run) -> None:
        """Stop one query of this process."""
        if run.token in self._stops:
            self._stops[run.token].set()

    def catalog(self, cancelled: threading.Event) -> Catalog:
        """The table's description, read once. Raises AthenaError, SourceError, UsageError."""
        with self._lock:
            if self._catalog is None:
                self._catalog = read_catalog(self.aws, self.given, cancelled)
            return self._catalog

    def _priced(self, parcel: DayParcel, runs: Sequence[Run]) -> DayParcel:
        """The parcel with its share of the price of its queries."""
        paid = sum(self.price(run.bytes) for run in runs if run.bytes and not run.reused)
        total = sum(run.bytes for run in runs)
        return replace(parcel, price=paid * parcel.bytes / total if total else 0.0)

    def _reusable(self, fresh: Collection[date], group: Workgroup, statement: Extraction) -> int:
        """Maximum age in minutes of an earlier result: one from before its days were final would lack late files."""
        if group.no_reuse or any(statement.first <= day <= statement.last for day in fresh):
            return 0
        final = self.now() - self.closes(statement.last)
        return max(0, min(self.terms.reuse_minutes, final // timedelta(minutes=1)))

    def _ranges_to_read(
        self, wanted: set[date], journal: Journal, cancelled: threading.Event
    ) -> Iterator[tuple[date, date]]:
        """The ranges of unfinished queries, then those of the other days."""
        left = set(wanted)
        for run in journal.unfinished():
            own = set(plan.each(run.first, run.last))
            if own & left:
                yield run.first, run.last
                left -= own
        yield from self.query_ranges(sorted(left), self._sizes, self._workgroup(cancelled).limit if left else None)

    def _absent(self, catalog: Catalog, days: Sequence[date]) -> Iterator[tuple[date, str]]:
        table = catalog.table
        first, last = table.reach(self.now().date())
        shown = " to ".join(table.range) if table.range else ""
        for day in days:
            if (first and day < first) or (last and day > last):
                yield day, f"outside the table's projection range ({shown})"
            elif catalog.partitions is not None and day not in catalog.partitions:
                yield day, "the table has no partition for this day: add it, or use partition projection"

    def _workgroup(self, cancelled: threading.Event) -> Workgroup:
        """The settings of the workgroup, read once."""
        if self._group is None:
            self._group = read_workgroup(self.aws, cancelled)
        return self._group
