"""What a view that is no list can ask of the core."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ssmtrail.tui.requests import Covered

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

    from ssmtrail.queries.times import Window
    from ssmtrail.queries.trail import Trail


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
    find: Callable[[Trail, Event], object]
    """Asks the door; blocks, in a worker."""

    def run(self, trail: Trail, cancelled: Event) -> Seen:
        """Find it."""
        return Seen(self.find(trail, cancelled), Covered(trail.source_label, trail.coverage(self.window)))


@dataclass(frozen=True, slots=True, eq=False)
class Errand:
    """Anything that a worker does for a view; whoever asks keeps the request to know its answer again."""

    slot: str
    do: Callable[[Trail, Event], object]
    """Blocks, in a worker."""

    def run(self, trail: Trail, cancelled: Event) -> object:
        """Do it."""
        return self.do(trail, cancelled)
