"""Transcripts in files: recordings have the session's pace, and nothing that a player's terminal obeys."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssmtrail.queries.transcripts.text import Line
from ssmtrail.tui.formats.transcript import Recorded, recording, text_line
from tests.hostile import HOSTILE
from tests.terminal_bytes import faults, text_faults

if TYPE_CHECKING:
    from collections.abc import Iterable

BEGUN = datetime(2026, 11, 29, 10, 0, 1, tzinfo=UTC)


def at(seconds: float, text: str) -> Line:
    return Line(text, BEGUN + timedelta(seconds=seconds))


def parts(lines: Iterable[Line], recorded: Recorded | None = None, title: str = "s") -> tuple[Any, list[Any]]:
    made = recording(lines, title, recorded or Recorded())
    assert made is not None
    header, *events = [json.loads(each) for each in b"".join(made).splitlines()]
    return header, events


def test_lines_come_at_the_pace_of_the_session_in_steps_of_a_second() -> None:
    header, events = parts([at(0, "$ id"), at(0.4, "ssm-user"), at(61.7, "$ exit")], title="session x")
    assert events == [[0.0, "o", "$ id\r\n"], [0.0, "o", "ssm-user\r\n"], [61.0, "o", "$ exit\r\n"]]
    assert (header["version"], header["timestamp"], header["title"]) == (2, int(BEGUN.timestamp()), "session x")
    assert header["idle_time_limit"] == 3
    assert min(header["width"], header["height"]) > 0


def test_times_never_run_backwards_and_what_has_none_comes_with_the_line_before() -> None:
    recorded = Recorded()
    lines = [Line("not read"), at(0, "a"), at(5, "b"), at(2, "c"), Line("d"), at(6, "e")]
    _, events = parts(lines, recorded)
    assert [(when, text.strip()) for when, _, text in events] == [
        (0.0, "not read"), (0.0, "a"), (5.0, "b"), (5.0, "c"), (5.0, "d"), (6.0, "e"),
    ]  # fmt: skip
    assert recorded.untimed == 3


def test_without_times_there_is_no_recording() -> None:
    assert recording([], "s", Recorded()) is None
    assert recording([Line("$ id"), Line("ssm-user")], "s", Recorded()) is None


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_a_player_is_given_text_and_line_ends_alone(text: str) -> None:
    made = recording([at(0, text), at(1, "end")], text, Recorded())
    assert made is not None
    data = b"".join(made)
    assert data.isascii()
    assert faults(data.replace(b"\n", b"")) == []
    header, *events = [json.loads(each) for each in data.splitlines()]
    assert text_faults(header["title"]) == []
    for _, kind, printed in events:
        assert kind == "o"
        assert printed.endswith("\r\n")
        assert text_faults(printed[:-2]) == []


@given(st.lists(st.text(max_size=40), min_size=1, max_size=5))
def test_a_terminal_shows_each_line_as_it_is_written(texts: list[str]) -> None:
    header, events = parts([at(number, text) for number, text in enumerate(texts)])
    screen = pyte.Screen(2_000, header["height"])
    pyte.Stream(screen).feed("".join(printed for _, _, printed in events))
    assert screen.title == ""
    assert screen.cursor.y == len(texts)


def test_a_line_of_text_has_its_time_and_is_safe() -> None:
    assert text_line(at(0, "a\x1b[2Jb")) == b"2026-11-29T10:00:01Z  a\\x1b[2Jb\n"
    assert text_line(Line("plain")) == b"plain\n"
