"""`Q`: the console query of a view as SQL."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from textual.widgets import Static

from ssmtrail.queries.errors import FilterError
from ssmtrail.queries.filters import Filter
from ssmtrail.queries.model import ConsoleSql
from ssmtrail.tui.views.athena import SqlPane
from ssmtrail.tui.views.people import PeoplePane
from ssmtrail.tui.views.sessions import SessionsPane
from ssmtrail.widgets.details import Details
from ssmtrail.widgets.json_view import JsonView
from tests.fakes import FakeTrail, a_call, a_session
from tests.tui.organisation import plausible_door
from tests.tui.screens.stage import SCOPE, app_over, on_stage, pane, press, said, stack
from tests.tui.screens.test_usage import a_heat, a_usage

if TYPE_CHECKING:
    from textual.pilot import Pilot

FOUND = ConsoleSql("SELECT 1\nFROM trail\n", '"audit"."trail"', ("Left out: env:prod.",))


def asked(trail: FakeTrail) -> tuple[object, ...]:
    return [each for each in trail.looked_at if each[0] == "console_sql"][-1]


def told(pilot: Pilot[int]) -> str:
    return str(pane(pilot, SqlPane).query_one("#facts", Details)._rows)


@pytest.mark.parametrize(
    ("keys", "name", "where", "unit"),
    [
        ((), "calls", "", "day"),
        (("c",), "calls", "", "day"),
        (("slash", *"kind:shell", "enter"), "calls", "kind:shell", "day"),
        (("2",), "pairs", "", "day"),
        (("3",), "usage", "", "day"),
        (("3", "u"), "usage", "", "week"),
        (("4",), "pairs", "", "day"),
        (("5",), "pairs", "", "day"),
        (("6",), "calls", "kind:tunnel", "day"),
    ],
)
async def test_each_view_has_its_question(keys: tuple[str, ...], name: str, where: str, unit: str) -> None:
    trail = plausible_door()
    trail.views |= {"usage": a_usage(), "heat": a_heat()}
    async with on_stage(app_over(trail)) as pilot:
        await press(pilot, *keys, "Q")
        assert isinstance(stack(pilot).pane, SqlPane)
        assert asked(trail) == ("console_sql", name, replace(SCOPE, filter=Filter(where)), unit)
        await press(pilot, "escape")
        assert not isinstance(stack(pilot).pane, SqlPane)


async def test_window_and_zone_of_now_are_asked_about() -> None:
    trail = plausible_door()
    async with on_stage(app_over(trail)) as pilot:
        await press(pilot, "left_square_bracket", "z", "Q")
        assert asked(trail)[2] == replace(SCOPE, window=SCOPE.window.shifted(-1, "UTC"), zone="Europe/Berlin")


async def test_a_session_asks_for_its_calls() -> None:
    trail = FakeTrail({"sessions": [a_session()], "calls": [a_call()]})
    async with on_stage(app_over(trail)) as pilot:
        await press(pilot, "enter", "Q")
        scope = asked(trail)[2]
        assert scope.filter.text == "session:=jane.doe-0ab1c2d3e4f5a6b7c"  # type: ignore[attr-defined]
        assert scope.window.contains(a_call()["event_time"])  # type: ignore[attr-defined]


async def test_it_is_shown_with_what_it_cannot_say_and_copied() -> None:
    trail = FakeTrail({"sessions": [a_session()]})
    trail.console = FOUND
    async with on_stage(app_over(trail), (80, 24)) as pilot:
        await press(pilot, "Q")
        screen = pane(pilot, SqlPane)
        assert "Left out: env:prod." in told(pilot)
        assert '"audit"."trail"' in told(pilot)
        assert "2 lines" in str(screen.query_one("#caption", Static).content)
        assert "FROM trail" in str(screen.query_one(JsonView)._laid_out)
        await press(pilot, "y")
        assert pilot.app.clipboard == "SELECT 1\nFROM trail"
        assert said(pilot) == "copied SELECT 1 FROM trail"
        await press(pilot, "Q")
        assert len([each for each in trail.looked_at if each[0] == "console_sql"]) == 1
        await press(pilot, "escape")
        assert isinstance(stack(pilot).pane, SessionsPane)


async def test_signs_that_cannot_be_shown_are_told_of() -> None:
    trail = FakeTrail({"sessions": [a_session()]})
    trail.console = replace(FOUND, sql="SELECT '\x1b]52;c;AA\x07'", table="\x1b[31mtrail")
    async with on_stage(app_over(trail)) as pilot:
        await press(pilot, "Q")
        assert "\x1b" not in told(pilot)
        assert "written out" in told(pilot)
        await press(pilot, "y")
        assert "\x1b" not in pilot.app.clipboard


async def test_what_cannot_be_asked_is_a_sentence() -> None:
    trail = FakeTrail({"sessions": [a_session()]})
    async with on_stage(app_over(trail)) as pilot:
        trail.error = FilterError("end: is known of sessions only, not of calls.", 0)
        await press(pilot, "Q")
        assert isinstance(stack(pilot).pane, SqlPane)
        assert "end: is known of sessions only" in told(pilot)
        await press(pilot, "y")
        assert pilot.app.clipboard == ""


async def test_the_views_are_a_key_away() -> None:
    async with on_stage(app_over(plausible_door())) as pilot:
        await press(pilot, "Q", "4")
        assert isinstance(stack(pilot).pane, PeoplePane)
