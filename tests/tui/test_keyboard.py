"""Reading keys: a lone Escape soon, a sequence as one key, an end when the terminal is closed."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from queue import Queue
from threading import Event, Thread
from typing import TYPE_CHECKING

import pytest
from textual import events

from ssmtrail.tui.terminal import keys as terminal_keys
from ssmtrail.tui.terminal.escape_delay import set_escape_delay
from ssmtrail.tui.terminal.keys import read_keys

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.message import Message

_WITHIN = 5.0


@contextmanager
def listening() -> Iterator[tuple[int, Queue[Message], Thread]]:
    """A descriptor to write keys to, the posted messages, the reading thread."""
    reading, writing = os.pipe()
    posted: Queue[Message] = Queue()
    thread = Thread(target=read_keys, args=(reading, Event(), posted.put), kwargs={"debug": False})
    thread.start()
    try:
        yield writing, posted, thread
    finally:
        os.close(writing)
        thread.join(_WITHIN)
        os.close(reading)
        assert not thread.is_alive()


def key_of(message: Message) -> str:
    assert isinstance(message, events.Key)
    return message.key


def test_a_lone_escape_waits_no_longer_than_it_must(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal_keys, "_CHECK_INTERVAL", 60.0)  # longer than the test waits
    with listening() as (keys, posted, _):
        os.write(keys, b"\x1b")
        assert key_of(posted.get(timeout=_WITHIN)) == "escape"


def test_a_sequence_in_two_pieces_is_one_key() -> None:
    with listening() as (keys, posted, _):
        os.write(keys, b"\x1b[")
        os.write(keys, b"A")
        os.write(keys, "é".encode()[:1])
        os.write(keys, "é".encode()[1:])
        assert [key_of(posted.get(timeout=_WITHIN)) for _ in range(2)] == ["up", "é"]


def test_bytes_that_are_no_text_do_not_end_it() -> None:
    with listening() as (keys, posted, _):
        os.write(keys, b"\xffx")
        assert [key_of(posted.get(timeout=_WITHIN)) for _ in range(2)][-1] == "x"


def test_it_ends_with_the_terminal() -> None:
    with listening() as (_, posted, _):
        pass
    assert posted.empty()


def test_the_users_own_delay_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESCDELAY", "300")
    set_escape_delay()
    assert os.environ["ESCDELAY"] == "300"
    monkeypatch.delenv("ESCDELAY")
    set_escape_delay()
    assert os.environ["ESCDELAY"] == "25"


def test_starting_sets_the_delay_before_textual_reads_it() -> None:
    script = "import sys; import ssmtrail.tui.launch; sys.exit('textual' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
