"""Several sources as one on the command line, in views, and in the app."""

from __future__ import annotations

import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ssmtrail.queries.config import Settings, State
from ssmtrail.queries.errors import UsageError
from ssmtrail.tui.choice import SourceChoice
from ssmtrail.tui.cli.main import run
from ssmtrail.tui.frame.saved import line_text
from ssmtrail.tui.launch import last_choice
from ssmtrail.tui.saved_views import SavedView, ViewFiles, toml_text
from ssmtrail.tui.source_words import as_one, choice_of, same_source, source_text, words_of
from tests.records import start, terminate, write_file

if TYPE_CHECKING:
    from ssmtrail.tui.source_words import Words

Said = pytest.CaptureFixture[str]
FROM = ("--from", "2026-11-19", "--to", "2026-11-22")


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    monkeypatch.setenv("SSMTRAIL_CONFIG", str(tmp_path / "config.toml"))
    (tmp_path / "config.toml").write_text("")
    begun = start("2026-11-20T09:00:00Z", "jane-1", eventID="begun")
    write_file(tmp_path / "one" / "a.json", [begun])
    ended = terminate("2026-11-20T09:30:00Z", "jane-1", eventID="ended")
    write_file(tmp_path / "two" / "a.json", [begun, ended, start("2026-11-21T09:00:00Z", "jane-2", eventID="later")])
    return str(tmp_path / "one"), str(tmp_path / "two")


def several(each: list[Any]) -> Words:
    return as_one(each)


def query(*words: str) -> list[str]:
    return ["query", "sessions", *words, *FROM, "--format", "csv", "--columns", "session_id,end_evidence", "-q"]


ANSWER = ["session_id,end_evidence", "jane-2,unknown", "jane-1,terminated"]


class TestQuery:
    def test_two_folders(self, folders: tuple[str, str], capfd: Said) -> None:
        assert run(query("--logs", folders[0], "--logs", folders[1])) == 0
        assert capfd.readouterr().out.split() == ANSWER

    def test_one_that_cannot_be_read_makes_it_incomplete(self, folders: tuple[str, str], capfd: Said) -> None:
        words = [each for each in query("--logs", folders[1], "--logs", "/nowhere/at/all") if each != "-q"]
        assert run(words) == 4
        said = capfd.readouterr()
        assert said.out.split() == ANSWER
        assert "logs /nowhere/at/all" in said.err

    def test_none_that_can_be_read(self, folders: tuple[str, str], capfd: Said) -> None:
        assert run(query("--logs", "/nowhere/at/all", "--logs", "/nor/here")) == 3
        assert "nowhere" in capfd.readouterr().err

    @pytest.mark.parametrize(
        ("words", "what"),
        [
            (("--demo",), "not allowed with argument --demo"),
            (("--workgroup", "x"), "--workgroup is for --athena only"),
            (("--demo-end", "2026-11-01"), "--demo-end is for the demo only"),
        ],
    )
    def test_what_does_not_go_together(
        self, folders: tuple[str, str], capfd: Said, words: tuple[str, ...], what: str
    ) -> None:
        assert run(query("--logs", folders[0], "--logs", folders[1], *words)) == 2
        assert what in capfd.readouterr().err

    def test_a_source_twice(self, folders: tuple[str, str], capfd: Said) -> None:
        assert run(query("--logs", folders[0], "--logs", folders[0])) == 2
        assert "is named twice" in capfd.readouterr().err

    def test_other_commands_take_them(self, folders: tuple[str, str], tmp_path: Path, capfd: Said) -> None:
        both = ["--logs", folders[0], "--logs", folders[1]]
        assert run(["query", "records", *both, *FROM, "--of", "sessions", "-q"]) == 0
        assert len(capfd.readouterr().out.splitlines()) == 3
        assert run(["evidence", *both, *FROM, "--out", str(tmp_path / "pack.zip"), "-q"]) == 0
        assert run(["evidence", "verify", str(tmp_path / "pack.zip")]) == 0
        with zipfile.ZipFile(tmp_path / "pack.zip") as pack:
            inside = b"".join(pack.read(name) for name in pack.namelist())
            assert pack.read("inputs.csv").splitlines()[2].startswith(b"folder 2: a.json,")
        assert str(tmp_path).encode() not in inside  # the same answer elsewhere has the same bytes
        made = json.loads((tmp_path / "pack.zip.made.json").read_text())
        assert made["source"] == f"{folders[0]} + {folders[1]}"

    def test_what_was_read_of_each_is_said(self, folders: tuple[str, str], capfd: Said) -> None:
        words = query("--logs", folders[0], "--logs", folders[1])
        assert run([each for each in words if each != "-q"]) == 0
        said = capfd.readouterr().err
        assert f"logs {folders[0]}: 1 file · 2026-11-20 to 2026-11-20" in said
        assert f"logs {folders[1]}: 1 file · 2026-11-20 to 2026-11-21" in said


class TestViews:
    def test_a_view_of_two(self, folders: tuple[str, str], tmp_path: Path, capfd: Said) -> None:
        (tmp_path / "views.toml").write_text(
            '[[view]]\nname = "both"\nsources = [{ logs = "one" }, { logs = "two" }]\n'
            'from = "2026-11-19"\nto = "2026-11-22"\n'
        )
        assert run(["query", "--view", "both", "--format", "csv", "--columns", "session_id,end_evidence", "-q"]) == 0
        assert capfd.readouterr().out.split() == ANSWER

    def test_it_is_read_as_it_was_written(self, tmp_path: Path) -> None:
        words = several([{"logs": "/a"}, {"athena": "audit.trail", "profile": "p"}, {"history": True, "region": "x"}])
        view = SavedView("all", words, folder=tmp_path)
        files = ViewFiles(tmp_path / "views.toml", left=tmp_path / "left.json")
        files.append(view)
        assert files.named("all").source == {"together": ({"logs": "/a"}, *words["together"][1:])}  # type: ignore[index]
        files.leave(view)
        left = files.left_view()
        assert left is not None
        assert same_source(left.source, words)
        assert toml_text(view).splitlines()[2] == (
            'sources = [{ logs = "/a" }, { athena = "audit.trail", profile = "p" }, { history = true, region = "x" }]'
        )

    def test_the_order_of_sources_is_no_difference(self) -> None:
        one: Words = {"logs": "/a", "reread": True}
        other: Words = {"logs": "/b"}
        assert same_source(several([one, other]), several([other, {"logs": "/a"}]))
        assert not same_source(several([one, other]), one)
        assert not same_source(several([one, other]), several([one, {"logs": "/c"}]))

    def test_the_choice_has_the_words_of_each(self) -> None:
        words = several([{"logs": "/a"}, {"athena": "audit.trail", "profile": "audit", "region": "eu-central-1"}])
        choice = choice_of(words, Settings(), Path())
        assert [each.kind for each in choice.members] == ["logs", "athena"]
        assert (choice.kind, choice.pays, choice.asks_aws, choice.has_queries) == ("together", True, True, True)
        assert choice.priced is choice.members[1].athena
        assert same_source(words_of(choice_of(words_of(choice), Settings(), Path())), words_of(choice))

    def test_ends_are_asked_of_all_accounts(self) -> None:
        ends: Any = {"ends": True, "names": True}
        one, other = {"logs": "/a", "profile": "x", **ends}, {"logs": "/b", "profile": "y", **ends}
        choice = choice_of(several([one, other]), Settings(), Path())
        assert choice.ends is not None
        assert choice.ends.profiles == ("x", "y")
        assert choice.names == choice.ends
        alone = choice_of(several([one, {"logs": "/b"}]), Settings(), Path())
        assert alone.ends == alone.members[0].ends

    def test_the_demo_stays_alone(self) -> None:
        with pytest.raises(UsageError, match="made up"):
            choice_of(several([{"demo": True}, {"logs": "/a"}]), Settings(), Path())

    def test_a_line_of_the_list(self) -> None:
        words = several([{"logs": "/a\x1b[2J"}, {"history": True, "profile": "audit"}])
        assert source_text(words).endswith(" + history audit")
        assert "\x1b" not in source_text(words)
        assert "history audit" in line_text(SavedView("all", words), {"logs": "/a"})


class TestApp:
    def test_sources_open_it(self, folders: tuple[str, str], launched: list[Any]) -> None:
        assert run(["open", "--logs", folders[0], "--logs", folders[1], "--where", "kind:shell"]) == 7
        assert run(["logs", *folders]) == 7
        (choice, options), (other, _) = launched
        assert [each.path for each in choice.members] == [Path(each) for each in folders]
        assert options.filter.text == "kind:shell"
        assert other == choice

    def test_sources_in_place_of_a_views(
        self, folders: tuple[str, str], tmp_path: Path, launched: list[Any], capfd: Said
    ) -> None:
        (tmp_path / "views.toml").write_text(
            '[[view]]\nname = "one"\nsources = [{ logs = "one" }]\nwhere = "kind:ssh"\n'
        )
        assert run(["open", "one", "--logs", folders[1]]) == 7
        [(choice, options)] = launched
        assert (choice.path, options.view.where) == (Path(folders[1]), "kind:ssh")
        assert run(["open", "one", "--where", "kind:shell"]) == 2
        assert run(["open"]) == 2
        assert "Name a view, or sources" in capfd.readouterr().err

    def test_the_last_sources_are_opened_again(self, folders: tuple[str, str]) -> None:
        words = several([{"logs": each} for each in folders])
        ViewFiles().leave(SavedView("last", words))
        choice = last_choice(State("together"), Settings())
        assert [each.path for each in choice.members] == [Path(each) for each in folders]
        ViewFiles().leave(replace(SavedView("last", {"logs": folders[0]}), source={"colour": "red"}))
        assert last_choice(State("together"), Settings()) == SourceChoice()
