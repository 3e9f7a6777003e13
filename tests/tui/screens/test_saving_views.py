"""`ctrl+s` names what is seen, `V` opens it again; what is seen is kept for the next start."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest
from textual.widgets import Input, OptionList, Static

from ssmtrail.queries.config import Settings
from ssmtrail.tui.app import TrailApp
from ssmtrail.tui.choice import SourceChoice
from ssmtrail.tui.frame.saved import SaveViewScreen, ViewsScreen
from ssmtrail.tui.launch import choice_of_view
from ssmtrail.tui.lazy_trail import LazyTrail
from ssmtrail.tui.preferences import Preferences
from ssmtrail.tui.saved_views import SavedView, ViewFiles
from ssmtrail.tui.views.usage_view import UsageView
from tests.tui.counted import counted_door
from tests.tui.screens.stage import SCOPE, frame, on_stage, press, said, settled, stack
from tests.tui.screens.test_usage import a_heat, a_usage

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

    from ssmtrail.queries.trail import Trail
    from ssmtrail.tui.source_words import Words


def app_with(files: ViewFiles, begin: SavedView | None = None, opened: list[SourceChoice] | None = None) -> TrailApp:
    """The app over the demo, with a place for views."""

    def opener(choice: SourceChoice) -> Trail:
        if opened is not None:
            opened.append(choice)
        return counted_door(5)

    preferences = Preferences(SCOPE, begin=begin, views=files, choice_of=partial(choice_of_view, settings=Settings()))
    trail = counted_door(20)
    trail.views |= {"usage": a_usage(), "heat": a_heat()}
    return TrailApp(opener, LazyTrail(lambda: trail), SourceChoice("demo"), preferences)


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ViewFiles:
    monkeypatch.setattr("ssmtrail.tui.frame.frame.KEEP_REST", 0.001)
    return ViewFiles(tmp_path / "views.toml", left=tmp_path / "last-view.json")


def listed(pilot: Pilot[int]) -> list[str]:
    """The lines of the dialog."""
    assert isinstance(pilot.app.screen, ViewsScreen)
    options = pilot.app.screen.query_one(OptionList)
    return [str(options.get_option_at_index(number).prompt) for number in range(options.option_count)]


async def test_what_is_seen_is_named_and_opened_again(files: ViewFiles) -> None:
    async with on_stage(app_with(files)) as pilot:
        await press(pilot, "slash", *"kind:shell", "enter", "4", "S", "ctrl+s", *"shells by", "enter")
        assert said(pilot).startswith("saved as shells by")
        [view] = files.views()
        assert (view.screen, view.where, view.start) == ("people", "kind:shell", "30d")
        assert view.arrangement == {"sort": "sessions"}
        await press(pilot, "escape", "1", "V")
        assert listed(pilot)[0].split() == ["shells", "by", "people,", "kind:shell,", "30d"]
        await press(pilot, "enter")
        assert stack(pilot).view.pane == "people"
        assert stack(pilot).scope.filter.text == "kind:shell"
        assert stack(pilot).view.arrangement() == view.arrangement  # type: ignore[attr-defined]
        assert stack(pilot).path[-2:] == ("shells by", "People")
        await press(pilot, "escape")
        assert stack(pilot).view.pane == "sessions"


async def test_a_name_is_needed_and_one_that_is_taken_is_asked_about(files: ViewFiles) -> None:
    async with on_stage(app_with(files)) as pilot:
        await press(pilot, "ctrl+s", "enter")
        wrong = pilot.app.screen.query_one("#wrong", Static)
        assert str(wrong.render()) == "A view needs a name."
        await press(pilot, *"mine", "enter", "ctrl+s", *"mine", "enter")
        assert "There is a view of this name" in str(pilot.app.screen.query_one("#wrong", Static).render())
        await press(pilot, "enter")
        assert files.path.read_text().count('name = "mine"') == 2
        assert len(files.views()) == 1


async def test_the_window_can_be_made_to_move_and_a_bad_one_is_refused(files: ViewFiles) -> None:
    async with on_stage(app_with(files)) as pilot:
        await press(pilot, "ctrl+s", *"week")
        assert isinstance(pilot.app.screen, SaveViewScreen)
        start = pilot.app.screen.query_one("#view-from", Input)
        start.value = "soon"
        await press(pilot, "enter")
        assert "'soon' is no time" in str(pilot.app.screen.query_one("#wrong", Static).render())
        start.value = "last-month"
        await press(pilot, "enter")
        assert files.named("week").start == "last-month"


async def test_a_file_with_a_mistake_is_said_and_left_alone(files: ViewFiles) -> None:
    files.path.write_text("[[view]")
    async with on_stage(app_with(files)) as pilot:
        await press(pilot, "V")
        assert "is no TOML" in said(pilot)
        await press(pilot, "ctrl+s", "a", "enter")
        assert "is no TOML" in str(pilot.app.screen.query_one("#wrong", Static).render())
        assert files.path.read_text() == "[[view]"


async def test_a_view_of_another_source_opens_that_source(files: ViewFiles) -> None:
    files.append(SavedView("old", {"demo": True, "demo_end": "2026-01-31"}, "usage", where="kind:ssh",
                           arrangement={"unit": "week"}))  # fmt: skip
    opened: list[SourceChoice] = []
    async with on_stage(app_with(files, opened=opened)) as pilot:
        before = frame(pilot)
        await press(pilot, "V")
        assert listed(pilot)[0].endswith("(demo)")
        await press(pilot, "enter")
        await settled(pilot)
        assert [str(choice.demo_end) for choice in opened] == ["2026-01-31"]
        assert frame(pilot) is not before
        view = stack(pilot).view
        assert isinstance(view, UsageView)
        assert (view.chosen, view.state.filter.text) == ("week", "kind:ssh")


async def test_escape_from_a_view_of_another_source_goes_back_to_where_you_were(files: ViewFiles) -> None:
    files.append(SavedView("old", {"demo": True, "demo_end": "2026-01-31"}, "usage", where="kind:ssh"))
    opened: list[SourceChoice] = []
    async with on_stage(app_with(files, opened=opened)) as pilot:
        await press(pilot, "4", "slash", *"kind:shell", "enter", "V", "enter")
        await settled(pilot)
        assert stack(pilot).view.pane == "usage"
        await press(pilot, "escape")
        await settled(pilot)
        assert [choice.demo_end for choice in opened][1:] == [None]
        assert (stack(pilot).view.pane, stack(pilot).scope.filter.text) == ("people", "kind:shell")
        assert stack(pilot).scope.window.moving == "30d"
        await press(pilot, "escape", "escape", "escape")
        assert (stack(pilot).view.pane, stack(pilot).scope.filter.text) == ("people", "")
    assert len(opened) == 2


async def test_a_view_of_a_folder_that_does_not_exist_leaves_open_what_is_open(
    files: ViewFiles, tmp_path: Path
) -> None:
    files.append(SavedView("gone", {"logs": str(tmp_path / "gone")}))
    opened: list[SourceChoice] = []
    async with on_stage(app_with(files, opened=opened)) as pilot:
        before = frame(pilot)
        await press(pilot, "V", "enter")
        assert "There is no folder" in said(pilot)
        assert frame(pilot) is before
        await press(pilot, *":open-view gone", "enter")
        assert "There is no folder" in said(pilot)
        await press(pilot, "escape", "o", "home", "enter")
        assert "There is no folder" in str(pilot.app.screen.query_one("#wrong", Static).render())
        await press(pilot, "escape", "4")
        assert stack(pilot).view.pane == "people"
    assert opened == []


@pytest.mark.parametrize(
    ("odd", "what"),
    [
        (SavedView("odd", {}, where="shade:red"), "shade"),
        (SavedView("odd", {}, start="whenever"), "'whenever' is no time"),
        (SavedView("odd", {}, "usage", arrangement={"unit": "year"}), "There is no unit 'year'"),
        (SavedView("odd", {}, "matrix", arrangement={"sort": "-at"}), "The matrix has no order '-at'"),
    ],
)
@pytest.mark.parametrize("source", [{"demo": True}, {"demo": True, "demo_end": "2026-01-31"}], ids=["same", "other"])
async def test_a_view_with_a_mistake_is_refused_and_what_is_open_stays(
    files: ViewFiles, odd: SavedView, what: str, source: Words
) -> None:
    files.append(replace(odd, source=source))
    opened: list[SourceChoice] = []
    async with on_stage(app_with(files, opened=opened)) as pilot:
        before = frame(pilot)
        await press(pilot, "V", "enter")
        assert what in said(pilot)
        assert "--" not in said(pilot)
        assert frame(pilot) is before
        await press(pilot, "4")
        assert stack(pilot).view.pane == "people"
    assert opened == []


async def test_a_view_that_the_core_refuses_says_why_and_not_that_it_is_read(
    files: ViewFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ssmtrail.tui.frame.stack.PATIENCE", 0.09)  # `settled` waits for it
    files.append(SavedView("odd", {"demo": True}, arrangement={"sort": "-shade"}))
    async with on_stage(app_with(files)) as pilot:
        await press(pilot, "V", "enter")
        assert str(stack(pilot).note.content).strip() == "There is no column 'shade'."
        await press(pilot, "escape")
        assert not stack(pilot).note.display


@pytest.mark.parametrize(("screen", "words"), [("usage", {"unit": "year"}), ("matrix", {"sort": "-at"})])
async def test_it_begins_with_the_list_where_a_view_has_a_mistake(
    files: ViewFiles, screen: str, words: dict[str, str]
) -> None:
    begin = SavedView("last", {"demo": True}, screen, where="kind:shell", arrangement=words)
    async with on_stage(app_with(files, begin)) as pilot:
        assert repr(next(iter(words.values()))) in said(pilot)
        assert stack(pilot).view.pane == "sessions"
        assert stack(pilot).scope.filter.text == "kind:shell"


async def test_a_view_that_the_core_refuses_is_not_where_the_next_start_begins(files: ViewFiles) -> None:
    begin = SavedView("odd", {"demo": True}, arrangement={"sort": "-shade"})
    async with on_stage(app_with(files, begin)) as pilot:
        await press(pilot, "q")
    assert files.left_view() is None


async def test_a_page_keeps_the_list_that_it_belongs_to(files: ViewFiles) -> None:
    async with on_stage(app_with(files)) as pilot:
        await press(pilot, "slash", *"kind:shell", "enter", "enter")
        assert stack(pilot).view.pane == "session"
        await press(pilot, "ctrl+s")  # a session's page shows no window
        assert stack(pilot).view.pane == "session"
        await press(pilot, "q")
    left = files.left_view()
    assert left is not None
    assert (left.screen, left.where) == ("sessions", "kind:shell")


async def test_it_begins_with_what_was_left(files: ViewFiles) -> None:
    begin = SavedView(
        "last", {"demo": True}, "usage", where="kind:shell", measure="calls", arrangement={"unit": "week"}
    )
    async with on_stage(app_with(files, begin)) as pilot:
        view = stack(pilot).view
        assert isinstance(view, UsageView)
        assert (view.chosen, view.state.measure, view.state.filter.text) == ("week", "calls", "kind:shell")
        await press(pilot, "escape")
        assert stack(pilot).scope.filter.text == ""
        await settled(pilot)
    left = files.left_view()
    assert left is not None
    assert left == replace(begin, where="", zone="UTC", folder=files.left.parent,
                           arrangement={"unit": "week", "parts": "kind"})  # fmt: skip
