"""Reads keys from the terminal without delay."""

from __future__ import annotations

import os
import select
from codecs import getincrementaldecoder
from typing import TYPE_CHECKING, Final

from textual._xterm_parser import XTermParser
from textual.constants import ESCAPE_DELAY

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

    from textual.message import Message

#: Seconds between two checks of the stop event while no key comes.
_CHECK_INTERVAL: Final = 0.1


def read_keys(terminal: int, stop: Event, post: Callable[[Message], object], *, debug: bool) -> None:
    """Post the messages read from a terminal's file descriptor until `stop` is set or the terminal is closed.

    Runs in a thread. Textual's own loop checks ten times a second whether a lone Escape has waited long enough,
    however short its delay is; this one wakes when the delay is over.
    """
    parser = XTermParser(debug)
    decode = getincrementaldecoder("utf-8")("replace").decode
    poll = select.poll()
    poll.register(terminal, select.POLLIN)
    while not stop.is_set():
        in_sequence = parser._timeout_time is not None  # noqa: SLF001 - an escape sequence has begun
        seconds = min(_CHECK_INTERVAL, ESCAPE_DELAY + 0.001) if in_sequence else _CHECK_INTERVAL
        if poll.poll(seconds * 1000):
            data = _read(terminal)
            if not data:
                return
            if text := decode(data):
                for message in parser.feed(text):
                    post(message)
        for message in parser.tick():
            post(message)


def _read(terminal: int) -> bytes:
    """Return what can be read, nothing when the terminal is gone."""
    try:
        return os.read(terminal, 4096)
    except OSError:
        return b""
