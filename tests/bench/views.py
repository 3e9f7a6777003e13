"""What somebody waits for between the views: opening each, moving, switching, drilling.

A first opening is that of a process whose core is ready (it gets ready by itself once a source was looked at); there
are as many of them as starts. Switching goes to a view that was open before. A drill asks something that was never
asked before in this process.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import cycle
from statistics import median
from typing import TYPE_CHECKING, Final

from tests.bench.apps import READY, everything_is_kept, opened, require_screens, warm_home
from tests.bench.figures import Figure, Group, Sizes, percentile

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from tests.pty_app import PtyApp

_DOWN, _RIGHT, _LEFT, _PAGE_UP, _PAGE = b"\x1b[B", b"\x1b[C", b"\x1b[D", b"\x1b[5~", b"\x1b[6~"
_ENTER, _ESCAPE = b"\r", b"\x1b"
#: Silence after which an answer is over, seconds: a frame without rows may come before the rows.
_QUIET: Final = 0.35
_SHORT: Final = 0.12
_VIEWS: Final = {"matrix": b"2", "usage": b"3", "people": b"4", "instances": b"5", "tunnels": b"6"}
_GOALS: Final = {
    "open_matrix": 250.0, "open_usage": 150.0, "open_people": 150.0, "open_instances": 150.0, "open_tunnels": 150.0,
    "switch": 50.0, "move_matrix": 50.0, "page_matrix": 50.0, "move_usage": 50.0,
    "drill_cell": 150.0, "drill_person": 150.0, "drill_instance": 150.0, "drill_bar": 150.0, "back": 50.0,
}  # fmt: skip


def _group(sessions: int, mark: str) -> Group:
    figures = [
        figure
        for name, goal in _GOALS.items()
        for figure in (Figure(f"{name}_{mark}", "ms", "<=", goal), Figure(f"{name}_{mark}_p50", "ms"))
    ]

    def measure(sizes: Sizes, values: dict[str, float]) -> None:
        require_screens()
        times: dict[str, list[float]] = defaultdict(list)
        try:
            with warm_home(sessions) as (home, folder):
                for number in range(sizes.starts):
                    _one_run(home, folder, times, sizes.presses if number == 0 else 0)
        finally:
            for name, seconds in ((name, seconds) for name, seconds in times.items() if seconds):
                values[f"{name}_{mark}"] = percentile(seconds, 0.95) * 1000
                values[f"{name}_{mark}_p50"] = median(seconds) * 1000

    return Group(figures, measure)


def _one_run(home: Path, folder: str, times: dict[str, list[float]], presses: int) -> None:
    with opened(("logs", folder), home) as app:
        app.wait_for(everything_is_kept, 60)
        app.settle(READY, 60)
        for name, key in _VIEWS.items():
            times[f"open_{name}"].append(app.press(key, _QUIET).last)
        if presses:
            _move(app, times, presses)
            _drill(app, times, max(3, presses // 6))


def _move(app: PtyApp, times: dict[str, list[float]], presses: int) -> None:
    rounds = max(1, presses // 6)  # whole ones: the last view is not the one that is opened next
    _repeat(app, times["switch"], 6 * rounds, (b"1", *_VIEWS.values()))
    app.press(b"2", _QUIET)
    _repeat(app, times["move_matrix"], presses, (_RIGHT, _DOWN, _RIGHT, _RIGHT, _DOWN, _LEFT))
    _repeat(app, times["page_matrix"], presses, (_PAGE, _PAGE, _PAGE_UP, _PAGE_UP))
    app.press(b"3", _QUIET)
    _repeat(app, times["move_usage"], presses, (_LEFT, _LEFT, _LEFT, _RIGHT, _RIGHT))


def _repeat(app: PtyApp, seconds: list[float], presses: int, keys: Sequence[bytes]) -> None:
    """Press keys in turn; none may lead to an edge, where there is no answer to wait for."""
    for _, key in zip(range(presses), cycle(keys), strict=False):
        seconds.append(app.press(key, _SHORT).last)


def _drill(app: PtyApp, times: dict[str, list[float]], drills: int) -> None:
    for name, key, step in (
        ("drill_person", b"4", _DOWN),
        ("drill_instance", b"5", _DOWN),
        ("drill_bar", b"3", _LEFT),
        ("drill_cell", b"2", _RIGHT),
    ):
        app.press(key, _QUIET)
        if name == "drill_cell":
            _narrow_to_one_person(app)
        for _ in range(drills):
            app.press(step, _SHORT)
            times[name].append(app.press(_ENTER, _QUIET).last)
            times["back"].append(app.press(_ESCAPE, _SHORT).last)


def _narrow_to_one_person(app: PtyApp) -> None:
    """Make a matrix without empty cells: nothing opens from those, and of a big one nearly all are."""
    app.press(b"/", _QUIET)
    app.press(b"person:person.7", _QUIET)
    app.press(_ENTER, _QUIET)


def groups(sizes: Sizes) -> Sequence[Group]:
    """One for each number of sessions."""
    return [_group(sessions, _short(sessions)) for sessions in sizes.views]


def _short(sessions: int) -> str:
    return f"{sessions // 1_000_000}m" if sessions >= 1_000_000 else f"{sessions // 1_000}k"
