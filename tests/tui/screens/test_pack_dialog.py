"""`E`: the dialog of an evidence pack, what it may be of, how it is written and given up."""

from __future__ import annotations

import hashlib
import json
import zipfile
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from textual.widgets import OptionList, Static

from ssmtrail.queries.config import Settings
from ssmtrail.queries.errors import Cancelled
from ssmtrail.queries.policy.reading import read_policy
from ssmtrail.queries.transcripts.finder import Transcripts
from ssmtrail.tui.evidence.verify import faults
from ssmtrail.tui.frame.pack_dialog import PackScreen, session_choice
from ssmtrail.tui.frame.related import Related
from tests.fakes import NOON
from tests.records import denied, iam_user, opened, start, terminate, write_file
from tests.tui.counted import counted_door
from tests.tui.screens.stage import SCOPE, app_over, on_stage, press, stack, until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from threading import Event

    from textual.pilot import Pilot

    from ssmtrail.queries.trail import Trail

WEB = "arn:aws:ec2:eu-central-1:111122223333:instance/i-0b0b"
SMALL, LARGE = (80, 24), (200, 50)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("packed")
    records = [
        start("10:00:00", "jane-1"),
        terminate("11:00:00", "jane-1"),
        start("12:00:00", "eve-1", "i-0b0b", iam_user("eve")),
        denied("StartSession", "09:00:00", WEB, iam_user("eve")),
    ]
    write_file(home / "logs" / "a.json", records)
    (home / "access.toml").write_text('version = 1\n[[rule]]\nid = "a"\nwho = ["jane"]\nwhere = "*"\n')
    return home


@contextmanager
def trail_of(folder: Path, **more: Any) -> Iterator[Trail]:
    with opened(folder / "logs", folder / "store", **more) as trail:
        yield trail


def dialog(pilot: Pilot[int]) -> PackScreen:
    assert isinstance(pilot.app.screen, PackScreen)
    return pilot.app.screen


def offered(pilot: Pilot[int]) -> list[str]:
    options = dialog(pilot).query_one(OptionList).options
    return [str(option.prompt) for option in options]


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "200x50"])
async def test_what_is_packed_and_where_to_are_in_one_column(size: tuple[int, int]) -> None:
    async with on_stage(app_over(counted_door(20)), size) as pilot:
        await press(pilot, "E")
        strips = pilot.app.screen._compositor.render_strips()
        lines = ["".join(segment.text for segment in strip) for strip in strips]
        columns = [
            line.index(text) for text in ("all of the window", "ssmtrail-evidence") for line in lines if text in line
        ]
        assert len(columns) == 2
        assert columns[0] == columns[1]


def told(pilot: Pilot[int], name: str = "#status") -> str:
    return str(dialog(pilot).query_one(name, Static).content)


def answers(pack: Path, question: str) -> list[dict[str, Any]]:
    with zipfile.ZipFile(pack) as archive:
        return [json.loads(line) for line in archive.read(f"answers/{question}.jsonl").splitlines()]


async def test_a_row_offers_its_session_of_which_a_pack_is_written(folder: Path, tmp_path: Path) -> None:
    with trail_of(folder) as trail:
        async with on_stage(app_over(trail), SMALL) as pilot:
            await press(pilot, "down", "E")
            assert offered(pilot) == [
                "shown   all of the window", "session jane-1", "person  jane", "machine i-0ab1c2d3",
            ]  # fmt: skip
            await press(pilot, "down", "tab", *"my.zip", "enter")
            said = told(pilot)
            await press(pilot, "y")
            assert pilot.app.clipboard == str(tmp_path / "my.zip")
            await press(pilot, "escape")
            assert stack(pilot).view.pane == "sessions"
    pack = tmp_path / "my.zip"
    assert [row["session_id"] for row in answers(pack, "sessions")] == ["jane-1"]
    assert [row["event_name"] for row in answers(pack, "calls")] == ["TerminateSession", "StartSession"]
    assert faults(pack) == []
    assert f"sha256 {hashlib.sha256(pack.read_bytes()).hexdigest()}" in said
    assert "1 row of sessions, 2 rows of calls" in said
    assert json.loads((tmp_path / "my.zip.made.json").read_text())["source"] == str(folder / "logs")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["my.zip", "my.zip.made.json"]


async def test_transcripts_are_put_in_where_that_is_ticked(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copies = tmp_path / "copies"
    copies.mkdir()
    (copies / "jane-1.log").write_bytes(b"\x1b[31mid\n")
    with trail_of(folder) as trail:
        monkeypatch.setattr(trail, "transcripts", Transcripts(copies))
        async with on_stage(app_over(trail), SMALL) as pilot:
            await press(pilot, "down", "E", "down", "tab", *"my.zip", "tab", "space", "enter")
            said = told(pilot)
    assert "transcripts: 1 recorded, not redacted" in said
    with zipfile.ZipFile(tmp_path / "my.zip") as archive:
        assert archive.read("transcripts/00001/jane-1.log") == b"\x1b[31mid\n"


async def test_the_pages_of_a_session_and_of_a_person(folder: Path) -> None:
    with trail_of(folder) as trail:
        async with on_stage(app_over(trail)) as pilot:
            await press(pilot, "enter", "E")
            assert offered(pilot) == ["session eve-1", "person  eve", "machine i-0b0b"]
            await press(pilot, "escape", "p", "E")
            assert offered(pilot)[0] == "shown   account:111122223333 personkind:iam-user person:eve"


async def test_escape_gives_a_pack_up_and_leaves_nothing(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[bool] = []

    def packed(
        _folder: Path, _trail: object, _question: object, cancelled: Event, report: Callable[[str], object]
    ) -> None:
        report("writing records: 1")
        ended.append(cancelled.wait(10))
        raise Cancelled

    monkeypatch.setattr("ssmtrail.tui.evidence.writing.packed", packed)
    with trail_of(folder) as trail:
        async with on_stage(app_over(trail)) as pilot:
            await press(pilot, "E")
            await pilot.press("enter")
            await until(pilot, lambda: told(pilot) == "writing records: 1 (Esc cancels)")
            await pilot.press("enter")  # one at a time
            await press(pilot, "escape")
            assert told(pilot, "#wrong") == "Cancelled: nothing was written."
            assert ended == [True]
            await press(pilot, "escape")
            assert not isinstance(pilot.app.screen, PackScreen)
    assert list(tmp_path.iterdir()) == []


async def test_a_path_is_looked_at_and_settings_are_those_of_the_app(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "old.zip").write_bytes(b"precious")
    policy = folder / "access.toml"
    settings = Settings(policy=policy, possible_hours=9)
    with trail_of(folder, policy=read_policy(policy)) as trail:
        async with on_stage(app_over(trail, settings=settings), LARGE) as pilot:
            await press(pilot, "E", "tab", *"x.csv", "enter")
            assert told(pilot, "#wrong") == "The name has to end in .zip."
            await press(pilot, "ctrl+u", *"no/x.zip", "enter")
            assert told(pilot, "#wrong").startswith("There is no folder ")
            await press(pilot, "ctrl+u", *"~nobody-here/x.zip", "enter")
            assert told(pilot, "#wrong") == "There is no home of a user nobody-here."
            await press(pilot, "ctrl+u", *"old.zip", "enter")
            assert told(pilot, "#wrong") == "old.zip exists already. Enter again replaces it."
            assert (tmp_path / "old.zip").read_bytes() == b"precious"
            await press(pilot, "enter")
    assert faults(tmp_path / "old.zip") == []
    assert len(answers(tmp_path / "old.zip", "sessions")) == 3
    with zipfile.ZipFile(tmp_path / "old.zip") as archive:
        assert archive.read("policy.toml") == policy.read_bytes()
        assert json.loads(archive.read("MANIFEST.json"))["settings"]["possible_hours"] == 9


async def test_what_the_core_refuses_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ssmtrail.tui.evidence.writing.packed", refused)
    with trail_of(folder) as trail:
        async with on_stage(app_over(trail)) as pilot:
            await press(pilot, "E", "tab", *"x.zip", "enter")
            assert told(pilot, "#wrong").endswith("x.zip cannot be written: No space left on device.")


async def test_a_page_without_rows_has_no_pack() -> None:
    async with on_stage(app_over(counted_door(5))) as pilot:
        await press(pilot, "Q", "E")
        assert not isinstance(pilot.app.screen, PackScreen)


def test_a_session_that_ends_after_the_window_is_whole() -> None:
    end = SCOPE.window.end
    assert end is not None
    found = session_choice(Related(session_id="\x1b[2J", events=("e1",), last=end + timedelta(hours=1)), SCOPE)
    assert found is not None
    assert found.scope.window.end == end + timedelta(hours=1, microseconds=1)
    assert found.scope.window.start == SCOPE.window.start
    assert found.name == "\\x1b[2J"
    plain = session_choice(Related(events=("e1", "e2"), last=NOON - timedelta(days=1)), SCOPE)
    assert plain is not None
    assert (plain.what, plain.scope.window) == ("calls", SCOPE.window)
    assert plain.scope.filter.text == "eventid:=e1 eventid:=e2"
    assert session_choice(Related(), SCOPE) is None
