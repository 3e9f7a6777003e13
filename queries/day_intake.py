"""A source of days over its dataset: what a window costs, what is kept of it, what ran."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Final

from queries.day_reading import DayReading
from queries.plans import Plan, QueryRun
from queries.store.claims import Claims
from queries.store.days import KeptDay, kept_days
from queries.store.journal import Journal
from queries.store.proofs import Proofs
from queries.values import Coverage, DayCoverage

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from queries.console import ConsoleSql, FoundingName
    from queries.intake import Work
    from queries.plans import Estimate
    from queries.sources.day_contract import DayFailure, DaySource
    from queries.store.dataset import Dataset
    from queries.store.journal import Run
    from queries.values import Progress, Scope, Unit
    from queries.window import Window

#: Shares of the listed bytes between which a scan took these alone.
_NEARLY: Final = (0.5, 1.5)
_STATES: Final = {
    "asked": "queued", "queued": "queued", "running": "running", "answered": "storing", "done": "done",
    "failed": "failed", "cancelled": "cancelled",
}  # fmt: skip


@dataclass(slots=True)
class DayIntake:
    """Fulfils `queries.intake.Intake`."""

    patience: ClassVar[float] = 3.0

    source: DaySource
    dataset: Dataset
    scratch_parent: Path
    now: Callable[[], datetime]
    look_around_days: int = 1
    journal: Journal = field(init=False)
    proofs: Proofs = field(init=False)
    _doubts: dict[str, str] = field(default_factory=dict)
    """By form of query, why it is not proved to keep to its day."""
    _opened_at: datetime = field(init=False)
    """Copies that are younger have been read in this run already."""
    _absent: dict[date, str] = field(default_factory=dict)
    _arriving: set[date] = field(default_factory=set)
    _failures: dict[date, DayFailure] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.journal = Journal.of(self.dataset.folder)
        self.proofs = Proofs.of(self.dataset.folder)
        self._opened_at = self.now()

    def fetch(self, work: Work, agreed: Plan | None) -> Progress:
        """Fetch what was agreed to; without an agreement only what is paid for already."""
        reading = DayReading(
            self.source, self.dataset, self.journal, self.scratch_parent, work, self.now, self._arriving, self._failures
        )
        done = reading.run(agreed)
        if agreed is not None and agreed.doubt:
            self._learn(agreed)
        return done

    def plan(self, window: Window, cancelled: threading.Event, *, refresh: bool, again: int) -> Plan:
        """The days that a window misses, with their price.

        `refresh` reads open days again however young their copy is; `again` the last so many days that are kept, the
        source's own wish once a run.
        """
        made = self.now()
        needed = self.source.needed(window, self.look_around_days, made.date(), cancelled)
        kept = kept_days(self.dataset)
        renewed = {day for day in needed if day in kept and self._is_doubted(day, kept[day], made.date(), again)}
        wanted = [day for day in needed if day in renewed or self._is_wanted(day, kept.get(day), made, refresh=refresh)]
        plain = Plan(made, tuple(wanted), len(needed) - len(wanted), tuple(sorted(renewed)))
        return self._looked_at(plain, kept, cancelled)

    def plan_again(self, key: str, cancelled: threading.Event) -> Plan:
        """The days of a query that nothing has brought since."""
        made = self.now()
        run = next((run for run in self.journal.runs() if run.token == key), None)
        days = _days(run.first, run.last) if run is not None else ()
        kept = kept_days(self.dataset)
        wanted = [day for day in days if self._is_wanted(day, kept.get(day), made, refresh=True)]
        return self._looked_at(Plan(made, tuple(wanted), len(days) - len(wanted)), kept, cancelled)

    def console_sql(self, name: FoundingName, scope: Scope, unit: Unit, cancelled: threading.Event) -> ConsoleSql:
        """A founding question about the source's own table."""
        return self.source.console_sql(name, scope, unit, self.look_around_days, cancelled)

    def _looked_at(self, plan: Plan, kept: Mapping[date, KeptDay], cancelled: threading.Event) -> Plan:
        """A plan with what the source tells of its days for nothing: which it has, their price, whether that holds."""
        wanted = plan.days
        outlook = self.source.outlook(wanted, cancelled)
        self._absent = {**{day: why for day, why in self._absent.items() if day not in wanted}, **outlook.absent}
        days = [day for day in wanted if day not in outlook.absent]
        again = tuple(day for day in plan.again if day not in outlook.absent)
        absent = tuple(sorted(outlook.absent.items()))
        found = replace(
            plan, days=tuple(days), again=again, absent=absent, limit=outlook.limit, warnings=outlook.warnings
        )
        if not days:
            return found
        priced, doubt = self._priced(found, outlook.sizes, kept), self._doubt(days, cancelled)
        return replace(priced, doubt=doubt, ask_first=priced.ask_first or bool(doubt))

    def _doubt(self, days: Sequence[date], cancelled: threading.Event) -> str:
        """Why more than these days may be scanned; what was proved once is not looked at again."""
        shape = self.source.shape(cancelled)
        if not shape or shape in self.proofs:
            return ""
        if shape not in self._doubts:
            self._doubts[shape] = self.source.doubt(days[0], cancelled)
            if not self._doubts[shape]:
                self.proofs.add(shape)
        return self._doubts[shape]

    def _learn(self, agreed: Plan) -> None:
        """A scan that took what the sizes of its files had told proves what no plan of the service showed."""
        kept = kept_days(self.dataset)
        scanned = sum(kept[day].bytes for day in agreed.days if day in kept)
        whole = agreed.how == "listed" and all(day in kept for day in agreed.days)
        if whole and agreed.bytes and _NEARLY[0] <= scanned / agreed.bytes <= _NEARLY[1]:
            for shape in self._doubts:
                self.proofs.add(shape)

    def coverage(self, window: Window) -> Coverage:
        """From what is kept, what the journal tells of failures, what is known to be absent."""
        kept = kept_days(self.dataset)
        arriving = self._arriving | Claims.of(self.dataset.folder).held_by_others()
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

    def _is_doubted(self, day: date, kept: KeptDay, today: date, again: int) -> bool:
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
        stretches = self.source.stretches(plan.days, sizes, plan.limit)
        if how == "unknown":
            return replace(plan, queries=len(stretches), bytes=None, price=None, how=how, ask_first=True)
        total, price = 0, 0.0
        for first, last in stretches:
            size = round(sum(known[day] or 0 for day in plan.days if first <= day <= last))
            total += size
            price += self.source.price(size)
        return replace(
            plan, queries=len(stretches), bytes=total, price=price, how=how, ask_first=price > self.source.threshold
        )

    def _failed_days(self, kept: Mapping[date, KeptDay]) -> dict[date, str]:
        """Days whose latest query failed, and that are not kept; also those of earlier runs of the tool."""
        found: dict[date, str] = {}
        seen: set[date] = set()
        for run in self.journal.runs():
            if run.purpose != "days":
                continue
            for day in _days(run.first, run.last):
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
            return DayCoverage(day, "kept" if closed else "open", 1, kept.bytes)
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
            run.seconds, run.queued, run.id, run.error, run.reused, run.purpose,
        )  # fmt: skip


def _days(first: date, last: date) -> Sequence[date]:
    """The days from the first to the last, both included."""
    return [date.fromordinal(number) for number in range(first.toordinal(), last.toordinal() + 1)]
