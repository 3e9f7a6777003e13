"""What every kind of source shares when it is read: the intake contract, and publishing while reading."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Protocol, cast

from ssmtrail.queries.ingest.coverage import coverage_of, tally_of
from ssmtrail.queries.ingest.files import Reading
from ssmtrail.queries.model import Plan, QueryRun

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from ssmtrail.queries.ingest.coverage import Tally
    from ssmtrail.queries.model import ConsoleQueryName, ConsoleSql, Coverage, Progress, Scope
    from ssmtrail.queries.sources.base import DaySource, Source
    from ssmtrail.queries.store.dataset import Dataset
    from ssmtrail.queries.store.sessions import Derived
    from ssmtrail.queries.times import Unit, Window


@dataclass(frozen=True, slots=True)
class Work:
    """One fetch: whom it tells, what ends it."""

    publish: Callable[[Derived], int]
    """Makes derived files what questions are asked of; gives the generation's number."""
    report: Callable[[Progress], None]
    cancelled: threading.Event
    closing: threading.Event
    """Set when nothing more is wanted, not even what is whole."""


class Intake(Protocol):
    """A source over its dataset."""

    patience: ClassVar[float]
    """Seconds that closing may wait for a fetch to stop what it runs elsewhere."""

    def fetch(self, work: Work, agreed: Plan | None) -> Progress:
        """Read what is new into the store. Raises SourceError, StoreError."""
        ...

    def plan(self, window: Window, cancelled: threading.Event, *, refresh: bool, again: int) -> Plan:
        """What a window would cost. Raises SourceError, UsageError, Cancelled."""
        ...

    def plan_again(self, key: str, cancelled: threading.Event) -> Plan:
        """What it would cost to have what a query did not bring. Raises SourceError, UsageError, Cancelled."""
        ...

    def console_sql(self, name: ConsoleQueryName, scope: Scope, unit: Unit, cancelled: threading.Event) -> ConsoleSql:
        """A console query as SQL. Raises FilterError, UsageError, SourceError."""
        ...

    def coverage(self, window: Window) -> Coverage:
        """What is kept, day by day."""
        ...

    def queries(self) -> tuple[QueryRun, ...]:
        """What ran, the newest first."""
        ...

    def stop(self, key: str) -> None:
        """Stop one query."""
        ...


@dataclass(slots=True)
class FileIntake:
    """A source of files: reading them costs time alone."""

    patience: ClassVar[float] = 0.0

    source: Source
    dataset: Dataset
    scratch_parent: Path
    now: Callable[[], datetime]
    look_around_days: int = 1
    _tally: Tally | None = field(default=None)

    def fetch(self, work: Work, agreed: Plan | None) -> Progress:
        """Read files that are new or changed."""
        reading = Reading(
            self.source, self.dataset, self.scratch_parent, work.publish, self._tell, work.report, work.cancelled,
            work.closing, self.now,
        )  # fmt: skip
        return reading.run()

    def plan(self, window: Window, cancelled: threading.Event, *, refresh: bool, again: int) -> Plan:
        """Nothing to pay."""
        return Plan(self.now())

    def plan_again(self, key: str, cancelled: threading.Event) -> Plan:
        """Nothing to pay."""
        return Plan(self.now())

    def console_sql(self, name: ConsoleQueryName, scope: Scope, unit: Unit, cancelled: threading.Event) -> ConsoleSql:
        """Over the documented table, since there is none here."""
        from ssmtrail.queries.sources.athena.console_queries import placeholder_sql

        return placeholder_sql(name, scope, unit=unit, look_around_days=self.look_around_days)

    def coverage(self, window: Window) -> Coverage:
        """From the files' manifests."""
        if self._tally is None:
            self._tell(tally_of(self.dataset.segments()))
        assert self._tally is not None
        return coverage_of(self._tally, window, self.now(), self.dataset.looked_at)

    def queries(self) -> tuple[QueryRun, ...]:
        """None."""
        return ()

    def stop(self, key: str) -> None:
        """Nothing to stop."""

    def _tell(self, tally: Tally) -> None:
        self._tally = tally


def intake_of(
    source: Source | DaySource, dataset: Dataset, scratch_parent: Path, now: Callable[[], datetime], look_around: int
) -> Intake:
    """The way in that fits a source: by days where it has any that close, else by files."""
    if hasattr(source, "closes"):
        from ssmtrail.queries.ingest.days import DayIntake

        return DayIntake(cast("DaySource", source), dataset, scratch_parent, now, look_around)
    return FileIntake(source, dataset, scratch_parent, now, look_around)
