"""The views of one state: switching between them, going deeper, coming back."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from textual import events

from ssmtrail.tui.views.matrix import MatrixPane
from ssmtrail.widgets.table import RowsTable
from tests.tui.counted import counted_door
from tests.tui.screens.stage import app_over, frame, held, listing, on_stage, pane, press, settled, stack, until
from tests.tui.touched import touched_door

if TYPE_CHECKING:
    from textual.pilot import Pilot


def seen(pilot: Pilot[int]) -> str:
    """The name of the view that is displayed, of which one part is visible: its pane, or the note that it is empty."""
    assert stack(pilot).settled
    assert [part for part in stack(pilot).body.children if part.display] in ([stack(pilot).pane], [stack(pilot).note])
    return stack(pilot).view.pane


async def test_a_view_is_kept_as_it_was_left() -> None:
    trail = counted_door(200)
    async with on_stage(app_over(trail)) as pilot:
        await press(pilot, "down", "down", "4")
        assert seen(pilot) == "people"
        await press(pilot, "1")
        assert seen(pilot) == "sessions"
        assert listing(pilot).table.cursor_row == 2
        asked = len(trail.asked)
        await press(pilot, "4")
        assert seen(pilot) == "people"
        assert len(trail.asked) == asked  # it is shown as it was left
        assert len(stack(pilot).levels) == 1


async def test_filter_zone_and_measure_go_along() -> None:
    async with on_stage(app_over(counted_door(200))) as pilot:
        await press(pilot, "slash", *"kind:ssh", "enter", "c", "z", "5")
        there = stack(pilot).state
        assert (there.filter.text, there.measure, there.scope.zone) == ("kind:ssh", "calls", "Europe/Berlin")
        await press(pilot, "escape", "1")
        assert stack(pilot).state.filter.text == ""
        assert stack(pilot).state.measure == "calls"


async def test_what_was_drilled_into_has_views_of_its_own() -> None:
    trail = counted_door(200)
    async with on_stage(app_over(trail)) as pilot:
        await press(pilot, "slash", *"kind:ssh", "enter", "down", "down")
        root = stack(pilot).level
        stack(pilot).drill("sessions", stack(pilot).into(stack(pilot).scope), "deeper")
        await settled(pilot)
        deeper = listing(pilot).answer
        await press(pilot, "4")
        # The path ends with the view whose tab is lit.
        assert stack(pilot).path == ("Sessions", "deeper", "People")
        assert frame(pilot).chrome.status.tabs.seen == "people"
        assert len(stack(pilot).levels) == 2
        await press(pilot, "escape")
        assert stack(pilot).level is root
        assert listing(pilot).table.cursor_row == 2
        assert deeper is not None
        assert deeper.closed  # type: ignore[attr-defined]


async def test_keys_in_haste_are_all_obeyed() -> None:
    async with on_stage(app_over(counted_door(200))) as pilot:
        for keys, last in (("4564", "people"), ("5641", "sessions"), ("124651", "sessions"), ("36245", "instances")):
            for key in keys:
                pilot.app.post_message(events.Key(key, key))
                await asyncio.sleep(0.003)
            await settled(pilot)
            assert last == seen(pilot), keys


async def test_another_source_lets_go_of_all_views() -> None:
    trail = counted_door(200)
    async with on_stage(app_over(trail)) as pilot:
        first = frame(pilot)
        await press(pilot, "4", "5", "1", "o", "enter")
        assert frame(pilot) is not first
        assert not first.query(RowsTable)
        second = frame(pilot)
        await press(pilot, "o", "enter")
        assert not second.is_running  # Textual keeps its first screen, no other


async def test_keys_in_one_write_do_what_they_do_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    # How long a key waits for an answer is a matter of the clock; here it waits until the answer is there.
    monkeypatch.setattr("ssmtrail.tui.frame.stack.KEY_PATIENCE", 60.0)
    monkeypatch.setattr("ssmtrail.tui.app._PATIENCE", 60.0)
    keys = ["down", "4", "down", "enter", "escape", "1", "down", "c", "down", "enter", "escape", "c", "6", "enter", "2"]
    keys += ["escape", "escape", "5", "down", "down", "s", "S", "enter", "escape", "z"]
    states = []
    for haste in (True, False):
        async with on_stage(app_over(counted_door(200))) as pilot:
            for key in keys:
                pilot.app.post_message(events.Key(key, key if len(key) == 1 else None))
                if not haste:
                    await settled(pilot)
            handled = asyncio.Event()
            pilot.app.call_later(handled.set)  # in the app's queue behind all keys
            await handled.wait()
            await until(pilot, lambda: stack(pilot).settled)
            await settled(pilot)
            views = [(level.view, level.labels) for level in stack(pilot).levels]
            states.append((views, listing(pilot).table.cursor_key, listing(pilot).table.cursor_row))
    assert states[0] == states[1]


async def test_a_key_after_a_change_waits_for_its_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ssmtrail.tui.frame.stack.KEY_PATIENCE", 60.0)
    monkeypatch.setattr("ssmtrail.tui.app._PATIENCE", 60.0)
    trail = touched_door()
    async with on_stage(app_over(trail)) as pilot:
        await press(pilot, "2")
        grid = pane(pilot, MatrixPane).grid
        trail.hold()
        for key in ("t", "down"):
            pilot.app.post_message(events.Key(key, key if len(key) == 1 else None))
        await held(trail)
        assert not stack(pilot).settled
        trail.release()
        await until(pilot, lambda: grid.cursor_row == 1)
        assert (stack(pilot).settled, grid.cursor_column) == (True, 0)
        board = pane(pilot, MatrixPane).board
        assert board is not None
        assert board.matrix.turned


async def test_keys_of_the_matrix_wait_for_its_first_rows() -> None:
    async with on_stage(app_over(touched_door())) as pilot:
        await press(pilot, "2")
        grid = pane(pilot, MatrixPane).grid
        assert grid.is_current
        grid.show("unread", grid._matrix.rows, grid._matrix.columns, largest=1)
        assert not stack(pilot).takes_keys
        await settled(pilot)


#: Keys of the frame and of what lies around a view, each with Escape after what it may open.
AROUND = (
    "Q", "slash", "greater_than_sign", "E", "O", "T", "n", "N", "at", "space", "V", "ctrl+s", "w", "U", "d", "c", "s",
    "e", "y", "Y", "f", "F", "left_square_bracket", "a", "p", "m", "i",
)  # fmt: skip


@pytest.mark.parametrize("tab", ["2", "3", "4", "5", "6", "7", "9"])
async def test_keys_before_the_first_answer_of_a_view(monkeypatch: pytest.MonkeyPatch, tab: str) -> None:
    """After a while keys are obeyed although the view has shown nothing yet: none of them ends the app."""
    monkeypatch.setattr("ssmtrail.tui.frame.stack.KEY_PATIENCE", 0.0)
    monkeypatch.setattr("ssmtrail.tui.app._PATIENCE", 0.0)
    trail = touched_door()
    monkeypatch.setattr(trail, "silent_rules", lambda *_: ())  # the rules of findings that could not look
    async with on_stage(app_over(trail)) as pilot:
        trail.hold()
        for key in AROUND:
            await pilot.press(tab)
            await pilot.press(key, "escape", "escape")
        await held(trail)
        trail.release()
        await settled(pilot)
        assert pilot.app.is_running
