"""One run over a source that charges: lease the agreed days, fetch, store and publish them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.engine import LateEngine, connect, joining_cursor
from ssmtrail.queries.errors import Cancelled, SourceError, UsageError
from ssmtrail.queries.ingest.publishing import Publishing, Report
from ssmtrail.queries.model import Progress
from ssmtrail.queries.sources.allowance import Allowance
from ssmtrail.queries.sources.budget import OVER_BUDGET
from ssmtrail.queries.store.atomic import scratch_folder, sweep_scratch
from ssmtrail.queries.store.kept_days import KeptDay, keep_day, kept_days, take_shared
from ssmtrail.queries.store.leases import Leases
from ssmtrail.queries.store.parcels import DayParcel
from ssmtrail.queries.store.segments import drop_segment
from ssmtrail.queries.times import each_day

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date, datetime
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.ingest.publishing import Work
    from ssmtrail.queries.model import Plan
    from ssmtrail.queries.sources.base import DayFailure, DaySource
    from ssmtrail.queries.sources.budget import Budget
    from ssmtrail.queries.store.dataset import Dataset
    from ssmtrail.queries.store.journal import Journal, Run

#: For splitting results into days.
_SPLITTING_MEMORY: Final = "200MB"
#: Seconds between two checks of days that another process fetches.
_WAIT: Final = 0.2


@dataclass(slots=True)
class DayReading:
    """One run over a source of days."""

    source: DaySource
    dataset: Dataset
    journal: Journal
    scratch_parent: Path
    engine: Callable[[], DuckDBPyConnection]
    """The engine that answers, for joining."""
    work: Work
    now: Callable[[], datetime]
    """The clock, zone-aware UTC."""
    arriving: set[date]
    """Days that are being fetched; the intake reads this set."""
    failures: dict[date, DayFailure]
    """Days that could not be fetched; the intake reads this mapping."""
    hard: int | None
    """Bytes that this run may be billed for, even where more was agreed to; None for no bound."""
    budget: Budget
    allowance: Allowance = field(default_factory=lambda: Allowance(0))
    """What the agreed days draw on."""
    _kept: dict[date, KeptDay] = field(default_factory=dict)
    _before: dict[date, str] = field(default_factory=dict)
    """Segment names of the days that were stored when this run began with the agreed days."""
    _fresh: frozenset[date] = frozenset()
    """Days whose stored copies are renewed, so that no earlier result may be reused."""
    _former: list[KeptDay] = field(default_factory=list)
    """Replaced copies, dropped after the newer ones are published."""
    _report: Report = field(init=False)

    def __post_init__(self) -> None:
        self._report = Report(self.work.report, Progress("listing"))

    def run(self, agreed: Plan | None) -> Progress:
        """Fetch the agreed days and those that are already paid for. Raises SourceError, StoreError."""
        self._report(self._report.progress)
        sweep_scratch(self.scratch_parent)
        with scratch_folder(self.scratch_parent) as scratch, Leases.of(self.dataset.whole.folder) as leases:
            splitting = LateEngine(lambda: splitting_engine(scratch, self.scratch_parent.parent))
            joining = LateEngine(lambda: joining_cursor(self.engine()))
            try:
                self._read(splitting, joining, scratch, leases, agreed)
            except Cancelled:
                self._report.change(state="cancelled")
            finally:
                self.arriving.clear()
                splitting.close()
                joining.close()
        return self._report.progress

    def _read(
        self,
        splitting: LateEngine,
        joining: LateEngine,
        scratch: Path,
        leases: Leases,
        agreed: Plan | None,
    ) -> None:
        self.dataset.sweep()
        self.journal.forget_old(lambda run: self.budget.spending.keep(run, self.source.label, self.now()))
        self.dataset.convert_former(splitting, self.work.cancelled)
        self._kept = kept_days(self.dataset, sound=True)
        publishing = Publishing.of(self.work, joining, self.dataset, self._report)
        if self._kept:  # deriving takes as long where there is nothing, and the end publishes that too
            self._publish(publishing)
        paid = leases.take(days_left_behind(self.journal, self._kept))
        try:
            self._fetch(splitting, scratch, publishing, paid, Allowance(0, budget=self.budget))
        finally:
            leases.release(paid)
        if agreed is not None and agreed.days:
            self._fetch_agreed(splitting, scratch, publishing, leases, agreed)
            self._check_any(agreed)
        self._publish(publishing)
        if self.work.cancelled.is_set():
            raise Cancelled
        self.dataset.mark_looked_at(self.now())
        self._report.change(state="done", calls=sum(kept.segment.calls for kept in self._kept.values()))

    def _fetch_agreed(
        self, splitting: LateEngine, scratch: Path, publishing: Publishing, leases: Leases, agreed: Plan
    ) -> None:
        wanted, self._fresh = set(agreed.days), frozenset(agreed.again)
        # What was paid for and is gone is bought again only after a question of its own.
        gone = {day for day, failure in self.failures.items() if failure.state == "gone"}
        wanted -= gone.difference(agreed.paid_before)
        hard = None if agreed.reservation else self.hard  # it bounds what scans cost
        self.allowance = Allowance(agreed.most, hard, dict(agreed.sizes), self.budget)
        self._before = {day: kept.segment.name for day, kept in self._kept.items()}
        while wanted := {day for day in wanted if not self._is_satisfied(day, agreed)}:
            mine = leases.take(wanted)
            # Another process may have stored a day between the last check and the lease, also for another subset.
            take_shared(self.dataset, wanted, splitting, self.work.cancelled)
            self._refresh_kept()
            try:
                todo = {day for day in mine if not self._is_satisfied(day, agreed)}
                self._fetch(splitting, scratch, publishing, todo, self.allowance)
            finally:
                leases.release(mine)
            wanted -= mine
            if not mine and wanted:
                self._report.change(state="waiting")
                if self.work.cancelled.wait(_WAIT):
                    raise Cancelled
            self._refresh_kept()

    def _check_any(self, agreed: Plan) -> None:
        """Raise SourceError if no day of the window is kept, now or before: then there is no answer.

        Raises UsageError where a budget is the reason.
        """
        if agreed.kept or self._kept.keys() & set(agreed.days):
            return
        failures = (self.failures[day] for day in agreed.days if day in self.failures)
        first = next((each for each in failures if each.state != "missing"), None)
        if first is not None:
            is_refused = getattr(first.error, "code", "") == OVER_BUDGET
            raise (UsageError if is_refused else SourceError)(first.why) from first.error

    def _is_satisfied(self, day: date, agreed: Plan) -> bool:
        kept = self._kept.get(day)
        if kept is None:
            return False
        is_final = kept.asked_at >= self.source.closes(day) and day not in agreed.again
        is_new = kept.segment.name != self._before.get(day) or kept.asked_at > agreed.made_at
        return is_final or is_new

    def _refresh_kept(self) -> None:
        """Take over the days that other processes have stored."""
        for day, kept in kept_days(self.dataset).items():
            own = self._kept.get(day)
            if own is None or (own.segment.extraction, own.asked_at) < (kept.segment.extraction, kept.asked_at):
                self._kept[day] = kept

    def _fetch(
        self,
        splitting: LateEngine,
        scratch: Path,
        publishing: Publishing,
        days: set[date] | frozenset[date],
        allowance: Allowance,
    ) -> None:
        if not days:
            return
        self.arriving |= days
        for day in days:
            self.failures.pop(day, None)
        found = self.source.read(
            sorted(days), self.journal, splitting(), scratch, self._report, self.work.cancelled, allowance,
            self._fresh,
        )  # fmt: skip
        for each in found:
            if isinstance(each, DayParcel):
                self._keep(splitting(), each)
                if publishing.is_due([kept.segment for kept in self._kept.values()]):
                    self._publish(publishing)
            else:
                self.failures.update(dict.fromkeys(each.days, each))
                self.arriving.difference_update(each.days)
        self.arriving -= days
        if self.work.cancelled.is_set():
            raise Cancelled

    def _keep(self, connection: DuckDBPyConnection, parcel: DayParcel) -> None:
        kept = keep_day(self.dataset, connection, parcel, self.work.closing)
        former = self._kept.get(parcel.day)
        self._kept[parcel.day] = kept
        self.arriving.discard(parcel.day)
        if former is not None:
            self._former.append(former)

    def _publish(self, publishing: Publishing) -> None:
        snapshot = publishing.now([kept.segment for kept in self._kept.values()])
        if snapshot is not None:
            self._report.change(snapshot=snapshot)
        while self._former:
            drop_segment(self._former.pop().segment)


def splitting_engine(scratch: Path, store: Path) -> DuckDBPyConnection:
    """A small engine that splits results into days of `store`; rows need no order in it."""
    folder = scratch / "splitting"
    folder.mkdir(mode=0o700)
    connection = connect(folder, store=store, memory=_SPLITTING_MEMORY, trust=None)
    connection.execute("SET GLOBAL preserve_insertion_order = false")
    return connection


def run_days(run: Run) -> list[date]:
    """The days that a query asks for."""
    return list(each_day(run.first, run.last))


def days_left_behind(journal: Journal, kept: Mapping[date, KeptDay]) -> set[date]:
    """Days of unfinished queries, without the days that are already stored from them: they are paid for."""
    days: set[date] = set()
    for run in journal.unfinished():
        taken = run.started_at or run.asked_at
        days |= {day for day in run_days(run) if day not in kept or kept[day].asked_at < taken}
    return days
