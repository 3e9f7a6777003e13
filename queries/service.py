"""The query service: the only door of the core."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from queries.answers import StoredAnswer, answer
from queries.coverage import Tally, coverage_of
from queries.details import call_detail, session_detail
from queries.engine import connect, cursor_of, interruptible
from queries.generation import Generation
from queries.reading import Reading
from queries.store.dataset import Dataset
from queries.store.derived import Derived, derive, derived_of
from queries.store.private_files import make_private_folder

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from queries.inventory import Inventory
    from queries.sources.contract import Source
    from queries.values import CallDetail, Coverage, Progress, Question, Scope, SessionDetail
    from queries.window import Window

#: For questions: pages and sorts of a million sessions stay far below it.
_MEMORY: Final = "1GB"


class QueryService:
    """A source, what is kept of it, and the answers to questions.

    Every method may be called from any thread. Raises StoreError where the store cannot be made.
    """

    def __init__(
        self,
        source: Source,
        root: Path,
        inventory: Inventory | None = None,
        *,
        look_around_days: int = 1,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._source = source
        self._scratch = make_private_folder(root / "scratch")
        self._dataset = Dataset.of(root, source.identity, source.label)
        self._connection = connect(self._scratch, memory=_MEMORY)
        self._look_around_days = look_around_days
        self._now = now
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._tally: Tally | None = None
        self._generation: Generation | None = None
        self._number = 0
        self._load_names(inventory)

    @property
    def source_label(self) -> str:
        """A short name of the source for the header; may be hostile."""
        return self._source.label

    def fetch(self, report: Callable[[Progress], None], cancelled: threading.Event) -> Progress:
        """Read what is new or changed in the source; what is whole when `cancelled` is set stays.

        Raises SourceError, StoreError.
        """
        reading = Reading(
            self._source, self._dataset, self._scratch, self._publish, self._tell, report, cancelled, self._closing,
            self._now,
        )  # fmt: skip
        return reading.run()

    def coverage(self, window: Window) -> Coverage:
        """What is kept for the window, day by day."""
        if self._tally is None:
            self._tell(Tally.of(self._dataset.segments()))
        assert self._tally is not None
        return coverage_of(self._tally, window, self._now(), self._dataset.looked_at)

    def ask(self, question: Question, cancelled: threading.Event) -> StoredAnswer:
        """Answer from what is kept. Raises Cancelled, UsageError, StoreError."""
        generation = self._current(cancelled)
        cursor = cursor_of(self._connection)
        with interruptible(cursor, cancelled):
            return answer(self._connection, generation, question, cursor)

    def session(self, key: str, scope: Scope) -> SessionDetail:
        """Everything about the session with this row key. Raises UsageError, StoreError."""
        return session_detail(self._connection, self._current(self._closing), key, scope)

    def call(self, key: str, scope: Scope) -> CallDetail:
        """One call with its record. Raises UsageError, StoreError."""
        return call_detail(self._connection, self._current(self._closing), key, scope)

    def close(self) -> None:
        """Interrupt what runs and free everything."""
        self._closing.set()
        self._connection.interrupt()
        self._connection.close()

    def _current(self, cancelled: threading.Event) -> Generation:
        """What is kept now: what was published last, else what an earlier run left."""
        with self._lock:
            if self._generation is None:
                names = self._dataset.names()
                derived = derived_of(self._dataset, names)
                if not derived.folder.is_dir():
                    derived = derive(cursor_of(self._connection), self._dataset, names, cancelled)
                self._generation = self._numbered(derived)
            return self._generation

    def _publish(self, derived: Derived) -> int:
        with self._lock:
            if self._generation is None or self._generation.derived != derived:
                self._generation = self._numbered(derived)
            return self._generation.number

    def _numbered(self, derived: Derived) -> Generation:
        self._number += 1
        return Generation(derived, self._number, self._scratch, self._look_around_days)

    def _tell(self, tally: Tally) -> None:
        self._tally = tally

    def _load_names(self, inventory: Inventory | None) -> None:
        self._connection.execute("CREATE TABLE machines (instance_id VARCHAR, name VARCHAR, environment VARCHAR)")
        machines = inventory.machines if inventory else ()
        if machines:
            self._connection.executemany(
                "INSERT INTO machines VALUES (?, nullif(?, ''), nullif(?, ''))",
                [(machine.instance_id, machine.name, machine.environment) for machine in machines],
            )
