"""A store that somebody browses for long: what is sent to the terminal, what memory it takes, how soon a map opens."""

from __future__ import annotations

import subprocess
import sys
import time
from statistics import median
from typing import TYPE_CHECKING, Final

from tests.bench.apps import (
    READY,
    SSMTRAIL,
    env,
    everything_is_kept,
    opened,
    require_screens,
    resident,
    root,
    rows_are_painted,
    warm_home,
)
from tests.bench.figures import Figure, Group, Sizes
from tests.bench.ingest import LONGEST, REPOSITORY
from tests.bench.peers import Bar, figures, note, textual
from tests.pty_app import PtyApp, running

if TYPE_CHECKING:
    from pathlib import Path

_DOWN, _PAGE = b"\x1b[B", b"\x1b[6~"
_COLUMNS, _ROWS = 200, 50
#: Silence after which an answer is over, seconds.
_QUIET: Final = 0.08
_SLOW: Final = 0.25
#: What somebody does who looks around; each leads somewhere from where the one before led.
_BROWSING: Final = (
    b"1", _PAGE, _DOWN, b"\r", b"\x1b", b"G", b"g", b"2", _DOWN, b"3", b"u", b"4", _PAGE, b"\r", b"\x1b", b"5", _PAGE,
    b"\r", b"\x1b", b"6", b"1", b"s", b"c", b"c",
)  # fmt: skip

_MAP: Final = Bar("push", 3)

_FIGURES: Final = (
    Figure("bytes_down", "x", "<=", 0.35),
    Figure("bytes_down_sent", "B"),
    Figure("bytes_page", "x", "<=", 0.6),
    Figure("bytes_page_sent", "B"),
    Figure("memory_1m", "MB", "<=", 250),
    *figures("matrix_1m", _MAP),
)


def _measure(sizes: Sizes, values: dict[str, float]) -> None:
    require_screens()
    with warm_home(sizes.sessions) as (home, folder):
        _bytes(home, folder, sizes.presses, values)
    with warm_home(sizes.million) as (home, folder):
        values["memory_1m"] = _browsed(home, folder, sizes.browsing)
        note(
            values, "matrix_1m", _MAP, [_map_opened(home, folder) for _ in range(sizes.starts)], textual(sizes.presses)
        )


def _bytes(home: Path, folder: str, presses: int, values: dict[str, float]) -> None:
    """Bytes a key, ours and a DataTable's with the newest sessions in it, enough for every press."""
    rows = root() / f"rows-{presses}.csv"
    asked = ("query", "sessions", "--logs", folder, "--limit", str(presses * (_ROWS + 2)), "--format", "csv")
    command = (*SSMTRAIL, *asked, "--output", str(rows))
    subprocess.run(command, cwd=REPOSITORY, env=env(home), capture_output=True, timeout=LONGEST, check=True)
    with opened(("logs", folder), home, _COLUMNS, _ROWS) as app:
        app.wait_for(everything_is_kept, 60)
        app.settle(1.0, 60)
        ours = _sent(app, presses)
    peer = (sys.executable, "-m", "tests.bench.table_app", str(rows))
    with running(peer, _COLUMNS, _ROWS, env=env(home), cwd=str(REPOSITORY)) as app:
        app.wait_for(rows_are_painted)
        app.settle(1.0)
        theirs = _sent(app, presses)
    for name, sent, other in zip(("bytes_down", "bytes_page"), ours, theirs, strict=True):
        values[name], values[f"{name}_sent"] = sent / other, sent


def _sent(app: PtyApp, presses: int) -> tuple[float, float]:
    down = median(len(app.press(_DOWN, _QUIET).data) for _ in range(presses))
    return down, median(len(app.press(_PAGE, _QUIET).data) for _ in range(presses))


def _browsed(home: Path, folder: str, seconds: float) -> float:
    """Megabytes that are resident after browsing, in an app that still answers."""
    with opened(("logs", folder), home) as app:
        app.wait_for(everything_is_kept, 60)
        app.settle(READY, 60)
        begun = time.perf_counter()
        while time.perf_counter() - begun < seconds:
            for key in _BROWSING:
                app.write(key)
                app.settle(_SLOW)
        app.write(b"\x1b" * 3 + b"1")
        app.wait_for(rows_are_painted)
        return resident(app.process.pid)


def _map_opened(home: Path, folder: str) -> float:
    """Seconds from the key to the map, in a process whose core is ready."""
    with opened(("logs", folder), home) as app:
        app.wait_for(everything_is_kept, 60)
        app.settle(READY, 60)
        return app.press(b"2", _SLOW).last


MILLION: Final = Group(_FIGURES, _measure)
