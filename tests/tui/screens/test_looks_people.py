"""Pictures of people, machines, tunnels, their pages, at the sizes that count; look at each before accepting it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from ssmtrail.queries.views import AsOf, PersonId, Stay
from ssmtrail.tui.signs import ASCII
from tests.fakes import NOON, FakeTrail
from tests.tui.counted import ACCOUNT, counted_door
from tests.tui.screens.stage import app_over
from tests.tui.screens.test_looks import LARGE, SMALL, after

if TYPE_CHECKING:
    from datetime import datetime

SIZES = pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x36"])
HUGE = (200, 50)


def a_stay(name: str, began: datetime, minutes: int, evidence: str = "terminated") -> Stay:
    until = began + timedelta(minutes=minutes)
    possible = until if evidence == "terminated" else until + timedelta(hours=24)
    return Stay(
        f"{name} {began}", PersonId(ACCOUNT, name), name, "shell", began, began, until, began, possible, evidence
    )


def a_door() -> FakeTrail:
    trail = counted_door()
    last: Any = trail.rows["instances"][0]["last_seen"]
    stays = (
        a_stay("max.weber", last - timedelta(hours=2), 74),
        a_stay("jane.doe", last - timedelta(minutes=50), 12, "alive-at"),
        a_stay("li.wei", last - timedelta(minutes=1), 1),
    )
    reach = timedelta(hours=36)
    trail.views["as_of"] = AsOf("i-0", NOON, last - reach, last + reach, timedelta(hours=24), stays)
    return trail


@SIZES
@pytest.mark.parametrize(
    "keys",
    [
        pytest.param(("4",), id="people"),
        pytest.param(("5",), id="instances"),
        pytest.param(("6",), id="tunnels"),
        pytest.param(("4", "c", "down", "d"), id="people-details"),
        pytest.param(("6", "enter"), id="tunnel"),
        pytest.param(("4", "enter"), id="person"),
        pytest.param(("4", "enter", "tab", "down", "down"), id="person-figures"),
        pytest.param(("4", "enter", "tab", "tab"), id="person-hours"),
        pytest.param(("5", "enter"), id="instance"),
        pytest.param(("5", "enter", "a"), id="instance-as-of"),
    ],
)
def test_screen(snap_compare: Any, keys: tuple[str, ...], size: tuple[int, int]) -> None:
    assert snap_compare(app_over(a_door()), terminal_size=size, run_before=after(*keys))


@pytest.mark.parametrize("keys", [("4",), ("4", "enter"), ("5", "enter")], ids=["people", "person", "instance"])
def test_wide(snap_compare: Any, keys: tuple[str, ...]) -> None:
    assert snap_compare(app_over(a_door(), now=NOON), terminal_size=HUGE, run_before=after(*keys))


def test_light(snap_compare: Any) -> None:
    app = app_over(a_door())
    app.theme = "ssmtrail-light"
    assert snap_compare(app, terminal_size=LARGE, run_before=after("4", "enter"))


def test_sixteen_colours(snap_compare: Any) -> None:
    app = app_over(a_door())
    app.theme = "ssmtrail-terminal"
    assert snap_compare(app, terminal_size=SMALL, run_before=after("4", "enter"))


def test_ascii(snap_compare: Any) -> None:
    app = app_over(a_door())
    assert app.app_context is not None
    app.app_context.signs = ASCII
    app.preferences = replace(app.preferences, signs=ASCII)
    assert snap_compare(app, terminal_size=SMALL, run_before=after("5", "enter"))
