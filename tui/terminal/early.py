"""Shows the screen that was left, before anything else is imported, until the app takes the terminal over.

The app needs half a second to its first frame, most of it Textual's import. Where nothing that it depends on has
changed since the app was left, it is known: it is kept in a file, and written as it is. Keys that are pressed meanwhile
wait in the terminal, in order. Whatever is printed before the app takes over restores the terminal first.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

TYPE_CHECKING = False  # not imported from `typing`; see `ssmtrail`
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import FrameType
    from typing import Any, TextIO

_FORM = "ssmtrail screen 1"
_OURS = ("TERM", "COLORTERM", "NO_COLOR", "LANG", "TZ", "COLUMNS", "LINES")
_BEGINNINGS = ("SSMTRAIL_", "XDG_", "LC_", "TEXTUAL")
#: Commands of sources on this machine: what others show depends on who asks, and may cost.
_COMMANDS = ("logs", "demo")
_MOST_BYTES = 1 << 20
_BEGIN, _END = b"\x1b[?1049h\x1b[?25l\x1b[H\x1b[2J", b"\x1b[0m\x1b[?1049l\x1b[?25h"

#: Names of the signals that end a process, and leave the terminal as it was.
ENDING = ("SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT")
#: The terminal's attributes from before, while the screen is shown.
_former: list[Any] | None = None
#: The signals' handlers from before.
_handlers: dict[int, Any] = {}


def place() -> Path:
    """The file of the screen that was left, in the cache folder."""
    folder = os.environ.get("SSMTRAIL_CACHE")
    if not folder:
        from platformdirs import user_cache_dir

        folder = user_cache_dir("ssmtrail", appauthor=False)
    return Path(folder) / "left-screen"


def may_keep(words: Sequence[str]) -> bool:
    """Whether a start with these words begins with the view that was left."""
    return not words or (len(words) <= 2 and words[0] in _COMMANDS and not any(word[:1] == "-" for word in words[1:]))


def text_of(frame: str, paths: Sequence[str], words: Sequence[str], *, is_dated: bool) -> bytes:
    """The text of a file: the frame, and what has to be as it is now when it is shown.

    `paths` are files and folders; what `is_dated` is shown on the same day only (UTC).
    """
    kept = [path for path in paths if "\n" not in path]
    head = [
        _FORM,
        repr((list(words), str(Path.cwd()))),
        _today() if is_dated else "-",
        str(len(kept)),
        *kept,
        *_now(kept),
    ]
    return "\n".join(head).encode("utf-8", "surrogateescape") + b"\n\n" + frame.encode("utf-8", "replace")


def _today() -> str:
    return time.strftime("%Y-%m-%d", time.gmtime())


def _now(paths: Sequence[str]) -> list[str]:
    """What a frame depends on besides the words: the terminal, the environment, and these files, as they are now."""
    names = sorted(name for name in os.environ if name in _OURS or name.startswith(_BEGINNINGS))
    terminal = (*os.get_terminal_size(2), *((name, os.environ[name]) for name in names))
    return [repr(terminal), *(repr(_look(path)) for path in (*paths, __file__))]


def _look(path: str) -> tuple[int, ...] | None:
    try:
        found = Path(path).stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def show(words: Sequence[str]) -> None:
    """Show the screen that was left where it is what the app will show; else, and where anything is odd, do nothing."""
    if not may_keep(words) or not (os.isatty(0) and os.isatty(2)) or os.environ.get("TERM", "dumb") == "dumb":
        return
    try:
        frame = _frame(words)
        if frame:
            _begin(frame)
    except (OSError, ValueError, IndexError):  # what is damaged is not shown
        return


def _frame(words: Sequence[str]) -> bytes:
    """The frame, empty where there is none or something has changed. Raises OSError, ValueError."""
    file = os.open(place(), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        found = os.fstat(file)
        is_ours = found.st_uid == os.geteuid() and not found.st_mode & 0o022
        text = os.read(file, _MOST_BYTES) if is_ours and found.st_size < _MOST_BYTES else b""
    finally:
        os.close(file)
    head, _, frame = text.partition(b"\n\n")
    lines = head.decode("utf-8", "surrogateescape").split("\n")
    if (
        lines[0] != _FORM
        or (words and lines[1] != repr((list(words), str(Path.cwd()))))
        or lines[2] not in ("-", _today())
    ):
        return b""
    paths = lines[4 : 4 + int(lines[3])]
    return frame if lines[4 + len(paths) :] == _now(paths) and _is_harmless(frame) else b""


def _is_harmless(frame: bytes) -> bool:
    """Whether it only writes text, in colours (SGR), at places of the screen (CUP)."""
    text, *others = frame.split(b"\x1b")
    return not _has_controls(text) and all(
        part[:1] == b"[" and part[1:].lstrip(b"0123456789;")[:1] in (b"m", b"H") and not _has_controls(part)
        for part in others
    )


def _has_controls(text: bytes) -> bool:
    return any(character < " " or "\x7f" <= character < "\xa0" for character in text.decode())


def _begin(frame: bytes) -> None:
    """Write the frame, take keys without echo, and undo both where the process ends before the app has begun."""
    import atexit
    import signal
    import termios

    global _former
    former = termios.tcgetattr(0)
    quiet = termios.tcgetattr(0)
    quiet[0] &= ~(termios.IXON | termios.IXOFF | termios.ICRNL | termios.INLCR | termios.IGNCR)
    quiet[3] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN)
    quiet[6][termios.VSUSP] = b"\0"  # stopped now, it would leave this screen behind
    _former = former
    atexit.register(undo)
    for number in (getattr(signal, name) for name in ENDING):
        _handlers[number] = signal.signal(number, _ended)
    sys.stderr = _Undoing(sys.stderr)
    termios.tcsetattr(0, termios.TCSANOW, quiet)
    _write(_BEGIN + frame)


def _write(data: bytes) -> None:
    while data:
        data = data[os.write(2, data) :]


def _ended(number: int, _: FrameType | None) -> None:
    undo()
    if number == 2:
        _write(b"ssmtrail: interrupted before anything was read\n")
    os._exit(128 + number)


def undo() -> None:
    """Restore the terminal, where the screen is still shown."""
    former = taken_over()
    if former is None:
        return
    import termios

    try:
        _write(_END)
        termios.tcsetattr(0, termios.TCSANOW, former)
    except (OSError, termios.error):  # the terminal is gone
        return


def attributes() -> list[Any] | None:
    """The terminal's attributes from before, while the screen is shown; else None."""
    return _former


def taken_over() -> list[Any] | None:
    """The terminal's attributes from before, for the app to restore at its end; None where no screen is shown.

    From now on the app answers for the terminal.
    """
    global _former
    former, _former = _former, None
    if isinstance(sys.stderr, _Undoing):
        sys.stderr = sys.stderr.stream
    _obey_as_before()
    return former


def _obey_as_before() -> None:
    """Give the signals back, but for those that have another handler by now."""
    if not _handlers:
        return
    import signal

    while _handlers:
        number, former = _handlers.popitem()
        if signal.getsignal(number) is _ended:
            try:
                signal.signal(number, former)
            except ValueError:  # not the main thread, where alone that can be done
                continue


class _Undoing:
    """Standard error whose first line restores the terminal, so that it is seen."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        undo()
        return self.stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)
