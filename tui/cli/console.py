"""Messages on standard error, exit statuses, and the thread in which a command works."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.errors import Cancelled, TrailError, UsageError
from ssmtrail.queries.plurals import count_text
from ssmtrail.widgets.text import safe, safe_lines, shorten_end

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from threading import ExceptHookArgs
    from types import FrameType, TracebackType

    from ssmtrail.queries.model import Progress
    from ssmtrail.queries.sources.checks import Check
    from ssmtrail.queries.trail import Trail

ANSWERED: Final = 0
BAD_USAGE: Final = 2
FAILED: Final = 3
INCOMPLETE: Final = 4
CHECK_FAILED: Final = 5
INTERRUPTED: Final = 130

NO_THREAD: Final = (
    "This machine allows no more threads or processes (ulimit -u, or the limit of a container). "
    "End others, or raise the limit."
)

#: Before the second line of a check.
_BELOW: Final = " " * 20
#: Seconds between two progress lines.
_PROGRESS_PAUSE: Final = 0.1
#: Seconds that a command gets to end after a signal, above all to cancel its queries at Athena.
_PATIENCE: Final = 5.0


class Console:
    """Writes messages to standard error, with control characters escaped. Progress is one line, on terminals only."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._shown_at = 0.0
        self._has_progress = False

    def inform(self, text: str) -> None:
        """Print information; `--quiet` silences it."""
        if not self._quiet:
            self.warn(text)

    def warn(self, text: str) -> None:
        """Print a warning or an error."""
        self.clear()
        print(f"ssmtrail: {safe(text)}", file=sys.stderr, flush=True)  # noqa: T201 - the messages of the command line

    def report(self, progress: Progress) -> None:
        """Show the progress of a fetch."""
        each = [f"{label}: {_progress_text(part)}" for label, part in progress.parts]
        text = "; ".join(each) or _progress_text(progress)
        self.show(text)

    def show(self, text: str) -> None:
        """Show progress, several times a second at most."""
        now = time.monotonic()
        if self._quiet or not sys.stderr.isatty() or now - self._shown_at < _PROGRESS_PAUSE:
            return
        self._shown_at = now
        self._has_progress = True
        room = shutil.get_terminal_size().columns - 1  # a line that wraps cannot be erased
        sys.stderr.write(f"\r\x1b[K{shorten_end(safe(text), room)}")
        sys.stderr.flush()

    def count(self, files_done: int, files_total: int, bytes_done: int) -> None:
        """Show how many files are verified."""
        from ssmtrail.queries.model import Progress

        self.report(Progress("reading", files_done=files_done, files_total=files_total, bytes_done=bytes_done))

    def clear(self) -> None:
        """Erase the progress line."""
        if self._has_progress:
            self._has_progress = False
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def _progress_text(progress: Progress) -> str:
    of_files = f" {progress.files_done:,} of {progress.files_total:,} {progress.of}" if progress.files_total else ""
    requests = f" {count_text(progress.requests, 'request')}" if progress.requests else ""
    size = f", {size_text(progress.bytes_done)}" if progress.of != "folders" and progress.bytes_done else ""
    return f"{progress.state}{of_files}{requests}{size}"


def size_text(size: int) -> str:
    """`812 B`, `1.4 GB` (powers of ten)."""
    if size < 1000:
        return f"{size} B"
    amount, unit = float(size), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if amount < 999.95:
            break
        amount, unit = amount / 1000, larger
    return f"{amount:.1f} {unit}"


def print_checks(found: Iterable[Check]) -> int:
    """Print one line a check, on a terminal broken between words; gives how many failed."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else 0
    failed = 0
    for check in found:
        failed += check.state == "failed"
        line = f"{check.state:<7} {check.name:<11} {safe(check.text)}"
        if len(line) > width > 2 * len(_BELOW):
            import textwrap  # only on a terminal

            line = textwrap.fill(
                line, width, subsequent_indent=_BELOW, break_long_words=False, break_on_hyphens=False
            )  # fmt: skip
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    return failed


def is_thread_refusal(error: BaseException) -> bool:
    """Whether the system refused to start a thread; Python has no error of its own for it."""
    return isinstance(error, RuntimeError) and str(error).startswith("can't start new thread")


def print_traceback(error: BaseException) -> None:
    """Print the traceback of a defect, escaped: its message and source lines may hold text from a log."""
    import traceback  # only for a defect

    sys.stderr.write(safe_lines("".join(traceback.format_exception(error))))
    sys.stderr.flush()


def print_uncaught_errors() -> None:
    """Print uncaught exceptions of all threads by `print_traceback`."""

    def uncaught(_: type[BaseException], error: BaseException, __: TracebackType | None) -> None:
        print_traceback(error)

    def uncaught_in_thread(arguments: ExceptHookArgs) -> None:
        if arguments.exc_value is not None:
            print_traceback(arguments.exc_value)

    sys.excepthook = uncaught
    threading.excepthook = uncaught_in_thread


def discard_stdout() -> None:
    """Send standard output to the null device, so that flushing it at exit raises no BrokenPipeError."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Signalled(BaseException):
    """A signal that ends the command arrived."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def run_interruptible(work: Callable[[threading.Event], int], console: Console) -> int:
    """Run `work` in a thread, so that ctrl+c and other signals are obeyed at once; gives the exit status.

    `work` gets an event that is set when it has to end. Our errors become sentences.
    """
    cancelled = threading.Event()
    codes: list[int] = []
    over = threading.Event()

    def run() -> None:
        try:
            codes.append(_exit_status(work, console, cancelled))
        finally:
            over.set()

    try:
        with signals_raised():
            threading.Thread(target=run, daemon=True).start()
            # Not `join`: once a signal has interrupted it, a thread that still works counts as ended (CPython 3.11).
            over.wait()
    except KeyboardInterrupt:
        return _interrupt(over, cancelled, signal.SIGINT)
    except Signalled as signalled:
        return _interrupt(over, cancelled, signalled.number)
    # Without a code the thread died of a defect; its traceback is on standard error.
    return codes[0] if codes else FAILED


def run_with_trail(opener: Callable[[], Trail], work: Callable[[Trail, threading.Event], int], console: Console) -> int:
    """Run `work` with an open trail, which is closed after it; gives the exit status, see `run_interruptible`."""

    def run(cancelled: threading.Event) -> int:
        trail = opener()
        try:
            return work(trail, cancelled)
        finally:
            console.clear()
            trail.close()

    return run_interruptible(run, console)


def _interrupt(over: threading.Event, cancelled: threading.Event, number: int) -> int:
    """Let the work cancel its queries; gives the exit status that shells expect for the signal."""
    cancelled.set()
    over.wait(_PATIENCE)
    with suppress(OSError):  # the terminal may be gone
        Console(quiet=False).inform("interrupted")
    return 128 + number


@contextmanager
def signals_raised() -> Iterator[None]:
    """Raise SIGINT, SIGTERM and SIGHUP as exceptions; a signal that is ignored (nohup) stays ignored."""

    def end(number: int, _: FrameType | None) -> None:
        raise Signalled(number)

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    former = {each: signal.signal(each, end) for each in numbers if signal.getsignal(each) is not signal.SIG_IGN}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


def _exit_status(work: Callable[[threading.Event], int], console: Console, cancelled: threading.Event) -> int:
    try:
        return work(cancelled)
    except BrokenPipeError:
        discard_stdout()
        return ANSWERED
    except Cancelled:
        return INTERRUPTED
    except UsageError as error:
        console.warn(str(error))
        return BAD_USAGE
    except TrailError as error:
        console.warn(str(error))
        return FAILED
    except RuntimeError as error:
        if not is_thread_refusal(error):
            raise
        console.warn(NO_THREAD)
        return FAILED
