"""Pictures of the usage screen; look at each before accepting it."""

from __future__ import annotations

from typing import Any

import pytest

from ssmtrail.tui.signs import ASCII
from tests.tui.screens.stage import app_over
from tests.tui.screens.test_looks import LARGE, SMALL, after
from tests.tui.screens.test_usage import a_door


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x36"])
@pytest.mark.parametrize(
    "keys",
    [
        pytest.param(("3", "left", "left", "left"), id="bar"),
        pytest.param(("3", "left", "left", "left", "up"), id="part"),
        pytest.param(("3", "tab", "up"), id="hours"),
    ],
)
def test_usage(snap_compare: Any, keys: tuple[str, ...], size: tuple[int, int]) -> None:
    assert snap_compare(app_over(a_door()), terminal_size=size, run_before=after(*keys))


def test_usage_in_the_terminals_own_colours(snap_compare: Any) -> None:
    app = app_over(a_door())
    app.theme = "ssmtrail-terminal"
    assert snap_compare(app, terminal_size=SMALL, run_before=after("3", "left", "left", "left", "up"))


def test_usage_in_ascii(snap_compare: Any) -> None:
    app = app_over(a_door(), signs=ASCII)
    assert snap_compare(app, terminal_size=SMALL, run_before=after("3", "left", "left", "left"))
