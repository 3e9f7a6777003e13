"""The filter line: completing, adding a word, pasting, leaving, and filters that are offered instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from textual import events

from ssmtrail.queries.filters import Filter, wider
from ssmtrail.tui.frame.filter_line import PRESETS
from tests.fakes import FakeTrail, a_session
from tests.tui.screens.stage import app_over, listing, on_stage, press, said, settled, stack

if TYPE_CHECKING:
    from textual.pilot import Pilot

PEOPLE = ("jane.doe", "max.weber", "li.wang")


def a_door() -> FakeTrail:
    rows = tuple(a_session(key=f"e{number:02}", person=PEOPLE[number % 3]) for number in range(60))
    return FakeTrail({"sessions": rows})


def typed(pilot: Pilot[int]) -> str:
    return stack(pilot).filter_bar.text


def seen(pilot: Pilot[int]) -> str:
    return stack(pilot).scope.filter.text


def note(pilot: Pilot[int]) -> str:
    return str(stack(pilot).note.content)


async def test_tab_completes_and_never_leaves_the_line() -> None:
    async with on_stage(app_over(a_door())) as pilot:
        await press(pilot, "slash", *"kind:sh", "tab")
        assert typed(pilot) == "kind:shell"
        await press(pilot, "tab", "shift+tab", *"x", "tab")  # nothing to complete
        assert typed(pilot) == "kind:shellx"
        await press(pilot, "backspace", "enter")
        assert seen(pilot) == "kind:shell"


async def test_a_click_beside_a_filter_that_cannot_be_read_shows_the_one_that_counts() -> None:
    async with on_stage(app_over(a_door())) as pilot:
        await press(pilot, "slash", *"kind:x")
        assert await pilot.click(listing(pilot).table, offset=(5, 4))
        await settled(pilot)
        assert pilot.app.focused is listing(pilot).table
        assert (typed(pilot), stack(pilot).filter_bar.display) == ("", False)


async def test_a_count_of_a_view_that_was_left_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    async with on_stage(app_over(a_door())) as pilot:
        await press(pilot, "2")
        takes: list[Any] = []
        ask = stack(pilot)._answers.ask

        def held(query: Any, take: Any, refused: Any) -> None:
            if query.slot == "count":
                takes.append(take)
            else:
                ask(query, take, refused)

        monkeypatch.setattr(stack(pilot)._answers, "ask", held)
        await press(pilot, "slash", *"kind:shell")
        counted: list[str] = []
        monkeypatch.setattr(stack(pilot).filter_bar, "show_count", counted.append)
        takes[-1]((3, 60))
        assert counted
        await press(pilot, "escape", "1")
        monkeypatch.setattr(listing(pilot), "_shown", None)  # as before its first answer
        counted.clear()
        takes[-1]((3, 60))
        assert counted == []


async def test_another_word_is_put_behind_those_that_are_there() -> None:
    async with on_stage(app_over(a_door())) as pilot:
        await press(pilot, "slash", *"person:li*", "enter", "slash", *"web", "enter")
        assert seen(pilot) == "person:li* web"
        await press(pilot, "slash", "enter")
        assert seen(pilot) == "person:li* web"


async def test_lines_that_are_pasted_are_joined() -> None:
    async with on_stage(app_over(a_door())) as pilot:
        await press(pilot, "slash")
        assert pilot.app.focused is not None
        pilot.app.focused.post_message(events.Paste("person:li*\r\n  web\n\n"))
        await settled(pilot)
        assert typed(pilot) == "person:li* web"


async def test_an_exact_value_that_finds_nothing_is_offered_with_a_star() -> None:
    async with on_stage(app_over(a_door())) as pilot:
        await press(pilot, "slash", *"person:jane", "enter")
        assert "0 are exactly jane; 20 match jane*   Enter looks for these." in note(pilot)
        await press(pilot, "enter")
        assert seen(pilot) == "person:jane*"
        assert listing(pilot).table.total == 20
        await press(pilot, "escape")
        assert seen(pilot) == "person:jane"


async def test_nothing_is_offered_where_nothing_is_near() -> None:
    async with on_stage(app_over(a_door())) as pilot:
        await press(pilot, "slash", *"person:nobody", "enter")
        assert "exactly" not in note(pilot)
        await press(pilot, "enter")
        assert seen(pilot) == "person:nobody"


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("person:jane", ["person:jane*", "person:*jane*"]),
        ("person:jane,max kind:shell", ["person:jane*,max* kind:shell", "person:*jane*,*max* kind:shell"]),
        ('reason:"a \\* b"', ['reason:"a \\* b"*', 'reason:*"a \\* b"*']),
        ("person:jane* -role:x jane kind:shell person:=jane ip:10.0.0.1 person:?", []),
    ],
)
def test_filters_that_find_more(text: str, nearest: list[str]) -> None:
    assert [each.filter.text for each in wider(Filter.parse(text))] == nearest


async def test_backspace_takes_back_one_narrowing_and_never_leaves_the_view() -> None:
    async with on_stage(app_over(a_door())) as pilot:
        await press(pilot, "slash", *"person:li*", "enter", "slash", *"web", "enter", "backspace")
        assert seen(pilot) == "person:li*"
        await press(pilot, "4", "backspace", "backspace", "backspace")
        assert (seen(pilot), stack(pilot).view.pane) == ("", "people")


def with_values() -> FakeTrail:
    trail = a_door()
    trail.views["values"] = {"person": {"jane.doe": 20, "jan de wit": 3}, "dest": {"a*b": 1}}
    return trail


async def test_values_of_the_data_complete_with_their_counts() -> None:
    trail = with_values()
    async with on_stage(app_over(trail)) as pilot:
        await press(pilot, "slash", *"env:prod -person:ja")
        assert said(pilot) == "Tab: jane.doe 20   jan de wit 3"
        asked: Any = [each for each in trail.looked_at if each[0] == "values"][-1]
        assert (asked[1].filter.text, *asked[2:]) == ("env:prod", "person", "ja", "sessions")
        await press(pilot, "tab")
        assert typed(pilot) == "env:prod -person:jane.doe"
        assert said(pilot) == "Tab: jane.doe 20   jan de wit 3"  # while Tab goes through them
        await press(pilot, "tab")  # the next one; what has blanks is quoted
        assert typed(pilot) == 'env:prod -person:"jan de wit"'
        await press(pilot, "tab", "enter")
        assert seen(pilot) == "env:prod -person:jane.doe"


async def test_a_value_is_completed_as_itself_and_behind_a_comma() -> None:
    async with on_stage(app_over(with_values())) as pilot:
        await press(pilot, "slash", *"dest:a", "tab")
        assert typed(pilot) == 'dest:"a\\*b"'
        await press(pilot, "escape", "slash", *"person:max,jane", "tab")
        assert typed(pilot) == "person:max,jane.doe"


async def test_a_key_without_a_value_is_no_mistake_yet() -> None:
    async with on_stage(app_over(with_values())) as pilot:
        await press(pilot, "slash", *"person:")
        assert said(pilot).startswith("Tab: jane.doe 20")
        await press(pilot, "enter")
        assert seen(pilot) == ""
        assert stack(pilot).filter_line.is_typing


async def test_the_beginning_of_a_value_is_no_mistake_yet() -> None:
    async with on_stage(app_over(with_values())) as pilot:
        bar = stack(pilot).filter_line.bar
        await press(pilot, "slash", *"kind:tun")
        assert not bar.has_class("-wrong")
        await press(pilot, "x")
        assert bar.has_class("-wrong")


async def test_up_goes_through_earlier_filters_and_down_through_presets() -> None:
    async with on_stage(app_over(a_door())) as pilot:
        await press(pilot, "slash", *"kind:ssh", "enter", "backspace", "slash", *"kind:shell", "enter", "backspace")
        await press(pilot, "slash", *"draft", "up")
        assert typed(pilot) == "kind:shell"
        await press(pilot, "up", "up")
        assert typed(pilot) == "kind:ssh"
        await press(pilot, "down", "down")
        assert typed(pilot) == "draft"
        await press(pilot, "down")
        assert typed(pilot) == "status:denied"
        await press(pilot, "enter")
        assert seen(pilot) == "status:denied"
        assert stack(pilot).context.filters == ["kind:ssh", "kind:shell", "status:denied"]


def test_every_preset_is_a_filter() -> None:
    for text in PRESETS:
        assert Filter.parse(text).text == text
