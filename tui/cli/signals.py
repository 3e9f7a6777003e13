"""Work of the command line in a thread of its own, so that ctrl+c and other signals are heard at once."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.errors import Cancelled, TrailError, UsageError
from ssmtrail.tui.cli.console import Talk, abandon_stdout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

ANSWERED: Final = 0
BAD_USAGE: Final = 2
FAILED: Final = 3
INCOMPLETE: Final = 4
INTERRUPTED: Final = 130

#: Seconds that what runs gets to end after a signal: to be stopped at the service, above all.
_PATIENCE: Final = 5.0


class _Told(BaseException):
    """A signal asks to end."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def work_off(work: Callable[[threading.Event], int], talk: Talk) -> int:
    """Do it, whatever the engine does meanwhile; its errors become sentences, the value is the exit code."""
    cancelled = threading.Event()
    codes: list[int] = []
    over = threading.Event()

    def run() -> None:
        try:
            codes.append(_guarded(work, talk, cancelled))
        finally:
            over.set()

    try:
        with _heard():
            threading.Thread(target=run, daemon=True).start()
            # Not `join`: once a signal has interrupted it, a thread that still works counts as ended (CPython 3.11).
            over.wait()
    except KeyboardInterrupt:
        return _ended(over, cancelled, signal.SIGINT)
    except _Told as told:
        return _ended(over, cancelled, told.number)
    if not codes:
        # The thread died of a defect; its traceback is on standard error.
        return FAILED
    return codes[0]


def _ended(over: threading.Event, cancelled: threading.Event, number: int) -> int:
    """Let the work stop what it runs; gives the exit code that shells know for the signal."""
    cancelled.set()
    over.wait(_PATIENCE)
    with suppress(OSError):  # the terminal may be gone
        Talk(quiet=False).say("interrupted")
    return 128 + number


@contextmanager
def _heard() -> Iterator[None]:
    """Let SIGTERM and SIGHUP end the work as ctrl+c does; one that a parent ignores for us (nohup) stays ignored."""

    def end(number: int, _: FrameType | None) -> None:
        raise _Told(number)

    numbers = (signal.SIGTERM, signal.SIGHUP)
    former = {each: signal.signal(each, end) for each in numbers if signal.getsignal(each) is not signal.SIG_IGN}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _guarded(work: Callable[[threading.Event], int], talk: Talk, cancelled: threading.Event) -> int:
    try:
        return work(cancelled)
    except BrokenPipeError:
        abandon_stdout()
        return ANSWERED
    except Cancelled:
        return INTERRUPTED
    except UsageError as error:
        talk.complain(str(error))
        return BAD_USAGE
    except TrailError as error:
        talk.complain(str(error))
        return FAILED
