"""Signals before anything has begun, and a machine at its limits: a sentence, and the terminal as it was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import termios
import threading
from pathlib import Path

import pytest

from ssmtrail.queries.config import Settings
from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.model import Progress
from ssmtrail.tui.cli import main
from ssmtrail.tui.cli.console import Console, run_interruptible
from ssmtrail.widgets.text import cell_width
from tests.pty_app import running

ROOT = Path(__file__).parents[2]
#: A process that interrupts itself when the import of this module begins; some modules come early, some late.
_PROGRAM = """
import os, runpy, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.{signal})
sys.meta_path.insert(0, Interrupt())
sys.argv[1:] = {words!r}
runpy.run_module("ssmtrail", run_name="__main__")
"""
MODULES = ("ssmtrail.tui.cli.main", "click", "ssmtrail.queries.model", "ssmtrail.tui.cli.query")


def program(module: str, *words: str, number: str = "SIGINT") -> list[str]:
    return [sys.executable, "-c", _PROGRAM.format(module=module, words=list(words), signal=number)]


def places(folder: Path) -> dict[str, str]:
    return {f"SSMTRAIL_{name}": str(folder / name) for name in ("CACHE", "STATE")} | {"PYTHONPATH": str(ROOT)}


@pytest.mark.parametrize("module", MODULES)
def test_an_interrupt_while_the_program_is_loaded_is_a_sentence(tmp_path: Path, module: str) -> None:
    done = subprocess.run(
        program(module, "query", "sessions", "--demo"), env=os.environ | places(tmp_path), capture_output=True,
        check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (130, b"")
    assert done.stderr == b"ssmtrail: interrupted before anything was read\n"


@pytest.mark.parametrize("number", ["SIGINT", "SIGQUIT", "SIGTERM"])
def test_a_signal_while_the_screen_is_made_leaves_the_terminal_as_it_was(tmp_path: Path, number: str) -> None:
    # The first list is imported when the terminal is in raw mode already.
    words = program("ssmtrail.tui.views.sessions", "demo", number=number)
    with running(words, 80, 24, places(tmp_path), str(ROOT)) as app:
        former = termios.tcgetattr(app._master)[3]
        assert app.wait_closed() == 128 + getattr(signal, number)
        assert termios.tcgetattr(app._master)[3] == former
        assert b"Traceback" not in app.output
        assert app.output.rfind(b"\x1b[?1049l") >= app.output.rfind(b"\x1b[?1049h")


def test_too_many_brackets_in_the_configuration_are_a_sentence(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("a = " + "[" * 100_000 + "]" * 100_000)
    with pytest.raises(UsageError, match="too many brackets inside each other"):
        Settings.load(file)


def test_no_more_threads_are_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refused(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setenv("SSMTRAIL_CACHE", str(tmp_path))
    monkeypatch.setattr(threading.Thread, "start", refused)
    assert main.run(["query", "sessions", "--demo"]) == 3
    assert "allows no more threads or processes" in capsys.readouterr().err


def test_no_more_threads_while_a_command_works(capsys: pytest.CaptureFixture[str]) -> None:
    def work(_: threading.Event) -> int:
        raise RuntimeError("can't start new thread")

    assert run_interruptible(work, Console(quiet=False)) == 3
    assert "allows no more threads or processes" in capsys.readouterr().err


def test_progress_is_cut_as_it_is_shown(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", "40")
    label = "logs /evidence/\x1b[31m\u202e" + "\u6f22" * 40
    Console(quiet=False).report(Progress("reading", parts=((label, Progress("reading")),)))
    line = capsys.readouterr().err.removeprefix("\r\x1b[K")
    assert "\x1b" not in line
    assert cell_width(line) <= 39, "a line that wraps cannot be erased"
