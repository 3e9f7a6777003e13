"""Reading days into the store: each claimed, fetched, kept, published while others still come."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from queries.engine import connect
from queries.errors import Cancelled, SourceError
from queries.publishing import Publishing
from queries.sources.day_contract import DayFailure, DayParcel
from queries.store.claims import Claims
from queries.store.days import KeptDay, keep_day, kept_days
from queries.store.private_files import scratch_folder, sweep_scratch
from queries.store.segments import drop_segment
from queries.values import Progress

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from queries.intake import Work
    from queries.plans import Plan
    from queries.sources.day_contract import DaySource
    from queries.store.dataset import Dataset
    from queries.store.journal import Journal

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
        with scratch_folder(self.scratch_parent) as scratch, Claims.of(self.dataset.folder) as claims:
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
        claims: Claims,
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
        self, connection: DuckDBPyConnection, scratch: Path, publishing: Publishing, claims: Claims, agreed: Plan
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
        generation = publishing.now([kept.segment for kept in self._kept.values()])
        if generation is not None:
            self._say(replace(self._progress, generation=generation))
        while self._former:
            drop_segment(self._former.pop().segment)

    def _say(self, progress: Progress) -> None:
        """Pass progress on; the generation and the clock are ours, whoever speaks."""
        generation = max(progress.generation, self._progress.generation)
        self._progress = replace(progress, generation=generation, seconds=time.monotonic() - self._started)
        self.work.report(self._progress)


def cutter(scratch: Path) -> DuckDBPyConnection:
    """An engine for cutting: small, since rows have no order to be kept in it."""
    folder = scratch / "cutting"
    folder.mkdir(mode=0o700)
    connection = connect(folder, memory=_CUTTING)
    connection.execute("SET GLOBAL preserve_insertion_order = false")
    return connection
