"""Saved views: what a file says and keeps, sources in words, `open` and `query --view`."""

from __future__ import annotations

import json
import signal
import sys
import types
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from ssmtrail.queries.config import Settings
from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.filters import Filter
from ssmtrail.queries.model import Sort
from ssmtrail.queries.sources.athena.address import Address
from ssmtrail.queries.sources.history.address import HistoryAddress
from ssmtrail.queries.sources.s3.address import S3Address
from ssmtrail.queries.times import Window
from ssmtrail.tui.choice import AthenaChoice, LaunchOptions, S3Choice, SourceChoice
from ssmtrail.tui.cli.main import run
from ssmtrail.tui.launch import left_view
from ssmtrail.tui.list_view import ListView
from ssmtrail.tui.saved_views import SavedView, ViewFiles, toml_text
from ssmtrail.tui.source_words import choice_of, same_source, words_of
from ssmtrail.tui.view_state import ViewState
from ssmtrail.tui.views.matrix import MatrixView
from ssmtrail.tui.views.usage_view import UsageView
from tests.pty_app import running
from tests.records import iam_user, start, write_file
from tests.tui.screens.stage import SCOPE
from tests.tui.test_terminal import ROOT, command

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
VIEW = SavedView("prod tunnels", {"demo": True}, where="kind:tunnel env:prod", start="30d", zone="Europe/Berlin")

CHOICES = [
    SourceChoice("demo"),
    SourceChoice("demo", None, date(2026, 11, 23)),
    SourceChoice("logs", Path("/evidence/a b"), follow_links=True),
    SourceChoice("logs", Path("/evidence/a b"), keep_secrets=True),
    SourceChoice("logs", Path("/evidence"), ends=HistoryAddress(("prod",), ("eu-central-1",))),
    SourceChoice("logs", Path("/evidence"), names=HistoryAddress(("prod",), ("eu-central-1",))),
    SourceChoice("history", history=HistoryAddress(("a", "b"), ("eu-central-1", "us-east-1"), run_command=True)),
    SourceChoice("history", history=HistoryAddress(organisation_role="Audit")),
    SourceChoice("s3", s3=S3Choice(S3Address("my-trail", "logs/", None, ("111122223333",)), ask_above=1.0)),
    SourceChoice("s3", s3=S3Choice(S3Address(trail="org", profile="audit", request_payer=True), ask_above=1.0)),
    SourceChoice(
        "athena",
        athena=AthenaChoice(
            Address("audit", 'odd.na"me', "glue2", "p", "eu-west-1", "wg", "s3://results/x/"),
            (("account", ("1", "2")),),
        ),
    ),
]  # fmt: skip


class TestSources:
    @pytest.mark.parametrize("choice", CHOICES, ids=str)
    def test_the_words_of_a_source_open_it_again(self, choice: SourceChoice, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("AWS_PROFILE", raising=False)
        assert choice_of(words_of(choice), Settings(), Path("/elsewhere")) == choice

    def test_a_file_neither_agrees_to_a_price_nor_writes(self) -> None:
        for word in ("yes", "max_price", "accept_unproven", "output", "command"):
            with pytest.raises(UsageError, match=f"unknown setting '{word}'"):
                choice_of({"demo": True, word: True}, Settings(), Path())

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            ({}, "not none of them"),
            ({"demo": True, "logs": "x"}, "not logs and demo"),
            ({"demo": "yes"}, "demo of a view's source is to be true or false"),
            ({"logs": True}, "logs of a view's source is to be a text in quotes"),
            ({"demo": True, "demo_end": "soon"}, "'soon' is no date"),
            ({"demo": True, "workgroup": "x"}, "--workgroup is for --athena only"),
        ],
    )
    def test_what_is_wrong_is_a_sentence(self, words: dict[str, Any], said: str) -> None:
        with pytest.raises(UsageError, match=said):
            choice_of(words, Settings(), Path())

    def test_a_folder_is_found_from_where_the_file_is(self) -> None:
        assert choice_of({"logs": "AWSLogs"}, Settings(), Path("/team")).path == Path("/team/AWSLogs")
        with pytest.raises(UsageError, match="no home of a user nobody-here"):
            choice_of({"logs": "~nobody-here/AWSLogs"}, Settings(), Path("/team"))
        assert choice_of({"history": "audit"}, Settings(), Path()).history == HistoryAddress(("audit",))

    def test_how_it_is_read_does_not_make_another_source(self) -> None:
        assert same_source({"logs": "/a", "reread": True}, {"logs": "/a"})
        assert not same_source({"logs": "/a"}, {"logs": "/b"})


class TestWindows:
    @pytest.mark.parametrize("text", ["30d", "12h", "yesterday", "last-month"])
    def test_one_that_moves_keeps_its_word(self, text: str) -> None:
        assert Window.parse(text, None, NOW).texts() == (text, "")

    def test_a_fixed_one_keeps_its_times(self) -> None:
        window = Window.parse("2026-11-01", "2026-11-02T12:30", NOW, "Europe/Berlin")
        assert window.texts("Europe/Berlin") == ("2026-11-01", "2026-11-02T11:30:00Z")
        assert Window.parse(*window.texts("Europe/Berlin"), NOW, "Europe/Berlin") == window
        assert Window.parse("30d", "2026-11-20", NOW).texts() == ("2026-10-25", "2026-11-20")
        assert Window().texts() == ("", "")

    def test_the_window_beside_a_moving_one_is_fixed(self) -> None:
        assert Window.parse("yesterday", None, NOW).shifted(-1).texts() == ("2026-11-21", "2026-11-22")


class TestFile:
    def test_what_a_person_wrote_stays(self, tmp_path: Path) -> None:
        path = tmp_path / "views.toml"
        mine = '# ours\n[[view]]\nname = "a" # first\nsources = [{ logs = "x" }]'  # no line end
        path.write_text(mine)
        path.chmod(0o644)
        link = tmp_path / "linked.toml"
        link.symlink_to(path)
        files = ViewFiles(link, left=tmp_path / "left")
        files.append(VIEW)
        files.append(replace(VIEW, name="b"))
        assert path.read_text().startswith(mine + "\n\n[[view]]\n")
        assert link.is_symlink()
        assert path.stat().st_mode & 0o777 == 0o644
        assert [view.name for view in files.views()] == ["a", "b", "prod tunnels"]
        assert files.named("prod tunnels") == replace(VIEW, folder=tmp_path)

    def test_of_equal_names_the_last_one_counts(self, tmp_path: Path) -> None:
        files = ViewFiles(tmp_path / "sub/views.toml", ({**VIEW.entry, "where": "kind:ssh"},))
        assert files.named(VIEW.name).where == "kind:ssh"
        files.append(VIEW)
        assert [view.where for view in files.views()] == [VIEW.where]
        assert files.path.stat().st_mode & 0o777 == 0o600

    @pytest.mark.parametrize("name", ['quo"te', "new\nline", "back\\slash", "日本 \x7f\x1b", "a] = { #"])
    def test_any_name_and_filter_survive(self, tmp_path: Path, name: str) -> None:
        files = ViewFiles(tmp_path / "views.toml")
        files.append(replace(VIEW, name=name, where=f'"{name}"' if '"' not in name else name))
        assert [view.name for view in files.views()] == [name]

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            ("[[view]", "is no TOML"),
            ('[[view]]\nname = "a"', r"an entry \[\[view\]\] needs sources, which is to be a list of sources"),
            ('[[view]]\nname = "a"\nsources = [{demo = true}]\nwere = "x"', "'were' in .view.; did you mean where"),
            ('[[view]]\nname = "a"\nsources = [{demo = true}]\nfrom = 2026-11-01', "from in .view. is to be a text"),
            ('[[view]]\nname = "a"\nsources = []', r"sources in .view. is to be a list of sources"),
            ('[[view]]\nname = "a"\nsources = [{demo = true}]\nscreen = "x"', "of no screen: 'x'; there are sessions"),
        ],
    )  # fmt: skip
    def test_a_file_with_a_mistake_is_not_added_to(self, tmp_path: Path, content: str, said: str) -> None:
        path = tmp_path / "views.toml"
        path.write_text(content)
        with pytest.raises(UsageError, match=said):
            ViewFiles(path).append(VIEW)
        assert path.read_text() == content

    def test_a_name_that_is_no_text_is_refused(self, tmp_path: Path) -> None:
        files = ViewFiles(tmp_path / "views.toml")
        with pytest.raises(UsageError, match="cannot be saved"):
            files.append(replace(VIEW, source={"logs": "/\udcff"}))
        assert not files.path.exists()

    def test_the_configuration_may_hold_views(self, tmp_path: Path) -> None:
        (tmp_path / "config.toml").write_text(toml_text(VIEW))
        files = ViewFiles(tmp_path / "views.toml", Settings.load(tmp_path / "config.toml").view)
        assert [view.name for view in files.views()] == [VIEW.name]

    def test_a_misspelt_name_is_advised(self, tmp_path: Path) -> None:
        files = ViewFiles(tmp_path / "views.toml", (VIEW.entry,))
        with pytest.raises(UsageError, match=r"There is no view 'prod tunels' .*; did you mean prod tunnels"):
            files.named("prod tunels")


class TestLeft:
    def test_it_is_remembered_exactly(self, tmp_path: Path) -> None:
        files = ViewFiles(left=tmp_path / "state/last-view.json")
        assert files.left_view() is None
        view = replace(VIEW, source={"logs": "/a\udcff"}, arrangement={"sort": "-person,at"})
        files.leave(view)
        assert files.left_view() == replace(view, folder=files.left.parent)
        assert [each.name for each in files.left.parent.iterdir()] == ["last-view.json"]
        assert files.left.stat().st_mode & 0o777 == 0o600

    @pytest.mark.parametrize("content", [b"", b"\xff", b"[1]", b"{}", b"[" * 100_000, json.dumps({"name": 1}).encode()])
    def test_what_is_damaged_is_none(self, tmp_path: Path, content: bytes) -> None:
        files = ViewFiles(left=tmp_path / "last-view.json")
        files.left.write_bytes(content)
        assert files.left_view() is None

    def test_where_it_cannot_be_written_nothing_happens(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        ViewFiles(left=tmp_path / "file/last-view.json").leave(VIEW)

    def test_two_that_leave_at_once_do_not_share_a_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        files = ViewFiles(left=tmp_path / "last-view.json")
        put = Path.replace

        def leave_another(path: Path, target: Path) -> Path:
            monkeypatch.setattr(Path, "replace", put)
            files.leave(replace(VIEW, where="kind:ssh"))
            return put(path, target)

        monkeypatch.setattr(Path, "replace", leave_another)
        files.leave(VIEW)
        left = files.left_view()
        assert left is not None
        assert left.where == VIEW.where  # the one that was put there last
        assert [each.name for each in tmp_path.iterdir()] == ["last-view.json"]

    def test_the_usual_beginning_is_no_view(self) -> None:
        plain = SavedView("last", {"demo": True}, zone="UTC", arrangement={"sort": "-at"})
        assert plain.is_plain("UTC")
        for other in (
            replace(plain, where="x"), replace(plain, start="7d"), replace(plain, screen="matrix"),
            replace(plain, arrangement={"sort": "at"}), replace(plain, measure="calls"),
            replace(plain, zone="Asia/Tokyo"),
        ):  # fmt: skip
            assert not other.is_plain("UTC")


class TestArrangement:
    @pytest.mark.parametrize(
        ("view", "words"),
        [
            (ListView.of(ViewState(SCOPE)).sorted("person"), {"sort": "person"}),
            (replace(ListView.of(ViewState(SCOPE)), sort=(Sort("at", True), Sort("person"))), {"sort": "-at,person"}),
            (MatrixView(ViewState(SCOPE), "name"), {"sort": "name"}),
            (UsageView(ViewState(SCOPE), "week", "person"), {"unit": "week", "parts": "person"}),
        ],
    )
    def test_it_is_read_as_it_was_written(self, view: Any, words: dict[str, str]) -> None:
        assert view.arrangement() == words
        first = ListView.of(view.state) if isinstance(view, ListView) else type(view)(view.state)
        assert first.arranged(words) == view

    def test_what_there_is_not_is_said(self) -> None:
        for view, words in (
            (MatrixView(ViewState(SCOPE)), {"sort": "-at"}),
            (UsageView(ViewState(SCOPE)), {"unit": "year"}),
            (UsageView(ViewState(SCOPE)), {"parts": "colour"}),
        ):
            with pytest.raises(UsageError, match=r"There is no|has no|There are no"):
                view.arranged(words)


@pytest.fixture
def config(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder of settings with one view."""
    for name in ("CACHE", "STATE"):
        monkeypatch.setenv(f"SSMTRAIL_{name}", str(tmp_path / name.lower()))
    monkeypatch.setenv("SSMTRAIL_CONFIG", str(tmp_path / "config.toml"))
    (tmp_path / "config.toml").write_text("")
    (tmp_path / "views.toml").write_text(
        '[[view]]\nname = "tunnels"\nsources = [{ demo = true, demo_end = "2026-11-23" }]\nscreen = "tunnels"\n'
        'where = "kind:remote-port-forward"\nsort = "-sessions"\ncolumns = ["destination", "sessions", "denied"]\n'
        'from = "2026-11-01"\n'
    )
    return tmp_path


class TestCommands:
    def test_open_begins_with_the_view(self, config: Path, launched: list[tuple[SourceChoice, LaunchOptions]]) -> None:
        assert run(["open", "tunnels"]) == 7
        [(choice, options)] = launched
        assert choice == SourceChoice("demo", None, date(2026, 11, 23))
        assert options.view is not None
        assert (options.view.screen, options.view.where) == ("tunnels", "kind:remote-port-forward")

    def test_a_view_that_is_not_there(self, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["open", "tunnel"]) == 2
        assert "did you mean tunnels?" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("mistake", "what"),
        [
            ('where = "shade:red"', "shade"),
            ('from = "whenever"', "'whenever' is no time"),
            ('zone = "Mars/X"', "Mars/X"),
        ],
    )
    def test_a_view_with_a_mistake_is_refused_before_there_is_a_screen(
        self, config: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], mistake: str, what: str
    ) -> None:
        module = types.ModuleType("ssmtrail.tui.launch")
        module.run = lambda *_: pytest.fail("the app was begun")  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, "ssmtrail.tui.launch", module)
        (config / "views.toml").write_text(f'[[view]]\nname = "odd"\nsources = [{{ demo = true }}]\n{mistake}\n')
        assert run(["open", "odd"]) == 2
        assert what in capsys.readouterr().err

    def test_a_query_needs_a_question_or_a_view(self, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert run(["query"]) == 2
        assert "Missing argument 'QUESTION'" in capsys.readouterr().err

    def test_a_query_asks_what_the_view_shows(self, config: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
        assert run(["query", "--view", "tunnels", "--format", "csv", "-q"]) == 0
        of_view = capfdbinary.readouterr().out.splitlines()
        asked = "query tunnels --demo --demo-end 2026-11-23 --where kind:remote-port-forward --from 2026-11-01"
        shown = "--sort -sessions --columns destination,sessions --format csv -q"
        assert run(f"{asked} {shown}".split()) == 0
        assert of_view == capfdbinary.readouterr().out.splitlines()
        assert len(of_view) > 2

    def test_the_window_of_a_view_is_in_its_zone(self, config: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
        (config / "views.toml").write_text(
            '[[view]]\nname = "a day"\nsources = [{ demo = true, demo_end = "2026-11-23" }]\n'
            'from = "2026-11-20"\nto = "2026-11-21"\nzone = "Asia/Tokyo"\n'
        )
        shown = "--columns at,session_id --format csv -q"
        assert run(["query", "--view", "a day", *shown.split()]) == 0
        of_view = capfdbinary.readouterr().out.splitlines()
        asked = "query sessions --demo --demo-end 2026-11-23 --from 2026-11-19T15:00Z --to 2026-11-20T15:00Z"
        assert run(f"{asked} {shown}".split()) == 0
        assert of_view == capfdbinary.readouterr().out.splitlines()
        assert len(of_view) > 2

    def test_questions_that_count_nothing(self, config: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
        shown = ("--view", "tunnels", "--where", "env:prod", "-q")
        assert run(["query", "as-of", "--at", "2026-11-20T12:00Z", "--format", "csv", *shown]) == 0
        assert run(["query", "records", "--of", "sessions", *shown]) == 0
        assert b'"eventName"' in capfdbinary.readouterr().out

    def test_a_wrong_filter_of_a_view_is_named(self, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
        views = (config / "views.toml").read_text()
        (config / "views.toml").write_text(views.replace("kind:remote-port-forward", "colour:red"))
        assert run(["query", "--view", "tunnels"]) == 2
        said = capsys.readouterr().err
        assert "colour" in said
        assert "^" not in said

    def test_options_win_over_the_view(self, config: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
        words = ["query", "usage", "--view", "tunnels", "--views", str(config / "views.toml"), "--where", "kind:shell"]
        assert run([*words, "--unit", "month", "--format", "csv", "-q"]) == 0
        lines = capfdbinary.readouterr().out.splitlines()
        assert len(lines) == 2
        assert lines[0] == b"bucket,sessions,calls,denied,failed"


class TestTakenUp:
    @pytest.fixture
    def files(self, tmp_path: Path) -> ViewFiles:
        files = ViewFiles(tmp_path / "views.toml", left=tmp_path / "last-view.json")
        files.leave(VIEW)
        return files

    def test_of_the_same_source_alone(self, files: ViewFiles) -> None:
        taken = left_view(files, SourceChoice("demo"), LaunchOptions())
        assert taken is not None
        assert taken.where == VIEW.where
        assert left_view(files, SourceChoice("logs", Path("/x")), LaunchOptions()) is None
        assert left_view(files, SourceChoice(), LaunchOptions()) is None

    def test_not_where_the_command_line_says_what_to_begin_with(self, files: ViewFiles) -> None:
        for options in (
            LaunchOptions(fresh=True), LaunchOptions(window=Window()), LaunchOptions(filter=Filter("kind:ssh")),
        ):  # fmt: skip
            assert left_view(files, SourceChoice("demo"), options) is None

    def test_not_what_this_version_does_not_understand(self, files: ViewFiles) -> None:
        for view in (replace(VIEW, where="shade:red"), replace(VIEW, start="whenever"), replace(VIEW, zone="Mars/X")):
            files.leave(view)
            assert left_view(files, SourceChoice("demo"), LaunchOptions()) is None


def test_what_was_seen_is_there_again_after_a_kill(tmp_path: Path) -> None:
    records = [start("2026-11-23T12:04:11Z", "e1"), start("2026-11-23T09:00:00Z", "e2", who=iam_user("karl"))]
    write_file(tmp_path / "logs/AWSLogs/111122223333/CloudTrail/eu-central-1/2026/11/23/a.json.gz", records)
    places = {f"SSMTRAIL_{name}": str(tmp_path / name.lower()) for name in ("CACHE", "STATE")}
    env = {"HOME": str(tmp_path), "TZ": "UTC", **places}
    words, left = ("logs", str(tmp_path / "logs")), tmp_path / "last-view.json"
    with running(command(*words), 120, 30, env, str(ROOT)) as app:
        app.wait_for("23 Nov 09:00:00")
        app.write(b"/-person:karl\r4")
        app.wait_for("Last seen")
        while not (left.is_file() and '"people"' in left.read_text()):
            app.listen(0.05)
        app.process.send_signal(signal.SIGKILL)
        _ = app.wait_closed()
    with running(command(*words), 120, 30, env, str(ROOT)) as app:
        app.wait_for("Last seen")
        app.wait_for("as you left it")
        app.wait_for("1 of 2")
        assert "/ -person:karl" in app.text
