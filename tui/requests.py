"""What a screen can ask of the core: values that know how to be answered in a worker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias, runtime_checkable

from ssmtrail.tui.query import Covered as Covered

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from threading import Event

    from ssmtrail.queries.first_page import EarlyPage
    from ssmtrail.queries.model import CallDetail, Question, Scope, SessionDetail
    from ssmtrail.queries.times import Window
    from ssmtrail.queries.trail import Trail

Result: TypeAlias = object


class Request(Protocol):
    """Something to ask; of two requests in the same slot for the same screen only the later counts."""

    @property
    def slot(self) -> str:
        """Names what a later request replaces."""
        ...

    def run(self, trail: Trail, cancelled: Event) -> Result:
        """Ask; blocks, in a worker."""
        ...


@runtime_checkable
class Early(Protocol):
    """A request that can perhaps be answered before there is a door."""

    def run_early(self, early: EarlyPage, trail: Callable[[Event], Trail]) -> Result | None:
        """Answer it at once; None where the door has to be waited for, which `trail` does."""
        ...


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows a question would have; asked while a filter is typed."""

    question: Question
    slot: str = "count"

    def run(self, trail: Trail, cancelled: Event) -> tuple[int, int]:
        """Answer it only to count, also what there is without its filter."""
        answer = trail.ask(self.question, cancelled)
        totals = answer.totals
        answer.close()
        return totals.rows, totals.rows_unfiltered


@dataclass(frozen=True, slots=True)
class CountSums(Count):
    """How many sessions started, or how many calls there are: what views that are no lists count."""

    def run(self, trail: Trail, cancelled: Event) -> tuple[int, int]:
        """Answer it from sums."""
        totals = trail.totals(self.question.scope, cancelled, measure=self.question.measure)
        return totals.rows, totals.rows_unfiltered


@dataclass(frozen=True, slots=True)
class Session:
    """Everything about one session."""

    key: str
    scope: Scope
    at: datetime | None = None
    """Where it is looked for first (UTC)."""
    slot: str = "session"

    def run(self, trail: Trail, cancelled: Event) -> SessionDetail:
        """Look it up."""
        return trail.session(self.key, self.scope, self.at)


@dataclass(frozen=True, slots=True)
class Call:
    """One call with its record."""

    key: str
    scope: Scope
    slot: str = "call"

    def run(self, trail: Trail, cancelled: Event) -> CallDetail:
        """Look it up."""
        return trail.call(self.key, self.scope)


@dataclass(frozen=True, slots=True)
class Cover:
    """What is kept of a window."""

    window: Window
    slot: str = "cover"

    def run(self, trail: Trail, cancelled: Event) -> Covered:
        """Look it up."""
        return Covered(trail.source_label, trail.coverage(self.window))

    def run_early(self, early: EarlyPage, trail: Callable[[Event], Trail]) -> Covered:
        """Look it up before there is a door."""
        return Covered(early.source_label, early.coverage(self.window))
