"""The views that are no lists, answered from what is kept now."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from queries.answers import counted_rows
from queries.engine import pack
from queries.filters import Filter
from queries.matrix import cell_of, matrix_of
from queries.pages import instance_page, person_page
from queries.presence import as_of
from queries.questions import PREPARED
from queries.totals import totals_of
from queries.usage import heat_of, usage_of
from queries.values import Question, Scope
from queries.window import Window

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from threading import Event

    from duckdb import DuckDBPyConnection

    from queries.generation import Generation
    from queries.values import Measure, Totals, Unit
    from queries.views import AsOf, Breakdown, CellFacts, Heat, Matrix, MatrixOrder, Page, PersonId, Usage

Found = TypeVar("Found")


class ViewAnswers(ABC):
    """What a query service answers beside lists, given a way to what is kept now."""

    _possible_hours: int
    _generation: Generation | None

    @abstractmethod
    def _with_current(self, find: Callable[[Generation, DuckDBPyConnection], Found], cancelled: Event) -> Found:
        """Find something in what is kept now, with a cursor that stops when `cancelled` is set."""

    def readable(self, scope: Scope) -> Scope:
        """The scope of a drill in words that are pleasant to read; at once."""
        generation = self._generation
        return generation.facts.readable(scope) if generation else scope

    def prepare(self, cancelled: Event) -> None:
        """Make what counting questions are answered from, for all that is kept. Raises Cancelled, StoreError."""
        self._with_current(_prepare, cancelled)

    def totals(self, scope: Scope, cancelled: Event, *, measure: Measure = "sessions") -> Totals:
        """The figures over every screen. Raises Cancelled, UsageError, StoreError."""
        return self._with_current(lambda generation, cursor: totals_of(generation, cursor, scope, measure), cancelled)

    def matrix(
        self, scope: Scope, cancelled: Event, *, measure: Measure = "sessions", order: MatrixOrder = "most",
        turned: bool = False,
    ) -> Matrix:  # fmt: skip
        """Who touched what how often; `turned` has machines down. Raises Cancelled, UsageError, StoreError."""
        return self._with_current(
            lambda generation, cursor: matrix_of(generation, cursor, scope, measure, order, turned=turned), cancelled
        )

    def cell(self, scope: Scope, who: PersonId, target: str | None, cancelled: Event) -> CellFacts:
        """What one line tells of a cell of the scope's matrix. Raises Cancelled, UsageError, StoreError."""
        return self._with_current(lambda generation, cursor: cell_of(generation, cursor, scope, who, target), cancelled)

    def usage(
        self, scope: Scope, cancelled: Event, *, measure: Measure = "sessions", unit: Unit = "day",
        breakdown: Breakdown = "none",
    ) -> Usage:  # fmt: skip
        """How much it is used, in bars. Raises Cancelled, UsageError, StoreError."""
        return self._with_current(
            lambda generation, cursor: _usage(generation, cursor, scope, measure, unit, breakdown), cancelled
        )

    def heat(self, scope: Scope, cancelled: Event, *, measure: Measure = "sessions") -> Heat:
        """When it is used, and by whom most, on which machines. Raises Cancelled, UsageError, StoreError."""
        return self._with_current(lambda generation, cursor: _heat(generation, cursor, scope, measure), cancelled)

    def person(self, who: PersonId, scope: Scope, cancelled: Event, *, measure: Measure = "sessions") -> Page:
        """A person's numbers in a scope. Raises UsageError when it has nothing of them, Cancelled, StoreError."""
        return self._with_current(
            lambda generation, cursor: person_page(generation, cursor, who, scope, measure), cancelled
        )

    def instance(self, target: str | None, scope: Scope, cancelled: Event, *, measure: Measure = "sessions") -> Page:
        """A machine's numbers in a scope. Raises UsageError when it has nothing of it, Cancelled, StoreError."""
        return self._with_current(
            lambda generation, cursor: instance_page(generation, cursor, target, scope, measure), cancelled
        )

    def as_of(self, target: str, moment: datetime, scope: Scope, cancelled: Event) -> AsOf:
        """Who was on a machine about a moment. Raises Cancelled, StoreError."""
        possible = timedelta(hours=self._possible_hours)
        return self._with_current(
            lambda generation, cursor: as_of(generation, cursor, target, moment, scope, possible), cancelled
        )


def _usage(
    generation: Generation, cursor: DuckDBPyConnection, scope: Scope, measure: Measure, unit: Unit, breakdown: Breakdown
) -> Usage:
    wanted = (scope, measure, unit, breakdown)
    return generation.facts.view("usage", wanted, lambda: usage_of(generation, cursor, *wanted))


def _heat(generation: Generation, cursor: DuckDBPyConnection, scope: Scope, measure: Measure) -> Heat:
    return generation.facts.view("heat", (scope, measure), lambda: heat_of(generation, cursor, scope, measure))


def _prepare(generation: Generation, cursor: DuckDBPyConnection) -> None:
    whole = Scope(Window(), Filter())
    for name in PREPARED:
        generation.facts.summed(generation, cursor, name, whole)
    counted_rows(generation, cursor, Question("pairs", whole))
    matrix_of(generation, cursor, whole, "sessions", "most", turned=False)
    _heat(generation, cursor, whole, "sessions")
    for unit in ("day", "week", "month"):
        _usage(generation, cursor, whole, "sessions", unit, "kind")
    pack(cursor)
