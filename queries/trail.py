"""The trail: one source, its store, and the answers to questions."""

from __future__ import annotations

import os
import threading
from abc import ABC, abstractmethod
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from ssmtrail.queries.counts import cell_of, heat_of, instance_page, matrix_of, person_page, totals_of, usage_of
from ssmtrail.queries.details import POSSIBLE_HOURS, as_of, call_detail, session_detail
from ssmtrail.queries.engine import EitherEvent, SoonEngine, connect, cursor_of, interruptible, pack, statement
from ssmtrail.queries.errors import Cancelled, StoreError
from ssmtrail.queries.filters import Filter
from ssmtrail.queries.first_page import COLUMNS, FIRST_ROWS, FirstPage
from ssmtrail.queries.ingest.base import Work, intake_of
from ssmtrail.queries.ingest.coverage import tally_of
from ssmtrail.queries.lists import StoredAnswer, answer, counted_rows
from ssmtrail.queries.model import Question, Scope
from ssmtrail.queries.relations import PREPARED
from ssmtrail.queries.snapshot import Snapshot
from ssmtrail.queries.store.atomic import make_private_folder, plain_way, scratch_folder
from ssmtrail.queries.store.dataset import Dataset
from ssmtrail.queries.store.sessions import Derived, derive, drop_damaged, find_derived
from ssmtrail.queries.times import Window

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path
    from threading import Event

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.first_page import PagePlace
    from ssmtrail.queries.ingest.base import Intake
    from ssmtrail.queries.inventory import Inventory
    from ssmtrail.queries.model import (
        CallDetail,
        ConsoleQueryName,
        ConsoleSql,
        Coverage,
        Measure,
        Plan,
        Progress,
        QueryRun,
        Question,
        Row,
        Scope,
        SessionDetail,
        Totals,
    )
    from ssmtrail.queries.snapshot import Snapshot
    from ssmtrail.queries.sources.base import DaySource, Source
    from ssmtrail.queries.store.dataset import Dataset
    from ssmtrail.queries.times import Unit, Window
    from ssmtrail.queries.views import AsOf, Breakdown, CellFacts, Heat, Matrix, MatrixOrder, Page, PersonId, Usage


class IntakeAnswers:
    """Passes questions on to the way in."""

    _intake: Intake
    _closing: Event

    def coverage(self, window: Window) -> Coverage:
        """What is kept for the window, day by day."""
        return self._intake.coverage(window)

    def plan(self, window: Window, cancelled: Event, *, refresh: bool = False, again: int = 0) -> Plan:
        """What a window would cost. Raises SourceError, UsageError, Cancelled."""
        return self._intake.plan(window, EitherEvent(cancelled, self._closing), refresh=refresh, again=again)

    def plan_again(self, key: str, cancelled: Event) -> Plan:
        """What it would cost to have what a query did not bring. Raises SourceError, UsageError, Cancelled."""
        return self._intake.plan_again(key, EitherEvent(cancelled, self._closing))

    def queries(self) -> tuple[QueryRun, ...]:
        """What ran at the source, the newest first."""
        return self._intake.queries()

    def stop_query(self, key: str) -> None:
        """Stop one query that runs."""
        self._intake.stop(key)

    def console_sql(self, name: ConsoleQueryName, scope: Scope, cancelled: Event, *, unit: Unit = "day") -> ConsoleSql:
        """A console query as SQL for Athena's console. Raises FilterError, UsageError, SourceError, Cancelled."""
        return self._intake.console_sql(name, scope, unit, EitherEvent(cancelled, self._closing))


class ViewAnswers(ABC):
    """What a query service answers beside lists, given a way to what is kept now."""

    _possible_hours: int
    _snapshot: Snapshot | None

    @abstractmethod
    def _with_current(self, find: Callable[[Snapshot, DuckDBPyConnection], Found], cancelled: Event) -> Found:
        """Find something in what is kept now, with a cursor that stops when `cancelled` is set."""

    def readable(self, scope: Scope) -> Scope:
        """The scope of a drill in words that are pleasant to read; at once."""
        snapshot = self._snapshot
        return snapshot.facts.readable(scope) if snapshot else scope

    def prepare(self, cancelled: Event) -> None:
        """Make what counting questions are answered from, for all that is kept. Raises Cancelled, StoreError."""
        self._with_current(_prepare, cancelled)

    def totals(self, scope: Scope, cancelled: Event, *, measure: Measure = "sessions") -> Totals:
        """The figures over every screen. Raises Cancelled, UsageError, StoreError."""
        return self._with_current(lambda snapshot, cursor: totals_of(snapshot, cursor, scope, measure), cancelled)

    def matrix(
        self, scope: Scope, cancelled: Event, *, measure: Measure = "sessions", order: MatrixOrder = "most",
        turned: bool = False,
    ) -> Matrix:  # fmt: skip
        """Who touched what how often; `turned` has machines down. Raises Cancelled, UsageError, StoreError."""
        return self._with_current(
            lambda snapshot, cursor: matrix_of(snapshot, cursor, scope, measure, order, turned=turned), cancelled
        )

    def cell(self, scope: Scope, who: PersonId, target: str | None, cancelled: Event) -> CellFacts:
        """What one line tells of a cell of the scope's matrix. Raises Cancelled, UsageError, StoreError."""
        return self._with_current(lambda snapshot, cursor: cell_of(snapshot, cursor, scope, who, target), cancelled)

    def usage(
        self, scope: Scope, cancelled: Event, *, measure: Measure = "sessions", unit: Unit = "day",
        breakdown: Breakdown = "none",
    ) -> Usage:  # fmt: skip
        """How much it is used, in bars. Raises Cancelled, UsageError, StoreError."""
        return self._with_current(
            lambda snapshot, cursor: _usage(snapshot, cursor, scope, measure, unit, breakdown), cancelled
        )

    def heat(self, scope: Scope, cancelled: Event, *, measure: Measure = "sessions") -> Heat:
        """When it is used, and by whom most, on which machines. Raises Cancelled, UsageError, StoreError."""
        return self._with_current(lambda snapshot, cursor: _heat(snapshot, cursor, scope, measure), cancelled)

    def person(self, who: PersonId, scope: Scope, cancelled: Event, *, measure: Measure = "sessions") -> Page:
        """A person's numbers in a scope. Raises UsageError when it has nothing of them, Cancelled, StoreError."""
        return self._with_current(
            lambda snapshot, cursor: person_page(snapshot, cursor, who, scope, measure), cancelled
        )

    def instance(self, target: str | None, scope: Scope, cancelled: Event, *, measure: Measure = "sessions") -> Page:
        """A machine's numbers in a scope. Raises UsageError when it has nothing of it, Cancelled, StoreError."""
        return self._with_current(
            lambda snapshot, cursor: instance_page(snapshot, cursor, target, scope, measure), cancelled
        )

    def as_of(self, target: str, moment: datetime, scope: Scope, cancelled: Event) -> AsOf:
        """Who was on a machine about a moment. Raises Cancelled, StoreError."""
        possible = timedelta(hours=self._possible_hours)
        return self._with_current(
            lambda snapshot, cursor: as_of(snapshot, cursor, target, moment, scope, possible), cancelled
        )


def _usage(
    snapshot: Snapshot, cursor: DuckDBPyConnection, scope: Scope, measure: Measure, unit: Unit, breakdown: Breakdown
) -> Usage:
    wanted = (scope, measure, unit, breakdown)
    return snapshot.facts.view("usage", wanted, lambda: usage_of(snapshot, cursor, *wanted))


def _heat(snapshot: Snapshot, cursor: DuckDBPyConnection, scope: Scope, measure: Measure) -> Heat:
    return snapshot.facts.view("heat", (scope, measure), lambda: heat_of(snapshot, cursor, scope, measure))


def _prepare(snapshot: Snapshot, cursor: DuckDBPyConnection) -> None:
    whole = Scope(Window(), Filter())
    for name in PREPARED:
        snapshot.facts.summed(snapshot, cursor, name, whole)
    counted_rows(snapshot, cursor, Question("pairs", whole))
    matrix_of(snapshot, cursor, whole, "sessions", "most", turned=False)
    _heat(snapshot, cursor, whole, "sessions")
    for unit in ("day", "week", "month"):
        _usage(snapshot, cursor, whole, "sessions", unit, "kind")
    pack(cursor)


_First: TypeAlias = "tuple[tuple[str, ...], Totals, tuple[Row, ...]]"
#: Finds something in what is kept now, see `Trail`.
_Finding: TypeAlias = "Callable[[Callable[[Snapshot, DuckDBPyConnection], _First], Event], _First]"


def keep_page(place: PagePlace, dataset: Dataset, from_current: _Finding, cancelled: Event) -> None:
    """Keep the first page of what is kept now, unless it is there or the store changes meanwhile.

    Raises Cancelled, StoreError.
    """
    with suppress(OSError):  # then the engine is waited for next time
        key = place.key()
        if place.has(key):
            return
        names, totals, rows = from_current(_first, cancelled)
        page = FirstPage(totals, rows, tally_of(dataset.segments()))
        if names == dataset.names() and place.key() == key:
            place.write(key, page)


def _first(snapshot: Snapshot, cursor: DuckDBPyConnection) -> _First:
    question = Question("sessions", Scope(Window(), Filter()))
    found = answer(cursor, snapshot, question, cursor)
    try:
        return snapshot.derived.segments, found.totals, found.page(0, FIRST_ROWS, COLUMNS)
    finally:
        found.close()


#: For questions: pages and sorts of a million sessions stay far below it.
_MEMORY: Final = "1GB"
_DAMAGED: Final = "A part of what is kept is damaged; it will be read again with the next refresh"
Found = TypeVar("Found")


class Trail(IntakeAnswers, ViewAnswers):
    """A source, what is kept of it, and the answers to questions.

    Every method may be called from any thread. Raises StoreError where the store cannot be made.
    """

    def __init__(
        self,
        source: Source | DaySource,
        root: Path,
        inventory: Inventory | None = None,
        *,
        look_around_days: int = 1,
        possible_hours: int = POSSIBLE_HOURS,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        page_place: PagePlace | None = None,
    ) -> None:
        self._source = source
        with ExitStack() as resources:
            root = resources.enter_context(plain_way(root))
            self._scratch_parent = make_private_folder(root / "scratch")
            # Engines that share a folder for what they spill write into each other's files.
            self._scratch = resources.enter_context(scratch_folder(self._scratch_parent))
            self._dataset = Dataset.of(root, source.identity, source.label)
            self._resources = resources.pop_all()
        self._intake = intake_of(source, self._dataset, self._scratch_parent, now, look_around_days)
        self._look_around_days = look_around_days
        self._possible_hours = possible_hours
        self._page_place = page_place
        self._lock = threading.Lock()
        self._ended = threading.Condition(self._lock)
        """Told when a fetch is over."""
        self._closing = threading.Event()
        self._snapshot: Snapshot | None = None
        self._is_damaged = False
        self._fetches = 0
        self._number = 0
        self._engine = SoonEngine(partial(_connected, self._scratch, inventory))

    @property
    def _connection(self) -> DuckDBPyConnection:
        return self._engine()

    @property
    def source_label(self) -> str:
        """A short name of the source for the header; may be hostile."""
        return self._source.label

    def fetch(
        self, report: Callable[[Progress], None], cancelled: threading.Event, agreed: Plan | None = None
    ) -> Progress:
        """Read what is new or changed in the source; what is whole when `cancelled` is set stays.

        Of a source that charges only what was `agreed` to is read, and what is paid for already.

        Raises SourceError, StoreError.
        """
        with self._lock:
            self._fetches += 1
        try:
            work = Work(self._publish, report, EitherEvent(cancelled, self._closing), self._closing)
            return self._intake.fetch(work, agreed)
        finally:
            with self._ended:
                self._fetches -= 1
                self._ended.notify_all()
            self._free_when_closed()

    def prepare(self, cancelled: threading.Event) -> None:
        """Keep the first page for the next start, then get ready for what counts. Raises Cancelled, StoreError."""
        if self._page_place is not None:
            keep_page(self._page_place, self._dataset, self._with_current, cancelled)
        super().prepare(cancelled)

    def ask(self, question: Question, cancelled: threading.Event) -> StoredAnswer:
        """Answer from what is kept. Raises Cancelled, UsageError, StoreError."""
        return self._with_current(partial(_answered, self._connection, question), cancelled)

    def session(self, key: str, scope: Scope, at: datetime | None = None) -> SessionDetail:
        """Everything about the session with this row key. Raises UsageError, StoreError."""
        hours = self._possible_hours
        return self._from_current(
            lambda current: session_detail(self._connection, current, key, scope, at, hours), self._closing
        )

    def call(self, key: str, scope: Scope) -> CallDetail:
        """One call with its record. Raises UsageError, StoreError."""
        return self._from_current(lambda current: call_detail(self._connection, current, key, scope), self._closing)

    def close(self) -> None:
        """Interrupt what runs and free everything; a fetch that runs frees it when it ends, within a second.

        Where reading costs money this waits, for a moment, until what runs at the source is stopped there.
        """
        if self._closing.is_set():
            return
        self._closing.set()
        with self._ended:
            self._ended.wait_for(lambda: not self._fetches, self._intake.patience)
        self._engine.close()
        self._free_when_closed()

    def _free_when_closed(self) -> None:
        with self._lock:
            free = self._closing.is_set() and not self._fetches
        if free:
            self._resources.close()

    def _with_current(self, find: Callable[[Snapshot, DuckDBPyConnection], Found], cancelled: threading.Event) -> Found:
        stop = EitherEvent(cancelled, self._closing)

        def found(snapshot: Snapshot) -> Found:
            cursor = cursor_of(self._connection)
            with interruptible(cursor, stop):
                return find(snapshot, cursor)

        return self._from_current(found, stop)

    def _from_current(self, find: Callable[[Snapshot], Found], stop: threading.Event) -> Found:
        """Find something in what is kept now; once more where that was swept, changed or damaged meanwhile."""
        try:
            return self._found(find, stop)
        except StoreError:
            if self._closing.is_set():
                raise Cancelled from None
            self._renew()
            return self._found(find, stop)

    def _found(self, find: Callable[[Snapshot], Found], stop: threading.Event) -> Found:
        snapshot = self._current(stop)
        try:
            return find(snapshot)
        finally:
            snapshot.release(self._connection)

    def _current(self, cancelled: threading.Event) -> Snapshot:
        """What is kept now, held: what was published last, else what an earlier run left."""
        with self._lock:
            if self._is_damaged:
                raise StoreError(_DAMAGED)
            if self._snapshot is None:
                derived = find_derived(self._dataset, self._dataset.names())
                if derived is None:
                    names = [segment.name for segment in self._dataset.segments() if segment.calls]
                    derived = derive(cursor_of(self._connection), self._dataset, names, cancelled)
                self._snapshot = self._numbered(derived)
            return self._snapshot.hold()

    def _renew(self) -> None:
        """Look at every byte of what is kept, and make what is derived from it again. Raises StoreError."""
        with self._lock:
            kept = len(self._dataset.segments())
            if len(self._dataset.sound_segments()) < kept:
                self._is_damaged = True
                raise StoreError(_DAMAGED)
            drop_damaged(self._dataset)
            self._snapshot = None

    def _publish(self, derived: Derived) -> int:
        with self._lock:
            self._is_damaged = False
            former = self._snapshot
            if former is not None and former.derived.segments == derived.segments:
                return former.number
            self._snapshot = self._numbered(derived)
        if former is not None:
            former.release(self._connection)
        return self._snapshot.number

    def _numbered(self, derived: Derived) -> Snapshot:
        """A generation with links of its own to the files: others may sweep them while answers need them."""
        self._number += 1
        own = self._scratch / f"generation-{self._number}"
        try:
            own.mkdir(mode=0o700)
            for file in derived.asked_files:
                os.link(file, own / file.name)
        except OSError:  # a file system without links
            return Snapshot(derived, self._number, self._scratch, self._look_around_days)
        return Snapshot(replace(derived, folder=own), self._number, self._scratch, self._look_around_days, owned=True)


def _connected(scratch: Path, inventory: Inventory | None) -> DuckDBPyConnection:
    """The engine that answers, with the tables that there are beside what is kept."""
    connection = connect(scratch, memory=_MEMORY)
    connection.execute(statement("dictionary"))
    connection.execute("CREATE TABLE machines (instance_id VARCHAR, name VARCHAR, environment VARCHAR)")
    machines = inventory.machines if inventory else ()
    if machines:
        connection.executemany(
            "INSERT INTO machines VALUES (?, nullif(?, ''), nullif(?, ''))",
            [(machine.instance_id, machine.name, machine.environment) for machine in machines],
        )
    return connection


def _answered(
    connection: DuckDBPyConnection, question: Question, snapshot: Snapshot, cursor: DuckDBPyConnection
) -> StoredAnswer:
    return answer(connection, snapshot, question, cursor)
