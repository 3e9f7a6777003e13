"""The app in a real terminal: how it begins, what it writes, how it leaves."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import struct
import subprocess
import sys
import termios
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

import pytest

from tests.in_time import is_within
from tests.pty_app import PtyApp, running
from tests.records import start, write_file
from tests.trails import write_trail

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
#: What leaving puts back: the alternate screen, the mouse, the cursor.
RESTORED = (b"\x1b[?1049l", b"\x1b[?1000l", b"\x1b[?25h")
_MAIN = "import sys; from ssmtrail.tui.cli.main import main; sys.argv[1:] = {words!r}; main()"
EVIL = "\x1b]52;c;ZXZpbA==\x07\x1b]0;evil\x07\x9b31m\u202eevil[/x][@click=app.quit]"


def command(*words: str) -> list[str]:
    return [sys.executable, "-c", _MAIN.format(words=list(words))]


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """A folder with one session, hostile in every part that a user may choose."""
    folder = tmp_path / "logs"
    record = start("2026-11-23T12:04:11Z", "e1", reason=EVIL)
    record["userAgent"] = record["userIdentity"]["principalId"] = EVIL
    record["userIdentity"]["arn"] += EVIL
    write_file(folder / "AWSLogs/111122223333/CloudTrail/eu-central-1/2026/11/23/a.json.gz", [record])
    return folder


def read_to_the_end(text: str) -> bool:
    """Whether the screen says when the source was read."""
    return re.search(r"read \d\d:\d\d:\d\d UTC", text) is not None


@contextmanager
def opened(logs: Path, *words: str) -> Iterator[PtyApp]:
    places = {f"SSMTRAIL_{name}": str(logs.parent / name.lower()) for name in ("CACHE", "STATE")}
    env = {"HOME": str(logs.parent), "TZ": "UTC", **places}
    with running(command(*(words or ("logs", str(logs)))), 120, 36, env, str(ROOT)) as app:
        yield app


def test_it_opens_reads_and_leaves_the_terminal_as_it_was(logs: Path) -> None:
    with opened(logs) as app:
        app.wait_for("23 Nov 12:04:11")
        app.write(b"q")
        assert app.wait_closed() == 0
        assert all(sequence in app.output for sequence in RESTORED)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT])
def test_signals_leave_the_terminal_as_it_was(logs: Path, number: signal.Signals) -> None:
    with opened(logs) as app:
        app.wait_for("23 Nov 12:04:11")
        app.process.send_signal(number)
        assert app.wait_closed() == 128 + number
        assert all(sequence in app.output for sequence in RESTORED)
        assert b"Traceback" not in app.output


def test_without_its_terminal_it_ends(logs: Path) -> None:
    with opened(logs) as app:
        app.wait_for("23 Nov 12:04:11")
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, app._master)  # closes the terminal's other side
        os.close(null)
        assert app.process.wait(10) != 0


def test_a_terminal_of_unknown_size_is_not_drawn_for_ever(logs: Path) -> None:
    with opened(logs) as app:  # Textual asks twice for the size, and gets 80x24 and 80x25 without one
        fcntl.ioctl(app._master, termios.TIOCSWINSZ, struct.pack("HHHH", 0, 0, 0, 0))
        app.wait_for("23 Nov 12:04:11")
        app.settle(0.5)
        app.write(b"q")
        assert app.wait_closed() == 0


def test_a_window_that_is_closed_leaves_no_process(logs: Path) -> None:
    with opened(logs) as app:
        app.wait_for("23 Nov 12:04:11")
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, app._master)
        os.close(null)
        for number in (signal.SIGHUP, signal.SIGCONT):  # what the kernel sends those whose terminal is gone
            app.process.send_signal(number)
        assert app.process.wait(20) != 0


def test_it_comes_back_from_the_shell(logs: Path) -> None:
    with opened(logs) as app:
        app.wait_for("23 Nov 12:04:11")
        app.write(b"\x1a")
        _, status = os.waitpid(app.process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status)
        app.settle()
        before = len(app.output)
        app.process.send_signal(signal.SIGCONT)
        app.wait_for(lambda _: b"23 Nov" in app.output[before:])
        app.write(b"q")
        assert app.wait_closed() == 0


def test_no_byte_of_a_hostile_log_is_obeyed(logs: Path) -> None:
    with opened(logs) as app:
        app.wait_for("23 Nov 12:04:11")
        app.press(b"d")
        app.press(b"\r")
        app.wait_for("StartSession")
        app.settle()
        app.write(b"\x1bq")
        app.press(b"\x10")  # the palette
        app.settle()
        output = bytes(app.output)
    output = output.replace(b"\x1b]22;default\x07", b"")  # Textual's own: the pointer's shape
    for obeyed in (b"\x1b]", b"\x9b31m", "\u009b".encode(), "\u202e".encode()):
        assert obeyed not in output, obeyed
    assert rb"\x1b]52" in output


def test_a_copy_goes_to_the_clipboard_safe(logs: Path) -> None:
    with opened(logs) as app:
        app.wait_for("23 Nov 12:04:11")
        burst = app.press(b"y", quiet=0.3)
        assert re.findall(rb"\x1b\]52;c;([^\x07]*)\x07", burst.data) == [b"MjAyNi0xMS0yM1QxMjowNDoxMVo="]


def test_a_terminal_that_cannot_is_told_so(logs: Path) -> None:
    env = {"TERM": "dumb", "SSMTRAIL_CACHE": str(logs.parent), "SSMTRAIL_STATE": str(logs.parent / "state")}
    with running(command("logs", str(logs)), 80, 24, env, str(ROOT)) as app:
        assert app.wait_closed() == 2
        assert "TERM=dumb" in app.text


def test_a_pipe_is_told_so(logs: Path) -> None:
    done = subprocess.run(
        command("logs", str(logs)), cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "ssmtrail: the screens need a terminal; in a pipe use `ssmtrail query`.\n"


def test_nothing_heavy_is_imported_before_the_first_frame() -> None:
    others = {"duckdb", "boto3", "plotext", "msgspec", "isal", "csv", "tomllib"}
    own = {
        "ssmtrail.queries.views",
        "ssmtrail.queries.filters.lexer",
        "ssmtrail.tui.formats",
        "ssmtrail.tui.frame.export",
    }
    screens = {"ssmtrail.tui.frame.dialogs"} | {
        f"ssmtrail.tui.views.{name}"
        for name in ("session", "athena", "athena_text", "welcome", "matrix", "usage", "page", "machine")
    }
    modules = (
        "ssmtrail.tui.launch, ssmtrail.tui.app, ssmtrail.tui.views.sessions, ssmtrail.queries.first_page, "
        "ssmtrail.queries.config"
    )
    program = f"import sys, {modules}; print(*(sys.modules.keys() & {others | own | screens!r}))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


SHUT = """
import gc, sys, ssmtrail.tui.launch
from ssmtrail.queries.errors import StoreError
def shut(*_, **__):
    raise StoreError("The core is shut.")
ssmtrail.tui.launch.open_trail = shut
from ssmtrail.tui.cli.main import run
code = run(["logs", sys.argv[1]])
print("left", code, "duckdb" in sys.modules, gc.isenabled(), gc.get_freeze_count() > 0)
"""


def test_the_next_start_shows_the_first_rows_without_the_core(logs: Path) -> None:
    with opened(logs) as app:
        app.wait_for(read_to_the_end)
        for _ in range(200):  # it is kept once what was read is there
            if list(logs.parent.rglob("first-page.json")):
                break
            app.settle(0.05)
        app.write(b"q")
        assert app.wait_closed() == 0
    places = {f"SSMTRAIL_{name}": str(logs.parent / name.lower()) for name in ("CACHE", "STATE")}
    env = {"HOME": str(logs.parent), "TZ": "UTC", **places}
    with running([sys.executable, "-c", SHUT, str(logs)], 120, 36, env, str(ROOT)) as app:
        app.wait_for("The core is shut.")
        app.wait_for("23 Nov 12:04:11")
        app.wait_for("1 session")
        assert b"evil\x07" not in app.output
        app.write(b"q")
        assert app.wait_closed() == 0
        assert "left 0 False True True" in app.text


@pytest.fixture(scope="module")
def many_logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that takes seconds to read."""
    logs = tmp_path_factory.mktemp("many") / "logs"
    write_trail(logs, records=60_000, files=40, session_share=0.3)
    return logs


@pytest.mark.parametrize(
    "painted", ["listing", "reading", "calls · ", "Started"], ids=["at once", "first", "amid", "rows"]
)
def test_leaving_while_it_reads_takes_less_than_a_second(many_logs: Path, tmp_path: Path, painted: str) -> None:
    (logs := tmp_path / "logs").symlink_to(many_logs)
    with opened(logs) as app:
        app.wait_for(lambda text: painted in text or read_to_the_end(text))
        begun = monotonic()
        app.write(b"q")
        assert app.wait_closed() == 0
        assert is_within(monotonic() - begun, 2)
        assert b"terminate called" not in app.output
        assert all(sequence in app.output for sequence in RESTORED)
