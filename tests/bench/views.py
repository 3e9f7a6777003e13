"""What somebody waits for between the views: opening each, moving, switching, drilling.

A first opening is that of a process whose core is ready (it gets ready by itself once a source was looked at); there
are as many of them as starts. Switching goes to a view that was open before. A drill asks something that was never
asked before in this process.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import cycle
from typing import TYPE_CHECKING, Final

from tests.bench.apps import READY, everything_is_kept, opened, require_screens, warm_home
from tests.bench.figures import Group, Sizes
from tests.bench.peers import Bar, figures, note, textual

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
#: What each is held against: moving to moving in a table, going back to popping a screen, all else to opening one.
_BARS: Final = {
    **{f"open_{name}": Bar("push", 2) for name in _VIEWS},
    "switch": Bar("push", 0.3), "move_matrix": Bar("down", 1), "page_matrix": Bar("page", 0.6),
    "move_usage": Bar("down", 1),
    **{f"drill_{name}": Bar("push", 2) for name in ("cell", "person", "instance", "bar")},
    "back": Bar("pop", 1),
}  # fmt: skip


def _group(sessions: int, mark: str) -> Group:
    wanted = [figure for name, bar in _BARS.items() for figure in figures(f"{name}_{mark}", bar)]

    def measure(sizes: Sizes, values: dict[str, float]) -> None:
        require_screens()
        peer = textual(sizes.presses)
        times: dict[str, list[float]] = defaultdict(list)
        try:
            with warm_home(sessions) as (home, folder):
                for number in range(sizes.starts):
                    _one_run(home, folder, times, sizes.presses if number == 0 else 0)
        finally:
            for name, seconds in ((name, seconds) for name, seconds in times.items() if seconds):
                note(values, f"{name}_{mark}", _BARS[name], seconds, peer)

    return Group(wanted, measure)


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
