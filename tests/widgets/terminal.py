"""A program in a pseudo-terminal, and the bytes that it sends."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Terminal:
    """The near end of a pseudo-terminal."""

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def read(self, quiet: float = 0.25) -> bytes:
        """Everything that comes until nothing has come for `quiet` seconds."""
        parts = []
        while select.select([self._fd], [], [], quiet)[0]:
            try:
                part = os.read(self._fd, 65536)
            except OSError:
                break
            if not part:
                break
            parts.append(part)
        return b"".join(parts)

    def read_until(self, text: bytes, limit: float = 20.0) -> bytes:
        """Everything until this text was seen, then until it is quiet."""
        seen = b""
        end = monotonic() + limit
        while text not in seen:
            if monotonic() > end:
                raise AssertionError(f"{text!r} never came; the last was {seen[-400:]!r}")
            seen += self.read()
        return seen

    def press(self, keys: bytes) -> bytes:
        """What is sent in answer to keys."""
        os.write(self._fd, keys)
        return self.read()


@contextmanager
def running(
    module: str, *, rows: int = 40, columns: int = 140, env: Mapping[str, str] | None = None
) -> Iterator[Terminal]:
    """`python -m module` in a terminal of this size, in 24-bit colour unless `env` says otherwise."""
    near, far = pty.openpty()
    fcntl.ioctl(far, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", **(env or {})}
    process = subprocess.Popen(
        [sys.executable, "-m", module], stdin=far, stdout=far, stderr=far, env=environment, start_new_session=True
    )
    os.close(far)
    try:
        yield Terminal(near)
    finally:
        process.kill()
        process.wait()
        os.close(near)
