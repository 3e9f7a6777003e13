"""Pictures of the screens at the two sizes that count; look at each before accepting it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ssmtrail.queries.model import Progress
from ssmtrail.tui.signs import ASCII
from tests.fakes import NOON, FakeTrail
from tests.tui.organisation import plausible_coverage, plausible_door
from tests.tui.screens.stage import app_over, frame, press, settled

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.pilot import Pilot

SMALL, LARGE = (80, 24), (120, 36)


def after(*keys: str) -> Callable[[Pilot[int]], Any]:
    """Press keys, then wait until nothing happens any more."""

    async def run(pilot: Pilot[int]) -> None:
        await settled(pilot)
        await press(pilot, *keys)

    return run


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x36"])
@pytest.mark.parametrize(
    "keys",
    [
        pytest.param((), id="sessions"),
        pytest.param(("c",), id="calls"),
        pytest.param(("down", "d"), id="details"),
        pytest.param(("right", "right", "f"), id="filtered"),
        pytest.param(("slash", *"kind:sx"), id="bad-filter"),
        pytest.param(("down", "enter"), id="session"),
        pytest.param(("w",), id="window"),
        pytest.param(("U",), id="unreadable"),
        pytest.param(("question_mark",), id="help"),
        pytest.param(
            ("colon", *"col at user_agent session_id role reason", "enter", "down", "right", "colon", *"so"),
            id="columns",
        ),
    ],
)
def test_screen(snap_compare: Any, keys: tuple[str, ...], size: tuple[int, int]) -> None:
    assert snap_compare(app_over(plausible_door()), terminal_size=size, run_before=after(*keys))


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x36"])
def test_welcome(snap_compare: Any, size: tuple[int, int]) -> None:
    assert snap_compare(app_over(None), terminal_size=size, run_before=after())


def test_reading(snap_compare: Any) -> None:
    trail = plausible_door(200)
    trail.progress = (Progress("reading", 120, 400, 34_000_000, 100_000_000, 9_000, 1_204, 8.0, 12.0, 1),)
    app = app_over(trail)

    async def run(pilot: Pilot[int]) -> None:
        await settled(pilot)
        assert app.app_context is not None
        app.app_context.progress = trail.progress[0]
        frame(pilot).chrome.show_progress()
        await settled(pilot)

    assert snap_compare(app, terminal_size=SMALL, run_before=run)


def test_empty(snap_compare: Any) -> None:
    assert snap_compare(app_over(FakeTrail(coverage=plausible_coverage())), terminal_size=SMALL, run_before=after())


def test_wide(snap_compare: Any) -> None:
    assert snap_compare(app_over(plausible_door(), now=NOON), terminal_size=(200, 50), run_before=after())


def test_light(snap_compare: Any) -> None:
    app = app_over(plausible_door())
    app.theme = "ssmtrail-light"
    assert snap_compare(app, terminal_size=LARGE, run_before=after("down"))


def test_ascii(snap_compare: Any) -> None:
    app = app_over(plausible_door())
    assert app.app_context is not None
    app.app_context.signs = ASCII
    app.preferences = replace(app.preferences, signs=ASCII)
    assert snap_compare(app, terminal_size=SMALL, run_before=after("down"))


def test_export(snap_compare: Any) -> None:
    app = app_over(plausible_door(), now=NOON)
    assert snap_compare(app, terminal_size=SMALL, run_before=after("e"))
