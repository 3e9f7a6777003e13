"""Welcome, help, unreadable files, the palette."""

from __future__ import annotations

from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual.command import CommandPalette
from textual.widgets import Input, Label, OptionList, Static

from ssmtrail.queries.config import Settings
from ssmtrail.queries.errors import SourceError
from ssmtrail.queries.filters import KEYS, Filter
from ssmtrail.queries.model import Coverage, Scope
from ssmtrail.queries.sources.athena.discovery import FoundTable
from ssmtrail.queries.sources.history.address import HistoryAddress
from ssmtrail.queries.times import Window
from ssmtrail.queries.trail import Trail
from ssmtrail.tui.app import TrailApp
from ssmtrail.tui.choice import SourceChoice
from ssmtrail.tui.frame.dialogs import HelpScreen, UnreadableScreen
from ssmtrail.tui.frame.frame import Frame
from ssmtrail.tui.frame.hints import Hints
from ssmtrail.tui.frame.keys import KeyLine
from ssmtrail.tui.palette import keys_of
from ssmtrail.tui.preferences import Preferences
from ssmtrail.tui.saved_views import ViewFiles
from ssmtrail.tui.signs import ASCII
from ssmtrail.tui.source_words import choice_of
from ssmtrail.tui.views.welcome import WelcomeScreen
from ssmtrail.widgets.day_strip import DayStrip
from ssmtrail.widgets.details import Details
from ssmtrail.widgets.table import RowsTable
from tests.fakes import FakeTrail, a_session
from tests.tui.organisation import plausible_coverage
from tests.tui.screens.stage import app_over, frame, listing, on_stage, press, said, settled, stack, until
from tests.tui.touched import touched_door

if TYPE_CHECKING:
    from textual.pilot import Pilot


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


def welcoming(tmp_path: Path, opener: Opener, config: str = "", views: str = "") -> TrailApp:
    """The welcome with tables of the configuration, and saved views."""
    (tmp_path / "config.toml").write_text(config)
    (tmp_path / "views.toml").write_text(views)
    settings = Settings.load()
    preferences = Preferences(
        Scope(Window(), Filter()), settings=settings, views=ViewFiles(tmp_path / "views.toml"),
        choice_of=lambda view: choice_of(view.source, settings, view.folder),
    )  # fmt: skip
    return TrailApp(opener, None, SourceChoice(), preferences)


def offered(pilot: Pilot[int]) -> list[str]:
    return [str(option.prompt) for option in pilot.app.screen.query_one(OptionList).options]


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SSMTRAIL_CONFIG", str(tmp_path / "config.toml"))
    return tmp_path


async def test_welcome_says_whose_event_history_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config").write_text(
        "[default]\nsso_account_id = 111122223333\nsso_role_name = Ad\x1b[31mmin\n", encoding="utf-8"
    )
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    async with on_stage(app_over(None)) as pilot:
        await settled(pilot)
        words = str(pilot.app.screen.query_one(OptionList).get_option_at_index(0).prompt)
        assert words.endswith("free: account 111122223333, role Ad\\x1b[31mmin by SSO, profile default")


class TestWelcome:
    """What is one's own comes first."""

    VIEWS = '[[view]]\nname = "night\\u001b"\nsources = [{ logs = "a" }, { logs = "b" }]\nwhere = "kind:tunnel"\n'
    TABLES = '[[athena.tables]]\nname = "prod"\ntable = "audit.trail"\nprofile = "p"\n'

    async def test_a_saved_view(self, own: Path) -> None:
        opener = Opener()
        async with on_stage(welcoming(own, opener, self.TABLES, self.VIEWS)) as pilot:
            first, second, *_ = offered(pilot)
            assert first.startswith("The view night\\x1b: sessions, kind:tunnel, all times, of logs a + logs b")
            assert second == "The table prod in Athena: audit.trail"
            await press(pilot, "enter")
            assert [member.path for member in opener.opened[0].members] == [own / "a", own / "b"]
            assert stack(pilot).scope.filter.text == "kind:tunnel"

    async def test_a_table_of_the_configuration(self, own: Path) -> None:
        opener = Opener()
        async with on_stage(welcoming(own, opener, self.TABLES)) as pilot:
            await press(pilot, "enter")
        assert opener.opened[0].athena is not None
        assert (opener.opened[0].athena.address.table, opener.opened[0].athena.address.profile) == ("trail", "p")

    async def test_a_bucket(self, own: Path) -> None:
        opener = Opener()
        async with on_stage(welcoming(own, opener)) as pilot:
            pilot.app.screen.query_one("#bucket", Input).focus()
            await press(pilot, *"no", "enter")
            assert "no" in str(pilot.app.screen.query_one("#wrong", Static).content)
            pilot.app.screen.query_one("#bucket", Input).value = "s3://my-trail/logs"
            await press(pilot, "enter")
        assert opener.opened[0].s3 is not None
        assert (opener.opened[0].s3.address.bucket, opener.opened[0].s3.address.prefix) == ("my-trail", "logs/")

    async def test_tables_are_looked_for(self, own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        table = FoundTable("AwsDataCatalog", "audit.\x1b", "trail", "documented", "", date(2026, 1, 2), None, None)
        found = partial(tuple, ([table], ["The catalog x cannot be listed."]))
        monkeypatch.setattr("ssmtrail.tui.open_trail.tables_found", lambda *_: found())
        opener = Opener()
        async with on_stage(welcoming(own, opener)) as pilot:
            await press(pilot, "down", "down", "enter")
            await settled(pilot)
            assert offered(pilot)[-2:] == [
                'The table "audit.\\x1b".trail in Athena: documented, from 2026-01-02',
                "Look for CloudTrail tables in Athena: 1 found",
            ]
            assert "cannot be listed" in str(pilot.app.screen.query_one("#wrong", Static).content)
            await press(pilot, "enter")
        assert opener.opened[0].athena is not None
        assert opener.opened[0].athena.address.database == "audit.\x1b"

    async def test_why_none_are_found(self, own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def refused(*_: object) -> None:
            raise SourceError("There are no AWS credentials.")

        monkeypatch.setattr("ssmtrail.tui.open_trail.tables_found", refused)
        async with on_stage(welcoming(own, Opener())) as pilot:
            await press(pilot, "up", "enter")
            await settled(pilot)
            assert "no AWS credentials" in str(pilot.app.screen.query_one("#wrong", Static).content)
            assert offered(pilot)[-1].endswith("0 found")

    async def test_a_file_of_views_with_a_mistake(self, own: Path) -> None:
        async with on_stage(welcoming(own, Opener(), views="[[view]]\n")) as pilot:
            assert offered(pilot)[0].startswith("Event history")


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


@pytest.mark.parametrize(
    ("typed", "words"),
    [("~nobody-here", "There is no home of a user nobody-here."), ("x" * 300, "File name too long.")],
)
async def test_welcome_refuses_what_can_be_no_folder(typed: str, words: str) -> None:
    async with on_stage(app_over(None, ask_for=Opener())) as pilot:
        field = pilot.app.screen.query_one(Input)
        field.focus()
        field.value = typed
        await press(pilot, "enter")
        assert words in str(pilot.app.screen.query_one("#wrong", Static).content)


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
