"""What somebody waits for at the keyboard: the first rows, the answer to each key."""

from __future__ import annotations

import sys
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.sources.demo import generate
from tests.bench.apps import (
    READY,
    SSMTRAIL,
    env,
    everything_is_kept,
    opened,
    require_alive,
    require_screens,
    root,
    rows_are_painted,
    warm_home,
)
from tests.bench.figures import Figure, Group, Sizes
from tests.bench.ingest import REPOSITORY
from tests.bench.peers import Bar, figures, last, note, textual
from tests.pty_app import Burst, PtyApp, running

if TYPE_CHECKING:
    from collections.abc import Sequence

_EMPTY: Final = (sys.executable, "-m", "tests.bench.empty_app")

#: What each is held against: moving to moving in a table, all else to opening a screen.
_BARS: Final = {
    "key_down": Bar("down", 0.6), "key_page": Bar("page", 0.3), "key_end": Bar("end", 0.6),
    "key_sort": Bar("push", 1.5), "key_filter": Bar("push", 1.5),
    "key_switch": Bar("push", 0.3), "drill": Bar("push", 2),
}  # fmt: skip
#: Seconds of silence after which an answer is over: where rows must be asked for, a frame without them may come first.
_QUIET: Final = dict(zip(_BARS, (0.05, 0.08, 0.2, 0.3, 0.3, 0.12, 0.35), strict=True))

_START_FIGURES: Final = (
    Figure("demo_written", "s", "<=", 0.7),
    Figure("demo_rows", "s", "<=", 2),
    Figure("first_rows_seconds", "s"),
    Figure("first_rows", "x", "<=", 1.25),
    Figure("first_rows_1m", "x", "<=", 2.0),
)
_KEY_FIGURES: Final = tuple(figure for key, bar in _BARS.items() for figure in figures(key, bar))


def _measure_starts(sizes: Sizes, values: dict[str, float]) -> None:
    with tempfile.TemporaryDirectory(dir=root()) as scratch:
        begun = time.perf_counter()
        generate(Path(scratch) / "demo", date(2026, 11, 23), now=datetime(2026, 11, 23, 16, tzinfo=UTC))
        values["demo_written"] = time.perf_counter() - begun
    require_screens()
    with tempfile.TemporaryDirectory(dir=root()) as new, opened(("demo",), Path(new)) as app:
        values["demo_rows"] = app.wait_for(lambda text: text.count("example.com") + text.count("ci-deploy") > 3)
    for name, sessions in (("first_rows", sizes.sessions), ("first_rows_1m", sizes.million)):
        with warm_home(sessions) as (home, folder):
            ours, empty = [], []
            for _ in range(sizes.starts):
                ours.append(_start((*SSMTRAIL, "logs", folder, "--fresh"), home))
                empty.append(_start(_EMPTY, home))
        values.setdefault("first_rows_seconds", median(ours))
        values[name] = median(ours) / median(empty)


def _start(command: Sequence[str], home: Path) -> float:
    """Seconds from a process's start to its painted rows."""
    with running(command, env=env(home), cwd=str(REPOSITORY)) as app:
        seconds = app.wait_for(rows_are_painted)
        require_alive(app)
        return seconds


def _measure_keys(sizes: Sizes, values: dict[str, float]) -> None:
    require_screens()
    peer = textual(sizes.presses)
    with warm_home(sizes.million) as (home, folder), opened(("logs", folder), home) as app:
        app.wait_for(everything_is_kept, 60)
        app.settle(READY, 60)
        few = max(4, sizes.presses // 6)

        def measured(name: str, bursts: Sequence[Burst]) -> None:
            note(values, name, _BARS[name], last(bursts), peer)

        measured("key_down", _presses(app, "key_down", [b"\x1b[B"] * sizes.presses))
        measured("key_page", _presses(app, "key_page", [b"\x1b[6~"] * sizes.presses))
        measured("key_end", _presses(app, "key_end", [b"G", b"g"] * (few // 2)))
        measured("key_sort", _presses(app, "key_sort", [b"s"] * few))
        measured("key_filter", [_filter(app, number) for number in range(few)])
        for view in b"23456":
            app.press(bytes([view]), _QUIET["drill"])
        measured("key_switch", _presses(app, "key_switch", [b"1", b"2", b"3", b"4", b"5", b"6"] * (few // 2)))
        app.press(b"4", _QUIET["drill"])
        measured("drill", [_drill(app) for _ in range(few)])


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


def _drill(app: PtyApp) -> Burst:
    """Open the next person, of whom nothing was asked before, and come back."""
    app.press(b"\x1b[B", _QUIET["key_down"])
    opened_page = app.press(b"\r", _QUIET["drill"])
    app.press(b"\x1b", _QUIET["drill"])
    return opened_page


STARTS: Final = Group(_START_FIGURES, _measure_starts)
KEYS: Final = Group(_KEY_FIGURES, _measure_keys)
