"""Reading days from a source that charges: plan a window, claim days, fetch, store, publish."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Final

from ssmtrail.queries.engine import connect
from ssmtrail.queries.errors import Cancelled, SourceError
from ssmtrail.queries.ingest.publishing import Publishing
from ssmtrail.queries.model import Coverage, DayCoverage, Plan, Progress, QueryRun
from ssmtrail.queries.sources.base import DayFailure
from ssmtrail.queries.store.atomic import scratch_folder, sweep_scratch
from ssmtrail.queries.store.dataset import KeptDay, Proofs, keep_day, kept_days
from ssmtrail.queries.store.journal import Journal
from ssmtrail.queries.store.leases import Leases
from ssmtrail.queries.store.parcels import DayParcel
from ssmtrail.queries.store.segments import drop_segment

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.ingest.base import Work
    from ssmtrail.queries.model import Estimate, Plan, Progress
    from ssmtrail.queries.sources.base import DayFailure, DaySource
    from ssmtrail.queries.store.dataset import Dataset
    from ssmtrail.queries.store.journal import Journal, Run
    from ssmtrail.queries.times import Window

#: For joining while reading; what does not fit spills.
_MEMORY: Final = "1GB"
#: For cutting what arrives into days.
_CUTTING: Final = "200MB"
#: Seconds between two looks at days that another process fetches.
_WAIT: Final = 0.2


@dataclass(slots=True)
class DayReading:
    """One run over a source of days."""

    source: DaySource
    dataset: Dataset
    journal: Journal
    scratch_parent: Path
    work: Work
    now: Callable[[], datetime]
    """The clock, zone-aware UTC."""
    arriving: set[date]
    """Days that are fetched now; others look at it."""
    failures: dict[date, DayFailure]
    """Days that could not be had; others look at it."""
    _kept: dict[date, KeptDay] = field(default_factory=dict)
    _before: dict[date, str] = field(default_factory=dict)
    """Names of the copies that were there when this run began with what was agreed to."""
    _fresh: frozenset[date] = frozenset()
    """Days whose kept copies are to be renewed, so that no earlier result will do."""
    _former: list[KeptDay] = field(default_factory=list)
    """Copies that newer ones replaced: they go once the newer ones are published."""
    _progress: Progress = field(default_factory=lambda: Progress("listing"))
    _started: float = field(default_factory=time.monotonic)

    def run(self, agreed: Plan | None) -> Progress:
        """Fetch what was agreed to, and what is paid for already. Raises SourceError, StoreError."""
        self._say(self._progress)
        sweep_scratch(self.scratch_parent)
        with scratch_folder(self.scratch_parent) as scratch, Leases.of(self.dataset.folder) as claims:
            connection, joining = cutter(scratch), connect(scratch, memory=_MEMORY)
            try:
                self._read(connection, joining, scratch, claims, agreed)
            except Cancelled:
                self._say(replace(self._progress, state="cancelled"))
            finally:
                self.arriving.clear()
                connection.close()
                joining.close()
        return self._progress

    def _read(
        self,
        connection: DuckDBPyConnection,
        joining: DuckDBPyConnection,
        scratch: Path,
        claims: Leases,
        agreed: Plan | None,
    ) -> None:
        self.dataset.sweep()
        self.journal.forget_old()
        self._kept = kept_days(self.dataset, sound=True)
        publishing = Publishing(
            lambda: joining, self.dataset, self.work.publish, self.work.closing,
            lambda: self._say(replace(self._progress, state="joining")),
        )  # fmt: skip
        self._publish(publishing)
        paid = claims.take(self._left_behind())
        try:
            self._fetch(connection, scratch, publishing, paid)
        except SourceError:
            # It is shown beside its days; what was agreed to may go well.
            pass
        finally:
            claims.release(paid)
        if agreed is not None and agreed.days:
            self._fetch_agreed(connection, scratch, publishing, claims, agreed)
        self._publish(publishing)
        if self.work.cancelled.is_set():
            raise Cancelled
        self.dataset.mark_looked_at(self.now())
        self._say(replace(self._progress, state="done", calls=sum(kept.segment.calls for kept in self._kept.values())))

    def _left_behind(self) -> set[date]:
        """Days of queries that a process left when it ended; what is stored of them needs no second look."""
        days: set[date] = set()
        for run in self.journal.unfinished():
            own = {type(run.first).fromordinal(n) for n in range(run.first.toordinal(), run.last.toordinal() + 1)}
            taken = run.started_at or run.asked_at
            days |= {day for day in own if day not in self._kept or self._kept[day].asked_at < taken}
        return days

    def _fetch_agreed(
        self, connection: DuckDBPyConnection, scratch: Path, publishing: Publishing, claims: Leases, agreed: Plan
    ) -> None:
        wanted, self._fresh = set(agreed.days), frozenset(agreed.again)
        self._before = {day: kept.segment.name for day, kept in self._kept.items()}
        while wanted := {day for day in wanted if not self._is_satisfied(day, agreed)}:
            mine = claims.take(wanted)
            # Somebody may have finished a day between the last look and the claim.
            self._look_again()
            try:
                todo = {day for day in mine if not self._is_satisfied(day, agreed)}
                self._fetch(connection, scratch, publishing, todo)
            finally:
                claims.release(mine)
            wanted -= mine
            if not mine and wanted:
                self._say(replace(self._progress, state="waiting"))
                if self.work.cancelled.wait(_WAIT):
                    raise Cancelled
            self._look_again()

    def _is_satisfied(self, day: date, agreed: Plan) -> bool:
        kept = self._kept.get(day)
        if kept is None:
            return False
        is_final = kept.asked_at >= self.source.closes(day) and day not in agreed.again
        is_new = kept.segment.name != self._before.get(day) or kept.asked_at > agreed.made_at
        return is_final or is_new

    def _look_again(self) -> None:
        """See what other processes have stored."""
        for day, kept in kept_days(self.dataset).items():
            own = self._kept.get(day)
            if own is None or own.asked_at < kept.asked_at:
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
            sorted(days), self.journal, connection, scratch, self._say, self.work.cancelled, self._fresh
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
            self._say(replace(self._progress, snapshot=snapshot))
        while self._former:
            drop_segment(self._former.pop().segment)

    def _say(self, progress: Progress) -> None:
        """Pass progress on; the generation and the clock are ours, whoever speaks."""
        snapshot = max(progress.snapshot, self._progress.snapshot)
        self._progress = replace(progress, snapshot=snapshot, seconds=time.monotonic() - self._started)
        self.work.report(self._progress)


def cutter(scratch: Path) -> DuckDBPyConnection:
    """An engine for cutting: small, since rows have no order to be kept in it."""
    folder = scratch / "cutting"
    folder.mkdir(mode=0o700)
    connection = connect(folder, memory=_CUTTING)
    connection.execute("SET GLOBAL preserve_insertion_order = false")
    return connection


#: Shares of the listed bytes between which a scan took these alone.
_NEARLY: Final = (0.5, 1.5)
_STATES: Final = {
    "asked": "queued", "queued": "queued", "running": "running", "answered": "storing", "done": "done",
    "failed": "failed", "cancelled": "cancelled",
}  # fmt: skip


@dataclass(slots=True)
class DayIntake:
    """Fulfils `ssmtrail.queries.ingest.base.Intake`."""

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
        arriving = self._arriving | Leases.of(self.dataset.folder).held_by_others()
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
