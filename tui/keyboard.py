"""Reading what a terminal sends, with a short wait where a lone Escape could begin something longer."""

from __future__ import annotations

import os
import select
from codecs import getincrementaldecoder
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from threading import Event

    from textual.message import Message

#: Milliseconds after which Escape is Escape, unless the user's ESCDELAY (as of ncurses) says otherwise. Terminals
#: send a sequence in one piece, SSH and tmux pass it on so; the toolkit waits for a tenth of a second.
ESCAPE_MILLISECONDS: Final = 25
#: Between two looks at whether to stop, seconds.
_LOOK: Final = 0.1


def hasten_escape() -> None:
    """Set what the toolkit reads when it is imported."""
    os.environ.setdefault("ESCDELAY", str(ESCAPE_MILLISECONDS))


def read_keys(terminal: int, stop: Event, tell: Callable[[Message], object], *, debug: bool) -> None:
    """Tell what comes from a terminal's file descriptor until `stop` is set or nobody is there any more; in a thread.

    The toolkit's own loop looks ten times a second whether an Escape has waited long enough, however long that is.
    """
    from textual._xterm_parser import XTermParser  # the toolkit is there by now

    parser = XTermParser(debug)
    decode = getincrementaldecoder("utf-8")("replace").decode

    def tell_all(messages: Iterable[Message]) -> None:
        for message in messages:
            tell(message)

    while not stop.is_set():
        waiting = parser._timeout_time is not None  # noqa: SLF001 - whether a sequence has begun
        if _ready(terminal, _wait() if waiting else _LOOK):
            data = _read(terminal)
            if not data:
                return
            if text := decode(data):
                tell_all(parser.feed(text))
        tell_all(parser.tick())


def _wait() -> float:
    from textual.constants import ESCAPE_DELAY

    return min(_LOOK, ESCAPE_DELAY + 0.001)  # a little later than the parser's clock


def _ready(terminal: int, seconds: float) -> bool:
    poll = select.poll()
    poll.register(terminal, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # the terminal is gone
        return b""
