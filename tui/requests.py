"""What a screen can ask of the core: values that know how to be answered in a worker."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

from tui.exporting import ExportOrder, export

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

    from queries.values import Answer, CallDetail, Coverage, Door, Question, Row, Scope, SessionDetail, Totals
    from queries.window import Window

__all__ = [
    "Ask", "Call", "Count", "Cover", "Covered", "Export", "ExportOf", "ExportOrder", "Found", "Look", "Page", "Request",
    "Seen", "Session",
]  # fmt: skip

Result: TypeAlias = object


class Request(Protocol):
    """Something to ask; of two requests in the same slot for the same screen only the later counts."""

    @property
    def slot(self) -> str:
        """Names what a later request replaces."""
        ...

    def run(self, door: Door, cancelled: Event) -> Result:
        """Ask; blocks, in a worker."""
        ...


@dataclass(frozen=True, slots=True)
class Covered:
    """What is kept, of which source."""

    source: str
    """The source's short name; may be hostile."""
    coverage: Coverage


@dataclass(frozen=True, slots=True)
class Found:
    """An answer with the place of the row that was to be followed."""

    answer: Answer
    covered: Covered
    position: int | None
    heading: Totals | None = None
    """What the header says, where it is not what the answer counts."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A question, with what is kept of its window; `follow` is the key of the row under the cursor."""

    question: Question
    follow: str | None = None
    slot: str = "ask"

    def run(self, door: Door, cancelled: Event) -> Found:
        """Answer it, then see where the row to follow stands."""
        question = self.question
        listed = question.name in ("sessions", "calls")
        heading = None if listed else door.totals(question.scope, cancelled, measure=question.measure)
        answer = door.ask(question, cancelled)
        position = answer.position(self.follow) if self.follow else None
        return Found(answer, Covered(door.source_label, door.coverage(question.scope.window)), position, heading)


@dataclass(frozen=True, slots=True)
class Count:
    """How many rows a question would have; asked while a filter is typed."""

    question: Question
    slot: str = "count"

    def run(self, door: Door, cancelled: Event) -> tuple[int, int]:
        """Answer it only to count, also what there is without its filter."""
        answer = door.ask(self.question, cancelled)
        totals = answer.totals
        answer.close()
        return totals.rows, totals.rows_unfiltered


@dataclass(frozen=True, slots=True)
class Page:
    """Rows of an answer, all columns."""

    answer: Answer
    token: int
    offset: int
    limit: int

    @property
    def slot(self) -> str:
        """Pages do not replace each other."""
        return f"page {self.token} {self.offset}"

    def run(self, door: Door, cancelled: Event) -> tuple[Row, ...]:
        """Read the page."""
        return self.answer.page(self.offset, self.limit)


@dataclass(frozen=True, slots=True)
class Session:
    """Everything about one session."""

    key: str
    scope: Scope
    slot: str = "session"

    def run(self, door: Door, cancelled: Event) -> SessionDetail:
        """Look it up."""
        return door.session(self.key, self.scope)


@dataclass(frozen=True, slots=True)
class Call:
    """One call with its record."""

    key: str
    scope: Scope
    slot: str = "call"

    def run(self, door: Door, cancelled: Event) -> CallDetail:
        """Look it up."""
        return door.call(self.key, self.scope)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a view shows, with what is kept of its window."""

    value: object
    covered: Covered


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """Anything that a view shows; whoever asks keeps the request to know its answer again."""

    slot: str
    window: Window
    find: Callable[[Door, Event], object]
    """Asks the door; blocks, in a worker."""

    def run(self, door: Door, cancelled: Event) -> Seen:
        """Find it."""
        return Seen(self.find(door, cancelled), Covered(door.source_label, door.coverage(self.window)))


@dataclass(frozen=True, slots=True)
class Cover:
    """What is kept of a window."""

    window: Window
    slot: str = "cover"

    def run(self, door: Door, cancelled: Event) -> Covered:
        """Look it up."""
        return Covered(door.source_label, door.coverage(self.window))


@dataclass(frozen=True, slots=True)
class Export:
    """All rows of an answer, to a file."""

    answer: Answer
    order: ExportOrder
    slot: str = "export"

    def run(self, door: Door, cancelled: Event) -> int:
        """Write them."""
        return export(self.answer, self.order, cancelled)


@dataclass(frozen=True, slots=True)
class ExportOf:
    """All rows of a question that no screen holds the answer of, to a file."""

    question: Question
    order: ExportOrder
    slot: str = "export"

    def run(self, door: Door, cancelled: Event) -> int:
        """Ask, then write."""
        answer = door.ask(self.question, cancelled)
        try:
            return export(answer, self.order, cancelled)
        finally:
            answer.close()
