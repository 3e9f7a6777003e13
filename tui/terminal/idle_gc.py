"""Runs the garbage collector when the keyboard is idle; a full pass over a million objects blocks half a second."""

from __future__ import annotations

import asyncio
import gc
from typing import Final

#: The keyboard is idle after this many seconds without a key.
_IDLE: Final = 0.1
#: New objects below this number are not worth a collection.
_ENOUGH_OBJECTS: Final = 5_000
#: Every so many collections of the newest generation, one takes the next generation as well.
_OLDER_EVERY: Final = 4
#: After so many collections a full one runs, once the keyboard was idle for `_LONG_IDLE` seconds.
_FULL_AFTER: Final = 32
_LONG_IDLE: Final = 5.0


class IdleCollector:
    """Collects garbage when no key was pressed for a moment.

    While keys keep coming, the collector's own thresholds apply; `ssmtrail.tui.launch` sets them.
    """

    def __init__(self) -> None:
        self._timer: asyncio.TimerHandle | None = None
        self._collections = 0
        self._since_full = 0

    def key_pressed(self) -> None:
        """Restart the wait for an idle keyboard."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(_IDLE, self._collect)

    def _collect(self) -> None:
        if gc.get_count()[0] >= _ENOUGH_OBJECTS:
            self._collections += 1
            self._since_full += 1
            gc.collect(1 if self._collections % _OLDER_EVERY == 0 else 0)
        self._timer = None
        if self._since_full >= _FULL_AFTER:
            self._timer = asyncio.get_running_loop().call_later(_LONG_IDLE, self._collect_all)

    def _collect_all(self) -> None:
        self._timer = None
        self._since_full = 0
        gc.collect()
