"""Stretches of time that are covered, and the holes between them."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(slots=True)
class Spans:
    """A set of moments, as half-open stretches."""

    _added: list[tuple[datetime, datetime]] = field(default_factory=list)
    _merged: list[tuple[datetime, datetime]] | None = None

    def add(self, start: datetime, end: datetime) -> None:
        """Add a stretch; one that ends before it starts is none."""
        if start < end:
            self._added.append((start, end))
            self._merged = None

    def _joined(self) -> list[tuple[datetime, datetime]]:
        if self._merged is None:
            self._merged = []
            for start, end in sorted(self._added):
                if self._merged and start <= self._merged[-1][1]:
                    self._merged[-1] = (self._merged[-1][0], max(end, self._merged[-1][1]))
                else:
                    self._merged.append((start, end))
        return self._merged

    def holds(self, start: datetime, end: datetime) -> bool:
        """Whether all moments from start to end are covered."""
        joined = self._joined()
        at = bisect_right(joined, start, key=lambda each: each[0]) - 1
        return at >= 0 and joined[at][1] >= end

    def holes(self, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
        """What is not covered from start to end."""
        found = []
        joined = self._joined()
        at = max(0, bisect_right(joined, start, key=lambda each: each[0]) - 1)
        for first, last in joined[at:]:
            if first >= end:
                break
            if first > start:
                found.append((start, first))
            start = max(start, last)
        if start < end:
            found.append((start, end))
        return found

    def is_between(self, start: datetime, end: datetime) -> bool:
        """Whether something is covered before and after a hole."""
        joined = self._joined()
        return bool(joined) and joined[0][0] < start and joined[-1][1] > end
