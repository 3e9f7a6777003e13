"""Reading days from a source that charges: plan a window, lease its days, fetch, store and publish them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Final

from ssmtrail.queries.engine import LateEngine, joining_cursor
from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.ingest.day_prices import priced
from ssmtrail.queries.ingest.day_reading import DayReading, days_left_behind, run_days
from ssmtrail.queries.model import Coverage, DayCoverage, Plan, Progress, QueryRun, Spendings, Unreadable
from ssmtrail.queries.raw_calls import EXTRACTION_SET
from ssmtrail.queries.sources.allowance import LEAST_BYTES
from ssmtrail.queries.sources.base import MetadataEstimate
from ssmtrail.queries.sources.budget import Budget
from ssmtrail.queries.store.dataset import Proofs
from ssmtrail.queries.store.journal import Journal
from ssmtrail.queries.store.kept_days import KeptDay, kept_days, take_shared
from ssmtrail.queries.store.leases import Leases
from ssmtrail.queries.store.spending import Spending
from ssmtrail.queries.times import each_day

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.ingest.publishing import Work
    from ssmtrail.queries.sources.base import DayFailure, DaySource
    from ssmtrail.queries.store.dataset import Dataset
    from ssmtrail.queries.store.journal import Run
    from ssmtrail.queries.times import Window

#: A scan of at most so many times the estimated bytes read only its own days.
_NEARLY: Final = 1.1
#: Bytes a day of two queries that read only their own days differ by at most so many times.
_ALIKE: Final = 2.0
_STATES: Final = {
    "asked": "queued", "queued": "queued", "running": "running", "answered": "storing", "done": "done",
    "failed": "failed", "cancelled": "cancelled",
}  # fmt: skip


def budget_of(source: DaySource, dataset: Dataset, now: Callable[[], datetime]) -> Budget:
    """What the caller of a source may spend, with what the queries of the store cost. Raises StoreError."""
    return Budget(Spending.of(dataset.whole.folder), source.budgets, source.caller, source.price, now)


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
    budget: Budget = field(init=False)
    _unproved: dict[str, str] = field(default_factory=dict)
    """By query shape, why it may scan more than its day."""
    _opened_at: datetime = field(init=False)
    """Copies that are younger were read in this run."""
    _absent: dict[date, str] = field(default_factory=dict)
    _arriving: set[date] = field(default_factory=set)
    _failures: dict[date, DayFailure] = field(default_factory=dict)
    _billed: int = 0
    """Bytes that this process was billed for."""

    def __post_init__(self) -> None:
        self.journal = Journal.of(self.dataset.whole.folder, self.dataset.subset.text)
        self.proofs = Proofs.of(self.dataset.whole.folder)
        self.budget = budget_of(self.source, self.dataset, self.now)
        self._opened_at = self.now()

    def fetch(self, work: Work, agreed: Plan | None) -> Progress:
        """Fetch the agreed days; without an agreement only days that are already paid for.

        Raises UsageError where the plan cannot be agreed to, SourceError, StoreError.
        """
        if agreed is not None and agreed.refusal:
            raise UsageError(f"Nothing was read: {agreed.refusal}.")
        reading = DayReading(
            self.source, self.dataset, self.journal, self.scratch_parent, self.engine, work, self.now, self._arriving,
            self._failures, self._room(), budget=self.budget,
        )  # fmt: skip
        try:
            done = reading.run(agreed)
        finally:
            self._billed += reading.allowance.billed
        if agreed is not None and agreed.doubt:
            self._learn_pruning(agreed)
        return done

    def _room(self) -> int | None:
        """Bytes that may still be billed under the cap of a run; None for no cap."""
        most = self.source.max_price
        return None if most is None else max(0, self.source.bytes_for(most) - self._billed)

    def covers(self, moment: datetime) -> bool:
        """Whether the day of a moment was read, after the moment."""
        kept = kept_days(self.dataset).get(moment.astimezone(UTC).date())
        return kept is not None and kept.asked_at > moment

    def plan(
        self,
        window: Window,
        cancelled: threading.Event,
        *,
        refresh: bool,
        again: int,
        renew: bool = False,
        report: Callable[[Progress], None] = lambda _: None,
    ) -> Plan:
        """The days of a window that have to be fetched, with their price.

        `refresh` reads open days again at any age of their copy; `again` is the number of last days to read
        again, beside those that the source wants to read again once per run; `renew` reads days again that were kept
        with an older extraction set; `report` is told how many folders are listed.
        """
        made = self.now()
        needed = self.source.needed_days(window, self.look_around_days, made.date(), cancelled)
        kept = self._at_hand(needed, cancelled)
        older = {day for day in needed if day in kept and kept[day].segment.extraction < EXTRACTION_SET}
        renewed = {day for day in needed if day in kept and self._is_read_again(day, kept[day], made.date(), again)}
        renewed |= older if renew else set()
        wanted = [day for day in needed if day in renewed or self._is_wanted(day, kept.get(day), made, refresh=refresh)]
        plain = Plan(made, tuple(wanted), len(needed) - len(wanted), tuple(sorted(renewed)))
        return self._with_older(self._with_facts(plain, kept, cancelled, report), older, kept)

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
        scanned = {day: each.bytes for day, each in kept.items()}
        sizes = {day: scanned[day] for day in left if scanned[day]}
        again = Plan(plan.made_at, left, reservation=plan.reservation)
        price = priced(again, MetadataEstimate(sizes=sizes), scanned, self.source).price if left else None
        runs, missing = self.journal.runs(), set(plan.days) - kept.keys()
        lost = missing & {day for run in runs if run.former and run.state == "failed" for day in run_days(run)}
        gone = missing & {
            day for run in runs if run.lost and run.scope == self.journal.scope for day in run_days(run)
        }  # fmt: skip
        paid = tuple(sorted((older | lost | gone).intersection(plan.days)))
        why = (f"ssmtrail 0.1.0 may have paid for {min(lost)} to {max(lost)}, but kept no answer.",) if lost else ()
        if gone:
            why = (*why, f"{min(gone)} to {max(gone)} were paid for, and the result is gone: they would be paid again.")
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

    def _with_facts(
        self, plan: Plan, kept: Mapping[date, KeptDay], cancelled: threading.Event,
        report: Callable[[Progress], None] = lambda _: None,
    ) -> Plan:  # fmt: skip
        """The plan with free facts: absent days, the price, and whether queries are pruned to their days."""
        wanted = plan.days

        def listed(done: int, total: int) -> None:
            report(Progress("listing", files_done=done, files_total=total, of="folders"))

        estimate = self.source.metadata_estimate(wanted, cancelled, listed)
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
            reservation=estimate.reservation,
        )
        if not days:
            return found
        paid = tuple(sorted(days_left_behind(self.journal, kept).intersection(days)))
        return replace(
            self._priced(replace(found, paid=paid), estimate, kept), doubt=self._pruning_doubt(days, cancelled)
        )

    def _priced(self, plan: Plan, facts: MetadataEstimate, kept: Mapping[date, KeptDay]) -> Plan:
        """The plan with its price; one that the cap of a run has no room for cannot be agreed to."""
        found = self._within_budget(priced(plan, facts, {day: each.bytes for day, each in kept.items()}, self.source))
        room, most = self._room(), self.source.max_price
        if room is None or most is None or found.most_price is None:
            return found
        least = (found.bytes or 0) if found.queries else 0
        if found.queries and max(least, LEAST_BYTES) > room:
            return replace(found, refusal=f"more than --max-price allows, ${most:,.2f} a run")
        bytes_left = min(found.most, room)
        return replace(found, most=bytes_left, most_price=min(found.most_price, most))

    def _within_budget(self, found: Plan) -> Plan:
        """The plan with what the budgets leave; one that passes them cannot be agreed to."""
        room = self.budget.room()
        if room is None or not found.queries or found.most_price is None:
            return found
        least = self.source.price(0) if found.price is None else found.price
        if why := self.budget.refusal(least):
            return replace(found, refusal=why)
        most = min(found.most, self.source.bytes_for(room))
        return replace(found, most=most, most_price=min(found.most_price, room))

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
        """Take a scan of no more than was estimated as the proof that EXPLAIN did not give.

        Where no file was listed, the proof is that queries of few days scan less than queries of many.
        """
        kept = kept_days(self.dataset)
        scanned = sum(kept[day].bytes for day in agreed.days if day in kept)
        if not scanned or any(day not in kept for day in agreed.days):
            return
        is_listed = agreed.how in {"listed", "sampled"}
        if scanned <= agreed.most * _NEARLY if is_listed else self._scales():
            for shape in self._unproved:
                self.proofs.add(shape)

    def _scales(self) -> bool:
        """Whether the bytes of queries grow with their number of days; a table read whole takes the same for each."""
        own = (run for run in self.journal.runs() if run.scope == self.journal.scope and run.purpose == "days")
        done = [run for run in own if run.state == "done" and run.bytes and not run.is_free]
        if not done:
            return False
        few, many = min(done, key=lambda run: len(run_days(run))), max(done, key=lambda run: len(run_days(run)))
        rates = sorted(run.bytes / len(run_days(run)) for run in (few, many))
        return len(run_days(many)) >= 2 * len(run_days(few)) and rates[1] <= _ALIKE * rates[0]

    def coverage(self, window: Window) -> Coverage:
        """The state of every day of a window: from the store, the journal and the absent days."""
        kept = kept_days(self.dataset)
        arriving = self._arriving | Leases(self.dataset.whole.folder / "claims").held_by_others()
        failed = self._failed_days(kept)
        known = sorted({*kept, *arriving, *failed})
        first = window.start.date() if window.start else (known[0] if known else None)
        last = (window.end - timedelta(microseconds=1)).date() if window.end else (known[-1] if known else None)
        days: list[DayCoverage] = []
        if first is not None and last is not None:
            days = [self._day(day, kept.get(day), arriving, failed.get(day)) for day in each_day(first, last)]
        have = sorted(kept)
        unreadable = tuple(
            Unreadable(self._file_of(each.day, failed.get(each.day)), each.why, each.day)
            for each in days
            if each.unreadable
        )
        return Coverage(
            tuple(days), unreadable, len(kept), sum(each.bytes for each in kept.values()), self.dataset.looked_at,
            have[0] if have else None, have[-1] if have else None,
        )  # fmt: skip

    def _file_of(self, day: date, failed: Run | None) -> str:
        """The file of a day that cannot be read; where the service did not name it, the day."""
        failure = self._failures.get(day)
        named = failure.file if failure is not None else failed.file if failed is not None else ""
        return named or f"a file of {day}"

    def spendings(self) -> Spendings:
        """What the queries of the store cost today and this month."""
        return self.budget.spendings()

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

    def _failed_days(self, kept: Mapping[date, KeptDay]) -> dict[date, Run]:
        """Days that are not stored, with their latest query if it failed, in earlier processes too."""
        found: dict[date, Run] = {}
        seen: set[date] = set()
        runs = sorted(self.journal.runs(), key=lambda run: run.last - run.first)
        for run in sorted(runs, key=lambda run: run.asked_at, reverse=True):
            if run.purpose != "days" or run.scope != self.journal.scope:
                continue
            for day in run_days(run):
                if day not in seen and day not in kept and run.state == "failed":
                    found[day] = run
                seen.add(day)
        return found

    def _day(self, day: date, kept: KeptDay | None, arriving: set[date], failed: Run | None) -> DayCoverage:
        failure = self._failures.get(day)
        if day in arriving:
            return DayCoverage(day, "arriving")
        if kept is not None:
            closed = kept.asked_at >= self.source.closes(day)
            extraction = kept.segment.extraction
            return DayCoverage(day, "kept" if closed else "open", 1, kept.bytes, extraction=extraction)
        if failure is not None:
            is_unreadable = failure.state == "unreadable"
            if failure.state == "missing":
                return DayCoverage(day, "missing", why=failure.why)
            return DayCoverage(day, "failed", unreadable=int(is_unreadable), why=failure.why)
        if failed is not None:
            is_unreadable = failed.unreadable and failed.first == failed.last
            return DayCoverage(day, "failed", unreadable=int(is_unreadable), why=failed.error)
        is_open = self.now() < self.source.closes(day)
        return DayCoverage(day, "open" if is_open else "missing", why=self._absent.get(day, "not fetched yet"))

    def _shown(self, run: Run) -> QueryRun:
        price = self.source.price(run.bytes) if run.bytes and not run.is_free else 0.0
        return QueryRun(
            run.token, _STATES[run.state], run.first, run.last, run.sql, run.asked_at, run.bytes, price,  # type: ignore[arg-type]
            run.seconds, run.queued, run.id, run.error, run.reused, run.purpose, run.former,
            run.caller, run.provisioned, run.left,
        )  # fmt: skip
