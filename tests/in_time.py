"""Promises in seconds, kept on a machine that does other work too."""

from __future__ import annotations

import time

#: CPU seconds of the loop that shows how much of a processor one thread gets; several turns of a scheduler.
_LOOP = 0.1


def is_within(seconds: float, limit: float) -> bool:
    """Whether this took less than a limit, in seconds of a machine that does nothing else.

    The machine is only asked where the limit is passed: how long a thread waits for 0.1 seconds of CPU then.
    """
    return seconds < limit or seconds < limit * _wait_for_cpu()


def _wait_for_cpu() -> float:
    """Seconds that pass for one CPU second of a thread; 1 where no other work waits for a processor."""
    begun, until = time.monotonic(), time.thread_time() + _LOOP
    while time.thread_time() < until:
        pass
    return (time.monotonic() - begun) / _LOOP
