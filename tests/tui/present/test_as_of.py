"""Who was there, in words."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssmtrail.queries.details import presence
from ssmtrail.queries.times import Window
from ssmtrail.tui.text import Clock
from ssmtrail.tui.views.as_of_text import Room, answer, edge, line_of, title
from ssmtrail.widgets.text import cell_width
from tests.tui.as_of_app import NOON, POSSIBLE, REACH, STAYS, a_stay, as_of, at

if TYPE_CHECKING:
    from ssmtrail.queries.views import Stay

UTC_CLOCK = Clock()
_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_SPELLED = {word: number for number, word in enumerate(_WORDS, 1)}
_MOMENTS = st.integers(-40 * 60, 40 * 60).map(lambda minutes: NOON + timedelta(minutes=minutes))


@st.composite
def _stays(draw: st.DrawFn) -> list[Stay]:
    made = []
    for number in range(draw(st.integers(0, 40))):
        began = draw(_MOMENTS)
        end = None if draw(st.booleans()) else began + timedelta(minutes=draw(st.integers(0, 900)))
        stay = a_stay(f"person.{draw(st.integers(0, 25))}", began, end, orphan=draw(st.booleans()), key=str(number))
        if end is None and draw(st.booleans()):
            alive = began + timedelta(minutes=draw(st.integers(0, 300)))
            stay = replace(stay, certain_until=alive, possible_until=alive + POSSIBLE)
        made.append(stay)
    return made


def said(stays: list[Stay], moment: datetime, width: int = 300) -> str:
    return " / ".join(answer(as_of(stays), moment, UTC_CLOCK, "db-1", Room(width, 2)))


def numbers(sentence: str) -> tuple[int, int]:
    """Certain, possible, as the sentence says them."""
    certain = re.search(r"(\S+) (?:person|people) (?:was|were) certainly", sentence)
    possible = re.search(r", (\S+) possibly\.", sentence)

    def number(found: re.Match[str] | None) -> int:
        return 0 if found is None else _SPELLED.get(found[1]) or int(found[1])

    return number(certain), number(possible)


class TestAnswer:
    def test_certain_and_possible_are_kept_apart(self) -> None:
        assert answer(as_of(), NOON, UTC_CLOCK, "db-1", Room(90, 2)) == [
            "At 12:12 one person was certainly on db-1, one possibly.",
            "max.weber; possibly jane.doe (no end recorded, up to 24 h).",
        ]

    @pytest.mark.parametrize(
        ("people", "sentence"),
        [
            ((1, 0), "At 12:12 one person was certainly on db-1."),
            ((2, 0), "At 12:12 two people were certainly on db-1."),
            ((0, 3), "At 12:12 nobody was certainly on db-1, three possibly."),
            ((13, 1_200), "At 12:12 13 people were certainly on db-1, 1,200 possibly."),
        ],
    )
    def test_numbers_in_words(self, people: tuple[int, int], sentence: str) -> None:
        stays = [a_stay(f"sure.{number}", at("12:00"), at("13:00")) for number in range(people[0])]
        stays += [a_stay(f"perhaps.{number}", at("12:00")) for number in range(people[1])]
        assert answer(as_of(stays), NOON, UTC_CLOCK, "db-1", Room(100, 2))[0].split("  ")[0] == sentence

    def test_what_is_meant_by_possible_has_its_own_line_where_names_are_long(self) -> None:
        stays = [a_stay("somebody.with.a.very.long.name@example.com", at("12:00"))]
        told = answer(as_of(stays), NOON, UTC_CLOCK, "db-1", Room(70, 3))
        assert told[1] == "somebody.with.a.very.long.name@example.com (no end recorded)."
        assert told[2] == "Possible: no end recorded, up to 24 h after the last sign of life."

    @pytest.mark.parametrize(("certain", "possible"), [(1, 0), (0, 2), (2, 1)])
    def test_no_word_for_how_sure_it_is_begins_both_lines(self, certain: int, possible: int) -> None:
        stays = [a_stay(f"sure.{number}", at("12:00"), at("13:00")) for number in range(certain)]
        stays += [a_stay(f"perhaps.{number}", at("12:00")) for number in range(possible)]
        told = said(stays, NOON).casefold()
        assert told.count("certainly") == 1
        assert told.count("possibly") == bool(possible) + bool(certain and possible)

    def test_somebody_with_several_sessions_counts_once_by_the_surest(self) -> None:
        stays = [a_stay("jane", at("11:00")), a_stay("jane", at("12:00"), at("12:30")), a_stay("jane", at("12:01"))]
        assert said(stays, NOON).startswith("At 12:12 one person was certainly on db-1.  jane.")

    def test_nobody_says_who_was_there_before_and_who_comes_next(self) -> None:
        stays = [a_stay("max", at("09:00"), at("10:00")), a_stay("jane", at("01:00", 22), at("02:00", 22))]
        assert said(stays, NOON) == (
            "At 12:12 nobody was on db-1, as far as the records show.  "
            "Before: max, until 10:00. Next: jane, from 22 Nov 01:00."
        )
        open_end = [a_stay("max", at("09:00", 20))]
        assert "Before: max, last sign of life 20 Nov 09:00." in said(open_end, NOON)
        assert said([], NOON).endswith("Nobody within 36 h of it either.")

    def test_a_start_that_is_not_in_the_data_is_said(self) -> None:
        assert "  li.wei (start not in the data)." in said([a_stay("li.wei", NOON, NOON, orphan=True)], NOON)

    def test_what_is_not_known_is_not_answered(self) -> None:
        beyond = NOON + REACH
        assert answer(as_of([]), beyond, UTC_CLOCK, "db-1", Room(80, 2)) == ["Looking up who was on db-1 at 00:12."]

    def test_outside_the_window_nobody_is_no_answer(self) -> None:
        found = replace(as_of([]), read=Window(None, NOON))
        assert "Outside the window" in " ".join(answer(found, NOON, UTC_CLOCK, "db-1", Room(200, 2)))
        assert "Outside" not in " ".join(answer(found, NOON - timedelta(seconds=1), UTC_CLOCK, "db-1", Room(200, 2)))

    def test_the_clock_is_that_of_the_zone(self) -> None:
        assert answer(as_of(), NOON, Clock("Asia/Kolkata"), "db-1", Room(80, 1))[0].startswith("At 17:42 ")

    def test_hostile_names_are_made_safe(self) -> None:
        stays = [a_stay("\x1b[31m[bold]漢字\u202e", at("12:00"), at("13:00"))]
        for line in answer(as_of(stays), NOON, UTC_CLOCK, "\x1b]52;c;x\x07", Room(200, 2)):
            assert line.isprintable()

    @given(_stays(), _MOMENTS)
    def test_the_numbers_are_those_of_presence(self, stays: list[Stay], moment: datetime) -> None:
        certain = {stay.person for stay in stays if presence(stay, moment) == "certain"}
        possible = {stay.person for stay in stays if presence(stay, moment) == "possible"} - certain
        found = as_of(stays, moment)
        assert numbers(answer(found, moment, UTC_CLOCK, "db-1", Room(100, 2))[0]) == (len(certain), len(possible))

    @given(_stays(), _MOMENTS, st.integers(0, 250), st.sampled_from([1, 2, 3]))
    def test_it_fits(self, stays: list[Stay], moment: datetime, width: int, lines: int) -> None:
        told = answer(as_of(stays), moment, UTC_CLOCK, "db-1", Room(width, lines))
        assert 1 <= len(told) <= lines
        assert all(cell_width(line) <= width for line in told)

    @given(_stays(), _MOMENTS)
    def test_the_timeline_knows_the_same(self, stays: list[Stay], moment: datetime) -> None:
        for stay in stays:
            assert line_of(stay).certainty_at(moment) == presence(stay, moment)


class TestTitle:
    @pytest.mark.parametrize("width", [30, 60, 78, 100, 200])
    def test_as_many_keys_as_there_is_room_for(self, width: int) -> None:
        text, hint = title(NOON, UTC_CLOCK, width)
        assert text == "as of 21 Nov 2026 12:12:00 UTC"
        assert not hint or len(text) + 3 + len(hint) <= width
        assert bool(hint) == (width > 50)


class TestEdges:
    def test_starts_and_ends_in_their_order(self) -> None:
        found, moment, seen = as_of(), at("11:00"), []
        for _ in range(6):
            moment, key = edge(found, moment, 1)
            seen.append((f"{moment:%H:%M}", key and key.partition(" ")[0]))
        assert seen == [
            ("11:40", "max.weber"), ("11:58", "jane.doe"), ("12:00", "li.wei"), ("12:05", "li.wei"),
            ("12:31", "max.weber"), ("12:44", "ci-deploy"),
        ]  # fmt: skip
        assert edge(found, at("11:40"), -1) == (at("09:02"), STAYS[0].key)

    def test_without_one_the_end_of_what_is_known(self) -> None:
        assert edge(as_of([]), NOON, 1) == (NOON + REACH, None)
        assert edge(as_of([]), NOON, -1) == (NOON - REACH, None)
