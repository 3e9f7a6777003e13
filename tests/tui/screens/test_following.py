"""Following the source on the screens: rows arrive, the row that is looked at stays."""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ssmtrail.queries.config import Settings
from ssmtrail.queries.errors import SourceError
from ssmtrail.queries.following import Cost
from ssmtrail.queries.times import Window
from ssmtrail.tui.choice import SourceChoice
from ssmtrail.tui.frame.following import Followed
from ssmtrail.tui.text import Clock
from tests.fakes import NOON, FakeTrail
from tests.growing import Growing
from tests.tui.organisation import plausible_coverage
from tests.tui.screens.stage import (
    SCOPE,
    app_over,
    frame,
    keys_of,
    listing,
    on_stage,
    press,
    said,
    settled,
    stack,
    until,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    import pytest
    from textual.pilot import Pilot

    from ssmtrail.tui.app import TrailApp


@asynccontextmanager
async def followed(
    trail: Growing, size: tuple[int, int] = (120, 36), *, bell: bool = False, window: Window | None = None
) -> AsyncIterator[Pilot[int]]:
    """The app over a folder that is followed, after its first look."""
    scope = replace(SCOPE, window=window or Window(NOON, None))
    async with on_stage(growing_app(app_over(trail, scope, settings=Settings(bell=bell))), size) as pilot:
        await press(pilot, "L")
        await look(pilot)
        yield pilot


def growing_app(app: TrailApp) -> TrailApp:
    """The app over what can grow, which the demo cannot."""
    assert app.app_context is not None
    app._choice = SourceChoice("logs")
    app.app_context.grows = True
    return app


async def look(pilot: Pilot[int]) -> None:
    """Let the time of the next look come."""
    following = frame(pilot).following
    if following._follower is not None:
        for member in following._follower._members:
            member.due = 0.0
    following._refresher._tick()
    await settled(pilot)


def line(pilot: Pilot[int]) -> str:
    return frame(pilot).chrome.line.following


async def test_new_rows_come_in_above_the_row_that_is_looked_at() -> None:
    trail = Growing(60)
    async with followed(trail) as pilot:
        assert trail.fetched == [None, frozenset({0})]
        assert line(pilot).startswith("follows every 5 s, looked ")
        assert " new at " not in line(pilot)
        table = listing(pilot).table
        # A cursor that was never moved stays at the top, where new rows are seen.
        trail.grow(2)
        await look(pilot)
        assert (table.cursor_row, keys_of(pilot, 1)) == (0, ["e61"])
        assert "· 2 new at " in line(pilot)
        # One that was moved stays on its row, and the row on its line.
        await press(pilot, "pagedown", "down", "down")
        key, before = table.cursor_key, table.cursor_row - table.scroll_y
        trail.grow(5)
        await look(pilot)
        assert (table.cursor_key, table.cursor_row - table.scroll_y) == (key, before)
        assert table.total == 67
        # Scrolled with the wheel alone, the rows that are seen stay too.
        await press(pilot, "g")
        table.scroll_to(y=10, animate=False, force=True, immediate=True)
        await settled(pilot)
        top = table.row_at(10)
        assert top is not None
        trail.grow(3)
        await look(pilot)
        moved = table.row_at(round(table.scroll_y))
        assert moved is not None
        assert (moved.key, table.scroll_y) == (top.key, 13)
        # The row whose details are open stays, at the top too.
        await press(pilot, "g", "d")
        key = table.cursor_key
        trail.grow(1)
        await look(pilot)
        assert (table.cursor_key, table.cursor_row) == (key, 1)
        # Looking without finding anything asks nothing.
        asked = len(trail.asked)
        await look(pilot)
        assert len(trail.asked) == asked


async def test_rows_that_the_filter_hides_are_not_new_and_ring_no_bell() -> None:
    rung: list[int] = []
    trail = Growing(3)
    async with followed(trail, bell=True) as pilot:
        pilot.app.bell = lambda: rung.append(1)  # type: ignore[method-assign]
        trail.grow(1)
        await look(pilot)
        assert (len(rung), "1 new" in line(pilot)) == (1, True)
        await press(pilot, "slash", *"s1", "enter")
        assert len(rung) == 1
        trail.grow(1)
        await look(pilot)
        assert len(rung) == 1
        trail.grow(6)  # s5 to s10: the last one is found by s1
        await look(pilot)
        assert len(rung) == 2
        await press(pilot, "enter")  # a page: rows arrive in the list below it
        trail.grow(5)
        await look(pilot)
        assert len(rung) == 2
        await press(pilot, "escape")
        assert (listing(pilot).table.total, len(rung)) == (7, 3)
        for window in (Window(NOON + timedelta(seconds=11), None), Window(NOON, None)):  # more rows, none of them new
            stack(pilot).see(stack(pilot).state.windowed(window))
            await settled(pilot)
        assert (listing(pilot).table.total, len(rung)) == (7, 3)


async def test_it_waits_while_a_question_is_open_or_something_is_read() -> None:
    trail = Growing(3)
    async with followed(trail) as pilot:
        looks = trail.looks
        await press(pilot, "w")
        following = frame_below(pilot).following
        following._refresher._tick()
        await settled(pilot)
        assert trail.looks == looks
        await press(pilot, "escape")
        trail.hold()
        await pilot.press("r")
        following._refresher._tick()
        assert not following._may_look()
        trail.release()
        await settled(pilot)
        assert trail.looks == looks


async def test_a_failure_is_said_with_when_it_is_tried_again_and_the_key_ends_it() -> None:
    trail = Growing(3)
    async with followed(trail) as pilot:
        trail.fetch_error = SourceError("The folder /evidence cannot be listed.")
        trail.grow(1)
        await look(pilot)
        chrome = frame(pilot).chrome
        assert chrome.line.failure == "The folder /evidence cannot be listed. Looks again in 10 s."
        trail.fetch_error = None
        await look(pilot)
        assert chrome.line.failure == ""
        assert listing(pilot).table.total == 4
        await press(pilot, "L")
        assert (line(pilot), said(pilot)) == ("", "follows no more")
        trail.grow(1)
        await settled(pilot)
        assert listing(pilot).table.total == 4


async def test_a_reading_that_is_cancelled_ends_it() -> None:
    trail = Growing(3)
    async with followed(trail) as pilot:
        trail.hold()
        trail.grow(1)
        following = frame(pilot).following
        for member in following._follower._members if following._follower else ():
            member.due = 0.0
        following._refresher._tick()
        await until(pilot, lambda: frame(pilot).context.workers.fetching)
        await pilot.press("x")
        await until(pilot, lambda: not following.is_on)
        trail.release()
        await settled(pilot)
        assert said(pilot) == "follows no more: L follows again"


async def test_a_window_moves_on_and_one_that_is_over_is_named() -> None:
    trail = Growing(3)
    async with followed(trail, window=Window.parse("30d", None, NOON)) as pilot:
        context = frame(pilot).context
        context.now = lambda: NOON + timedelta(days=1)
        trail.grow(1)
        await look(pilot)
        assert stack(pilot).scope.window == Window.parse("30d", None, NOON + timedelta(days=1))
    async with on_stage(growing_app(app_over(Growing(3), replace(SCOPE, window=Window(NOON, NOON))))) as pilot:
        await press(pilot, "L")
        assert "this window is over" in said(pilot)


async def test_at_midnight_what_was_open_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ssmtrail.tui.frame.frame._DAYS", 0.05)
    async with on_stage(app_over(FakeTrail(coverage=plausible_coverage()), now=NOON)) as pilot:
        context, strip = frame(pilot).context, frame(pilot).chrome.status.strip
        assert strip.caption == "30 days, today still open"
        context.now = lambda: NOON + timedelta(hours=11)
        await pilot.pause(0.2)
        assert strip.caption == "30 days, today still open"
        context.now = lambda: NOON + timedelta(hours=13)
        await until(pilot, lambda: strip.caption == "30 days, 23 Nov still open")


async def test_the_demo_cannot_be_followed() -> None:
    async with on_stage(app_over(FakeTrail())) as pilot:
        await press(pilot, "L")
        assert not frame(pilot).following.is_on


def test_what_the_line_says() -> None:
    state = Followed((5.0, 900.0), NOON, (3, NOON), Cost(0.02, 4.98), ("athena: not read",))
    assert state.text(Clock(), "·") == (
        "follows every 5 s and 15 min, looked 12:00:00 · $0.020, $4.98 left · athena: not read · 3 new at 12:00:00"
    )
    assert Followed(cost=Cost(0.5)).text(Clock(), "-") == "follows - $0.50"
    assert "\x1b" not in Followed(held=("\x1b[31m",)).text(Clock(), "-")


def frame_below(pilot: Pilot[int]) -> Any:
    """The frame under a dialog."""
    return pilot.app.screen_stack[0]
