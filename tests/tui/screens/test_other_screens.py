"""Welcome, help, unreadable files, the palette."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.command import CommandPalette
from textual.widgets import Input, Label, OptionList, Static

from ssmtrail.queries.filters import KEYS
from ssmtrail.queries.model import Coverage
from ssmtrail.queries.sources.history.address import HistoryAddress
from ssmtrail.queries.trail import Trail
from ssmtrail.tui.choice import SourceChoice
from ssmtrail.tui.frame.dialogs import HelpScreen, UnreadableScreen
from ssmtrail.tui.frame.frame import Frame
from ssmtrail.tui.frame.hints import Hints
from ssmtrail.tui.frame.keys import KeyLine
from ssmtrail.tui.palette import keys_of
from ssmtrail.tui.signs import ASCII
from ssmtrail.tui.views.welcome import WelcomeScreen
from ssmtrail.widgets.day_strip import DayStrip
from ssmtrail.widgets.details import Details
from ssmtrail.widgets.table import RowsTable
from tests.fakes import FakeTrail, a_session
from tests.tui.organisation import plausible_coverage
from tests.tui.screens.stage import app_over, frame, listing, on_stage, press, said, settled, stack, until
from tests.tui.touched import touched_door


class Opener:
    """Remembers what was opened."""

    def __init__(self) -> None:
        self.opened: list[SourceChoice] = []
        self.doors: list[FakeTrail] = []

    def __call__(self, choice: SourceChoice) -> Trail:
        self.opened.append(choice)
        self.doors.append(
            FakeTrail({"sessions": [a_session(key=f"from {choice.kind}")]}, source_label=str(choice.kind))
        )
        return self.doors[-1]


async def test_welcome_opens_the_demo() -> None:
    opener = Opener()
    async with on_stage(app_over(None, ask_for=opener)) as pilot:
        assert isinstance(pilot.app.screen, WelcomeScreen)
        await press(pilot, "down", "enter")
        assert opener.opened == [SourceChoice("demo")]
        assert listing(pilot).table.cursor_key == "from demo"


async def test_welcome_offers_event_history_first() -> None:
    opener = Opener()
    async with on_stage(app_over(None, ask_for=opener)) as pilot:
        await press(pilot, "enter")
        assert opener.opened == [SourceChoice("history", history=HistoryAddress())]


async def test_welcome_completes_a_folder_and_opens_it(tmp_path: Path) -> None:
    (tmp_path / "AWSLogs").mkdir()
    opener = Opener()
    async with on_stage(app_over(None, ask_for=opener)) as pilot:
        field = pilot.app.screen.query_one(Input)
        field.focus()
        field.value = f"{tmp_path}/AW"
        await press(pilot, "tab")
        assert field.value == f"{tmp_path}/AWSLogs/"
        await press(pilot, "enter")
        assert opener.opened == [SourceChoice("logs", tmp_path / "AWSLogs")]


async def test_welcome_says_when_there_is_no_such_folder() -> None:
    async with on_stage(app_over(None, ask_for=Opener())) as pilot:
        pilot.app.screen.query_one(Input).focus()
        await press(pilot, *"/nope", "enter")
        assert "There is no folder /nope." in str(pilot.app.screen.query_one("#wrong", Static).content)


async def test_another_source_takes_the_place_of_the_first_which_is_let_go() -> None:
    first, opener = FakeTrail({"sessions": [a_session()]}), Opener()
    async with on_stage(app_over(first, ask_for=opener)) as pilot:
        await press(pilot, "enter", "o")
        pilot.app.screen.query_one(OptionList).focus()
        await press(pilot, "down", "enter")
        assert first.closed
        assert isinstance(pilot.app.screen, Frame)
        assert listing(pilot).table.cursor_key == "from demo"
        assert len(pilot.app.screen_stack) == 1


async def test_escape_leaves_the_choice_of_a_source() -> None:
    async with on_stage(app_over(FakeTrail({"sessions": [a_session()]}))) as pilot:
        await press(pilot, "o", "escape")
        assert isinstance(pilot.app.screen, Frame)


async def test_help_tells_every_binding_and_every_filter_key() -> None:
    async with on_stage(app_over(FakeTrail({"sessions": [a_session()]}))) as pilot:
        listed = keys_of(pilot.app.screen)
        await press(pilot, "question_mark")
        assert isinstance(pilot.app.screen, HelpScreen)
        told = str(pilot.app.screen.query_one(Details)._rows)
        assert all(key.what in told for key in listed)
        assert all(f"{key.name}:" in told for key in KEYS)
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, Frame)


async def test_every_binding_has_an_id_and_a_tooltip() -> None:
    async with on_stage(app_over(FakeTrail({"sessions": [a_session()]}))) as pilot:
        bindings = [active.binding for active in pilot.app.screen.active_bindings.values()]
        ours = [binding for binding in bindings if binding.key not in {"ctrl+c", "ctrl+q", "ctrl+p"} and binding.id]
        assert len(ours) > 25
        assert all(binding.tooltip for binding in ours)
        nameless = {binding.key for binding in bindings if not binding.id}
        assert nameless <= {
            "ctrl+q",
            "ctrl+p",
            "ctrl+i",
            "tab",
            "shift+tab",
            "ctrl+c",
            "super+c",
            "ctrl+pageup",
            "ctrl+pagedown",
        }, nameless


async def test_unreadable_files_are_listed_with_reasons() -> None:
    trail = FakeTrail({"sessions": [a_session()]}, coverage=plausible_coverage())
    async with on_stage(app_over(trail)) as pilot:
        await press(pilot, "U")
        assert isinstance(pilot.app.screen, UnreadableScreen)
        assert "truncated gzip" in str(pilot.app.screen.query_one(Details)._rows)


async def test_what_was_read_of_each_source_is_listed() -> None:
    """Where several are answered together, also when every file could be read."""
    whole = plausible_coverage()
    parts = (
        ("logs /a\x1b[2J", Coverage(whole.days, files=7)),
        ("athena audit.trail", Coverage(files=1, unit="region")),
    )
    trail = FakeTrail({"sessions": [a_session()]}, coverage=Coverage(whole.days, files=8, parts=parts))
    async with on_stage(app_over(trail)) as pilot:
        await press(pilot, "U")
        assert isinstance(pilot.app.screen, UnreadableScreen)
        assert str(pilot.app.screen.query_one(Label).content) == "2 sources"
        rows = str(pilot.app.screen.query_one(Details)._rows)
        assert all(each in rows for each in ("logs /a\\\\x1b[2J", "7 files", "athena audit.trail", "1 region"))


async def test_the_palette_offers_what_works_here_and_does_it() -> None:
    async with on_stage(app_over(FakeTrail({"sessions": [a_session()]}))) as pilot:
        titles = {command.title for command in pilot.app.get_system_commands(pilot.app.screen)}
        assert {"Details (d)", "Theme: light"} <= titles
        assert not any("nreadable" in title for title in titles)
        await pilot.press("ctrl+p")
        await until(pilot, lambda: isinstance(pilot.app.screen, CommandPalette))
        await press(pilot, *"details")
        await until(pilot, lambda: pilot.app.screen.query_one(OptionList).option_count > 0)
        await press(pilot, "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Frame))
        await settled(pilot)
        assert listing(pilot).panel.display


async def test_a_click_on_the_key_line_is_the_key() -> None:
    async with on_stage(app_over(FakeTrail({"sessions": [a_session()]}))) as pilot:
        line = str(pilot.app.screen.query_one(KeyLine).render())
        await pilot.click(KeyLine, offset=(line.index("details") + 1, 0))
        await settled(pilot)
        assert listing(pilot).panel.display
        await pilot.click(KeyLine, offset=(line.index("open") + 1, 0))
        await settled(pilot)
        assert stack(pilot).view.pane == "session"


@pytest.mark.parametrize("view", ["1", "2"])
async def test_escape_with_nowhere_to_go_and_keys_without_a_meaning_do_nothing(
    view: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = app_over(touched_door())
    heard: list[str] = []
    monkeypatch.setattr(app, "bell", lambda: heard.append("bell"))
    async with on_stage(app) as pilot:
        await press(pilot, view)
        before = stack(pilot).view, pilot.app.focused
        await press(pilot, "escape", "escape", "f7", "ctrl+g", "K", "ctrl+a", "escape")
        assert (stack(pilot).view, pilot.app.focused) == before
        assert (said(pilot), heard, len(pilot.app._notifications)) == ("", [], 0)


async def test_a_click_on_a_hint_is_the_key() -> None:
    async with on_stage(app_over(FakeTrail({"sessions": [a_session()]}))) as pilot:
        await press(pilot, "slash", *"kind:she")
        line = str(pilot.app.screen.query_one(KeyLine).render())
        for hint in ("complete", "look"):
            await pilot.click(KeyLine, offset=(line.index(hint) + 2, 0))
            await settled(pilot)
        assert stack(pilot).scope.filter.text == "kind:shell"
        await press(pilot, "w")
        hints = pilot.app.screen.query_one(Hints)
        await pilot.click(hints, offset=(str(hints.render()).index("back"), 1))
        await settled(pilot)
        assert isinstance(pilot.app.screen, Frame)


async def test_a_scroll_bar_without_unicode_is_ascii() -> None:
    many = FakeTrail({"sessions": [a_session(key=f"e{number}") for number in range(100)]})
    async with on_stage(app_over(many, signs=ASCII), (80, 24)) as pilot:
        await press(pilot, *["down"] * 20)
        lines = [strip.text for strip in pilot.app.screen._compositor.render_strips()]
        assert all(line.isascii() for line in lines)


async def test_a_click_on_a_header_sorts() -> None:
    async with on_stage(app_over(FakeTrail({"sessions": [a_session()]}))) as pilot:
        await pilot.click(RowsTable, offset=(40, 0))
        await settled(pilot)
        assert listing(pilot).view.question.sort[0].column == "person_shown"


@pytest.mark.parametrize("size", [(80, 24), (40, 12), (200, 50)])
async def test_every_size_shows_help_in_the_key_line(size: tuple[int, int]) -> None:
    async with on_stage(app_over(FakeTrail({"sessions": [a_session()]})), size) as pilot:
        line = str(pilot.app.screen.query_one(KeyLine).render())
        assert line.rstrip().endswith("? help")
        assert len(line.rstrip()) <= size[0]


async def test_keys_of_the_view_work_from_the_strip_of_days() -> None:
    async with on_stage(app_over(FakeTrail({"sessions": [a_session()]}))) as pilot:
        frame(pilot).query_one(DayStrip).focus()
        await settled(pilot)
        await press(pilot, "c")
        assert stack(pilot).state.measure == "calls"
