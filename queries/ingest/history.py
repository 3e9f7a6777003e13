"""Reading event history into the store: walk through what is not kept, publish while walking, ask for issued keys."""

from __future__ import annotations

import threading
from collections import defaultdict
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from ssmtrail.queries.engine import interruptible
from ssmtrail.queries.errors import Cancelled
from ssmtrail.queries.ingest.publishing import Publishing, Report, read_alone
from ssmtrail.queries.ingest.reports import unreported
from ssmtrail.queries.model import Coverage, DayCoverage, Note, Plan, Progress, Unreadable
from ssmtrail.queries.sources.files.worker import write_rows
from ssmtrail.queries.sources.history.reported import digest_of, rows_of
from ssmtrail.queries.sources.history.walks import GLOBAL_REGION, KEY, MACHINE, Page, Walk
from ssmtrail.queries.sql_text import paths_literal, statement
from ssmtrail.queries.store.segments import drop_segment, rewrite_manifest, select_lines, spans_of, write_segment
from ssmtrail.queries.store.spans import GRACE, SECOND, covered_by_all, gaps, is_within, merged
from ssmtrail.queries.times import each_day, midnight

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.engine import LateEngine
    from ssmtrail.queries.errors import TrailError
    from ssmtrail.queries.ingest.publishing import Work
    from ssmtrail.queries.sources.history.aws import AwsError
    from ssmtrail.queries.sources.history.source import Cells, HistorySource
    from ssmtrail.queries.sources.history.walks import Cell
    from ssmtrail.queries.store.dataset import Dataset
    from ssmtrail.queries.store.segments import Segment
    from ssmtrail.queries.store.spans import Span, Stretch
    from ssmtrail.queries.times import Window

#: How far back event history reaches. Source: "Working with CloudTrail Event history", CloudTrail User Guide.
REACH: Final = timedelta(days=90)
#: Asking for the very last second of that may be refused.
_MARGIN: Final = timedelta(minutes=1)
_DAY: Final = timedelta(days=1)
TOO_OLD: Final = "older than 90 days"
_NOT_READ: Final = "not read yet"
#: Hops of a chain of assumed roles that are followed.
_HOPS: Final = 5
#: Machines of a region that are asked for in one fetch: AWS allows two requests a second. The next fetch goes on.
_MOST_MACHINES: Final = 300
#: Seconds between two looks at whether a fetch is cancelled.
_WAIT: Final = 0.1
#: Segments that are kept beside each other.
_MOST_SEGMENTS: Final = 4
#: Of a coverage's `files`, which are regions here.
UNIT: Final = "region"


@dataclass(slots=True)
class _State:
    """What is known of a source between two fetches; screens read it while a fetch runs."""

    spans: tuple[Span, ...] = ()
    refused: dict[Cell, TrailError] = field(default_factory=dict)
    unreported: dict[Cell, AwsError] = field(default_factory=dict)
    """Where Session Manager did not say what it knows."""
    is_walking: bool = False
    requests: int = 0
    machines_left: int = 0
    """Machines without a name that the next fetch asks for."""


@dataclass(slots=True)
class HistoryIntake:
    """A source of event history over its dataset; reading costs time alone."""

    patience: ClassVar[float] = 1.0
    """Seconds that closing waits for a fetch to end."""

    source: HistorySource
    dataset: Dataset
    scratch_parent: Path
    engine: Callable[[], DuckDBPyConnection]
    """The engine that answers, for joining."""
    now: Callable[[], datetime]
    """The clock, zone-aware UTC."""
    look_around_days: int = 1
    _state: _State | None = None

    @property
    def state(self) -> _State:
        """From the manifests at first."""
        if self._state is None:
            self._state = _State(spans_of(self.dataset.segments()))
        return self._state

    def fetch(self, work: Work, agreed: Plan | None) -> Progress:
        """Read the agreed days, without an agreement all that event history has. Raises SourceError, StoreError."""
        now = self.now()
        first = now - REACH + _MARGIN
        end = now
        if agreed is not None and agreed.days:
            first = max(first, midnight(agreed.days[0], UTC))
            end = min(now, midnight(agreed.days[-1], UTC) + _DAY)
        wanted = first.replace(microsecond=0), end.replace(microsecond=0)
        return HistoryReading(
            self.source, self.dataset, self.scratch_parent, self.engine, self.now, work, self.state, wanted
        ).run()

    def plan(self, window: Window, cancelled: threading.Event | None = None, **how: object) -> Plan:
        """The days that a window needs, for nothing; there are no ways `how` to choose from."""
        del cancelled, how
        now = self.now()
        around = window.look_around(self.look_around_days)
        oldest, newest = (now - REACH).date(), now.date()
        first = around.start.date() if around.start else oldest
        last = min(newest, (around.end - timedelta(microseconds=1)).date() if around.end else newest)
        days = tuple(each_day(max(first, oldest), last)) if last >= max(first, oldest) else ()
        return Plan(now, days, warnings=self.source.known_cells.notes)

    def coverage(self, window: Window) -> Coverage:
        """The days of a window that are kept of all regions."""
        state, now, cells = self.state, self.now(), self.source.known_cells
        walks = {cell: [(*cell, name) for name in self.source.names] for cell in cells.cells}
        good = [walk for cell in cells.cells if cell not in state.refused for walk in walks[cell]]
        every = [walk for cell in cells.cells for walk in walks[cell]]
        read, final = covered_by_all(good, state.spans), covered_by_all(good, state.spans, final=True)
        whole = () if cells.refused else covered_by_all(every, state.spans)
        first, last = _reach(read, window, now)
        days = tuple(self._day(day, read, final, whole) for day in each_day(first, last)) if first <= last else ()
        refused = {**cells.refused, **state.refused}
        silent = {cell: error for cell, error in state.unreported.items() if cell not in refused}
        calls = sum(segment.calls for segment in self.dataset.segments())
        have = sorted(read)
        return Coverage(
            days, tuple(Unreadable("/".join(cell), str(error)) for cell, error in sorted(refused.items())),
            len(cells.cells), 0, self.dataset.looked_at, have[0][0].date() if have else None,
            have[-1][1].date() if have else None, unit=UNIT, words=self._words(calls),
            notes=(*(Note("organisation", note) for note in cells.notes), *unreported(silent)),
        )  # fmt: skip

    def _day(
        self, day: date, read: Sequence[Stretch], final: Sequence[Stretch], whole: Sequence[Stretch]
    ) -> DayCoverage:
        now, begin = self.now(), midnight(day, UTC)
        end = begin + _DAY - SECOND
        refused = {**self.source.known_cells.refused, **self.state.refused}
        if begin > now:
            return DayCoverage(day, "open")
        upto = max((last for first, last in read if first <= begin <= last), default=None)
        if upto is None and self.state.is_walking:
            return DayCoverage(day, "arriving")
        if upto is None and begin < now - REACH:
            return DayCoverage(day, "missing", why=TOO_OLD)
        if refused and not is_within(begin, min(end, upto or end), whole):
            return DayCoverage(day, "failed", unreadable=len(refused))
        if upto is None:
            return DayCoverage(day, "missing", why=_NOT_READ)
        return DayCoverage(day, "kept" if is_within(begin, end, final) else "open")

    def _words(self, calls: int) -> str:
        """What reading took, and what is not read by default."""
        requests = self.state.requests
        asked = f"{requests:,} {'request' if requests == 1 else 'requests'}" if requests else "nothing asked"
        without = "" if self.source.address.run_command else ", without Run Command"
        machines = len({span.name for span in self.state.spans if span.name.startswith(MACHINE)})
        asked += f", {machines:,} {'machine' if machines == 1 else 'machines'} asked for" if machines else ""
        asked += f", {self.state.machines_left:,} at the next reading" if self.state.machines_left else ""
        ends = "".join(f", ends {name.rpartition('-')[2]}" for name in self.dataset.reports)
        return f"{asked}, {calls:,} {'call' if calls == 1 else 'calls'}, free{without}{ends}"

    def covers(self, moment: datetime) -> bool:
        """Whether all regions were read at a moment, after it."""
        walks = [(*cell, name) for cell in self.source.known_cells.cells for name in self.source.names]
        at = moment.astimezone(UTC)
        return is_within(at, at, covered_by_all(walks, self.state.spans))


def _run_into(future: Future[None], work: Callable[[], None]) -> None:
    try:
        work()
        future.set_result(None)
    except BaseException as error:  # noqa: BLE001 - raised again by who waits
        future.set_exception(error)


def _reach(read: Sequence[Stretch], window: Window, now: datetime) -> tuple[date, date]:
    """The first and last day of a window; of one without ends those that were, or can be, read."""
    whole = (start.date() for start, _ in read if start == midnight(start.date(), UTC))
    known = min([(now - REACH).date() + _DAY, *whole])
    first = window.start.date() if window.start else known
    return first, (window.end - timedelta(microseconds=1)).date() if window.end else now.date()


@dataclass(slots=True)
class HistoryReading:
    """One fetch from event history."""

    source: HistorySource
    dataset: Dataset
    scratch_parent: Path
    engine: Callable[[], DuckDBPyConnection]
    now: Callable[[], datetime]
    work: Work
    state: _State
    wanted: Stretch
    _segments: list[Segment] = field(default_factory=list)
    _former: list[Segment] = field(default_factory=list)
    """Segments that were merged into others, dropped after these are published."""
    _pages: list[Page] = field(default_factory=list)
    """Pages that are not stored yet."""
    _shown: threading.Event = field(default_factory=threading.Event)
    """Set when there are rows to be seen, or none will come soon."""
    _report: Report = field(init=False)
    _requests: int = 0
    """Of the walks before the present ones."""

    def __post_init__(self) -> None:
        self._report = Report(self.work.report, Progress("listing", of="regions"))

    def run(self) -> Progress:
        """Read to the end, or until cancelled. Raises SourceError, StoreError."""
        self.state.requests, self.state.is_walking = 0, True
        self.state.refused.clear()
        try:
            return read_alone(
                self.work, self._report, self.dataset, self.scratch_parent, self.engine, self._read
            )  # fmt: skip
        finally:
            self.state.is_walking = False

    def _read(self, engine: LateEngine, scratch: Path) -> None:
        self.dataset.convert_former(engine, self.work.cancelled)
        self._segments = list(self.dataset.sound_segments())
        self.state.spans = spans_of(self._segments)
        publishing = Publishing.of(self.work, engine, self.dataset, self._report)
        if self._segments:  # to publish nothing takes as long as to publish the first page
            self._publish(publishing)
        cells = self.source.cells(self.work.cancelled)
        reports = Future[None]()
        asking = partial(_run_into, reports, partial(self._ask_for_reports, cells))
        threading.Thread(target=asking, name="history-reports", daemon=True).start()
        try:
            self._walk(engine, scratch, publishing, cells, self._name_walks(cells))
            self._shown.set()
            self._keep_reports(engine, scratch, cells, reports)
            self._publish(publishing)
            for _ in range(_HOPS):
                walks = self._key_walks(engine, cells)
                if not walks:
                    break
                self._walk(engine, scratch, publishing, cells, walks)
            if walks := self._machine_walks(engine, cells):
                self._walk(engine, scratch, publishing, cells, walks)
        finally:
            self._shown.set()
            # What arrived stays, also after a cancel.
            self._store(engine(), scratch)
            self._merge(engine())
            if not self.work.closing.is_set():
                self._publish(publishing)
        if self.work.cancelled.is_set():
            raise Cancelled
        self._raise_if_all_refused(cells)
        self.dataset.mark_looked_at(self.now())
        self._report.change(state="done", calls=self._kept_calls, seconds_left=0.0)

    def _ask_for_reports(self, cells: Cells) -> None:
        """Ask after the first rows: to load what AWS's library knows of Systems Manager takes a second of CPU."""
        while not self._shown.wait(_WAIT):
            if self.work.cancelled.is_set():
                return
        self.state.unreported = self.source.take_reports(cells, self.work.cancelled)

    def _keep_reports(self, engine: LateEngine, scratch: Path, cells: Cells, reports: Future[None]) -> None:
        """Let sessions be joined with what Session Manager reports of them, now and at earlier times."""
        while True:
            try:
                reports.result(timeout=_WAIT)
                break
            except TimeoutError:
                if self.work.cancelled.is_set():
                    raise Cancelled from None
        rows = scratch / "reports.jsonl"
        rows.write_bytes(data := rows_of(cells.cells, self.source.reports))
        with interruptible(engine(), self.work.closing):
            self.dataset.keep_reports(engine(), rows, digest_of(data))

    def _name_walks(self, cells: Cells) -> list[Walk]:
        kept: dict[tuple[str, str, str], list[Span]] = defaultdict(list)
        for span in self.state.spans:
            kept[span.account, span.region, span.name].append(span)
        return [
            Walk(*cell, name, start, end)
            for cell in cells.cells
            for name in self.source.names
            for start, end in gaps(self.wanted, kept[*cell, name])
        ]

    def _key_walks(self, engine: LateEngine, cells: Cells) -> list[Walk]:
        """Walks for the calls that issued the access keys by which people are not known yet; each is asked for once.

        A key that was used shortly before it was asked for is asked for again: its issue may have been delivered later.
        """
        paths = [segment.path for segment in self._segments if segment.calls]
        if not paths:
            return []
        asked = {(span.account, span.region, span.name): span.asked_at for span in self.state.spans}
        rows = f"raw_calls AS NOT MATERIALIZED (FROM read_parquet({paths_literal(paths)}))"
        found = engine().execute(f"WITH {rows} {statement('history_keys')}")
        start = (self.now() - REACH + _MARGIN).replace(microsecond=0)
        walks = []
        for account, region, key, used_at in found.fetchall():
            regions = [
                each for owner, each in cells.cells if owner == account and (owner, each) not in self.state.refused
            ]
            name = f"{KEY}{key}"
            before = asked.get((account, region, name))
            is_known = before is not None and before >= min(used_at.replace(tzinfo=UTC) + GRACE, self.wanted[1])
            if not is_known and (region in regions or (regions and region == GLOBAL_REGION)):
                # A key may have been issued in another region than it was used in.
                others = tuple(each for each in (GLOBAL_REGION, *regions) if each != region)
                walks.append(Walk(account, region, name, start, self.wanted[1], tuple(dict.fromkeys(others))))
        return walks

    def _machine_walks(self, engine: LateEngine, cells: Cells) -> list[Walk]:
        """Walks for launches and tags of machines that had no known name when a session began, none without `--names`.

        Machines of which nothing is known come first, then the newest sessions. What was asked before the last session
        of a machine is asked for from there on.
        """
        self.state.machines_left = 0
        paths = [segment.path for segment in self._segments if segment.calls]
        if (known := self.source.machine_names) is None or not paths:
            return []
        rows = f"raw_calls AS NOT MATERIALIZED (FROM read_parquet({paths_literal(paths)}))"
        found = engine().execute(f"WITH {rows} {statement('history_machines')}").fetchall()
        sightings = {cell: known.of(cell) for cell in cells.cells if cell not in self.state.refused}
        first, end = (self.now() - REACH + _MARGIN).replace(microsecond=0), self.wanted[1]
        kept = defaultdict(list)
        for span in self.state.spans:
            kept[span.account, span.region, span.name].append(span)
        wanted: dict[Cell, list[tuple[bool, Walk]]] = defaultdict(list)
        for account, region, target, first_at, last_at in found:
            cell = account, region
            if cell not in sightings:
                continue
            seen = [each for each in sightings[cell].get(target, ()) if each.name]
            is_named = any(datetime.fromisoformat(each.seen_at) <= first_at.replace(tzinfo=UTC) for each in seen)
            walk = f"{MACHINE}{target}"
            missing = [] if is_named else gaps((first, end), kept[*cell, walk])
            wanted[cell] += [
                (bool(seen), Walk(*cell, walk, start, until))
                for start, until in missing
                if start <= last_at.replace(tzinfo=UTC)
            ]
        walks: list[Walk] = []
        for each in wanted.values():
            each.sort(key=lambda one: one[0])
            walks += [walk for _, walk in each[:_MOST_MACHINES]]
            self.state.machines_left += len(each[_MOST_MACHINES:])
        return walks

    def _walk(
        self, engine: LateEngine, scratch: Path, publishing: Publishing, cells: Cells, walks: Sequence[Walk]
    ) -> None:
        walking = self.source.walking(cells, self.work.cancelled)

        def wake() -> None:
            self.state.requests = self._requests + walking.requests
            self._report.change(
                state="reading", requests=self.state.requests, calls=self._kept_calls,
                seconds_left=walking.seconds_left,
            )  # fmt: skip
            if any(page.records for page in self._pages) and publishing.is_due(self._segments):
                self._store(engine(), scratch)
                self._publish(publishing)

        for found in walking.run(walks, wake):
            if isinstance(found, Page):
                self._pages.append(found)
            else:
                self.state.refused[found.cell] = found.error
        self._requests += walking.requests
        self.state.requests = self._requests
        self._store(engine(), scratch)
        if self.work.cancelled.is_set():
            raise Cancelled

    def _store(self, connection: DuckDBPyConnection, scratch: Path) -> None:
        """Write the pages that arrived as one segment without calls that are kept; where none is new, only spans."""
        pages, self._pages = self._pages, []
        if not pages:
            return
        spans = merged(page.span for page in pages if page.span is not None)
        made = self._new_calls(connection, pages, spans, scratch)
        if made is not None:
            self._segments.append(made)
        elif self._segments:
            self._segments[-1] = rewrite_manifest(self._segments[-1], spans=merged((*self._segments[-1].spans, *spans)))
        else:
            self._segments.append(
                write_segment(connection, self.dataset.segment_folder, None, source=self.dataset.kind, spans=spans)
            )
        self.state.spans = merged((*self.state.spans, *spans))

    def _new_calls(
        self, connection: DuckDBPyConnection, pages: Sequence[Page], spans: tuple[Span, ...], scratch: Path
    ) -> Segment | None:
        rows = scratch / "pages.jsonl"
        with rows.open("wb") as file:
            for page in pages:
                place = f"event-history/{page.walk.account}/{page.walk.region}"
                _ = write_rows("\n".join(page.records).encode("utf-8", "surrogatepass"), place, None, file)
        if not rows.stat().st_size:
            return None
        select = select_lines([rows])
        if kept := [segment.path for segment in self._segments if segment.calls]:
            known = f"(SELECT eventid FROM read_parquet({paths_literal(kept)}) WHERE eventid IS NOT NULL)"
            select = f"SELECT * FROM ({select}) WHERE eventid IS NULL OR eventid NOT IN {known}"
        with interruptible(connection, self.work.closing):
            made = write_segment(connection, self.dataset.segment_folder, select, source=self.dataset.kind, spans=spans)
        if made.calls:
            return made
        drop_segment(made)
        return None

    def _merge(self, connection: DuckDBPyConnection) -> None:
        """Write many small segments as one."""
        if len(self._segments) <= _MOST_SEGMENTS or self.work.closing.is_set():
            return
        paths = [segment.path for segment in self._segments if segment.calls]
        select = f"SELECT * FROM read_parquet({paths_literal(paths)})" if paths else None
        with interruptible(connection, self.work.closing):
            one = write_segment(
                connection, self.dataset.segment_folder, select, source=self.dataset.kind,
                spans=spans_of(self._segments),
            )  # fmt: skip
        self._former, self._segments = [*self._former, *self._segments], [one]

    @property
    def _kept_calls(self) -> int:
        return sum(segment.calls for segment in self._segments)

    def _raise_if_all_refused(self, cells: Cells) -> None:
        """Raises SourceError where nothing at all could be read."""
        if cells.cells and all(cell in self.state.refused for cell in cells.cells) and not self.state.spans:
            raise self.state.refused[cells.cells[0]]

    def _publish(self, publishing: Publishing) -> None:
        snapshot = publishing.now(self._segments)
        if snapshot is not None:
            self._report.change(snapshot=snapshot)
            self._shown.set()
        while self._former:
            drop_segment(self._former.pop())
