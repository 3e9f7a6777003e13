"""Work of the command line in a thread of its own, so that ctrl+c is heard at once."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from queries.errors import Cancelled, TrailError, UsageError
from tui.output import abandon_stdout
from tui.talk import Talk

if TYPE_CHECKING:
    from collections.abc import Callable

ANSWERED: Final = 0
BAD_USAGE: Final = 2
FAILED: Final = 3
INCOMPLETE: Final = 4
INTERRUPTED: Final = 130

#: Seconds that what runs gets to end after ctrl+c.
_PATIENCE: Final = 5.0


def work_off(work: Callable[[threading.Event], int], talk: Talk) -> int:
    """Do it, whatever the engine does meanwhile; its errors become sentences, the value is the exit code."""
    cancelled = threading.Event()
    codes: list[int] = []
    worker = threading.Thread(target=lambda: codes.append(_guarded(work, talk, cancelled)), daemon=True)
    worker.start()
    try:
        worker.join()
    except KeyboardInterrupt:
        cancelled.set()
        worker.join(_PATIENCE)
        Talk(quiet=False).say("interrupted")
        return INTERRUPTED
    if not codes:
        # The thread died of a defect; its traceback is on standard error.
        return FAILED
    return codes[0]


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
