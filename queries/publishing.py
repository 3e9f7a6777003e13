"""Making what is kept answerable while the rest still comes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from queries.store.derived import Derived, derive, find_derived

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence

    from duckdb import DuckDBPyConnection

    from queries.store.dataset import Dataset
    from queries.store.segments import Segment

#: Publishing may take this share of the time that reading takes.
_PUBLISHING_SHARE: Final = 0.25
#: Seconds between two publications at the least.
_PUBLISHING_PAUSE: Final = 0.4


@dataclass(slots=True)
class Publishing:
    """Joins segments to sessions, and hands them out."""

    engine: Callable[[], DuckDBPyConnection]
    dataset: Dataset
    publish: Callable[[Derived], int]
    """Makes derived files what questions are asked of; gives the generation's number."""
    closing: threading.Event
    """Set when nothing more is wanted, not even what is whole."""
    begin: Callable[[], None]
    """Called before work that takes a moment."""
    _at: float = 0.0
    _seconds: float = 0.0
    _published: tuple[str, ...] | None = None

    def is_due(self, segments: Sequence[Segment]) -> bool:
        """Whether it is time to publish: the first calls at once, others after a pause."""
        pause = max(_PUBLISHING_PAUSE, self._seconds / _PUBLISHING_SHARE)
        first = not self._published and segments[-1].calls > 0
        return first or time.monotonic() - self._at > pause

    def now(self, segments: Sequence[Segment]) -> int | None:
        """Publish; gives the generation's number, None where nothing changed. Raises Cancelled, StoreError."""
        names = tuple(sorted(segment.name for segment in segments if segment.calls))
        if names == self._published:
            return None
        self.begin()
        began = time.monotonic()
        # What an earlier run left needs no engine.
        derived = find_derived(self.dataset, names) if self._published is None else None
        derived = derived or derive(self.engine(), self.dataset, names, self.closing)
        self._published, self._at = names, time.monotonic()
        self._seconds = self._at - began
        return self.publish(derived)
