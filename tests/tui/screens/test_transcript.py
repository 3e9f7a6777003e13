"""The transcript of a session: opened by `T`, its states, its kinds of text, search."""

from __future__ import annotations

import json
import stat
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual.widgets import Static

from ssmtrail.queries.transcripts.finder import Transcripts
from ssmtrail.tui.frame.export import ExportScreen
from ssmtrail.tui.frame.go_to import GoTo
from ssmtrail.tui.views.transcript import TranscriptPane
from ssmtrail.widgets.details import Details
from ssmtrail.widgets.long_text import LongText
from tests.fakes import FakeTrail, a_call, a_session
from tests.queries.transcripts.made import PRINTED, an_event, by_script, streamed
from tests.tui.screens.stage import app_over, frame, listing, on_stage, pane, press, said, stack

if TYPE_CHECKING:
    from threading import Event

    from ssmtrail.queries.transcripts.model import Lookup, SessionFacts

SESSION = "jane.doe-0ab1c2d3e4f5a6b7c"


class ATrail(FakeTrail):
    """A trail whose transcripts are in a folder."""

    looked_up = 0

    def transcript(self, session: SessionFacts, cancelled: Event, among: Transcripts | None = None) -> Lookup:
        del among
        self.looked_up += 1
        return self.transcripts.look_up(session, None, cancelled)


def a_trail(folder: Path | None, **changes: str | None) -> ATrail:
    trail = ATrail({"sessions": [a_session(**changes)], "calls": [a_call()]})
    trail.transcripts = Transcripts(folder, None, folder / "opened.jsonl" if folder else None)
    return trail


def shown(page: TranscriptPane) -> list[str]:
    """The rows of text on the screen."""
    text = page.text
    return [text.render_line(y).text.rstrip() for y in range(min(text.size.height, len(text._lines)))]


def facts(page: TranscriptPane) -> dict[str, str]:
    return {label: str(cell) for label, cell in page.query_one("#facts", Details)._rows}


async def test_one_key_opens_the_text_of_a_session_and_the_opening_is_noted(tmp_path: Path) -> None:
    (tmp_path / f"{SESSION}.log").write_bytes(by_script(tmp_path))
    trail = a_trail(tmp_path)
    async with on_stage(app_over(trail)) as pilot:
        await press(pilot, "T")
        page = pane(pilot, TranscriptPane)
        assert shown(page) == ["sh-5.2$ ls /", "bin  etc", "sh-5.2$ exit"]
        assert "1 character overwritten" in facts(page)["not shown"]
        (noted,) = (tmp_path / "opened.jsonl").read_text().splitlines()
        assert json.loads(noted)["session_id"] == SESSION
        await press(pilot, "escape")
        assert listing(pilot).display


async def test_the_page_of_a_session_opens_it_too_and_more_reading_does_not_open_it_again(tmp_path: Path) -> None:
    (tmp_path / f"{SESSION}.log").write_bytes(b"id\n")
    trail = a_trail(tmp_path)
    async with on_stage(app_over(trail)) as pilot:
        await press(pilot, "enter", "T")
        assert shown(pane(pilot, TranscriptPane)) == ["id"]
        await press(pilot, "z")
        assert trail.looked_up == 1
        await press(pilot, "escape", "T")
        assert trail.looked_up == 2


@pytest.mark.parametrize(
    ("kind", "status", "words"),
    [
        ("port-forward", "started", "not recordable"),
        ("shell", "denied", "not recordable"),
        ("shell", "started", "unknown"),
    ],
)
async def test_a_session_without_one_says_why(kind: str, status: str, words: str) -> None:
    async with on_stage(app_over(a_trail(None, kind=kind, status=status)), (80, 24)) as pilot:
        await press(pilot, "T")
        page = pane(pilot, TranscriptPane)
        assert f"transcript: {words}" in str(page.query_one("#title").render())
        assert facts(page)["why"].endswith(".")
        assert len(page.text._lines) == 0


async def test_from_a_transcript_keys_lead_to_its_person_and_not_to_itself(tmp_path: Path) -> None:
    (tmp_path / f"{SESSION}.log").write_bytes(b"id\n")
    async with on_stage(app_over(a_trail(tmp_path))) as pilot:
        await press(pilot, "T")
        related = pane(pilot, TranscriptPane).related
        assert (related.person, related.machine, related.session) == ("jane.doe", "web-3", None)
        await press(pilot, "T")
        assert len(stack(pilot).levels) == 2


async def test_raw_shows_every_control_character_as_an_escape(tmp_path: Path) -> None:
    (tmp_path / f"{SESSION}.log").write_bytes(PRINTED + b"\x1b]52;c;b3duZWQ=\x07\xff\xe2\x80\xae\n")
    async with on_stage(app_over(a_trail(tmp_path))) as pilot:
        await press(pilot, "T", "v")
        rows = shown(pane(pilot, TranscriptPane))
        assert rows[0] == "sh-5.2$ lss\\x08\\x1b[K /"
        assert rows[3] == "\\x1b]52;c;b3duZWQ=\\x07\\xff\\u202e"
        await press(pilot, "v", "v")
        assert shown(pane(pilot, TranscriptPane))[0] == "sh-5.2$ ls /"


async def test_a_search_goes_from_hit_to_hit_and_escape_goes_back(tmp_path: Path) -> None:
    lines = "".join(f"line {number}{' sudo reboot' * (number in (50, 150))}\n" for number in range(200))
    (tmp_path / f"{SESSION}.log").write_text(lines)
    async with on_stage(app_over(a_trail(tmp_path))) as pilot:
        await press(pilot, "T", "slash", *"SUDO")
        page = pane(pilot, TranscriptPane)
        assert any("line 50 sudo" in row for row in shown(page))
        assert str(page.query_one(GoTo)._hits.render()) == "1 of 2"
        await press(pilot, "enter", "n")
        assert any("line 150 sudo" in row for row in shown(page))
        assert said(pilot).startswith("2 of 2 lines")
        await press(pilot, "N")
        assert any("line 50 sudo" in row for row in shown(page))
        await press(pilot, "g", "slash", *"none", "escape")
        assert shown(page)[0] == "line 0"
        assert pilot.app.focused is page.text


async def test_a_text_that_is_shown_anew_stays_where_it_was_with_its_hits(tmp_path: Path) -> None:
    lines = (f"line {number}{' sudo reboot' * (number in (50, 150))} {'x' * 300}" for number in range(200))
    (tmp_path / f"{SESSION}.jsonl").write_bytes(streamed(an_event(1, *lines)))
    async with on_stage(app_over(a_trail(tmp_path))) as pilot:
        await press(pilot, "T", "slash", *"sudo", "enter", "n", "j")
        page = pane(pilot, TranscriptPane)
        before = [row[8:] for row in shown(page)]
        assert any("line 150 sudo" in row for row in before)
        await press(pilot, "z")
        assert [row[8:] for row in shown(page)] == before
        await press(pilot, "v")
        assert [row[8:] for row in shown(page)] == before
        await press(pilot, "N")
        assert said(pilot).startswith("1 of 2 lines")
        await press(pilot, "g", "j", "slash", *"none", "escape")
        assert page.text.place == (0, 1)
        await press(pilot, "slash", *"sudo", "escape", "n")
        assert said(pilot).startswith("1 of 2 lines")


async def test_a_text_that_asks_for_much_memory_is_shown_up_to_a_bound_that_is_said(tmp_path: Path) -> None:
    (tmp_path / f"{SESSION}.log").write_bytes(b"\x1b[4096Cx\n" * 20_000)
    async with on_stage(app_over(a_trail(tmp_path))) as pilot:
        await press(pilot, "T")
        page = pane(pilot, TranscriptPane)
        assert 7_000 < len(page.text.texts) < 8_000
        assert "no room for more: `ssmtrail transcript` writes all" in str(page.query_one("#mode").render())


async def test_times_stand_beside_streamed_lines_alone(tmp_path: Path) -> None:
    (tmp_path / f"{SESSION}.jsonl").write_bytes(streamed(an_event(1, "id"), an_event(9, "exit")))
    async with on_stage(app_over(a_trail(tmp_path))) as pilot:
        await press(pilot, "T")
        page = pane(pilot, TranscriptPane)
        assert shown(page) == ["10:00:01  id", "10:00:09  exit"]
        assert "user/jane" in facts(page)["started by"]
        assert "2026-11-29T10:00:09Z" in facts(page)["alive"]
        await press(pilot, "z")
        assert shown(page)[0] == "11:00:01  id"


async def test_a_large_one_is_shown_up_to_a_bound_that_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ssmtrail.tui.views.transcript.held", lambda chunks, size: _held(chunks, size))
    (tmp_path / f"{SESSION}.log").write_text("some words\n" * 1_000)
    async with on_stage(app_over(a_trail(tmp_path))) as pilot:
        await press(pilot, "T")
        page = pane(pilot, TranscriptPane)
        assert "only the first 99 B of 11.0 kB" in str(page.query_one("#mode").render())
        assert len(page.text._lines) == 9


def _held(chunks: object, size: int | None) -> object:
    from ssmtrail.queries.transcripts.text import held

    return held(chunks, size, most=100)  # type: ignore[arg-type]


async def test_long_lines_are_wrapped_as_a_terminal_wraps_them() -> None:
    from textual.app import App, ComposeResult

    class AnApp(App[None]):
        def compose(self) -> ComposeResult:
            yield LongText()

    async with AnApp().run_test(size=(14, 6)) as pilot:
        text = pilot.app.query_one(LongText)
        text.show(["0123456789abcdef", "", "漢字漢字漢字漢", "end"])
        width = text.scrollable_content_region.width
        rows = [text.render_line(y).text.rstrip() for y in range(6)]
        assert rows[:3] == ["0123456789abcdef"[:width], "0123456789abcdef"[width:], ""]
        assert rows[3] == "漢字漢字漢字漢"[: width // 2]
        assert text.search("END", 0) == (1, 1)
        text.show([])
        assert text.top == 0
        assert text.search("x", 0) == (0, 0)


async def test_a_line_of_a_megabyte_is_drawn_in_time_by_its_length() -> None:
    from textual.app import App, ComposeResult

    class AnApp(App[None]):
        def compose(self) -> ComposeResult:
            yield LongText()

    async with AnApp().run_test(size=(80, 24)) as pilot:
        text = pilot.app.query_one(LongText)
        for line in ("x" * 1_000_000, "é" * 1_000_000):
            begun = time.process_time()
            text.show([line])
            text.search(line[0], 0)
            text.go_back_to((0, 9_000))
            await pilot.pause()
            assert text.place == (0, 9_000)
            rows = [text.render_line(y).text for y in range(24)]
            assert time.process_time() - begun < 4
            width = text.scrollable_content_region.width
            assert [row.rstrip() for row in rows] == [line[0] * width] * 24


async def test_a_transcript_that_was_left_is_kept_nowhere(tmp_path: Path) -> None:
    (tmp_path / f"{SESSION}.log").write_bytes(b"secret\n")
    async with on_stage(app_over(a_trail(tmp_path))) as pilot:
        await press(pilot, "T")
        page = pane(pilot, TranscriptPane)
        await press(pilot, "escape")
        assert page.opened is None
        assert page.text.texts == ()


async def test_a_streamed_one_is_exported_as_a_recording_or_as_text(tmp_path: Path) -> None:
    (tmp_path / f"{SESSION}.jsonl").write_bytes(streamed(an_event(1, "$ id\x1b[2J"), an_event(9, "$ exit")))
    async with on_stage(app_over(a_trail(tmp_path))) as pilot:
        await press(pilot, "T", "e", "enter")
        made = tmp_path / f"ssmtrail-{SESSION}.cast"
        _, *events = [json.loads(line) for line in made.read_text().splitlines()]
        assert events == [[0.0, "o", "$ id\r\n"], [8.0, "o", "$ exit\r\n"]]
        assert stat.S_IMODE(made.stat().st_mode) == 0o600
        assert said(pilot).endswith(f" to {made.name}")
        await press(pilot, "v", "e", *"raw.txt", "enter")
        assert (tmp_path / "raw.txt").read_text() == (
            "2026-11-29T10:00:01Z  $ id\\x1b[2J\n2026-11-29T10:00:09Z  $ exit\n"
        )
    noted = [json.loads(line)["how"] for line in (tmp_path / "opened.jsonl").read_text().splitlines()]
    assert noted == ["screen", "export", "export"]


async def test_one_without_times_is_exported_as_text_and_says_why_not_as_a_recording(tmp_path: Path) -> None:
    (tmp_path / f"{SESSION}.log").write_bytes(by_script(tmp_path))
    async with on_stage(app_over(a_trail(tmp_path)), (80, 24)) as pilot:
        await press(pilot, "T", "e", *"night.cast", "enter")
        wrong = str(pilot.app.screen.query_one("#wrong", Static).render())
        assert wrong.startswith("No recording can be made: it needs the time of each line")
        assert not (tmp_path / "night.cast").exists()
        await press(pilot, *(("backspace",) * 4), *"txt", "enter")
        assert (tmp_path / "night.txt").read_text() == "sh-5.2$ ls /\nbin  etc\nsh-5.2$ exit\n"


async def test_an_exported_file_says_that_it_is_of_the_first_bytes_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ssmtrail.tui.views.transcript.held", lambda chunks, size: _held(chunks, size))
    (tmp_path / f"{SESSION}.log").write_text("some words\n" * 1_000)
    async with on_stage(app_over(a_trail(tmp_path))) as pilot:
        await press(pilot, "T", "e", "enter")
        assert said(pilot).startswith("wrote 9 lines of the first 99 B (ctrl+y")


async def test_where_there_is_no_text_there_is_nothing_to_export() -> None:
    async with on_stage(app_over(a_trail(None))) as pilot:
        await press(pilot, "T", "e")
        assert pane(pilot, TranscriptPane).opened is not None


async def test_its_export_takes_no_words_and_says_so(tmp_path: Path) -> None:
    (tmp_path / f"{SESSION}.log").write_bytes(b"id\n")
    async with on_stage(app_over(a_trail(tmp_path))) as pilot:
        await press(pilot, "T", "colon", *"export ")
        assert "csv" not in said(pilot)
        await press(pilot, *"csv", "enter")
        beside = frame(pilot).command_line.bar.query_one(".filter-bar--say", Static)
        assert str(beside.render()) == "export takes no words here: alone it asks for the file."
        await press(pilot, "escape", "colon", *"export", "enter")
        assert isinstance(pilot.app.screen, ExportScreen)


async def test_a_recording_says_how_many_lines_have_no_time_of_their_own(tmp_path: Path) -> None:
    (tmp_path / f"{SESSION}.jsonl").write_bytes(streamed(an_event(5, "a"), an_event(1, "b", "c"), an_event(6, "d")))
    async with on_stage(app_over(a_trail(tmp_path))) as pilot:
        await press(pilot, "T", "e", "enter")
        assert said(pilot).startswith("wrote 4 lines, 2 with the line before: no time of their own (ctrl+y")


async def test_one_whose_first_lines_have_no_times_is_refused_and_nothing_written(tmp_path: Path) -> None:
    events = [an_event(1, *map(str, range(120)), eventTime="soon"), an_event(2, "end")]
    (tmp_path / f"{SESSION}.jsonl").write_bytes(streamed(*events))
    async with on_stage(app_over(a_trail(tmp_path))) as pilot:
        await press(pilot, "T", "e", "enter")
        assert said(pilot).startswith("No recording can be made")
        assert list(tmp_path.glob("*.cast")) == []
