"""What somebody waits for at the keyboard: the first rows, the answer to each key."""

from __future__ import annotations

import os
import re
import sys
import tempfile
import time
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

from queries.sources.demo import generate
from tests.bench.figures import AbsentError, Figure, Group, Sizes, percentile
from tests.bench.ingest import REPOSITORY
from tests.pty_app import Burst, PtyApp, running
from tests.trails import ROOT, warm

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SSMTRAIL: Final = (sys.executable, "-c", "import sys; from tui.cli import main; main()")
_EMPTY: Final = (sys.executable, "-m", "tests.bench.empty_app")
_ROWS: Final = re.compile(r"person\.\d+")
_FIRST_READING: Final = 120.0

_KEYS: Final = ("key_down", "key_page", "key_end", "key_sort", "key_filter")
_GOALS: Final = dict(zip(_KEYS, (16, 30, 50, 150, 100), strict=True))
#: Seconds of silence after which an answer is over: where rows must be asked for, a frame without them may come first.
_QUIET: Final = dict(zip(_KEYS, (0.05, 0.08, 0.2, 0.3, 0.3), strict=True))

_START_FIGURES: Final = (
    Figure("demo_written", "s", "<=", 0.7),
    Figure("demo_rows", "s", "<=", 2),
    Figure("first_rows_seconds", "s"),
    Figure("first_rows_100k", "x", "<=", 1.25),
)
_KEY_FIGURES: Final = (
    *(
        figure
        for key in _KEYS
        for figure in (Figure(key, "ms", "<=", _GOALS[key]), Figure(f"{key}_p50", "ms"))
    ),
    Figure("bytes_down", "B"),
    Figure("bytes_page", "B"),
)  # fmt: skip


def _measure_starts(sizes: Sizes, values: dict[str, float]) -> None:
    with tempfile.TemporaryDirectory(dir=_root()) as scratch:
        begun = time.perf_counter()
        generate(Path(scratch) / "demo", date(2026, 11, 23), now=datetime(2026, 11, 23, 16, tzinfo=UTC))
        values["demo_written"] = time.perf_counter() - begun
    _require_screens()
    with tempfile.TemporaryDirectory(dir=_root()) as new, _app(("demo",), Path(new)) as app:
        values["demo_rows"] = app.wait_for(lambda text: text.count("example.com") + text.count("ci-deploy") > 3)
    with _warm_home(sizes) as (home, folder):
        ours, empty = [], []
        for _ in range(sizes.starts):
            ours.append(_start((*SSMTRAIL, "logs", folder), home))
            empty.append(_start(_EMPTY, home))
    values["first_rows_seconds"] = median(ours)
    values["first_rows_100k"] = median(ours) / median(empty)


def _start(command: Sequence[str], home: Path) -> float:
    """Seconds from a process's start to its painted rows."""
    with running(command, env=_env(home), cwd=str(REPOSITORY)) as app:
        return app.wait_for(_rows_are_painted)


def _rows_are_painted(text: str) -> bool:
    return len(_ROWS.findall(text)) >= 15


def _everything_is_kept(text: str) -> bool:
    return _rows_are_painted(text) and "kept" in text and "as of" in text


def _measure_keys(sizes: Sizes, values: dict[str, float]) -> None:
    _require_screens()
    with _warm_home(sizes) as (home, folder), _app(("logs", folder), home) as app:
        app.wait_for(_rows_are_painted)
        app.settle(1.0)
        _note(values, "key_down", _presses(app, "key_down", [b"\x1b[B"] * sizes.presses))
        _note(values, "key_page", _presses(app, "key_page", [b"\x1b[6~"] * sizes.presses))
        few = max(6, sizes.presses // 6)
        _note(values, "key_end", _presses(app, "key_end", [b"G", b"g"] * (few // 2)))
        _note(values, "key_sort", _presses(app, "key_sort", [b"s"] * few))
        _note(values, "key_filter", [_filter(app, number) for number in range(few)])


def _presses(app: PtyApp, name: str, keys: Sequence[bytes]) -> list[Burst]:
    return [app.press(key, _QUIET[name]) for key in keys]


def _filter(app: PtyApp, number: int) -> Burst:
    """Type a filter; the slower one of the last letter's answer and of Enter's. Then take it away again."""
    quiet = _QUIET["key_filter"]
    app.press(b"/", quiet)
    app.write(f"person:person.{number % 9}".encode())
    app.settle(quiet)
    letter = app.press(b"*", quiet)
    enter = app.press(b"\r", quiet)
    app.press(b"\x1b", quiet)
    return max(letter, enter, key=lambda burst: burst.last)


def _note(values: dict[str, float], name: str, bursts: Sequence[Burst]) -> None:
    times = [burst.last * 1000 for burst in bursts]
    values[name] = percentile(times, 0.95)
    values[f"{name}_p50"] = median(times)
    if name in {"key_down", "key_page"}:
        values[name.replace("key", "bytes")] = median(len(burst.data) for burst in bursts)


@contextmanager
def _warm_home(sizes: Sizes) -> Iterator[tuple[Path, str]]:
    """A home whose store holds all sessions of a folder; the home, the folder."""
    trail = warm(sizes.sessions)
    home = _root() / f"home-{sizes.sessions}"
    home.mkdir(exist_ok=True)
    with _app(("logs", trail.path), home) as app:
        app.wait_for(_everything_is_kept, _FIRST_READING)
        app.settle(1.0, _FIRST_READING)
    yield home, trail.path


@contextmanager
def _app(arguments: tuple[str, ...], home: Path) -> Iterator[PtyApp]:
    with running(SSMTRAIL + arguments, env=_env(home), cwd=str(REPOSITORY)) as app:
        yield app


def _env(home: Path) -> dict[str, str]:
    """Nothing of the real home: no configuration, no store that was there before."""
    names = ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")
    return {name: str(home) for name in names} | {"PYTHONPATH": str(REPOSITORY), "PATH": os.environ["PATH"]}


def _require_screens() -> None:
    """Raises AbsentError while `ssmtrail demo` ends at once instead of showing something."""
    with tempfile.TemporaryDirectory(dir=_root()) as new, _app(("demo",), Path(new)) as app:
        app.settle(1.0)
        if app.process.poll() is not None:
            raise AbsentError(f"the app does not open: {app.text.strip().splitlines()[-1:]}")


def _root() -> Path:
    ROOT.mkdir(exist_ok=True)
    return ROOT


STARTS: Final = Group(_START_FIGURES, _measure_starts)
KEYS: Final = Group(_KEY_FIGURES, _measure_keys)
