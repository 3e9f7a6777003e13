"""Reading several sources and answering them together: each keeps its own store, whose segments are linked into one."""

from __future__ import annotations

import os
import shutil
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from ssmtrail.queries.engine import LateEngine, joining_cursor
from ssmtrail.queries.errors import Cancelled, SourceError, StoreError, UsageError
from ssmtrail.queries.ingest.publishing import Publishing, Report
from ssmtrail.queries.ingest.several_parts import joined_coverage, joined_plans
from ssmtrail.queries.ingest.side_by_side import JointProgress, run_lanes
from ssmtrail.queries.model import Plan, Spendings
from ssmtrail.queries.store.atomic import store_errors, try_lock
from ssmtrail.queries.store.folders import READING_LOCK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.ingest.days import DayIntake
    from ssmtrail.queries.ingest.intakes import Intakes, OneSource
    from ssmtrail.queries.ingest.publishing import Work
    from ssmtrail.queries.model import Coverage, Progress, QueryRun
    from ssmtrail.queries.sources.several import SeveralSources
    from ssmtrail.queries.store.dataset import Dataset
    from ssmtrail.queries.store.segments import Segment
    from ssmtrail.queries.times import Window


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
    engine: Callable[[], DuckDBPyConnection],
) -> Intakes:  # fmt: skip
    """The intakes of several sources, by the dataset and the intakes of each. Raises StoreError."""
    from ssmtrail.queries.ingest.intakes import Intakes  # it imports this module where it is needed

    kept = [(each, kept_of(each)) for each in source.members]
    members = tuple(_member(each, dataset, intakes_of(each, dataset), partial(kept_of, each)) for each, dataset in kept)
    several = SeveralIntake(members, dataset, now, engine)
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
    engine: Callable[[], DuckDBPyConnection]
    """The engine that answers."""
    _names: dict[Path, tuple[str, ...]] = field(default_factory=dict)
    """Names of the segments and reports of each member, by its folder."""
    _turn: threading.Lock = field(default_factory=threading.Lock)
    """Held by the member that publishes."""

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
        """Read the sources, or those that are wanted, side by side, folders one after the other; note one that fails.

        Raises SourceError where none can be read, UsageError where the plan cannot be agreed to, StoreError.
        """
        if agreed is not None and agreed.refusal:
            raise UsageError(f"Nothing was read: {agreed.refusal}.")
        parts: list[Plan | None] = [part for _, part in agreed.parts] if agreed is not None else []
        parts = parts or [None] * len(self.members)
        joint = JointProgress([member.label for member in self.members], work.report)
        work = replace(work, onto=self._onto, join_reports=self._joining(work))
        own = replace(work, turn=partial(self._turn_of, work))

        def fetch(number: int, cancelled: threading.Event) -> None:
            told = replace(own, report=partial(joint.tell, number), cancelled=cancelled)
            try:
                self._fetch_one(self.members[number], parts[number], told)
            finally:
                joint.end(number)

        lanes, failed = self._lanes(work.only), dict[int, SourceError]()
        with self.dataset.claim(work.cancelled) as alone:
            self.dataset.sweep(alone=alone)
            with suppress(Cancelled):  # what arrived is published
                failed = run_lanes(lanes, fetch, work.cancelled)
            for number, error in failed.items():
                self.members[number].failed = str(error)
            if failed and len(failed) == sum(map(len, lanes)):
                raise failed[min(failed)]
            snapshot = 0 if work.closing.is_set() else self._publish(work, joint)
            self._remove_others()
        done = joint.ended("cancelled" if work.cancelled.is_set() else "done", snapshot)
        work.report(done)
        return done

    def _publish(self, work: Work, joint: JointProgress) -> int:
        """Publish what all have; the number of the snapshot, 0 where nothing is new."""
        engine = LateEngine(lambda: joining_cursor(self.engine()))
        try:
            report = Report(work.report, joint.ended("joining"))
            return Publishing.of(work, engine, self.dataset, report).now(self.dataset.segments()) or 0
        finally:
            engine.close()

    def _lanes(self, only: frozenset[int] | None) -> list[list[int]]:
        """The numbers of the members, or of those that are wanted, by what is read one after the other.

        Folders share the processors.
        """
        wanted = [number for number in range(len(self.members)) if only is None or number in only]
        folders = [number for number in wanted if self.members[number].dataset.kind == "files"]
        return [*([folders] if folders else []), *([number] for number in wanted if number not in folders)]

    def _fetch_one(self, member: Member, part: Plan | None, work: Work) -> None:
        for is_again in (False, True):
            _ = member.make_folder()
            try:
                member.intakes.intake.fetch(work, part)
                break
            except StoreError:
                if is_again or member.dataset.folder.exists():
                    raise
        member.failed = member.unplanned

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

    @property
    def unplanned(self) -> Mapping[int, str]:
        """The members, by number, for which the newest plan could not be made; why, a sentence."""
        return {number: member.unplanned for number, member in enumerate(self.members) if member.unplanned}

    @property
    def failed(self) -> Mapping[int, str]:
        """The members, by number, that could not be planned or read the last time; why, a sentence."""
        return {number: member.failed for number, member in enumerate(self.members) if member.failed}

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

    def with_files(self) -> list[Dataset]:
        """The datasets of folders and buckets, whose records are in files that digests name."""
        return [member.dataset for member in self.members if member.dataset.kind in ("files", "s3")]

    def _days(self) -> Iterator[DayIntake | SeveralIntake]:
        return (member.intakes.days for member in self.members if member.intakes.days is not None)

    # One dataset of many

    @contextmanager
    def _turn_of(self, work: Work, dataset: Dataset, segments: Sequence[Segment]) -> Iterator[bool]:
        """Note what a member has, then let one at a time publish what all have, for who looks at it meanwhile.

        Else it is published once, when all have ended.
        """
        names = (*(segment.name for segment in segments if segment.calls), *dataset.reports)
        self._names[dataset.folder] = self._linked(dataset, names)
        with self._turn:
            yield work.early and not work.cancelled.is_set()

    def _joining(self, work: Work) -> Callable[..., None]:
        """Reports are joined with the calls of all members, whichever publishes."""
        return lambda engine, _: work.join_reports(engine, self.dataset.segments())

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
