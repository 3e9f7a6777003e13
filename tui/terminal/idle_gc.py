"""Runs the garbage collector when the keyboard is idle; a full pass over a million objects blocks half a second."""

from __future__ import annotations

import asyncio
import gc
from typing import Final

#: No key for so long, seconds: then nobody waits.
_REST: Final = 0.1
#: Objects made since the last look that make another one worth while.
_WORTH: Final = 5_000
#: Of so many looks at what is new, one goes through what is a few looks old.
_OLDER: Final = 4
#: After so many looks one at everything waits for a long rest, seconds.
_ALL: Final = 32
_LONG_REST: Final = 5.0


class Sweeping:
    """Looks for garbage when keys rest; without rests the collector's own thresholds hold (`ssmtrail.tui.launch`)."""

    def __init__(self) -> None:
        self._waiting: asyncio.TimerHandle | None = None
        self._looks = 0
        self._since_all = 0

    def key_pressed(self) -> None:
        """Wait until keys rest."""
        if self._waiting is not None:
            self._waiting.cancel()
        self._waiting = asyncio.get_running_loop().call_later(_REST, self._look)

    def _look(self) -> None:
        if gc.get_count()[0] >= _WORTH:
            self._looks += 1
            self._since_all += 1
            gc.collect(1 if self._looks % _OLDER == 0 else 0)
        wait = _LONG_REST if self._since_all >= _ALL else None
        self._waiting = None if wait is None else asyncio.get_running_loop().call_later(wait, self._look_at_all)

    def _look_at_all(self) -> None:
        self._waiting = None
        self._since_all = 0
        gc.collect()
