"""What the tool says on standard error, apart from the data."""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import TYPE_CHECKING, Final

from ssmtrail.widgets.text import safe, safe_lines

if TYPE_CHECKING:
    from threading import ExceptHookArgs
    from types import TracebackType

    from ssmtrail.queries.model import Progress

#: Seconds between two progress lines.
_PAUSE: Final = 0.1


class Talk:
    """Lines on standard error, each safe; progress is one line that is overwritten, and only a terminal sees it."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._shown_at = 0.0
        self._has_progress = False

    def say(self, text: str) -> None:
        """Something good to know; `--quiet` silences it."""
        if not self._quiet:
            self.complain(text)

    def complain(self, text: str) -> None:
        """Something that has to be known."""
        self.clear()
        print(f"ssmtrail: {safe(text)}", file=sys.stderr, flush=True)  # noqa: T201 - the command line's own voice

    def report(self, progress: Progress) -> None:
        """Show how far a fetch is."""
        now = time.monotonic()
        if self._quiet or not sys.stderr.isatty() or now - self._shown_at < _PAUSE:
            return
        self._shown_at = now
        self._has_progress = True
        of_files = f" {progress.files_done:,} of {progress.files_total:,} files" if progress.files_total else ""
        sys.stderr.write(f"\r\x1b[K{progress.state}{of_files}, {size_text(progress.bytes_done)}")
        sys.stderr.flush()

    def clear(self) -> None:
        """Take the progress away."""
        if self._has_progress:
            self._has_progress = False
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def count_text(count: int, noun: str) -> str:
    """`1 day`, `1,284 days`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def size_text(size: int) -> str:
    """Bytes for people: `812 B`, `1.4 GB` (powers of ten)."""
    if size < 1000:
        return f"{size} B"
    amount, unit = float(size), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if amount < 999.95:
            break
        amount, unit = amount / 1000, larger
    return f"{amount:.1f} {unit}"


def tell_trouble(error: BaseException) -> None:
    """Print the traceback of a defect; its message, its source lines may hold text from a log."""
    import traceback  # not before something is wrong

    sys.stderr.write(safe_lines("".join(traceback.format_exception(error))))
    sys.stderr.flush()


def tell_all_troubles() -> None:
    """Let what nobody catches, in whichever thread, be told by `tell_trouble`."""

    def uncaught(_: type[BaseException], error: BaseException, __: TracebackType | None) -> None:
        tell_trouble(error)

    def uncaught_in_thread(arguments: ExceptHookArgs) -> None:
        if arguments.exc_value is not None:
            tell_trouble(arguments.exc_value)

    sys.excepthook = uncaught
    threading.excepthook = uncaught_in_thread


def abandon_stdout() -> None:
    """Let nobody listen: what is still buffered would complain at exit that the reader is gone."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
