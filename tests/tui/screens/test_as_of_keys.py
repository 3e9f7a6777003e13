"""The keys that lead from a session to its machine as it was then."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from ssmtrail.tui.frame.keys import shown_keys
from ssmtrail.tui.frame.stack import ViewStack
from ssmtrail.tui.pages import MachinePage
from ssmtrail.tui.views.session import SessionPane
from ssmtrail.widgets.details import Details
from tests.fakes import NOON, FakeTrail, a_call, a_session
from tests.tui.screens.stage import app_over, on_stage, pane, press, settled

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from ssmtrail.tui.view_state import View

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
    went = ViewStack.open

    def open_view(views: ViewStack, view: View, *labels: str) -> None:
        went(views, view, *labels)
        if isinstance(view, MachinePage):
            scope = view.state.scope
            asked.append((scope.filter.text, scope.zone, views.path, view.target, view.as_of))

    monkeypatch.setattr(ViewStack, "open", open_view)
    return asked


def keys_shown(pilot: Pilot[int]) -> list[str]:
    return [key.label for key in shown_keys(pilot.app.screen)]


async def test_from_the_list_at_a_moment_that_is_typed(opened: list[tuple[Any, ...]]) -> None:
    async with on_stage(app_over(a_door())) as pilot:
        await press(pilot, "t", *"soon", "enter")
        assert not opened
        await press(pilot, "escape", "t", *"22 Nov 14:05", "enter")
        assert [each[3:] for each in opened] == [(WEB, NOON - timedelta(hours=21, minutes=55))]
        await press(pilot, "escape", "end", "t")
        assert len(opened) == 1, "the last row has no machine"


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
        page = pane(pilot, SessionPane)
        facts = dict(page.query_one("#facts", Details)._rows)
        assert "(a: as of)" in str(facts["nearby"])
        assert "as of" in keys_shown(pilot)
        await press(pilot, "a")
        assert opened == [(f"target:{WEB}", "Europe/Berlin", ("Sessions", "jane.doe → web-3", "web-3"), WEB, NOON)]
        await press(pilot, "escape")
        assert pane(pilot, SessionPane) is page


async def test_without_a_machine_there_is_no_such_key(opened: list[tuple[Any, ...]]) -> None:
    async with on_stage(app_over(a_door())) as pilot:
        await press(pilot, "end", "a", "enter")
        page = pane(pilot, SessionPane)
        await settled(pilot)
        assert "as of" not in keys_shown(pilot)
        assert "a: as of" not in str(page.query_one("#facts", Details)._rows)
        await press(pilot, "a")
        assert not opened
