"""The screen that was left: shown before anything is imported, where it is what the app will show; never else."""

from __future__ import annotations

import os
import signal
import sys
import termios
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from ssmtrail.tui.terminal import early
from tests.pty_app import PtyApp, running
from tests.records import start, write_file
from tests.tui.test_terminal import read_to_the_end

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT: Final = Path(__file__).parents[2]
#: Shows the screen that was left, then does something before there is an app.
_SHOW: Final = "import sys; from ssmtrail.tui.terminal.early import show; show(sys.argv[1:]); {then}"
_WAIT: Final = "import time; time.sleep(60)"
_FRAME: Final = "\x1b[1;1H\x1b[1;38;5;188mwho was here\x1b[0m"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    records = [start(f"2026-11-{day:02}T12:04:11Z", f"e{day}") for day in range(1, 24)]
    write_file(tmp_path / "logs/a.json.gz", records)
    return tmp_path


def environment(home: Path, **more: str) -> Mapping[str, str]:
    return {
        "HOME": str(home), "TZ": "UTC", "TERM": "xterm-256color", "SSMTRAIL_CACHE": str(home / "cache"),
        "SSMTRAIL_STATE": str(home / "state" / "state.json"), **more,
    }  # fmt: skip


def app(home: Path, *words: str, size: tuple[int, int] = (100, 24)) -> PtyApp:
    command = [sys.executable, "-m", "ssmtrail", *(words or ("logs", str(home / "logs")))]
    return PtyApp(command, *size, environment(home), str(ROOT))


def left(home: Path) -> None:
    """Open the folder, look at all of it, leave."""
    program = app(home)
    try:
        program.wait_for(read_to_the_end)
        program.wait_idle()
        program.write(b"\x1b[B\x1b[Bq")
        assert program.wait_closed() == 0
    finally:
        program.close()


def shown(home: Path, then: str = _WAIT, *words: str, size: tuple[int, int] = (100, 24), **more: str) -> PtyApp:
    """A program that shows the screen that was left and never becomes the app."""
    command = [sys.executable, "-c", _SHOW.format(then=then), *(words or ("logs", str(home / "logs")))]
    return PtyApp(command, *size, environment(home, **more), str(ROOT))


def test_the_list_that_was_left_is_there_at_once_and_keys_wait_for_the_app(home: Path) -> None:
    left(home)
    with_frame = shown(home)
    try:
        with_frame.wait_for("as you left it on")
        lines = with_frame.screen
        assert "23 Nov 12:04:11" in lines[3]  # the list from its top
        former = termios.tcgetattr(with_frame._master)[3]
        assert not former & (termios.ECHO | termios.ICANON)
    finally:
        with_frame.close()
    program = app(home)
    try:
        before = termios.tcgetattr(program._master)
        program.wait_for("as you left it on")
        program.write(b"\x1b[B\r")  # Down and Enter, before there is an app
        program.wait_for("22 Nov 2026 12:04:11")
        program.wait_idle()
        assert program.output.count(b"\x1b[?1049h") == 1
        program.write(b"q")
        assert program.wait_closed() == 0
        assert termios.tcgetattr(program._master) == before
    finally:
        program.close()


def test_it_is_shown_only_where_the_app_would_show_it(home: Path) -> None:
    left(home)
    file = home / "cache" / early.place().name
    text = file.read_bytes()
    others: dict[str, PtyApp] = {
        "narrower": shown(home, "pass", size=(90, 24)),
        "another folder": shown(home, "pass", "logs", str(home)),
        "options": shown(home, "pass", "logs", "--fresh"),
        "another terminal": shown(home, "pass", TERM="linux"),
        "configured": shown(home, "pass", SSMTRAIL_CONFIG=str(home / "config.toml")),
    }
    for name, ended in others.items():
        try:
            assert ended.wait_closed() == 0
            assert b"jane" not in ended.output, name
        finally:
            ended.close()
    for name, spoilt in {
        "hostile": text + b"\x1b]52;c;ZXZpbA==\x07",
        "control": text + b"\x07",
        "C1": text + "\x9b31m".encode(),
        "moves": text + b"\x1b[2J",
        "cut": text[:40],
        "garbage": b"\xff\n" * 9,
    }.items():
        file.write_bytes(spoilt)
        ended = shown(home, "pass")
        try:
            assert ended.wait_closed() == 0
            assert b"\x1b" not in ended.output, name
        finally:
            ended.close()
    (home / "state" / "last-view.json").touch()
    file.write_bytes(text)
    ended = shown(home, "pass")
    try:
        assert ended.wait_closed() == 0
        assert b"jane" not in ended.output
    finally:
        ended.close()


def kept(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with a frame that may be shown here and now."""
    monkeypatch.setenv("SSMTRAIL_CACHE", str(folder))
    monkeypatch.setattr(os, "get_terminal_size", lambda *_: os.terminal_size((100, 24)))
    early.place().write_bytes(early.text_of(_FRAME, [str(folder / "segments")], ["demo"], is_dated=True))
    early.place().chmod(0o600)
    return early.place()


def test_what_decides_has_to_be_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = kept(tmp_path, monkeypatch)
    assert early._frame(["demo"]) == _FRAME.encode() == early._frame([])
    assert early._frame(["logs"]) == b""
    file.chmod(0o620)  # somebody else could have written it
    assert early._frame(["demo"]) == b""
    file.chmod(0o600)
    with monkeypatch.context() as later:
        later.setattr(early, "_today", lambda: "2026-12-24")
        assert early._frame(["demo"]) == b""
    assert early._frame(["demo"]) == _FRAME.encode()
    (tmp_path / "segments").mkdir()
    assert early._frame(["demo"]) == b""


@pytest.mark.parametrize(
    ("then", "code", "last"),
    [
        ("print('a sentence', file=sys.stderr)", 0, b"a sentence\r\n"),
        ("raise SystemExit(3)", 3, b"\x1b[?25h"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGINT)", 130, b"interrupted before anything was read\r\n"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGQUIT)", 128 + signal.SIGQUIT, b"\x1b[?25h"),
    ],
)
def test_an_end_before_the_app_restores_the_terminal(home: Path, then: str, code: int, last: bytes) -> None:
    words = ("demo",)
    frame = "from ssmtrail.tui.terminal import early as e; import os; os.makedirs(os.path.dirname(e.place()));"
    frame += f"e.place().write_bytes(e.text_of({_FRAME!r}, [], ['demo'], is_dated=False)); e.place().chmod(0o600);"
    program = f"import sys; {frame} e.show(sys.argv[1:]); {then}"
    with running([sys.executable, "-c", program, *words], 100, 24, environment(home), str(ROOT)) as ended:
        before = termios.tcgetattr(ended._master)
        assert ended.wait_closed() == code
        assert b"who was here" in ended.output
        assert b"\x1b[?1049l" in ended.output
        assert ended.output.endswith(last)
        assert termios.tcgetattr(ended._master) == before


def test_of_a_list_that_was_scrolled_and_widened_its_beginning_is_shown(home: Path) -> None:
    """As the app shows it at the next start."""
    program = app(home)
    try:
        program.wait_for(read_to_the_end)
        program.write(b":columns at person user_agent identity_arn event_ids source_ip region account\r")
        program.wait_for("User agent")
        program.write(b"\x1b[C" * 7)
        program.wait_for("Account")
        program.write(b"|q")
        assert program.wait_closed() == 0
    finally:
        program.close()
    early_lines, lines = list[str](), list[str]()
    for started, found in ((shown(home), early_lines), (app(home), lines)):
        try:
            started.wait_for("as you left it on" if found is early_lines else read_to_the_end)
            started.wait_idle()
            found += started.screen[:-3]
        finally:
            started.close()
    assert "At" in early_lines[2]
    assert early_lines == lines


_HANDLERS: Final = (
    "import signal; {before}; from ssmtrail.tui.terminal import early as e; {taken}"
    "print([signal.getsignal(getattr(signal, name)) is former for name, former in"
    " (('SIGINT', signal.default_int_handler), ('SIGTERM', signal.SIG_DFL), ('SIGHUP', signal.SIG_IGN))])"
)


@pytest.mark.parametrize(
    ("taken", "said"),
    [
        ("e.taken_over();", "[True, True, True]"),
        ("signal.signal(signal.SIGTERM, lambda *_: 0); e.taken_over();", "[True, False, True]"),
        ("e.undo();", "[True, True, True]"),
    ],
)
def test_who_takes_over_gets_the_signals_back_that_nobody_else_obeys(home: Path, taken: str, said: str) -> None:
    frame = "from ssmtrail.tui.terminal import early as e; import os, sys; os.makedirs(os.path.dirname(e.place()));"
    frame += f"e.place().write_bytes(e.text_of({_FRAME!r}, [], ['demo'], is_dated=False)); e.place().chmod(0o600);"
    code = _HANDLERS.format(
        before="signal.signal(signal.SIGHUP, signal.SIG_IGN)", taken=f"{frame} e.show(['demo']); {taken} "
    )
    with running([sys.executable, "-c", code], 100, 24, environment(home), str(ROOT)) as ended:
        assert ended.wait_closed() == 0
        assert b"who was here" in ended.output
        assert said.encode() in ended.output
