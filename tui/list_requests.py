"""What a list asks of the core: its answer, with the rows that are seen first; more rows; the rest."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ssmtrail.queries.errors import TrailError, UsageError
from ssmtrail.tui.requests import Covered
from ssmtrail.widgets.pages import BLOCK

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from threading import Event

    from ssmtrail.queries.first_page import EarlyPage
    from ssmtrail.queries.model import Answer, Question, Row, Totals
    from ssmtrail.queries.trail import Trail
    from ssmtrail.queries.views import Page


@dataclass(frozen=True, slots=True)
class Found:
    """An answer with the place of the row that was to be followed."""

    answer: Answer
    covered: Covered
    position: int | None
    heading: Totals | None = None
    """What the header says, where it is not what the answer counts."""
    first: tuple[int, tuple[Row, ...]] = (0, ())
    """Rows around that place, so that they need not be asked for: where they begin, all their columns."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A question, with what is kept of its window; `follow` is the key of the row under the cursor."""

    question: Question
    follow: str | None = None
    at: datetime | None = None
    """Where the row to follow is looked for first (UTC)."""
    begins: bool = True
    """Whether the list begins with its first rows, which then come along; else the table decides what it will show."""
    seen: int = BLOCK
    """Rows that there is room for: so many come along, in whole blocks."""
    slot: str = "ask"

    def run(self, trail: Trail, cancelled: Event) -> Found:
        """Answer it, then see where the row to follow stands."""
        question = self.question
        listed = question.name in ("sessions", "calls")
        heading = None if listed else trail.totals(question.scope, cancelled, measure=question.measure)
        answer = trail.ask(question, cancelled)
        position = answer.position(self.follow, self.at) if self.follow else None
        offset = (position or 0) // BLOCK * BLOCK
        covered = Covered(trail.source_label, trail.coverage(question.scope.window))
        # A row that lies by itself takes a millisecond to read: one that is not seen can come later.
        first = answer.page(offset, -(-self.seen // BLOCK) * BLOCK) if self.begins else ()
        return Found(answer, covered, position, heading, (offset, first))

    def run_early(self, early: EarlyPage, trail: Callable[[Event], Trail]) -> Found | None:
        """Answer it before there is a door, which `trail` waits for; None where that cannot be."""
        if not early.knows(self.question, self.follow):
            return None
        answer = early.answer(self.question, trail)
        position = answer.position(self.follow, self.at) if self.follow else None
        covered = Covered(early.source_label, early.coverage(self.question.scope.window))
        return Found(answer, covered, position, None, (0, answer.first() if self.begins else ()))


@dataclass(frozen=True, slots=True)
class FoundPage(Found):
    """An answer with the numbers of what it is of."""

    page: Page | None = None
    """None where nothing is left of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskPage(Ask):
    """The list of a page, with the page's numbers."""

    find: Callable[[Trail, Event], Page]
    """Asks the door; blocks, in a worker."""

    def run(self, trail: Trail, cancelled: Event) -> FoundPage:
        """Answer both at once; where the list has no rows, there is no page."""
        with ThreadPoolExecutor(1) as other:
            coming = other.submit(self.find, trail, cancelled)
            found = Ask.run(self, trail, cancelled)
            try:
                page = coming.result()
            except UsageError:  # there is nothing, or what was there a moment ago is gone
                page = None
            except TrailError:
                found.answer.close()
                raise
        page = page if found.answer.totals.rows else None
        return FoundPage(found.answer, found.covered, found.position, found.heading, found.first, page)

    def run_early(self, early: EarlyPage, trail: Callable[[Event], Trail]) -> None:
        """The page's numbers have to be waited for."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of an answer, all columns."""

    answer: Answer
    token: int
    offset: int
    limit: int

    @property
    def slot(self) -> str:
        """Pages do not replace each other."""
        return f"page {self.token} {self.offset}"

    def run(self, trail: Trail, cancelled: Event) -> tuple[Row, ...]:
        """Read the page."""
        return self.answer.page(self.offset, self.limit)


@dataclass(frozen=True, slots=True)
class Complete:
    """The rest of an answer whose first rows are shown."""

    answer: Answer
    slot: str = "complete"

    def run(self, trail: Trail, cancelled: Event) -> None:
        """Make it ready."""
        self.answer.complete(cancelled)

    def run_early(self, early: EarlyPage, trail: Callable[[Event], Trail]) -> tuple[()]:
        """Nothing: an early answer is in the order of the files, and the door need not be opened for it."""
        return ()
