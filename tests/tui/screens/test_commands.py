"""`:` does with typed words what keys do, and what needs words; the palette lists the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual.widgets import Input, Static

from ssmtrail.queries.errors import UsageError
from ssmtrail.tui.frame.commands import TYPED, Command, Typed, commands_of, read
from ssmtrail.tui.frame.dialogs import HelpScreen, WindowScreen
from ssmtrail.tui.frame.typed_commands import TypedCommands
from tests.fakes import FakeTrail, a_session
from tests.tui.counted import counted_door
from tests.tui.screens.stage import app_over, frame, held, listing, on_stage, press, said, settled, stack, until
from tests.tui.screens.test_columns import command
from tests.tui.screens.test_list_keys import trail_of

if TYPE_CHECKING:
    from textual.pilot import Pilot

COMMANDS = {
    "filter": Command("filter", "", "/", lambda: None, Typed("filter", "env:prod", "")),
    "details": Command("details", "", "d", lambda: None),
    "keep": Command("keep", "", "f", lambda: None, enabled=False),
    "quit": Command("quit", "", "q", lambda: None),
    "queries": Command("queries", "", "8", lambda: None),
    "theme": Command("theme", "", typed=Typed("theme", "light", "")),
}


@pytest.mark.parametrize(
    ("text", "found"),
    [("filter", ("filter", "")), ("  FILTER  env:prod a ", ("filter", "env:prod a")), ("det", ("details", "")),
     ("q", ("quit", "")), ("theme light", ("theme", "light"))],
)  # fmt: skip
def test_a_line_is_a_command_with_its_words(text: str, found: tuple[str, str]) -> None:
    command, words = read(text, COMMANDS)
    assert (command.word, words) == found


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("fliter", "There is no command fliter; did you mean filter?"),
     ("xyz", "There is no command xyz; Tab lists them."),
     ("details x", "details takes no words."), ("theme", "theme needs words: theme light"),
     ("keep", "keep does nothing here."), ("f:x", "There is no command f:x; Tab lists them.")],
)  # fmt: skip
def test_what_is_wrong_with_a_line_is_said(text: str, sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(text, COMMANDS)
    assert str(caught.value) == sentence


def line_says(pilot: Pilot[int]) -> str:
    """What is wrong with the typed command."""
    return str(frame(pilot).command_line.bar.query_one(".filter-bar--say", Static).content)


def test_every_command_with_words_has_a_method() -> None:
    assert [each.word for each in TYPED if not hasattr(TypedCommands, f"do_{each.word.replace('-', '_')}")] == []


async def test_the_palette_lists_what_can_be_typed_and_nothing_else() -> None:
    async with on_stage(app_over(trail_of("jane", "karl"))) as pilot:
        found = commands_of(pilot.app.screen, frame(pilot).doer)
        titles = [each.title for each in pilot.app.get_system_commands(pilot.app.screen)]
        assert len(titles) == len(set(titles))
        listed = {title.partition(" (")[0].partition(":")[0].rstrip(".") for title in titles}
        usable = {each.title.partition(" (")[0] for each in found.values() if each.enabled}
        assert listed == usable
        assert {"details", "widen", "command", "jump", "machines", "columns"} <= set(found)
        assert not {"up", "left"} & set(found)
        [columns] = [each for each in pilot.app.get_system_commands(pilot.app.screen) if each.title == "Columns..."]
        columns.callback()
        await settled(pilot)
        assert frame(pilot).command_line.bar.text == "columns "


async def test_what_does_nothing_on_a_page_says_so_instead_of_asking_for_words() -> None:
    async with on_stage(app_over(trail_of("jane", "karl"))) as pilot:
        assert not {"Export...", "Filter..."} & {each.title for each in pilot.app.get_system_commands(pilot.app.screen)}
        await press(pilot, "enter")
        assert stack(pilot).view.pane == "session"
        for word in ("export", "jump", "search", "sort", "filter", "window"):
            await command(pilot, word)
            assert line_says(pilot) == f"{word} does nothing here."
            await press(pilot, "escape")
        titles = {each.title for each in pilot.app.get_system_commands(pilot.app.screen)}
        assert not {"Export...", "Filter...", "Sort..."} & titles
        assert "Zone..." in titles or "Zone (z)" in titles
        await command(pilot, "export csv")
        assert line_says(pilot) == "There is no list here, or not yet."


async def test_a_view_is_opened_with_its_filter_and_window() -> None:
    async with on_stage(app_over(counted_door(20))) as pilot:
        before = stack(pilot).scope.window
        await command(pilot, "machines person:jane*")
        view = stack(pilot)
        assert (view.view.pane, view.scope.filter.text, view.scope.window) == ("instances", "person:jane*", before)
        assert len(view.levels) == 1
        await command(pilot, "people last-month")
        assert (view.view.pane, view.scope.filter.text) == ("people", "person:jane*")
        assert view.scope.window.moving == "last-month"
        await command(pilot, "people env:prod yesterday")
        assert (view.scope.filter.text, view.scope.window.moving) == ("env:prod", "yesterday")
        await press(pilot, "backspace")
        assert view.scope.filter.text == "person:jane*"
        await command(pilot, "view sessions")
        assert view.view.pane == "sessions"
        await command(pilot, "view nothing")
        assert said(pilot).startswith("There is no view nothing; there are sessions,")
        await press(pilot, "escape")
        await command(pilot, "sessions nokey:x")
        assert frame(pilot).command_line.bar.text == "sessions nokey:x"
        assert frame(pilot).command_line.is_typing
        await press(pilot, "escape")
        await command(pilot, "person jane*")  # this core does not filter what is counted: there are several
        assert (view.view.pane, view.scope.filter.text, len(view.levels)) == ("people", "person:jane*", 2)


async def test_filter_window_zone_and_theme_take_words() -> None:
    async with on_stage(app_over(counted_door(20))) as pilot:
        await command(pilot, "filter env:prod kind:shell")
        assert stack(pilot).scope.filter.text == "env:prod kind:shell"
        await command(pilot, "window 2026-11-01 2026-11-03")
        assert stack(pilot).scope.window.texts() == ("2026-11-01", "2026-11-03")
        await command(pilot, "window all")
        assert stack(pilot).scope.window.start is None
        await command(pilot, "window soon")
        assert "soon" in said(pilot)
        await press(pilot, "escape")
        assert not frame(pilot).command_line.is_typing
        await command(pilot, "zone europe/berlin")
        assert stack(pilot).scope.zone == "Europe/Berlin"
        await command(pilot, "theme light")
        assert pilot.app.theme == "ssmtrail-light"
        await command(pilot, "window")  # without words what the key does
        assert isinstance(pilot.app.screen, WindowScreen)
        await press(pilot, "escape")
        await command(pilot, "help")
        assert isinstance(pilot.app.screen, HelpScreen)


async def test_one_of_the_name_is_opened_and_none_is_said() -> None:
    world = counted_door(40)
    world.rows["instances"] = world.rows["instances"][:1]
    async with on_stage(app_over(world)) as pilot:
        await command(pilot, "machine web*")
        assert stack(pilot).view.pane == "machine"
        assert world.asked[-1].name in ("instances", "pairs")
        assert any(each.scope.filter.text == "target:web*" for each in world.asked)
        await press(pilot, "escape")
        world.rows["instances"] = ()
        await command(pilot, "machine db 9")
        assert said(pilot) == "no machine is db 9 in this window"
        assert world.asked[-1].scope.filter.text == 'target:"*db 9*"'


async def test_search_and_jump_take_words_and_a_click_beside_leaves_the_line() -> None:
    async with on_stage(app_over(trail_of("karl", "mara", "karl", "mara"))) as pilot:
        await command(pilot, "search mara")
        assert listing(pilot).table.cursor_row == 1
        await press(pilot, "n")
        assert listing(pilot).table.cursor_row == 3
        await command(pilot, "jump 10:30")
        assert listing(pilot).table.cursor_row == 2
        await command(pilot, "jump sometime")
        assert frame(pilot).command_line.is_typing
        await pilot.click(listing(pilot).table, offset=(5, 2))
        await settled(pilot)
        assert not frame(pilot).command_line.is_typing
        assert not stack(pilot).typed_elsewhere


async def test_tab_completes_words_names_and_values_and_up_brings_back() -> None:
    world = counted_door(20)
    world.views["values"] = {"person": {"jane.doe": 7, "jane.roe": 2}, "target": {"web 1": 3}}
    async with on_stage(app_over(world)) as pilot:
        bar = frame(pilot).command_line.bar
        await press(pilot, "colon", *"colu", "tab")
        assert bar.text == "columns"
        await press(pilot, "space", *"user", "tab", "space", *"sess", "tab")
        assert bar.text == "columns user_agent session_id"
        await press(pilot, "enter", "colon", *"people person:ja")
        await settled(pilot)
        assert said(pilot) == "Tab: jane.doe 7   jane.roe 2"
        await press(pilot, "tab", "tab")
        assert bar.text == "people person:jane.roe"
        await press(pilot, "escape", "colon", *"machine we")
        await settled(pilot)
        await press(pilot, "tab")
        assert bar.text == 'machine "web 1"'
        await press(pilot, "escape", "colon", "up")
        assert bar.text == "columns user_agent session_id"
        await press(pilot, "down")
        assert bar.text == ""


async def test_answers_that_come_meanwhile_leave_the_keys_to_the_line() -> None:
    world = FakeTrail({"sessions": [a_session()]})
    async with on_stage(app_over(world)) as pilot:
        world.hold()
        stack(pilot).content_changed()
        await until(pilot, lambda: world.waiting.is_set())
        await pilot.press("colon", "t", "h")
        world.release()
        await settled(pilot)
        await press(pilot, "e")
        assert frame(pilot).command_line.bar.text == "the"
        await press(pilot, "escape")
        assert pilot.app.focused is listing(pilot).table


async def test_a_command_before_the_first_answer_ends_nothing() -> None:
    world = FakeTrail({"sessions": [a_session(started_at=None, at=None)]})
    world.hold()
    app = app_over(world)
    async with app.run_test(size=(80, 24)) as pilot:
        await held(world)
        await pilot.press("colon", *"columns ", "tab", "enter", "escape", "escape")
        await pilot.press("colon", *"sort person", "enter", "escape", "escape")
        world.release()
        await settled(pilot)
        assert listing(pilot).table.total == 1


@pytest.mark.parametrize("path", ["~nobody-here/a.csv", f"{'x' * 300}.csv"])
async def test_an_export_to_a_path_that_no_system_takes_is_refused(path: str) -> None:
    async with on_stage(app_over(FakeTrail({"sessions": [a_session()]}))) as pilot:
        await press(pilot, "colon")
        frame(pilot).command_line.bar.set_text(f"export {path}")
        await press(pilot, "enter")
        assert frame(pilot).command_line.is_typing
        assert pilot.app.is_running


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_what_is_wrong_is_seen_once_beside_the_line_or_below_it(size: tuple[int, int]) -> None:
    async with on_stage(app_over(FakeTrail({"sessions": [a_session()]})), size) as pilot:
        await press(pilot, "colon", *"zzz", "enter")
        bar = frame(pilot).command_line.bar
        beside = bar.query_one(".filter-bar--say", Static)
        assert bar.region.right <= size[0]
        assert str(beside.render()) == "There is no command zzz; Tab lists them."
        await press(pilot, "escape", "colon", *"sort nothing", "enter")
        assert said(pilot).startswith("The list of sessions has no column 'nothing'")
        assert str(beside.render()) == ""


async def test_the_hint_of_the_command_line_is_whole_in_80_columns() -> None:
    async with on_stage(app_over(FakeTrail({"sessions": [a_session()]})), (80, 24)) as pilot:
        await press(pilot, "colon")
        field = frame(pilot).command_line.bar.query_one(Input)
        assert len(field.placeholder) < field.region.width
