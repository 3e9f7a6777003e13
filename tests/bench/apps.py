"""The app over warm stores, in a terminal, as the bench drives it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.bench.figures import AbsentError, EndedError
from tests.bench.ingest import REPOSITORY
from tests.pty_app import PtyApp, running
from tests.trails import ROOT, warm

if TYPE_CHECKING:
    from collections.abc import Iterator

SSMTRAIL: Final = (sys.executable, "-c", "import sys; from ssmtrail.tui.cli.main import main; main()")
_ROWS: Final = re.compile(r"person\.\d+")
_READ_AT: Final = re.compile(r"read \d\d:\d\d:\d\d UTC")
_FIRST_READING: Final = 300.0
#: How long the core gets ready by itself after a start, seconds without a byte; nothing on screen tells.
READY: Final = 4.0


def rows_are_painted(text: str) -> bool:
    return len(_ROWS.findall(text)) >= 15


def everything_is_kept(text: str) -> bool:
    return rows_are_painted(text) and _READ_AT.search(text) is not None


@contextmanager
def warm_home(sessions: int) -> Iterator[tuple[Path, str]]:
    """A home whose store holds all sessions of a folder; the home, the folder."""
    trail = warm(sessions)
    home = root() / f"home-{sessions}"
    home.mkdir(exist_ok=True)
    with opened(("logs", trail.path), home) as app:
        app.wait_for(everything_is_kept, _FIRST_READING)
        app.settle(1.0, _FIRST_READING)
    yield home, trail.path


@contextmanager
def opened(arguments: tuple[str, ...], home: Path, columns: int = 120, rows: int = 36) -> Iterator[PtyApp]:
    # An earlier app over this home may have left another view than all sessions.
    with watched((*SSMTRAIL, *arguments, "--fresh"), home, columns, rows) as app:
        yield app


@contextmanager
def watched(command: tuple[str, ...], home: Path, columns: int = 120, rows: int = 36) -> Iterator[PtyApp]:
    """A program in a terminal; raises EndedError where it does not live to the end."""
    with running(command, columns, rows, env=env(home), cwd=str(REPOSITORY)) as app:
        yield app
        require_alive(app)


def require_alive(app: PtyApp) -> None:
    """Raises EndedError where the program has ended, with the last that it said."""
    if app.process.poll() is not None:
        said = [line.strip() for line in app.text.splitlines() if line.strip()][-1:]
        raise EndedError(f"the app ended with {app.process.returncode}: {said}")


def resident(process: int) -> float:
    """Megabytes of memory that a living process holds. Raises EndedError."""
    command = ("ps", "-o", "stat=,rss=", "-p", str(process))
    state, _, kilobytes = (
        subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip().partition(" ")
    )
    if not kilobytes or state.startswith("Z"):
        raise EndedError(f"process {process} has ended")
    return int(kilobytes) * 1024 / 1e6


def env(home: Path) -> dict[str, str]:
    """Nothing of the real home: no configuration, no store that was there before."""
    names = ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")
    return {name: str(home) for name in names} | {"PYTHONPATH": str(REPOSITORY), "PATH": os.environ["PATH"]}


def require_screens() -> None:
    """Raises AbsentError while `ssmtrail demo` ends at once instead of showing something."""
    command = (*SSMTRAIL, "demo")
    with (
        tempfile.TemporaryDirectory(dir=root()) as new,
        running(command, env=env(Path(new)), cwd=str(REPOSITORY)) as app,
    ):
        app.settle(1.0)
        if app.process.poll() is not None:
            raise AbsentError(f"the app does not open: {app.text.strip().splitlines()[-1:]}")


def root() -> Path:
    ROOT.mkdir(exist_ok=True)
    return ROOT
