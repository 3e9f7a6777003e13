"""Reading several sources and answering them together: each keeps its own store, whose segments are linked into one."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from ssmtrail.queries.errors import SourceError, StoreError
from ssmtrail.queries.ingest.several_parts import joined_coverage, joined_plans
from ssmtrail.queries.model import Plan, Progress, Spendings
from ssmtrail.queries.store.atomic import store_errors, try_lock
from ssmtrail.queries.store.folders import READING_LOCK

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from ssmtrail.queries.ingest.days import DayIntake
    from ssmtrail.queries.ingest.intakes import Intakes, OneSource
    from ssmtrail.queries.ingest.publishing import Work
    from ssmtrail.queries.model import Coverage, QueryRun
    from ssmtrail.queries.sources.several import SeveralSources
    from ssmtrail.queries.store.dataset import Dataset
    from ssmtrail.queries.times import Window

#: Numbers of a progress that add up over sources.
_COUNTED: Final = (
    "files_done", "files_total", "bytes_done", "bytes_total", "records", "calls", "days_done", "days_total", "price",
    "requests",
)  # fmt: skip


@dataclass(slots=True)
class Member:
    """One of the sources."""

    label: str
    dataset: Dataset
    intakes: Intakes
    make_folder: Callable[[], object]
    """Makes the dataset's folder again where another process has purged it."""
    most_price: float | None = None
    """Dollars that a run over all sources may cost; None for no cap."""
    ask_above: float | None = None
    """Dollars above which the price of all sources is asked for; None where it costs nothing."""
    failed: str = ""
    """Why it could not be planned or read last, a sentence."""
    unplanned: str = ""
    """Why there is no plan to fetch it by."""


def several_intakes(
    source: SeveralSources, dataset: Dataset, kept_of: Callable[[OneSource], Dataset],
    intakes_of: Callable[[OneSource, Dataset], Intakes], now: Callable[[], datetime],
) -> Intakes:  # fmt: skip
    """The intakes of several sources, by the dataset and the intakes of each. Raises StoreError."""
    from ssmtrail.queries.ingest.intakes import Intakes  # it imports this module where it is needed

    kept = [(each, kept_of(each)) for each in source.members]
    members = tuple(_member(each, dataset, intakes_of(each, dataset), partial(kept_of, each)) for each, dataset in kept)
    several = SeveralIntake(members, dataset, now)
    every = [member.intakes for member in members]
    return Intakes(
        several,
        several if any(each.days for each in every) else None,
        several if any(each.planned for each in every) else None,
        costs_money=any(each.costs_money for each in every),
        several=several,
        converts_former=False,  # each member does it when it is planned
    )


def _member(source: OneSource, dataset: Dataset, intakes: Intakes, make_folder: Callable[[], object]) -> Member:
    """A source with what may be spent on it: a table says so itself, a bucket in its terms."""
    bounds: Any = source if intakes.days else getattr(source, "terms", None)
    if not intakes.costs_money:
        return Member(source.label, dataset, intakes, make_folder)
    return Member(source.label, dataset, intakes, make_folder, bounds.max_price, bounds.ask_above)


@dataclass(slots=True)
class SeveralIntake:
    """Sources over their own datasets, and the dataset that links to what all of them keep."""

    members: tuple[Member, ...]
    dataset: Dataset
    now: Callable[[], datetime]
    """The clock, zone-aware UTC."""
    _names: dict[Path, tuple[str, ...]] = field(default_factory=dict)
    """Names of the segments and reports of each member, by its folder."""

    def __post_init__(self) -> None:
        for member in self.members:
            self._names[member.dataset.folder] = self._linked(member.dataset, member.dataset.names())
        with try_lock(self.dataset.folder / READING_LOCK) as alone:
            if alone:  # else a process that reads them does it at its end
                self._remove_others()

    @property
    def patience(self) -> float:
        """Seconds that closing waits for a fetch to stop what it runs elsewhere."""
        return max(member.intakes.intake.patience for member in self.members)

    def fetch(self, work: Work, agreed: Plan | None) -> Progress:
        """Read each source, or those that are wanted, after the other. One that fails is noted, the others are read.

        Raises SourceError where none can be read, UsageError where the plan cannot be agreed to, StoreError.
        """
        parts: list[Plan | None] = [part for _, part in agreed.parts] if agreed is not None else []
        parts = parts or [None] * len(self.members)
        wanted = [
            (member, part) for number, (member, part) in enumerate(zip(self.members, parts, strict=True))
            if work.only is None or number in work.only
        ]  # fmt: skip
        done = Progress("listing")
        errors: list[SourceError] = []
        with self.dataset.claim(work.cancelled) as alone:
            self.dataset.sweep(alone=alone)
            for member, part in wanted:
                is_last = member is wanted[-1][0]
                try:
                    done = self._fetch_one(member, part, work, done, is_last=is_last)
                except SourceError as error:
                    member.failed = str(error)
                    errors.append(error)
                if done.state == "cancelled":
                    return done
            self._remove_others()
        if errors and len(errors) == len(wanted):
            raise errors[0]
        if done.state != "done":  # the last one failed
            done = replace(done, state="done", seconds_left=0.0)
            work.report(done)
        return done

    def _fetch_one(
        self, member: Member, part: Plan | None, work: Work, before: Progress, *, is_last: bool
    ) -> Progress:  # fmt: skip
        def over(progress: Progress) -> Progress:
            state = "joining" if progress.state == "done" and not is_last else progress.state
            sums = {name: getattr(progress, name) + getattr(before, name) for name in _COUNTED}
            snapshot = max(progress.snapshot, before.snapshot)
            return replace(
                progress, **sums, state=state, snapshot=snapshot, seconds=progress.seconds + before.seconds,
                seconds_left=progress.seconds_left if is_last else None,
            )  # fmt: skip

        own = replace(work, report=lambda progress: work.report(over(progress)), onto=self._onto)
        for is_again in (False, True):
            _ = member.make_folder()
            try:
                last = over(member.intakes.intake.fetch(own, part))
                break
            except StoreError:
                if is_again or member.dataset.folder.exists():
                    raise
        member.failed = member.unplanned
        return last

    def plan(
        self, window: Window, cancelled: threading.Event, *, only: frozenset[int] | None = None, **how: Any
    ) -> Plan:  # fmt: skip
        """What a window would read and cost in all; `parts` are the plans of the members, in their order.

        Those that are not among `only` are not planned. One that cannot be planned is noted. Raises SourceError where
        none can be, UsageError, Cancelled.
        """
        parts, errors = [], []
        for number, member in enumerate(self.members):
            member.unplanned, part = "", Plan(self.now())
            if member.intakes.planned is not None and (only is None or number in only):
                try:
                    part = member.intakes.planned.plan(window, cancelled, **how)
                except SourceError as error:
                    member.unplanned = member.failed = str(error)
                    errors.append(error)
            parts.append(part)
        if errors and len(errors) == len(self.members if only is None else only):
            raise errors[0]
        return joined_plans(self.members, parts, self.now())

    def plan_again(self, key: str, cancelled: threading.Event) -> Plan:
        """The plan for the days that a query of one of the members did not bring."""
        parts = [
            Plan(self.now()) if member.intakes.days is None else member.intakes.days.plan_again(key, cancelled)
            for member in self.members
        ]
        return joined_plans(self.members, parts, self.now())

    def coverage(self, window: Window) -> Coverage:
        """The days of a window: each is as the member that knows least of it says."""
        found = [member.intakes.intake.coverage(window) for member in self.members]
        return joined_coverage(self.members, found)

    def covers(self, moment: datetime) -> bool:
        """Whether every member has records of a moment."""
        return all(member.intakes.intake.covers(moment) for member in self.members)

    def queries(self) -> tuple[QueryRun, ...]:
        """The queries of all members, the newest first."""
        found = [run for days in self._days() for run in days.queries()]
        return tuple(sorted(found, key=attrgetter("asked_at"), reverse=True))

    def spendings(self) -> Spendings:
        """What the queries of all tables of the store cost."""
        for days in self._days():
            return days.spendings()
        return Spendings(self.now().date())

    def stop(self, key: str) -> None:
        """Stop a query that this process runs."""
        for days in self._days():
            days.stop(key)

    def kind_of(self, segment: str) -> str:
        """The kind of the source that a segment, by its name, came from."""
        holders = (member.dataset for member in self.members if segment in self._names[member.dataset.folder])
        return next((dataset.kind for dataset in holders), "")

    def names(self) -> tuple[str, ...]:
        """The names of all that the members keep now, as they are in the common dataset."""
        kept = (name for member in self.members for name in member.dataset.names())
        return (*map(self.dataset.linked_name, kept), *self.dataset.own_reports)

    def inputs(self) -> list[tuple[str, Dataset]]:
        """The members that are folders: label and dataset of each."""
        return [(member.label, member.dataset) for member in self.members if member.dataset.kind == "files"]

    def _days(self) -> Iterator[DayIntake | SeveralIntake]:
        return (member.intakes.days for member in self.members if member.intakes.days is not None)

    # One dataset of many

    def _onto(self, dataset: Dataset, names: tuple[str, ...]) -> tuple[Dataset, tuple[str, ...]]:
        """The dataset that answers, and the names of all that it is derived from, after one member has changed."""
        if dataset.folder != self.dataset.folder:
            self._names[dataset.folder] = self._linked(dataset, names)
        every = {name for names in self._names.values() for name in names}
        return self.dataset, tuple(sorted(every.union(self.dataset.own_reports)))

    def _linked(self, dataset: Dataset, names: Sequence[str]) -> tuple[str, ...]:
        """Link files of a member into the common dataset; their names there. Raises StoreError."""
        there, found = self.dataset, []
        with store_errors("the store cannot be written"):
            for name in names:
                new = there.linked_name(name)
                # The manifest last: with it a segment is complete.
                for suffix in (".parquet", ".json"):
                    _link(dataset.segment_folder / f"{name}{suffix}", there.segment_folder / f"{new}{suffix}")
                found.append(new)
        return tuple(found)

    def _remove_others(self) -> None:
        """Remove links to what no member keeps any more."""
        wanted = {name for names in self._names.values() for name in names}
        for name in set(self.dataset.names()) - wanted - set(self.dataset.own_reports):
            for suffix in (".json", ".parquet"):
                (self.dataset.segment_folder / f"{name}{suffix}").unlink(missing_ok=True)


def _link(file: Path, link: Path) -> None:
    """A second name of a file, or a copy where the file system has none; nothing where it is gone or there already."""
    if link.exists() or not file.exists():
        return
    with suppress(FileExistsError, FileNotFoundError):
        try:
            os.link(file, link)
        except FileExistsError:
            raise
        except OSError:
            part = link.with_name(f".{link.name}-{os.getpid()}")
            shutil.copyfile(file, part)
            part.replace(link)
