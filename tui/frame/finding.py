"""Finding a row of an answer that is shown: the next one with a text, the one at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.errors import Cancelled
from ssmtrail.queries.filters import Filter

if TYPE_CHECKING:
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
        return _among(_rows_with(answer, text, cancelled), row, by)
    hits = trail.ask(searched(answer.question, text), cancelled)
    try:
        return _beside(answer, hits, row, by, cancelled)
    finally:
        hits.close()


def searched(question: Question, text: str) -> Question:
    """The question narrowed to the rows that contain the text, whatever a filter makes of its characters."""
    word = '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("*", "\\*") + '"'
    scope = question.scope
    return replace(question, scope=replace(scope, filter=Filter.parse(f"{scope.filter.text} {word}")))


def _beside(answer: Answer, hits: Answer, row: int, by: int, cancelled: Event) -> Hit | None:
    """Both are in the same order, so that the hits around a row are found by halving."""
    total = hits.totals.rows
    timed = "at" in hits.columns

    def place(index: int) -> int:
        if cancelled.is_set():
            raise Cancelled
        (key, at), *_ = hits.page(index, 1, ("key", "at" if timed else "key"))
        found = answer.position(str(key), at if isinstance(at, datetime) else None)
        return answer.totals.rows if found is None else found

    low, high = 0, total
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if place(middle) <= row else (low, middle)
    before = low - 1 if low and place(low - 1) == row else low
    if not total:
        return None
    index = (low if by > 0 else before - 1) % total
    return Hit(place(index), index + 1, total)


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


def _among(rows: list[int], row: int, by: int) -> Hit | None:
    if not rows:
        return None
    beyond = [index for index, each in enumerate(rows) if (each > row if by > 0 else each < row)]
    index = (beyond[0] if by > 0 else beyond[-1]) if beyond else (0 if by > 0 else len(rows) - 1)
    return Hit(rows[index], index + 1, len(rows))


def row_at(answer: Answer, moment: datetime, cancelled: Event) -> int:
    """The row that is the last one of a time-ordered list at, or before, a moment; else the earliest one.

    Blocks, in a worker. Raises Cancelled, StoreError.
    """
    order = answer.question.sort[0]
    low, high = 0, answer.totals.rows
    while low < high:
        if cancelled.is_set():
            raise Cancelled
        middle = (low + high) // 2
        ((value,),) = answer.page(middle, 1, (order.column,))
        known = isinstance(value, datetime)  # unknown times are last
        comes_before = known and (value > moment if order.descending else value <= moment)  # type: ignore[operator]
        low, high = (middle + 1, high) if comes_before else (low, middle)
    row = low if order.descending else low - 1
    return max(0, min(row, answer.totals.rows - 1))
