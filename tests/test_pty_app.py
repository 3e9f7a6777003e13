"""The terminal that other tests look through."""

from __future__ import annotations

import sys
from itertools import accumulate, chain, repeat

import pytest

from tests import patience
from tests.pty_app import TooSlowError, running

#: Shows its size, then answers each key with its code; `q` leaves, `b` answers in two parts.
PROGRAM = """
import os, sys, time, tty
tty.setraw(0)
size = os.get_terminal_size()
os.write(1, f"\\x1b[2J\\x1b[3;5H\\x1b[>4;1mready {size.columns}x{size.lines}".encode())
while (key := os.read(0, 1)) != b"q":
    os.write(1, b"\\x1b[5;1Hkey %d" % key[0])
    if key == b"b":
        time.sleep(0.02)
        os.write(1, b" and more")
sys.exit(7)
"""
COMMAND = (sys.executable, "-S", "-c", PROGRAM)


def test_the_screen_is_what_a_terminal_shows() -> None:
    with running(COMMAND, 50, 10) as app:
        seconds = app.wait_for("ready 50x10")
        assert 0 < seconds < 15
        assert app.screen[2].startswith("    ready 50x10 ")
        assert (len(app.screen), len(app.screen[0])) == (10, 50)


def test_a_burst_lasts_to_its_last_byte() -> None:
    with running(COMMAND) as app:
        app.wait_for("ready")
        burst = app.press(b"b")
        assert burst.data == b"\x1b[5;1Hkey 98 and more"
        assert 0 < burst.first < burst.last
        assert burst.last > 0.02


def test_the_exit_code_is_the_programs() -> None:
    with running(COMMAND) as app:
        app.wait_for("ready")
        app.write(b"q")
        assert app.wait_closed() == 7


def test_what_does_not_come_is_told_with_the_screen() -> None:
    with running(COMMAND) as app:
        app.wait_for("ready")
        with pytest.raises(TooSlowError, match=r"(?s)'never' did not come.*ready 120x36"):
            app.wait_for("never", within=0.1)


def test_a_program_is_ended_whatever_happens() -> None:
    with pytest.raises(ZeroDivisionError), running((sys.executable, "-S", "-c", "import time; time.sleep(60)")) as app:
        raise ZeroDivisionError
    assert app.process.poll() == -15


def test_a_machine_that_stands_still_ends_no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = accumulate(chain((0.0, 0.1, 300.0), repeat(0.1)))
    monkeypatch.setattr(patience, "monotonic", lambda: next(looks))
    with running((sys.executable, "-S", "-c", "import time; time.sleep(0.6); print('late'); time.sleep(60)")) as app:
        app.wait_for("late", within=5)
    wait = patience.Patience(1)
    assert [round(wait.left, 3) for _ in range(11)] == [0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0, 0.0]
