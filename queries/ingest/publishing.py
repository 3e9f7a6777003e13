"""Publishing: make what is stored answerable while the rest is still being read."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.store.sessions import DerivedSet, derive, find_derived

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.store.dataset import Dataset
    from ssmtrail.queries.store.segments import Segment

#: Publishing may take this share of the time that reading takes.
_PUBLISHING_SHARE: Final = 0.25
#: Seconds between two publications at the least.
_PUBLISHING_PAUSE: Final = 0.4
#: Seconds that joining a call takes, as expected of calls that are not joined yet.
CALL_SECONDS: Final = 2e-5
#: Seconds that are waited at most because of what is expected.
_LONGEST_PAUSE: Final = 5.0


@dataclass(slots=True)
class Publishing:
    """Joins segments to sessions, and hands them out."""

    engine: Callable[[], DuckDBPyConnection]
    dataset: Dataset
    publish: Callable[[DerivedSet], int]
    """Makes derived files what questions are asked of; gives the generation's number."""
    closing: threading.Event
    """Set when nothing more is wanted, not even what is whole."""
    begin: Callable[[], None]
    """Called before work that takes a moment."""
    _at: float = field(default_factory=lambda: time.monotonic())
    _seconds: float = 0.0
    _published: tuple[str, ...] | None = None
    _calls: int = 0
    """That are published."""

    def is_due(self, segments: Sequence[Segment]) -> bool:
        """Whether it is time to publish: a little at once where nothing is shown, else after a pause."""
        calls = sum(segment.calls for segment in segments) - self._calls
        expected = min(calls * CALL_SECONDS, _LONGEST_PAUSE * _PUBLISHING_SHARE)
        pause = expected / _PUBLISHING_SHARE
        if self._published:
            pause = max(pause, self._seconds / _PUBLISHING_SHARE, _PUBLISHING_PAUSE)
        return time.monotonic() - self._at >= pause

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
        self._calls = sum(segment.calls for segment in segments)
        return self.publish(derived)
