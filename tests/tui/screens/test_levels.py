"""The views of one sight: switching between them, going deeper, coming back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual import events

from ssmtrail.tui.frame.scoped import ScopedScreen
from tests.tui.organisation import plausible_door
from tests.tui.screens.stage import app_over, on_stage, press, settled

if TYPE_CHECKING:
    from textual.pilot import Pilot


def seen(pilot: Pilot[int]) -> ScopedScreen:
    assert isinstance(pilot.app.screen, ScopedScreen)
    return pilot.app.screen


async def test_a_view_is_kept_as_it_was_left() -> None:
    async with on_stage(app_over(plausible_door())) as pilot:
        first = seen(pilot)
        await press(pilot, "down", "down", "4")
        people = seen(pilot)
        await press(pilot, "1")
        assert seen(pilot) is first
        assert first.table.cursor_row == 2  # type: ignore[attr-defined]
        await press(pilot, "4")
        assert seen(pilot) is people
        assert len(pilot.app.screen_stack) == 1


async def test_filter_zone_and_measure_go_along() -> None:
    async with on_stage(app_over(plausible_door())) as pilot:
        await press(pilot, "slash", *"kind:ssh", "enter", "c", "z", "5")
        there = seen(pilot).state
        assert (there.filter.text, there.measure, there.scope.zone) == ("kind:ssh", "calls", "Europe/Berlin")
        await press(pilot, "escape", "1")
        assert seen(pilot).state.filter.text == ""
        assert seen(pilot).state.measure == "calls"


async def test_what_was_drilled_into_has_views_of_its_own() -> None:
    async with on_stage(app_over(plausible_door())) as pilot:
        await press(pilot, "slash", *"kind:ssh", "enter")
        root = seen(pilot)
        root.drill("sessions", root.into(root.scope), ("deeper",))
        await settled(pilot)
        deeper = seen(pilot)
        await press(pilot, "4")
        assert seen(pilot).crumbs == ("Sessions", "deeper")
        assert len(pilot.app.screen_stack) == 2
        await press(pilot, "escape")
        assert seen(pilot) is root
        assert not deeper.is_running  # nobody sees it any more


async def test_keys_in_haste_are_all_obeyed() -> None:
    async with on_stage(app_over(plausible_door())) as pilot:
        for keys, last in (("4564", "people"), ("5641", "sessions"), ("124651", "sessions"), ("36245", "instances")):
            for key in keys:
                pilot.app.post_message(events.Key(key, key))
                await asyncio.sleep(0.003)
            await settled(pilot)
            assert last == seen(pilot).NAME, keys


async def test_another_source_lets_go_of_all_views() -> None:
    async with on_stage(app_over(plausible_door())) as pilot:
        await press(pilot, "4", "5", "1")
        kept = list(pilot.app._installed_screens)
        assert len(kept) == 3
        await press(pilot, "o", "enter")
        # The first stack stays below, out of sight, with what was on it.
        assert len(set(kept) & set(pilot.app._installed_screens)) <= 1
