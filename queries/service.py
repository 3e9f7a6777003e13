"""The query service: the only door of the core."""

from __future__ import annotations

import os
import threading
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from queries.answers import answer
from queries.connecting import SoonEngine
from queries.details import POSSIBLE_HOURS, call_detail, session_detail
from queries.engine import EitherEvent, connect, cursor_of, interruptible, statement
from queries.errors import Cancelled, StoreError
from queries.generation import Generation
from queries.intake import Work, intake_of
from queries.intake_answers import IntakeAnswers
from queries.page_making import keep_page
from queries.store.dataset import Dataset
from queries.store.derived import Derived, derive, drop_damaged, find_derived
from queries.store.private_files import make_private_folder, plain_way, scratch_folder
from queries.stored_answer import StoredAnswer
from queries.view_answers import ViewAnswers

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from queries.inventory import Inventory
    from queries.page_place import PagePlace
    from queries.plans import Plan
    from queries.sources.contract import Source
    from queries.sources.day_contract import DaySource
    from queries.values import CallDetail, Progress, Question, Scope, SessionDetail

#: For questions: pages and sorts of a million sessions stay far below it.
_MEMORY: Final = "1GB"
_DAMAGED: Final = "A part of what is kept is damaged; it will be read again with the next refresh"
Found = TypeVar("Found")


class QueryService(IntakeAnswers, ViewAnswers):
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
        self._generation: Generation | None = None
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

    def _with_current(
        self, find: Callable[[Generation, DuckDBPyConnection], Found], cancelled: threading.Event
    ) -> Found:
        stop = EitherEvent(cancelled, self._closing)

        def found(generation: Generation) -> Found:
            cursor = cursor_of(self._connection)
            with interruptible(cursor, stop):
                return find(generation, cursor)

        return self._from_current(found, stop)

    def _from_current(self, find: Callable[[Generation], Found], stop: threading.Event) -> Found:
        """Find something in what is kept now; once more where that was swept, changed or damaged meanwhile."""
        try:
            return self._found(find, stop)
        except StoreError:
            if self._closing.is_set():
                raise Cancelled from None
            self._renew()
            return self._found(find, stop)

    def _found(self, find: Callable[[Generation], Found], stop: threading.Event) -> Found:
        generation = self._current(stop)
        try:
            return find(generation)
        finally:
            generation.release(self._connection)

    def _current(self, cancelled: threading.Event) -> Generation:
        """What is kept now, held: what was published last, else what an earlier run left."""
        with self._lock:
            if self._is_damaged:
                raise StoreError(_DAMAGED)
            if self._generation is None:
                derived = find_derived(self._dataset, self._dataset.names())
                if derived is None:
                    names = [segment.name for segment in self._dataset.segments() if segment.calls]
                    derived = derive(cursor_of(self._connection), self._dataset, names, cancelled)
                self._generation = self._numbered(derived)
            return self._generation.hold()

    def _renew(self) -> None:
        """Look at every byte of what is kept, and make what is derived from it again. Raises StoreError."""
        with self._lock:
            kept = len(self._dataset.segments())
            if len(self._dataset.sound_segments()) < kept:
                self._is_damaged = True
                raise StoreError(_DAMAGED)
            drop_damaged(self._dataset)
            self._generation = None

    def _publish(self, derived: Derived) -> int:
        with self._lock:
            self._is_damaged = False
            former = self._generation
            if former is not None and former.derived.segments == derived.segments:
                return former.number
            self._generation = self._numbered(derived)
        if former is not None:
            former.release(self._connection)
        return self._generation.number

    def _numbered(self, derived: Derived) -> Generation:
        """A generation with links of its own to the files: others may sweep them while answers need them."""
        self._number += 1
        own = self._scratch / f"generation-{self._number}"
        try:
            own.mkdir(mode=0o700)
            for file in derived.asked_files:
                os.link(file, own / file.name)
        except OSError:  # a file system without links
            return Generation(derived, self._number, self._scratch, self._look_around_days)
        return Generation(replace(derived, folder=own), self._number, self._scratch, self._look_around_days, owned=True)


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
    connection: DuckDBPyConnection, question: Question, generation: Generation, cursor: DuckDBPyConnection
) -> StoredAnswer:
    return answer(connection, generation, question, cursor)
