"""Pictures of the matrix; look at each before accepting it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ssmtrail.tui.signs import ASCII
from tests.fakes import NOON
from tests.tui.screens.stage import app_over, press, settled
from tests.tui.touched import crowd, touched_door

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.pilot import Pilot

    from ssmtrail.tui.app import TrailApp

SMALL, LARGE = (80, 24), (120, 36)


def an_app(few: bool = False) -> TrailApp:
    app = app_over(touched_door() if few else crowd(45, 60, 900))
    assert app.app_context is not None
    app.app_context.now = lambda: NOON
    return app


def after(*keys: str) -> Callable[[Pilot[int]], Any]:
    """Open the matrix, press keys, wait until nothing happens any more."""

    async def run(pilot: Pilot[int]) -> None:
        await settled(pilot)
        await press(pilot, "2", *keys)

    return run


@pytest.fixture(autouse=True)
def without_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ssmtrail.tui.views.matrix.REST", 0.001)


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x36"])
@pytest.mark.parametrize(
    "keys",
    [
        pytest.param(("down", "right", "right"), id="cell"),
        pytest.param(("minus", "down", "right"), id="narrow"),
        pytest.param(("minus", "minus", "down", "right"), id="dense"),
        pytest.param(("t", "up"), id="turned"),
        pytest.param(("n", *"web-1"), id="go-to"),
        pytest.param(("e",), id="export"),
    ],
)
def test_matrix(snap_compare: Any, keys: tuple[str, ...], size: tuple[int, int]) -> None:
    assert snap_compare(an_app(), terminal_size=size, run_before=after(*keys))


def test_few(snap_compare: Any) -> None:
    assert snap_compare(an_app(few=True), terminal_size=SMALL, run_before=after("down", "f"))


def test_light(snap_compare: Any) -> None:
    app = an_app()
    app.theme = "ssmtrail-light"
    assert snap_compare(app, terminal_size=LARGE, run_before=after("down", "right"))


def test_ascii(snap_compare: Any) -> None:
    app = an_app()
    assert app.app_context is not None
    app.app_context.signs = ASCII
    app.preferences = replace(app.preferences, signs=ASCII)
    assert snap_compare(app, terminal_size=SMALL, run_before=after("down", "right"))
