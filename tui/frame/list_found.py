"""`ListFound`, the answer of a list with its first rows, from the core or from the kept first page; how it is asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from ssmtrail.tui.query import Covered, Found
from ssmtrail.widgets.pages import BLOCK

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from threading import Event

    from ssmtrail.queries.filters.keys import Filtered
    from ssmtrail.queries.first_page import EarlyPage
    from ssmtrail.queries.model import Answer, Question, Row, Scope, Totals
    from ssmtrail.queries.trail import Trail
    from ssmtrail.tui.list_view import ListView

#: What the header's figures are of.
_SUMMED: Final[tuple[Filtered, ...]] = ("sessions", "calls")


@dataclass(frozen=True, slots=True)
class ListFound:
    """An answer with its first rows."""

    answer: Answer
    follow: str | None = None
    """Key of the row that the cursor is to stay on."""
    position: int | None = None
    """Where that row is."""
    first: tuple[int, tuple[Row, ...]] = (0, ())
    """Rows around that place: the index of the first, then all their columns."""

    def close(self) -> None:
        """Free what the answer holds."""
        self.answer.close()


def early_found(
    page: EarlyPage, view: ListView, follow: str | None, trail: Callable[[Event], Trail]
) -> Found[ListFound] | None:
    """The answer from the kept first page; None where the core has to be asked."""
    if not page.knows(view.question, follow):
        return None
    answer = page.answer(view.question, trail)
    position = answer.position(follow) if follow else None
    found = ListFound(answer, follow, position, (0, answer.first()))
    return found_of(found, Covered(page.source_label, page.coverage(view.scope.window)), None)


def found_of(found: ListFound, covered: Covered, heading: Totals | None) -> Found[ListFound]:
    """The answer of a list, with what the frame shows; without a heading the answer's own totals."""
    totals = found.answer.totals
    return Found(found, covered, heading or totals, (totals.rows, totals.rows_unfiltered))


def heading_totals(trail: Trail, question: Question, cancelled: Event) -> Totals | None:
    """The header's figures; None for those of the answer. Blocks, in a worker.

    Those of sessions and calls, unless the filter has what only other lists have.
    """
    from ssmtrail.queries.filters import foreign_terms  # imported late: imports cost start-up time

    scope = question.scope
    if question.name in ("sessions", "calls") or any(foreign_terms(scope.filter, each) for each in _SUMMED):
        return None
    return trail.totals(scope, cancelled, measure=question.measure)


def find_list(
    view: ListView, follow: str | None, at: datetime | None, *, begins: bool, seen: int
) -> Callable[[Trail, Event], ListFound]:
    """Asks for the rows of a list; blocks, in a worker.

    `follow` is the key of a row to find, active `at` this time. Where the list `begins`, the rows that are `seen` first
    come with the answer.
    """

    def run(trail: Trail, cancelled: Event) -> ListFound:
        answer = trail.ask(view.question, cancelled)
        position = answer.position(follow, at) if follow else None
        offset = (position or 0) // BLOCK * BLOCK
        # A row that is read alone takes a millisecond: one that is not seen can come later.
        first = answer.page(offset, -(-seen // BLOCK) * BLOCK) if begins else ()
        return ListFound(answer, follow, position, (offset, first))

    return run


def count_rows(question: Question | None, scope: Scope) -> Callable[[Trail, Event], tuple[int, int]]:
    """Counts the rows of a list over another scope, with and without its filter."""
    wanted = replace(question, scope=scope) if question is not None else None

    def run(trail: Trail, cancelled: Event) -> tuple[int, int]:
        if wanted is None:
            return 0, 0
        answer = trail.ask(wanted, cancelled)
        totals = answer.totals
        answer.close()
        return totals.rows, totals.rows_unfiltered

    return run
