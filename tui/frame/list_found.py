"""`ListFound`, the answer of a list with its first rows, from the core or from the kept first page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ssmtrail.tui.query import Covered, Found

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

    from ssmtrail.queries.first_page import EarlyPage
    from ssmtrail.queries.model import Answer, Row, Totals
    from ssmtrail.queries.trail import Trail
    from ssmtrail.tui.list_view import ListView


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
