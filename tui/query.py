"""What a screen asks the core: a slot with a function, and what comes back for a view."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

    from ssmtrail.queries.first_page import EarlyPage
    from ssmtrail.queries.model import Coverage, Totals
    from ssmtrail.queries.trail import Trail

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Query(Generic[T]):
    """One question to the core. Of two in the same slot only the later one is answered."""

    slot: str
    run: Callable[[Trail, Event], T]
    """Blocks, in a worker thread."""
    early: Callable[[EarlyPage, Callable[[Event], Trail]], T | None] | None = None
    """Answers at once from the kept first page; None where the core is needed."""
    discard: Callable[[T], object] | None = None
    """Frees an answer that is no longer wanted."""


@dataclass(frozen=True, slots=True)
class Covered:
    """Which days of a window were read, from which source."""

    source: str
    """The source's short name; may be hostile."""
    coverage: Coverage


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """The answer to a view's question, with what the frame shows around it."""

    value: T
    covered: Covered
    totals: Totals | None = None
    """For the header; None leaves the header's totals as they are."""
    counts: tuple[int, int] | None = None
    """Rows with and without the filter, for the filter line."""
