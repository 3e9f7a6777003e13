"""Ending the process while a thread may still be inside the engine."""

from __future__ import annotations

import gc
import os
import sys
import threading
import time
from contextlib import suppress
from typing import Final, NoReturn

#: Seconds that threads get to end by themselves.
_PATIENCE: Final = 0.3


def leave_process(code: int) -> NoReturn:
    """End with this exit code, whatever other threads do.

    A thread inside native code does not survive the interpreter's end: the process would abort with a core dump
    instead of its exit code. Where one is left, everything is written out and the interpreter's end is left out.
    """
    gc.unfreeze()  # else the engine's library finds what was frozen at the end, and says that it leaks
    if _threads_end():
        sys.exit(code)
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def _threads_end() -> bool:
    until = time.monotonic() + _PATIENCE
    others = [thread for thread in threading.enumerate() if thread is not threading.current_thread()]
    for thread in others:
        thread.join(max(0.0, until - time.monotonic()))
    return not any(thread.is_alive() for thread in others)
