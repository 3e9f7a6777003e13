"""Making the first page that is kept for the next start."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, TypeAlias

from queries.answers import answer
from queries.filters import Filter
from queries.first_page import COLUMNS, FIRST_ROWS, FirstPage
from queries.tallying import tally_of
from queries.values import Question, Scope
from queries.window import Window

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

    from duckdb import DuckDBPyConnection

    from queries.generation import Generation
    from queries.page_place import PagePlace
    from queries.store.dataset import Dataset
    from queries.values import Row, Totals


_First: TypeAlias = "tuple[tuple[str, ...], Totals, tuple[Row, ...]]"
#: Finds something in what is kept now, see `QueryService`.
_Finding: TypeAlias = "Callable[[Callable[[Generation, DuckDBPyConnection], _First], Event], _First]"


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


def _first(generation: Generation, cursor: DuckDBPyConnection) -> _First:
    question = Question("sessions", Scope(Window(), Filter()))
    found = answer(cursor, generation, question, cursor)
    try:
        return generation.derived.segments, found.totals, found.page(0, FIRST_ROWS, COLUMNS)
    finally:
        found.close()
