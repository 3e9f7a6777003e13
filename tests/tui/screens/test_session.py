"""A session's page, a call's page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from textual.widgets import Static

from ssmtrail.tui.views.session import SessionPane
from ssmtrail.widgets.details import Details
from ssmtrail.widgets.json_view import JsonView
from tests.fakes import NOON, FakeTrail, a_call, a_session
from tests.tui.screens.stage import app_over, listing, on_stage, pane, press, said, stack


def a_door() -> FakeTrail:
    calls = [
        a_call(key=f"c{n}", event_id=f"c{n}", session_key="e1", event_name=name, event_time=NOON + timedelta(minutes=n))
        for n, name in enumerate(("StartSession", "ResumeSession", "TerminateSession"))
    ]
    return FakeTrail({"sessions": [a_session()], "calls": calls})


async def test_it_tells_facts_calls_and_the_record_under_the_cursor() -> None:
    async with on_stage(app_over(a_door())) as pilot:
        await press(pilot, "enter")
        screen = pane(pilot, SessionPane)
        assert "jane.doe → web-3" in str(screen.query_one("#title", Static).content)
        assert ("resumed", "12:01:00") in screen.query_one("#facts", Details)._rows
        assert '"c0"' in str(screen.query_one(JsonView)._laid_out)
        await press(pilot, "down")
        assert '"c1"' in str(screen.query_one(JsonView)._laid_out)


async def test_from_the_calls_it_opens_on_that_call() -> None:
    async with on_stage(app_over(a_door())) as pilot:
        await press(pilot, "c", "end", "enter")
        call = pane(pilot, SessionPane).call
        assert call is not None
        await press(pilot, "escape")
        assert call.event_id == listing(pilot).table.cursor_key


async def test_enter_gives_the_record_the_page_and_escape_takes_it_back() -> None:
    async with on_stage(app_over(a_door()), (80, 24)) as pilot:
        await press(pilot, "enter", "enter")
        page = pane(pilot, SessionPane)
        assert not page.query_one("#facts").display
        assert pilot.app.focused is page.query_one(JsonView)
        await press(pilot, "escape")
        assert page.query_one("#facts").display
        assert pane(pilot, SessionPane) is page


async def test_values_and_records_are_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    app = app_over(a_door())
    copied: list[str] = []
    monkeypatch.setattr(app, "copy_to_clipboard", copied.append)
    async with on_stage(app) as pilot:
        await press(pilot, "enter", "y", "Y")
        assert copied == ["2026-11-23T12:00:00Z", '{"eventID": "c0"}']
        assert said(pilot).startswith('copied {"eventID": "c0"}')


async def test_another_zone_there_is_the_zone_here_too() -> None:
    async with on_stage(app_over(a_door())) as pilot:
        await press(pilot, "enter", "z")
        row = pane(pilot, SessionPane).calls.row_at(0)
        assert row is not None
        assert row.cells["time"] == "23 Nov 13:00:00"
        facts = pane(pilot, SessionPane).query_one("#facts", Details)
        assert ("started", "23 Nov 2026 13:00:00 UTC+01:00") in facts._rows


async def test_a_session_that_is_gone_is_said() -> None:
    trail = a_door()
    async with on_stage(app_over(trail)) as pilot:
        trail.rows["sessions"] = ()
        await press(pilot, "enter")
        assert said(pilot) == "There is no session 'e1'."
        await press(pilot, "escape")
        assert len(stack(pilot).levels) == 1
