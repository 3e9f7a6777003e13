"""A CloudTrail table in Athena as a source of days."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Literal

from ssmtrail.queries.sources.athena import plan
from ssmtrail.queries.sources.athena.address import AthenaTerms
from ssmtrail.queries.sources.athena.answers import pruning_check, query_shape
from ssmtrail.queries.sources.athena.catalog import Catalog, read_catalog
from ssmtrail.queries.sources.athena.client import Workgroup, connected, read_workgroup
from ssmtrail.queries.sources.athena.console_queries import console_query, with_table_notes
from ssmtrail.queries.sources.athena.errors import AthenaError
from ssmtrail.queries.sources.athena.listing import Folder, sizes_of
from ssmtrail.queries.sources.athena.reading import Reading
from ssmtrail.queries.sources.athena.runner import Runner
from ssmtrail.queries.sources.base import DayFailure, MetadataEstimate
from ssmtrail.queries.times import each_day, midnight

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.model import Budgets, ConsoleQueryName, ConsoleSql, Progress, Scope
    from ssmtrail.queries.sources.allowance import Allowance
    from ssmtrail.queries.sources.athena.client import Aws
    from ssmtrail.queries.sources.athena.statements import Extraction
    from ssmtrail.queries.store.journal import Journal, Run
    from ssmtrail.queries.store.parcels import DayParcel
    from ssmtrail.queries.times import Unit, Window
    from ssmtrail.queries.trust import Trust


@dataclass(slots=True)
class AthenaSource:
    """Implements `ssmtrail.queries.sources.base.DaySource`; `client.connected` makes `aws`."""

    kind: ClassVar[Literal["table"]] = "table"

    aws: Aws
    terms: AthenaTerms = field(default_factory=AthenaTerms)
    given: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Values of partition columns to restrict queries to."""
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC))
    _catalog: Catalog | None = None
    _group: Workgroup | None = None
    _sizes: dict[date, int] = field(default_factory=dict)
    folders: dict[str, Folder] = field(default_factory=dict)
    """Folders that were listed, so that a second plan lists those that the first had no time for."""
    _is_expired: bool = False
    """Whether AWS refused the credentials since it was connected."""
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
    def ask_above(self) -> float:
        """Dollars above which to ask first."""
        return self.terms.ask_above

    @property
    def max_price(self) -> float | None:
        """Dollars that a run may cost at all."""
        return self.terms.max_price

    @property
    def budgets(self) -> Budgets:
        """Dollars that its caller may spend a day and a month."""
        return self.terms.budgets

    @property
    def caller(self) -> str:
        """ARN of the credentials; empty where STS does not answer."""
        return self.aws.caller

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
        self._reconnect()
        table = self.catalog(cancelled).table
        if window.start is None and (begin := table.reach(today)[0]) is not None:
            window = type(window)(midnight(begin, UTC), window.end)
            look_around = 0 if window.end is None else look_around
        first, last = plan.needed(window, look_around, today, delivery=table.is_delivery)
        return tuple(each_day(first, last))

    def closes(self, day: date) -> datetime:
        """When a day is final."""
        return plan.closes(day, delivery=self._catalog is None or self._catalog.table.is_delivery)

    def metadata_estimate(
        self, days: Sequence[date], cancelled: threading.Event, listed: Callable[[int, int], None]
    ) -> MetadataEstimate:
        """From the projection range, the partitions, the listed sizes and the workgroup's limit."""
        with self._noting_expiry():
            return self._estimate(days, cancelled, listed)

    def _estimate(
        self, days: Sequence[date], cancelled: threading.Event, listed: Callable[[int, int], None]
    ) -> MetadataEstimate:
        catalog = self.catalog(cancelled)
        absent = dict(self._absent(catalog, days, cancelled))
        there = [day for day in days if day not in absent]
        sizes = sizes_of(self.aws, catalog, there, cancelled, self.folders, listed)
        # Files still arrive in the folders of open days; a day without any is looked at anew before it is left out.
        changing = [day for day in days if self.now() < self.closes(day) or not sizes.bytes.get(day, 1)]
        self._forget_folders(catalog, changing, cancelled)
        self._sizes |= sizes.bytes
        absent |= sizes.archived
        absent |= {
            day: "its folder has no files" for day, size in sizes.bytes.items() if not size and day not in absent
        }
        group = self._workgroup(cancelled)
        why = (group.no_reuse,) if group.no_reuse and self.terms.reuse_minutes else ()
        return MetadataEstimate(
            absent, sizes.bytes, sizes.sampled, group.limit, (*catalog.table.warnings, *why), group.reservation
        )

    def query_shape(self, cancelled: threading.Event) -> str:
        """A hash of the statement that fetches a day; empty if no partition column holds days."""
        return query_shape(self.catalog(cancelled).table)

    def pruning_check(self, day: date, cancelled: threading.Event) -> str:
        """By the free `EXPLAIN` of a day's query."""
        with self._noting_expiry():
            table = self.catalog(cancelled).table
            return pruning_check(self.aws, table, day, cancelled, deletes=self.terms.delete_results)

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

    def bytes_for(self, dollars: float) -> int:
        """Bytes that may be scanned for so many dollars."""
        return plan.bytes_for(dollars, self.terms.price)

    def read(
        self,
        days: Sequence[date],
        journal: Journal,
        connection: DuckDBPyConnection,
        scratch: Path,
        report: Callable[[Progress], None],
        cancelled: threading.Event,
        allowance: Allowance,
        fresh: Collection[date] = (),
    ) -> Iterator[DayParcel | DayFailure]:
        """Fetch days, several in a query; see `DaySource.read`.

        Where the workgroup ends queries at a limit and no size is known, one day is read first: it tells how many
        days fit into a query.
        """
        group = self._workgroup(cancelled)
        reading = Reading(
            table=self.catalog(cancelled).table,
            runner=Runner(
                self.aws,
                journal,
                cancelled,
                lambda _: None,
                self.now,
                partial(self._reusable, fresh, group),
                allowance,
                self.terms.delete_results,
                bool(group.reservation),
            ),
            connection=connection,
            scratch=scratch,
            report=report,
            listed=self._sizes,
            sizes={**allowance.sizes, **self._sizes},
            limit=group.limit,
            ranges=self.query_ranges,
            price=self.price,
            stops=self._stops,
        )
        # A day that fails because more was scanned than was listed is listed anew for the next plan.
        self._forget_folders(self.catalog(cancelled), days, cancelled)
        with self._noting_expiry():
            for each in reading.run(set(days)):
                if isinstance(each, DayFailure) and isinstance(each.error, AthenaError):
                    self._is_expired |= each.error.is_expired
                yield each

    def stop(self, run: Run) -> None:
        """Stop one query of this process."""
        if run.token in self._stops:
            self._stops[run.token].set()

    def catalog(self, cancelled: threading.Event) -> Catalog:
        """The table's description, read once. Raises AthenaError, SourceError, UsageError."""
        with self._lock:
            if self._catalog is None:
                with self._noting_expiry():
                    self._catalog = read_catalog(self.aws, self.given, cancelled)
            return self._catalog

    @contextmanager
    def _noting_expiry(self) -> Iterator[None]:
        try:
            yield
        except AthenaError as error:
            self._is_expired |= error.is_expired
            raise

    def _reconnect(self) -> None:
        """Connect with renewed credentials after the former have expired.

        Raises AthenaError where there are none, or where they are of another account: its days have another store.
        """
        if not self._is_expired:
            return
        aws = connected(self.aws.address, may_ask=False)
        if aws.account != self.aws.account:
            raise AthenaError(
                f"The credentials are of account {aws.account} now, not {self.aws.account}: open it again."
            )
        self.aws, self._catalog, self._group, self._is_expired = aws, None, None, False

    def _forget_folders(self, catalog: Catalog, days: Sequence[date], cancelled: threading.Event) -> None:
        for places in catalog.folders(days, cancelled).values():
            for place in places:
                self.folders.pop(place, None)

    def _reusable(self, fresh: Collection[date], group: Workgroup, statement: Extraction) -> int:
        """Maximum age in minutes of an earlier result: one from before its days were final would lack late files."""
        if group.no_reuse or any(statement.first <= day <= statement.last for day in fresh):
            return 0
        final = self.now() - self.closes(statement.last)
        return max(0, min(self.terms.reuse_minutes, final // timedelta(minutes=1)))

    def _absent(self, catalog: Catalog, days: Sequence[date], cancelled: threading.Event) -> Iterator[tuple[date, str]]:
        table = catalog.table
        first, last = table.reach(self.now().date())
        shown = " to ".join(table.range) if table.range else ""
        listed = None if catalog.listed is None else catalog.listed.places(days, cancelled)
        for day in days:
            if (first and day < first) or (last and day > last):
                yield day, f"outside the table's projection range ({shown})"
            elif listed is not None and day not in listed:
                yield day, "the table has no partition for this day: add it, or use partition projection"

    def reservation(self, cancelled: threading.Event) -> str:
        """The reserved capacity that queries run on; empty for none. Raises AthenaError, Cancelled."""
        return self._workgroup(cancelled).reservation

    def _workgroup(self, cancelled: threading.Event) -> Workgroup:
        """The settings of the workgroup, read once."""
        if self._group is None:
            self._group = read_workgroup(self.aws, cancelled)
        return self._group
