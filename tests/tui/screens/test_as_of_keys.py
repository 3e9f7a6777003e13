"""The keys that lead from a session to its machine as it was then."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from ssmtrail.tui import pages
from ssmtrail.tui.frame.keys import shown_keys
from ssmtrail.tui.screens.session import SessionScreen
from ssmtrail.widgets.details import Details
from tests.fakes import NOON, FakeTrail, a_call, a_session
from tests.tui.screens.stage import app_over, on_stage, press, settled

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from ssmtrail.tui.frame.scoped import ScopedScreen

WEB = "i-0ab1c2d3e4f5a6b7c"


def a_door() -> FakeTrail:
    sessions = [
        a_session(),
        a_session(key="o1", status="orphan", started_at=None, at=NOON - timedelta(minutes=5), event_ids=("o1",)),
        a_session(key="d1", status="denied", target=None, target_name=None, at=NOON - timedelta(minutes=9)),
    ]
    later = NOON + timedelta(minutes=7)
    return FakeTrail({"sessions": sessions, "calls": [a_call(key="c1", event_id="c1", event_time=later, at=later)]})


@pytest.fixture(autouse=True)
def opened(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What pages of machines were asked for: filter, zone, breadcrumb, target, moment."""
    asked: list[tuple[Any, ...]] = []
    made = pages.instance_page

    def told(context: Any, state: Any, crumbs: tuple[str, ...], target: Any, as_of: Any = None) -> ScopedScreen:
        asked.append((state.filter.text, state.scope.zone, crumbs, target, as_of))
        return made(context, state, crumbs, target, as_of)

    monkeypatch.setattr("ssmtrail.tui.frame.opener.instance_page", told)
    return asked


def keys_shown(pilot: Pilot[int]) -> list[str]:
    return [key.label for key in shown_keys(pilot.app.screen)]


async def test_from_the_list_at_the_start_of_the_session(opened: list[tuple[Any, ...]]) -> None:
    async with on_stage(app_over(a_door())) as pilot:
        await press(pilot, "a")
        assert opened == [(f"target:{WEB}", "UTC", ("Sessions", "web-3"), WEB, NOON)]
        await press(pilot, "escape", "down", "a")
        assert opened[1][4] == NOON - timedelta(minutes=5)


async def test_from_the_calls_at_the_time_of_the_call(opened: list[tuple[Any, ...]]) -> None:
    async with on_stage(app_over(a_door())) as pilot:
        await press(pilot, "c", "a")
        assert opened[0][3:] == (WEB, NOON + timedelta(minutes=7))


async def test_from_the_page_of_a_session_in_its_zone_and_back(opened: list[tuple[Any, ...]]) -> None:
    async with on_stage(app_over(a_door())) as pilot:
        await press(pilot, "enter", "z")
        page = pilot.app.screen
        assert isinstance(page, SessionScreen)
        facts = dict(page.query_one("#facts", Details)._rows)
        assert "(a: as of)" in str(facts["nearby"])
        assert "as of" in keys_shown(pilot)
        await press(pilot, "a")
        assert opened == [(f"target:{WEB}", "Europe/Berlin", ("Sessions", "jane.doe → web-3", "web-3"), WEB, NOON)]
        await press(pilot, "escape")
        assert pilot.app.screen is page


async def test_without_a_machine_there_is_no_such_key(opened: list[tuple[Any, ...]]) -> None:
    async with on_stage(app_over(a_door())) as pilot:
        await press(pilot, "end", "a", "enter")
        page = pilot.app.screen
        assert isinstance(page, SessionScreen)
        await settled(pilot)
        assert "as of" not in keys_shown(pilot)
        assert "a: as of" not in str(page.query_one("#facts", Details)._rows)
        await press(pilot, "a")
        assert not opened
