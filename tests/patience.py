"""How long a test waits, in seconds of a machine that runs."""

from __future__ import annotations

from time import monotonic
from typing import Final

#: What one look counts at most, in seconds: a machine that stood still meanwhile did not work for what is waited for.
_MOST: Final = 0.5


class Patience:
    """Seconds that are left of a wait. The time between two looks counts, at most half a second of it.

    A machine that stops all processes for a minute fails no wait of ten seconds with this, and every one that compares
    the clock with a deadline. Look several times a second.
    """

    def __init__(self, seconds: float) -> None:
        self._left = seconds
        self._looked = monotonic()

    @property
    def left(self) -> float:
        """Seconds that are left, 0 where none are."""
        now = monotonic()
        self._left -= min(now - self._looked, _MOST)
        self._looked = now
        return max(0.0, self._left)
