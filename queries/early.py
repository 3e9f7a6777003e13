"""What the first screen asks, answered from a page that was kept, until the core is open."""

from __future__ import annotations

from datetime import UTC, datetime
from threading import Event, Lock
from typing import TYPE_CHECKING, Final

from queries.coverage import coverage_of
from queries.errors import Cancelled, StoreError
from queries.first_page import COLUMNS
from queries.store.places import looked_at
from queries.values import Sort
from queries.window import Window

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from queries.first_page import FirstPage
    from queries.values import Answer, Coverage, Door, Question, Row, Spelling, Totals

_ALL: Final = Window()
_NATURAL: Final = ((), (Sort("at", descending=True),))


class EarlyDoor:
    """The part of a door that a kept page can be: nothing here blocks or needs the engine."""

    def __init__(
        self, source_label: str, folder: Path, page: FirstPage, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        """`folder` is that of the source in the store; `now` is the clock, zone-aware UTC."""
        self._now = now
        self.source_label = source_label
        self._page = page
        self._looked_at = looked_at(folder)

    def knows(self, question: Question, follow: str | None) -> bool:
        """Whether this is what the page answers; the row to follow, if any, has to be on it."""
        scope = question.scope
        if question.name != "sessions" or question.sort not in _NATURAL:
            return False
        if scope.window != _ALL or scope.filter.text:
            return False
        key = COLUMNS.index("key")
        return follow is None or any(row[key] == follow for row in self._page.rows)

    def coverage(self, window: Window) -> Coverage:
        """What is kept for the window, day by day."""
        return coverage_of(self._page.tally, window, self._now(), self._looked_at)

    def answer(self, question: Question, door: Callable[[Event], Door]) -> EarlyAnswer:
        """The answer to a question that it knows; `door` waits for the real one until it is told not to."""
        return EarlyAnswer(question, self._page, door)


class EarlyAnswer:
    """Has the first rows; gives the others from the core's answer, once it is open and as long as that is the same."""

    columns = COLUMNS

    def __init__(self, question: Question, page: FirstPage, door: Callable[[Event], Door]) -> None:
        self.question = question
        self._page = page
        self._door = door
        self._closed = Event()
        self._lock = Lock()
        self._whole: Answer | None = None

    @property
    def totals(self) -> Totals:
        """The figures for the header."""
        return self._page.totals

    def page(self, offset: int, limit: int, columns: Sequence[str] | None = None) -> tuple[Row, ...]:
        """Rows `offset` to `offset + limit`; blocks for those that were not kept. Raises Cancelled, StoreError."""
        first, last = max(offset, 0), min(offset + limit, self.totals.rows)
        if last > len(self._page.rows) or columns is not None:
            return self._answer().page(offset, limit, columns)
        self._require_open()
        return self._page.rows[first:last]

    def first(self) -> tuple[Row, ...]:
        """All rows that were kept: none of them waits for the core, nor has to be asked for again."""
        self._require_open()
        return self._page.rows

    def lines(self, offset: int, limit: int, columns: Sequence[str], spelling: Spelling) -> Sequence[str | Row]:
        """The same rows as lines of a format, or as values; blocks. Raises Cancelled, StoreError."""
        return self._answer().lines(offset, limit, columns, spelling)

    def position(self, key: str, at: datetime | None = None) -> int | None:
        """Where the row with this key stands; blocks where it is none of the first. Raises Cancelled, StoreError."""
        place = COLUMNS.index("key")
        found = (index for index, row in enumerate(self._page.rows) if row[place] == key)
        if (index := next(found, None)) is not None:
            return index
        return self._answer().position(key, at)

    def complete(self, cancelled: Event) -> None:
        """Nothing: the rows stand in the order of the files."""

    def close(self) -> None:
        """Free what the answer holds; whoever waits for other rows is let go."""
        self._closed.set()
        if self._whole is not None:
            self._whole.close()

    def _require_open(self) -> None:
        if self._closed.is_set():
            raise StoreError("this answer is closed")

    def _answer(self) -> Answer:
        """The core's answer. Raises Cancelled where it is not the same any more: then another one is on its way."""
        with self._lock:
            self._require_open()
            if self._whole is None:
                whole = self._door(self._closed).ask(self.question, self._closed)
                if self._closed.is_set() or not self._is_begin_of(whole):
                    whole.close()
                    raise Cancelled
                self._whole = whole
            return self._whole

    def _is_begin_of(self, whole: Answer) -> bool:
        rows = self._page.rows
        return whole.totals == self.totals and whole.page(0, len(rows)) == rows
