"""Finding a row of an answer that is shown: the next one with a text, the one at a time."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.errors import Cancelled

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

    from ssmtrail.queries.model import Answer, Question
    from ssmtrail.queries.trail import Trail

#: Rows that are read at a time.
_BLOCK: Final = 2_000


@dataclass(frozen=True, slots=True)
class Hit:
    """A row that was found."""

    row: int
    number: int
    """Which one of the rows with the text it is, from 1."""
    of: int


def hit_beside(trail: Trail, answer: Answer, text: str, row: int, by: int, cancelled: Event) -> Hit | None:
    """The next (1) or previous (-1) row with the text, beyond the ends from the other end; None without any.

    Blocks, in a worker. Raises Cancelled, UsageError, StoreError.
    """
    from ssmtrail.queries.relations import COUNTED  # imported late: imports cost start-up time

    if answer.question.name in COUNTED:
        rows = _rows_with(answer, text, cancelled)
        return _nearest(len(rows), rows.__getitem__, row, by)
    hits = trail.ask(searched(answer.question, text), cancelled)
    try:
        return _beside(answer, hits, row, by, cancelled)
    finally:
        hits.close()


def searched(question: Question, text: str) -> Question:
    """The question narrowed to the rows that contain the text, whatever a filter makes of its characters."""
    scope = question.scope
    return replace(question, scope=replace(scope, filter=scope.filter.keep("", text)))


def _beside(answer: Answer, hits: Answer, row: int, by: int, cancelled: Event) -> Hit | None:
    """Both are in the same order, so that the places of the hits ascend."""
    timed = "at" in hits.columns

    def place(index: int) -> int:
        if cancelled.is_set():
            raise Cancelled
        (key, at), *_ = hits.page(index, 1, ("key", "at" if timed else "key"))
        found = answer.position(str(key), at if isinstance(at, datetime) else None)
        return answer.totals.rows if found is None else found

    return _nearest(hits.totals.rows, place, row, by)


def _rows_with(answer: Answer, text: str, cancelled: Event) -> list[int]:
    """The rows of a counted list that show the text."""
    from ssmtrail.queries.relations import FIELDS

    wanted = text.casefold()
    columns = tuple(dict.fromkeys((*FIELDS[answer.question.name], *({"person_shown"} & set(answer.columns)))))
    found: list[int] = []
    for offset in range(0, answer.totals.rows, _BLOCK):
        if cancelled.is_set():
            raise Cancelled
        for index, values in enumerate(answer.page(offset, _BLOCK, columns)):
            if any(isinstance(value, str) and wanted in value.casefold() for value in values):
                found.append(offset + index)
    return found


def _nearest(total: int, place: Callable[[int], int], row: int, by: int) -> Hit | None:
    """The hit around a row, found by halving; the rows that `place` gives ascend."""
    if not total:
        return None
    hits = range(total)
    beyond = bisect_right(hits, row, key=place) if by > 0 else bisect_left(hits, row, key=place) - 1
    index = beyond % total  # beyond the ends from the other end
    return Hit(place(index), index + 1, total)


def row_at(answer: Answer, moment: datetime, cancelled: Event) -> tuple[int, bool]:
    """The row that is the last one of a time-ordered list at, or before, a moment, and True.

    Where there is none: the row of the earliest time, and False. Blocks, in a worker. Raises Cancelled, StoreError.
    """
    order, rows = answer.question.sort[0], range(answer.totals.rows)

    def comes_after(row: int) -> bool:
        if cancelled.is_set():
            raise Cancelled
        ((value,),) = answer.page(row, 1, (order.column,))
        if not isinstance(value, datetime):
            return True  # unknown times are last
        return value <= moment if order.descending else value > moment

    # False sorts before True: the number of rows that come before the moment.
    before = bisect_right(rows, False, key=comes_after)
    row = before if order.descending else before - 1
    nearest = max(0, min(row, len(rows) - 1))
    return nearest, row == nearest
