"""Every form of a transcript gives the lines of the session, without those of the agent."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest

from ssmtrail.queries.errors import Cancelled
from ssmtrail.queries.transcripts.text import Mode, Written, held, text_lines
from tests.queries.transcripts.made import OLD_AGENT, PLAIN, POWERSHELL, an_event, by_script, streamed

if TYPE_CHECKING:
    from pathlib import Path


def read(data: bytes, mode: Mode = "plain", size: int = 7) -> tuple[list[str], Written]:
    """The lines of a transcript that comes in small pieces."""
    written = Written()
    pieces = [data[start : start + size] for start in range(0, len(data), size)]
    return [line.text for line in text_lines(pieces, mode, written, threading.Event())], written


def test_the_form_that_script_makes_today(tmp_path: Path) -> None:
    lines, written = read(by_script(tmp_path))
    assert lines == PLAIN
    assert written.reading.form == "script"
    assert written.reading.written_at.startswith("20")
    assert written.dropped == {"overwritten": 1, "colour": 2}


def test_a_session_that_prints_the_words_of_script_keeps_them(tmp_path: Path) -> None:
    replay = b"$ /usr/bin/ssm-session-logger x/ipcTempFile.log false\r\n"
    printed = b"Script started on a whim\r\n" + replay + b"Script done on it\r\n$ id\r\n"
    lines, _ = read(by_script(tmp_path, printed))
    assert lines == printed.decode().replace("\r", "").splitlines()


def test_an_old_agents_root_shell_is_not_the_sessions() -> None:
    lines, written = read(OLD_AGENT)
    assert [line for line in lines if line] == ["sh-4.2$ whoami", "ssm-user", "sh-4.2$ exit"]
    assert written.reading.form == "script of an old agent"
    assert written.reading.written_at == "Tue 24 Nov 2020 09:15:02 AM UTC"
    raw, _ = read(OLD_AGENT, "raw")
    assert "sh-4.2# exit" not in raw


def test_a_transcript_cut_in_its_middle_loses_no_line(tmp_path: Path) -> None:
    whole = by_script(tmp_path)
    assert read(whole[: whole.index(b"Script done")])[0] == [*PLAIN, ""]
    assert read(b"Script started on x\n")[0] == []
    assert read(b"")[0] == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_powershells_header_and_end_are_left_out(encoding: str) -> None:
    lines, written = read(POWERSHELL.encode(encoding), size=100)
    assert lines == ["PS C:\\Windows\\system32> whoami", "ec2amaz-0ab1\\ssm-user"]
    assert (written.reading.form, written.reading.written_at) == ("PowerShell", "2026-11-29 18:43:20")
    assert written.reading.cut == 13


def test_streamed_events_have_times_and_a_second_witness() -> None:
    data = streamed(an_event(1, "sh-5.2$ id", "uid=1001"), an_event(3, "\x1b]0;x\x07sh-5.2$ \u202eexit"))
    written = Written()
    lines = list(text_lines([data], "plain", written, threading.Event()))
    assert [(line.text, line.at and line.at.second) for line in lines] == [
        ("sh-5.2$ id", 1), ("uid=1001", 1), ("sh-5.2$ \u202eexit", 3),
    ]  # fmt: skip
    assert written.reading.starters == ["arn:aws:iam::111122223333:user/jane"]
    assert written.reading.run_as == "ssm-user"
    assert written.reading.last_at == lines[-1].at


def test_an_event_that_cannot_be_read_is_shown_as_it_is() -> None:
    broken = b'{"eventVersion":"1.0","sessionData":["unfinished"\n'
    lines, written = read(streamed(an_event(1, "one")) + broken + streamed(an_event(2, "two", eventTime="noon")))
    assert lines == ["one", broken.decode().strip(), "two"]
    assert written.reading.unread == 1


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00"])
def test_a_time_that_another_zone_cannot_write_is_left_out(moment: str) -> None:
    written = Written()
    (line,) = text_lines([streamed(an_event(1, "one", eventTime=moment))], "plain", written, threading.Event())
    assert (line.text, line.at, written.reading.last_at) == ("one", None, None)


def test_an_export_of_cloudwatch_logs_puts_its_time_before_an_event() -> None:
    lines, written = read(b"2026-11-29T10:00:02.123Z " + streamed(an_event(1, "one")).replace(b"\n", b"\t\n"))
    assert (lines, written.reading.form) == (["one"], "streamed")


def test_names_as_long_as_a_line_are_cut() -> None:
    arn = {"arn": "arn:" + "x" * 10_000}
    _, written = read(streamed(an_event(1, "one", runAsUser="y" * 10_000, userIdentity=arn)))
    assert written.reading.run_as == "y" * 512 + " ..."
    assert written.reading.starters == [arn["arn"][:512] + " ..."]
    _, written = read(b"Script started on " + b"z" * 10_000 + b"\none\n")
    assert written.reading.written_at == "z" * 512 + " ..."


@pytest.mark.parametrize(
    ("before", "repeated", "after"),
    [
        (b"{", b'"sessionData"', b"x"),
        (b"2026-11-29T10:00:02Z {", b'"sessionData"', b"x"),
        (b"Script started on x\nx# ssm-session-logger ", b"ipcTempFile", b"!"),
    ],
)
def test_a_hostile_line_takes_time_by_its_length(before: bytes, repeated: bytes, after: bytes) -> None:
    """A pattern would search it from every place again, and let no other thread run meanwhile."""

    def seconds(times: int) -> float:
        begun = time.process_time()
        read(before + repeated * times + after, "raw", size=1 << 18)
        return time.process_time() - begun

    seconds(1)
    assert seconds(20_000) < 0.5


def test_a_line_without_an_end_is_cut_into_pieces() -> None:
    lines, written = read(b"x" * 2_500_000, size=1 << 18)
    assert [len(line) for line in lines] == [1_000_000, 1_000_000, 500_000]
    assert written.reading.split == 2


def test_a_screen_holds_whole_lines_up_to_its_bound() -> None:
    found = held(iter([b"one\ntw", b"o\nthree\n" * 5]), 46, most=10)
    assert (found.data, found.size, found.is_cut) == (b"one\ntwo\n", 46, True)
    assert held([b"one\n"], None).size == 4


def test_reading_stops_when_it_is_cancelled() -> None:
    cancelled = threading.Event()
    lines = text_lines([b"x\n" * 10_000], "plain", Written(), cancelled)
    next(lines)
    cancelled.set()
    with pytest.raises(Cancelled):
        next(lines)


def test_full_screen_programs_are_drawn_in_their_place() -> None:
    program = "\x1b[?1049h\x1b[2J\x1b[3;5Hhello\x1b[24;1H:wq\x1b[?1049l"
    lines, written = read(f"$ vi\r\n{program}$ exit\r\n".encode(), "screens")
    assert lines[0] == "$ vi"
    assert lines[-1] == "$ exit"
    assert "    hello" in lines
    assert ":wq" in lines
    assert written.frames >= 1


def test_sequences_that_pyte_fails_on_cannot_stop_the_reading() -> None:
    hostile = (
        "\x1b[?1049h" + "\x1b[>1u\x1b[999999999L\x1b[99999999999999999999999d\x1b[;;;;r\x1b[?6$p\x1bP+q\x1b\\" * 20
    )
    lines, _ = read(f"{hostile}seen\x1b[?1049l\r\nafter\r\n".encode(), "screens")
    assert lines[-1] == "after"


def test_numbers_that_a_full_screen_program_printed_are_drawn_as_they_were() -> None:
    program = "\x1b[?1049h\x1b[2J\x1b[1;1Hinvoice 1234567\x1b[99999999d\x1b[2;1Hpid 41213\x1b[?1049l"
    lines, _ = read(f"{program}$ exit\r\n".encode(), "screens")
    assert "invoice 1234567" in lines
    assert "pid 41213" in lines


def test_drawing_ends_at_a_number_of_screens_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ssmtrail.queries.transcripts.screens._MOST_FRAMES", 5)
    program = "".join(f"\x1b[2J\x1b[1;1Hscreen of {number}" for number in range(8))
    data = f"\x1b[?1049h{program}\x1b[?1049l$ one\r\n\x1b[?1049h{program}\x1b[?1049l$ two\r\n".encode()
    lines, written = read(data, "screens", size=1 << 18)
    assert written.frames == 5
    assert "screen of 4" in lines
    assert "screen of 5" not in lines
    assert [line for line in lines if "screens are drawn" in line or line.startswith("$")] == [
        (told := "--- 5 screens are drawn: what follows of this program is not; raw has everything ---"),
        "$ one", told, "$ two",
    ]  # fmt: skip


def test_what_a_program_printed_beyond_the_bound_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ssmtrail.queries.transcripts.screens._MOST_TEXT", 10)
    program = b"\x1b[?1049hfirst line\r\nsecond\r\nthird"
    said = "--- 11 more characters of this program are not drawn; raw has everything ---"
    assert said not in read(program.replace(b"second\r\nthird", b""), "screens")[0]
    lines, _ = read(program, "screens")
    assert "first line" in lines
    assert lines[-1] == said


def test_countless_programs_in_one_line_take_time_by_its_length() -> None:
    begun = time.process_time()
    lines, written = read(b"\x1b[?47h\x1b[?47l" * 40_000 + b"seen\n", "screens", size=1 << 18)
    assert time.process_time() - begun < 2
    assert (lines, written.frames) == (["seen"], 0)


def test_drawing_stops_when_it_is_cancelled() -> None:
    cancelled = threading.Event()
    program = "".join(f"\x1b[2J\x1b[1;1Hscreen of {number}" for number in range(100))
    lines = text_lines([f"\x1b[?1049h{program}\x1b[?1049l\r\n".encode()], "screens", Written(), cancelled)
    next(lines)
    cancelled.set()
    with pytest.raises(Cancelled):
        list(lines)


def test_places_of_the_cursor_that_a_program_saves_are_not_kept_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    import pyte

    made: list[pyte.Screen] = []

    class Kept(pyte.Screen):
        def __init__(self, columns: int, lines: int) -> None:
            super().__init__(columns, lines)
            made.append(self)

    monkeypatch.setattr(pyte, "Screen", Kept)
    read(b"\x1b[?1049h" + b"\x1b7" * 20_000 + b"x\x1b[?1049l\n", "screens", size=1 << 18)
    (screen,) = made
    assert len(screen.savepoints) <= 16
