"""A terminal program in a pseudo-terminal, driven by keys, judged by the bytes it writes."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn
from unicodedata import east_asian_width

import pyte

from tests.patience import Patience

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

#: What a terminal answers to the questions that programs ask it at the start.
_ANSWERS: Final = (
    (b"\x1b[c", b"\x1b[?62;22c"),  # primary device attributes
    (b"\x1b[6n", b"\x1b[1;1R"),  # cursor position
    (b"\x1b[?2026$p", b"\x1b[?2026;2$y"),  # synchronized output: known, off
    (b"\x1b[?2048$p", b"\x1b[?2048;0$y"),  # in-band resize: unknown
)
#: Seconds between two looks at how long a wait has lasted.
_LOOK: Final = 0.1
#: Seconds between two looks at whether a program sleeps.
_NAP: Final = 0.02
#: Sequences that pyte 0.8 would print as text or fail on: `CSI >`, `CSI <`, `CSI =`, requests with `$`.
_PRIVATE: Final = re.compile(rb"\x1b\[(?:[<>=][0-9;]*[a-zA-Z]|\?[0-9;]*\$[a-z])")


class TooSlowError(AssertionError):
    """The program did not do in time what was waited for; the message shows its screen."""


@dataclass(frozen=True, slots=True)
class Burst:
    """What a program wrote in answer to something."""

    data: bytes
    first: float
    """Seconds from the question to its first byte."""
    last: float
    """Seconds from the question to its last byte."""


def _is_wide(cell: str) -> bool:
    return bool(cell) and east_asian_width(cell[0]) in "WF"


class PtyApp:
    """A running program; use `running` to get one that is ended for sure.

    Every wait has a bound in seconds and raises TooSlowError beyond it.
    """

    def __init__(
        self,
        command: Sequence[str],
        columns: int = 120,
        rows: int = 36,
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
    ) -> None:
        self.output = bytearray()
        """Everything that the program has written."""
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._lines: dict[int, str] = {}
        self._fed = 0
        self._answered = 0
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.started = self._arrived = time.perf_counter()
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, cwd=cwd, env=_environment(env), start_new_session=True
        )
        os.close(slave)

    @property
    def screen(self) -> list[str]:
        """The lines as a terminal would show them."""
        self._stream.feed(_without_what_pyte_does_not_know(bytes(self.output[self._fed :])))
        self._fed = len(self.output)
        for y in self._screen.dirty:  # the lines that have changed: most looks find few
            self._lines[y] = self._line(y)
        self._screen.dirty.clear()
        return [self._lines.get(y) or self._line(y) for y in range(self._screen.lines)]

    def _line(self, y: int) -> str:
        """A line; the second half of a wide character whose first half was just written over is a blank."""
        cells = [self._screen.buffer[y][x].data for x in range(self._screen.columns)]
        halves = [not cell and x > 0 and _is_wide(cells[x - 1]) for x, cell in enumerate(cells)]
        return "".join(cell or " " for cell, is_half in zip(cells, halves, strict=True) if not is_half)

    @property
    def text(self) -> str:
        """The screen as one text."""
        return "\n".join(self.screen)

    def write(self, keys: bytes) -> None:
        """Press keys."""
        os.write(self._master, keys)

    def press(self, keys: bytes, quiet: float = 0.06, within: float = 60.0) -> Burst:
        """Press keys; wait until the answer is over: first bytes, then nothing for `quiet` seconds."""
        begun = time.perf_counter()
        self.write(keys)
        return self._burst(begun, quiet, Patience(within))

    def settle(self, quiet: float = 0.25, within: float = 60.0) -> bytes:
        """Wait until nothing has come for `quiet` seconds; what came until then."""
        patience, before = Patience(within), len(self.output)
        while self._read(quiet):
            if not patience.left:
                self._give_up("it never stops writing")
        return bytes(self.output[before:])

    def wait_idle(self, idle: float = 0.25, within: float = 60.0) -> None:
        """Wait until nothing was written and every thread of the program slept, for `idle` seconds.

        A program that waits for a busy processor is not asleep, so this does not depend on the machine's load.
        """
        patience = Patience(within)
        asleep = 0.0
        while asleep < idle:
            if not patience.left:
                self._give_up("it is never idle")
            asleep = 0.0 if self._read(_NAP) or not self._is_asleep() else asleep + _NAP

    def _is_asleep(self) -> bool:
        tasks = Path("/proc", str(self.process.pid), "task")
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread that has ended meanwhile
            return all(
                task.joinpath("stat").read_text().rpartition(")")[2].split()[0] == "S" for task in tasks.iterdir()
            )
        return False

    def wait_for(self, seen: str | Callable[[str], bool], within: float = 60.0) -> float:
        """Wait at most so many seconds until the screen shows a text; seconds since the program was started."""
        shows = seen if callable(seen) else lambda text: seen in text
        patience = Patience(within)
        while not shows(self.text):
            if not self._read_patiently(patience):
                self._give_up(f"{seen!r} did not come")
            while self._read(0):  # looking takes time; the program must not wait for it
                pass
        return self._arrived - self.started

    def wait_for_output(self, sequence: bytes, within: float = 60.0) -> None:
        """Wait until the program has written these bytes."""
        patience = Patience(within)
        while sequence not in self.output:
            if not self._read_patiently(patience):
                self._give_up(f"{sequence!r} did not come")

    def listen(self, seconds: float) -> None:
        """Take what the program writes for so many seconds, or until it has ended."""
        until = time.perf_counter() + seconds
        while (left := until - time.perf_counter()) > 0 and self._read(left):
            pass

    def wait_closed(self, within: float = 60.0) -> int:
        """Wait until the program is over; its exit code."""
        patience = Patience(within)
        while self._read_patiently(patience):
            pass
        try:
            return self.process.wait(max(0.1, patience.left))
        except subprocess.TimeoutExpired:
            self._give_up("it does not end")

    def resize(self, columns: int, rows: int) -> None:
        """Change the terminal's size, as dragging a window's corner does."""
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self._screen.resize(rows, columns)
        self.process.send_signal(signal.SIGWINCH)

    def close(self) -> None:
        """End the program, kindly where it can, and free the terminal."""
        if self.process.poll() is None:
            self._signal(signal.SIGTERM)
            try:
                self.process.wait(2)
            except subprocess.TimeoutExpired:
                self._signal(signal.SIGKILL)
                self.process.wait(5)
        os.close(self._master)

    def _signal(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)  # its own session, so nobody else is met

    def _burst(self, begun: float, quiet: float, patience: Patience) -> Burst:
        before = len(self.output)
        if not self._read_patiently(patience):
            self._give_up("no answer came")
        first = self._arrived
        while self._read(quiet):
            if not patience.left:
                self._give_up("the answer never ends")
        return Burst(bytes(self.output[before:]), first - begun, self._arrived - begun)

    def _read_patiently(self, patience: Patience) -> bool:
        """Take what comes; False when nothing came before patience ended, or nothing will come any more."""
        while left := patience.left:
            if self._comes(min(left, _LOOK)):
                return self._take()
        return self._read(0)

    def _read(self, within: float) -> bool:
        """Take what comes; False when nothing came in so many seconds or nothing will come any more."""
        return self._comes(within) and self._take()

    def _comes(self, within: float) -> bool:
        ready, _, _ = select.select([self._master], [], [], within)
        return bool(ready)

    def _take(self) -> bool:
        """Take what has come; False when nothing will come any more."""
        try:
            data = os.read(self._master, 1 << 16)
        except OSError:  # Linux says so when the program's side is closed
            return False
        self._arrived = time.perf_counter()
        self.output += data
        self._answer()
        return bool(data)

    def _answer(self) -> None:
        """Answer the terminal's part of the questions that were asked since the last time."""
        fresh = bytes(self.output[self._answered :])
        self._answered = len(self.output)
        for question, answer in _ANSWERS:
            if question in fresh:
                self.write(answer)

    def _give_up(self, why: str) -> NoReturn:
        raise TooSlowError(f"{why}; exit code {self.process.poll()}; the screen:\n{self.text}")


@contextmanager
def running(
    command: Sequence[str],
    columns: int = 120,
    rows: int = 36,
    env: Mapping[str, str] | None = None,
    cwd: str | None = None,
) -> Iterator[PtyApp]:
    """A program in a terminal of that size, ended afterwards whatever happens."""
    app = PtyApp(command, columns, rows, env, cwd)
    try:
        yield app
    finally:
        app.close()


def _environment(extra: Mapping[str, str] | None) -> dict[str, str]:
    """A terminal's environment: 256 colours, UTF-8, nothing of a surrounding tmux."""
    env = {name: value for name, value in os.environ.items() if name not in {"TMUX", "NO_COLOR", "COLUMNS", "LINES"}}
    return env | {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LC_ALL": "C.UTF-8"} | dict(extra or {})


def _without_what_pyte_does_not_know(data: bytes) -> bytes:
    """Leave out private sequences; one that two reads cut apart shows as a few letters, never as a failure."""
    return _PRIVATE.sub(b"", data)
