"""Reading days from a source that charges: plan a window, lease its days, fetch, store and publish them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Final

from ssmtrail.queries.engine import LateEngine, connect, joining_cursor
from ssmtrail.queries.errors import Cancelled, SourceError
from ssmtrail.queries.ingest.publishing import Publishing, Report
from ssmtrail.queries.model import Coverage, DayCoverage, Plan, Progress, QueryRun
from ssmtrail.queries.raw_calls import EXTRACTION_SET
from ssmtrail.queries.sources.base import DayFailure
from ssmtrail.queries.store.atomic import scratch_folder, sweep_scratch
from ssmtrail.queries.store.dataset import Proofs
from ssmtrail.queries.store.journal import Journal
from ssmtrail.queries.store.kept_days import KeptDay, keep_day, kept_days, take_shared
from ssmtrail.queries.store.leases import Leases
from ssmtrail.queries.store.parcels import DayParcel
from ssmtrail.queries.store.segments import drop_segment

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.ingest.publishing import Work
    from ssmtrail.queries.model import Estimate
    from ssmtrail.queries.sources.base import DaySource
    from ssmtrail.queries.store.dataset import Dataset
    from ssmtrail.queries.store.journal import Run
    from ssmtrail.queries.times import Window

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
            connection = splitting_engine(scratch, self.scratch_parent.parent)
            joining = LateEngine(lambda: joining_cursor(self.engine()))
            try:
                self._read(connection, joining, scratch, leases, agreed)
            except Cancelled:
                self._report.change(state="cancelled")
            finally:
                self.arriving.clear()
                connection.close()
                joining.close()
        return self._report.progress

    def _read(
        self,
        connection: DuckDBPyConnection,
        joining: LateEngine,
        scratch: Path,
        leases: Leases,
        agreed: Plan | None,
    ) -> None:
        self.dataset.sweep()
        self.journal.forget_old()
        self.dataset.convert_former(lambda: connection, self.work.cancelled)
        self._kept = kept_days(self.dataset, sound=True)
        publishing = Publishing.of(self.work, joining, self.dataset, self._report)
        self._publish(publishing)
        paid = leases.take(self._left_behind())
        try:
            self._fetch(connection, scratch, publishing, paid)
        except SourceError:
            # The failure is shown with its days; the agreed days may still succeed.
            pass
        finally:
            leases.release(paid)
        if agreed is not None and agreed.days:
            self._fetch_agreed(connection, scratch, publishing, leases, agreed)
        self._publish(publishing)
        if self.work.cancelled.is_set():
            raise Cancelled
        self.dataset.mark_looked_at(self.now())
        self._report.change(state="done", calls=sum(kept.segment.calls for kept in self._kept.values()))

    def _left_behind(self) -> set[date]:
        """Days of unfinished queries of ended processes, without the days that are already stored from them."""
        days: set[date] = set()
        for run in self.journal.unfinished():
            own = set(run_days(run))
            taken = run.started_at or run.asked_at
            days |= {day for day in own if day not in self._kept or self._kept[day].asked_at < taken}
        return days

    def _fetch_agreed(
        self, connection: DuckDBPyConnection, scratch: Path, publishing: Publishing, leases: Leases, agreed: Plan
    ) -> None:
        wanted, self._fresh = set(agreed.days), frozenset(agreed.again)
        self._before = {day: kept.segment.name for day, kept in self._kept.items()}
        while wanted := {day for day in wanted if not self._is_satisfied(day, agreed)}:
            mine = leases.take(wanted)
            # Another process may have stored a day between the last check and the lease, also for another subset.
            take_shared(self.dataset, wanted, lambda: connection, self.work.cancelled)
            self._refresh_kept()
            try:
                todo = {day for day in mine if not self._is_satisfied(day, agreed)}
                self._fetch(connection, scratch, publishing, todo)
            finally:
                leases.release(mine)
            wanted -= mine
            if not mine and wanted:
                self._report.change(state="waiting")
                if self.work.cancelled.wait(_WAIT):
                    raise Cancelled
            self._refresh_kept()

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
        self, connection: DuckDBPyConnection, scratch: Path, publishing: Publishing, days: set[date] | frozenset[date]
    ) -> None:
        if not days:
            return
        self.arriving |= days
        failed: list[DayFailure] = []
        for day in days:
            self.failures.pop(day, None)
        found = self.source.read(
            sorted(days), self.journal, connection, scratch, self._report, self.work.cancelled, self._fresh
        )  # fmt: skip
        for each in found:
            if isinstance(each, DayParcel):
                self._keep(connection, each)
                if publishing.is_due([kept.segment for kept in self._kept.values()]):
                    self._publish(publishing)
            else:
                failed.append(each)
                self.failures.update(dict.fromkeys(each.days, each))
                self.arriving.difference_update(each.days)
        self.arriving -= days
        if self.work.cancelled.is_set():
            raise Cancelled
        if failed and not days & self._kept.keys():
            first = next((each for each in failed if each.state == "failed"), None)
            if first is not None:
                raise SourceError(first.why) from first.error

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


#: A scan whose bytes are between these shares of the listed bytes read only its own days.
_NEARLY: Final = (0.5, 1.5)
_STATES: Final = {
    "asked": "queued", "queued": "queued", "running": "running", "answered": "storing", "done": "done",
    "failed": "failed", "cancelled": "cancelled",
}  # fmt: skip


@dataclass(slots=True)
class DayIntake:
    """Plans and fetches the days of a source that charges."""

    patience: ClassVar[float] = 3.0

    source: DaySource
    dataset: Dataset
    scratch_parent: Path
    engine: Callable[[], DuckDBPyConnection]
    """The engine that answers."""
    now: Callable[[], datetime]
    look_around_days: int = 1
    journal: Journal = field(init=False)
    proofs: Proofs = field(init=False)
    _unproved: dict[str, str] = field(default_factory=dict)
    """By query shape, why it may scan more than its day."""
    _opened_at: datetime = field(init=False)
    """Copies that are younger were read in this run."""
    _absent: dict[date, str] = field(default_factory=dict)
    _arriving: set[date] = field(default_factory=set)
    _failures: dict[date, DayFailure] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.journal = Journal.of(self.dataset.whole.folder, self.dataset.subset.text)
        self.proofs = Proofs.of(self.dataset.whole.folder)
        self._opened_at = self.now()

    def fetch(self, work: Work, agreed: Plan | None) -> Progress:
        """Fetch the agreed days; without an agreement only days that are already paid for."""
        reading = DayReading(
            self.source, self.dataset, self.journal, self.scratch_parent, self.engine, work, self.now, self._arriving,
            self._failures,
        )  # fmt: skip
        done = reading.run(agreed)
        if agreed is not None and agreed.doubt:
            self._learn_pruning(agreed)
        return done

    def covers(self, moment: datetime) -> bool:
        """Whether the day of a moment was read, after the moment."""
        kept = kept_days(self.dataset).get(moment.astimezone(UTC).date())
        return kept is not None and kept.asked_at > moment

    def plan(
        self, window: Window, cancelled: threading.Event, *, refresh: bool, again: int, renew: bool = False
    ) -> Plan:
        """The days of a window that have to be fetched, with their price.

        `refresh` reads open days again at any age of their copy; `again` is the number of last days to read
        again, beside those that the source wants to read again once per run; `renew` reads days again that were kept
        with an older extraction set.
        """
        made = self.now()
        needed = self.source.needed_days(window, self.look_around_days, made.date(), cancelled)
        kept = self._at_hand(needed, cancelled)
        older = {day for day in needed if day in kept and kept[day].segment.extraction < EXTRACTION_SET}
        renewed = {day for day in needed if day in kept and self._is_read_again(day, kept[day], made.date(), again)}
        renewed |= older if renew else set()
        wanted = [day for day in needed if day in renewed or self._is_wanted(day, kept.get(day), made, refresh=refresh)]
        plain = Plan(made, tuple(wanted), len(needed) - len(wanted), tuple(sorted(renewed)))
        return self._with_older(self._with_facts(plain, kept, cancelled), older, kept)

    def _at_hand(self, needed: Sequence[date], cancelled: threading.Event) -> dict[date, KeptDay]:
        """The kept days, with those that ssmtrail 0.1.0 or another subset of the table paid for."""
        engine = LateEngine(lambda: joining_cursor(self.engine()))
        try:
            self.dataset.convert_former(engine, cancelled)
            take_shared(self.dataset, needed, engine, cancelled)
        finally:
            engine.close()
        return kept_days(self.dataset)

    def _with_older(self, plan: Plan, older: set[date], kept: Mapping[date, KeptDay]) -> Plan:
        """The plan with the days that were kept with an older extraction set, and what fetching them again costs.

        What an older version has paid for is never paid again without asking.
        """
        left = tuple(sorted(older.difference(plan.days)))
        sizes = {day: kept[day].bytes for day in left if kept[day].bytes}
        price = self._priced(Plan(plan.made_at, left), sizes, kept).price if left else None
        lost = {day for run in self.journal.runs() if run.former and run.state == "failed" for day in run_days(run)}
        lost &= set(plan.days) - kept.keys()
        paid = tuple(sorted((older | lost).intersection(plan.days)))
        why = (f"ssmtrail 0.1.0 may have paid for {min(lost)} to {max(lost)}, but kept no answer.",) if lost else ()
        return replace(
            plan, older=left, older_price=price, paid_before=paid, ask_first=plan.ask_first or bool(paid),
            warnings=(*plan.warnings, *why),
        )  # fmt: skip

    def plan_again(self, key: str, cancelled: threading.Event) -> Plan:
        """The days of a query that are still not stored, or were stored with an older extraction set."""
        made = self.now()
        run = next((run for run in self.journal.runs() if run.token == key), None)
        days = run_days(run) if run is not None else ()
        kept = self._at_hand(days, cancelled)
        older = {day for day in days if day in kept and kept[day].segment.extraction < EXTRACTION_SET}
        wanted = [day for day in days if day in older or self._is_wanted(day, kept.get(day), made, refresh=True)]
        plain = Plan(made, tuple(wanted), len(days) - len(wanted), tuple(sorted(older)))
        return self._with_older(self._with_facts(plain, kept, cancelled), older, kept)

    def _with_facts(self, plan: Plan, kept: Mapping[date, KeptDay], cancelled: threading.Event) -> Plan:
        """The plan with free facts: absent days, the price, and whether queries are pruned to their days."""
        wanted = plan.days
        estimate = self.source.metadata_estimate(wanted, cancelled)
        self._absent = {
            **{day: why for day, why in self._absent.items() if day not in wanted},
            **estimate.absent,
        }
        days = [day for day in wanted if day not in estimate.absent]
        again = tuple(day for day in plan.again if day not in estimate.absent)
        absent = tuple(sorted(estimate.absent.items()))
        found = replace(
            plan,
            days=tuple(days),
            again=again,
            absent=absent,
            limit=estimate.limit,
            warnings=estimate.warnings,
        )
        if not days:
            return found
        priced, doubt = self._priced(found, estimate.sizes, kept), self._pruning_doubt(days, cancelled)
        return replace(priced, doubt=doubt, ask_first=priced.ask_first or bool(doubt))

    def _pruning_doubt(self, days: Sequence[date], cancelled: threading.Event) -> str:
        """Why more than these days may be scanned; a proved query shape is not checked again."""
        shape = self.source.query_shape(cancelled)
        if not shape or shape in self.proofs:
            return ""
        if shape not in self._unproved:
            self._unproved[shape] = self.source.pruning_check(days[0], cancelled)
            if not self._unproved[shape]:
                self.proofs.add(shape)
        return self._unproved[shape]

    def _learn_pruning(self, agreed: Plan) -> None:
        """Take a scan of the expected size as the proof that EXPLAIN did not give."""
        kept = kept_days(self.dataset)
        scanned = sum(kept[day].bytes for day in agreed.days if day in kept)
        whole = agreed.how == "listed" and all(day in kept for day in agreed.days)
        if whole and agreed.bytes and _NEARLY[0] <= scanned / agreed.bytes <= _NEARLY[1]:
            for shape in self._unproved:
                self.proofs.add(shape)

    def coverage(self, window: Window) -> Coverage:
        """The state of every day of a window: from the store, the journal and the absent days."""
        kept = kept_days(self.dataset)
        arriving = self._arriving | Leases.of(self.dataset.whole.folder).held_by_others()
        failed = self._failed_days(kept)
        known = sorted({*kept, *arriving, *failed})
        first = window.start.date() if window.start else (known[0] if known else None)
        last = (window.end - timedelta(microseconds=1)).date() if window.end else (known[-1] if known else None)
        days: list[DayCoverage] = []
        if first is not None and last is not None:
            days = [self._day(day, kept.get(day), arriving, failed.get(day)) for day in _days(first, last)]
        have = sorted(kept)
        return Coverage(
            tuple(days), (), len(kept), sum(each.bytes for each in kept.values()), self.dataset.looked_at,
            have[0] if have else None, have[-1] if have else None,
        )  # fmt: skip

    def queries(self) -> tuple[QueryRun, ...]:
        """From the journal."""
        return tuple(self._shown(run) for run in self.journal.runs())

    def stop(self, key: str) -> None:
        """Stop a query of this process."""
        for run in self.journal.unfinished():
            if run.token == key:
                self.source.stop(run)

    def _is_read_again(self, day: date, kept: KeptDay, today: date, again: int) -> bool:
        age = (today - day).days
        return age < again or (age < self.source.recheck_days and kept.asked_at < self._opened_at)

    def _is_wanted(self, day: date, kept: KeptDay | None, now: datetime, *, refresh: bool) -> bool:
        if kept is None:
            return True
        closes = self.source.closes(day)
        if kept.asked_at >= closes:
            return False
        return refresh or now >= closes or now - kept.asked_at > self.source.open_age

    def _priced(self, plan: Plan, sizes: Mapping[date, int], kept: Mapping[date, KeptDay]) -> Plan:
        scanned = [each.bytes for each in kept.values() if each.bytes]
        average = sum(scanned) / len(scanned) if scanned else None
        known = {day: sizes.get(day, average) for day in plan.days}
        how: Estimate = "listed" if all(day in sizes for day in plan.days) else "average" if average else "unknown"
        ranges = self.source.query_ranges(plan.days, sizes, plan.limit)
        if how == "unknown":
            return replace(plan, queries=len(ranges), bytes=None, price=None, how=how, ask_first=True)
        total, price = 0, 0.0
        for first, last in ranges:
            size = round(sum(known[day] or 0 for day in plan.days if first <= day <= last))
            total += size
            price += self.source.price(size)
        return replace(
            plan, queries=len(ranges), bytes=total, price=price, how=how, ask_first=price > self.source.threshold
        )

    def _failed_days(self, kept: Mapping[date, KeptDay]) -> dict[date, str]:
        """Days that are not stored and whose latest query failed, in earlier processes too."""
        found: dict[date, str] = {}
        seen: set[date] = set()
        for run in self.journal.runs():
            if run.purpose != "days" or run.scope != self.journal.scope:
                continue
            for day in run_days(run):
                if day not in seen and day not in kept and run.state == "failed":
                    found[day] = run.error
                seen.add(day)
        return found

    def _day(self, day: date, kept: KeptDay | None, arriving: set[date], failed: str | None) -> DayCoverage:
        failure = self._failures.get(day)
        if day in arriving:
            return DayCoverage(day, "arriving")
        if kept is not None:
            closed = kept.asked_at >= self.source.closes(day)
            extraction = kept.segment.extraction
            return DayCoverage(day, "kept" if closed else "open", 1, kept.bytes, extraction=extraction)
        if failure is not None:
            return DayCoverage(day, failure.state, why=failure.why)
        if failed is not None:
            return DayCoverage(day, "failed", why=failed)
        is_open = self.now() < self.source.closes(day)
        return DayCoverage(day, "open" if is_open else "missing", why=self._absent.get(day, "not fetched yet"))

    def _shown(self, run: Run) -> QueryRun:
        price = self.source.price(run.bytes) if run.bytes and not run.reused else 0.0
        return QueryRun(
            run.token, _STATES[run.state], run.first, run.last, run.sql, run.asked_at, run.bytes, price,  # type: ignore[arg-type]
            run.seconds, run.queued, run.id, run.error, run.reused, run.purpose, run.former,
        )  # fmt: skip


def run_days(run: Run) -> Sequence[date]:
    """The days that a query asks for."""
    return _days(run.first, run.last)


def _days(first: date, last: date) -> Sequence[date]:
    """The days from the first to the last, both included."""
    return [date.fromordinal(number) for number in range(first.toordinal(), last.toordinal() + 1)]
