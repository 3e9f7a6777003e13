"""A token bucket that all processes of one user share: AWS limits requests by account and region."""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.errors import Cancelled
from ssmtrail.queries.store.atomic import store_errors

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: Seconds between two requests. LookupEvents allows 2 a second, by account and region. Source: "LookupEvents",
#: CloudTrail API Reference. A little more, because requests do not arrive as evenly as they are sent.
INTERVAL: Final = 0.505
#: Requests that may follow at once after a pause.
BURST: Final = 2
#: A reservation so far ahead was left by another clock.
_FAR: Final = 120.0


@dataclass(slots=True)
class TokenBucket:
    """Reserves the moments of requests in a file, under its lock."""

    path: Path
    interval: float = field(default_factory=lambda: INTERVAL)
    """Seconds between two requests."""
    clock: Callable[[], float] = time.time
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, cancelled: threading.Event) -> None:
        """Wait for the next free moment. Raises Cancelled, StoreError."""
        wait = self._reserve(self.interval)
        if cancelled.wait(wait) if wait > 0 else cancelled.is_set():
            raise Cancelled

    def hold(self, seconds: float) -> None:
        """Let everybody wait: AWS has throttled, because others use the same limit. Raises StoreError."""
        self._reserve(seconds)

    def _reserve(self, seconds: float) -> float:
        """Reserve the next moment and add a pause after it; returns the seconds until it."""
        import fcntl

        with self._lock, store_errors("the store cannot be written"):
            self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                with suppress(OSError):  # a file system without locks: AWS throttles, and that is waited for
                    fcntl.flock(file, fcntl.LOCK_EX)
                now = self.clock()
                full_at = _number(os.pread(file, 64, 0))
                full_at = max(now, full_at if full_at < now + _FAR else now)
                os.pwrite(file, f"{full_at + seconds:<32.6f}".encode(), 0)
            finally:
                os.close(file)
        return full_at - self.interval * (BURST - 1) - now


def _number(text: bytes) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
