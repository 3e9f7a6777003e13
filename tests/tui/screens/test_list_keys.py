"""Moving about a list without a filter: search, a time, the row beside; marks, and what is done with them."""

from __future__ import annotations

import csv
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import TYPE_CHECKING

import pytest
from textual.widgets import Static

from ssmtrail.queries.filters import Filter
from ssmtrail.queries.model import Question, Scope, Sort
from ssmtrail.queries.times import Window
from ssmtrail.tui.frame.finding import hit_beside, row_at, searched
from ssmtrail.tui.frame.prompt import PromptScreen
from ssmtrail.tui.views.session import SessionPane
from tests.fakes import NOON, FakeTrail, a_session
from tests.tui.counted import counted_door
from tests.tui.screens.stage import app_over, frame, keys_of, listing, on_stage, pane, press, said, stack

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

    from ssmtrail.queries.model import Value

ALL = Scope(Window(), Filter())
NEWEST = (Sort("at", descending=True),)


def trail_of(*people: str | None) -> FakeTrail:
    """Sessions an hour apart, the newest first."""
    rows: list[dict[str, Value]] = [
        a_session(key=f"s{n}", session_id=f"s{n}", person=person, person_shown=person, at=NOON - timedelta(hours=n),
                  started_at=NOON - timedelta(hours=n)) for n, person in enumerate(people)
    ]  # fmt: skip
    return FakeTrail({"sessions": rows})


class TestFinding:
    @pytest.mark.parametrize(
        ("row", "by", "found"),
        [(-1, 1, (1, 1)), (0, 1, (1, 1)), (1, 1, (3, 2)), (3, 1, (4, 3)), (4, 1, (1, 1)), (5, 1, (1, 1)),
         (5, -1, (4, 3)), (4, -1, (3, 2)), (2, -1, (1, 1)), (1, -1, (4, 3)), (0, -1, (4, 3)), (6, -1, (4, 3))],
    )  # fmt: skip
    def test_the_rows_with_a_text_are_gone_round(self, row: int, by: int, found: tuple[int, int]) -> None:
        trail = trail_of("karl", "mara", "karl", "mara", "Mara", "karl")
        answer = trail.ask(Question("sessions", ALL, NEWEST), Event())
        hit = hit_beside(trail, answer, "mara", row, by, Event())
        assert hit is not None
        assert ((hit.row, hit.number), hit.of) == (found, 3)

    def test_none_has_it(self) -> None:
        trail = trail_of("karl")
        answer = trail.ask(Question("sessions", ALL, NEWEST), Event())
        assert hit_beside(trail, answer, "mara", 0, 1, Event()) is None

    @pytest.mark.parametrize("text", ['a"b', "a\\", "kind:tunnel", "-x", "a*b", "two words", "日本"])
    def test_a_text_is_no_filter(self, text: str) -> None:
        question = searched(Question("sessions", Scope(Window(), Filter("kind:shell"))), text)
        assert len(question.scope.filter.terms) == 2
        assert [term.key is None for term in question.scope.filter.terms] == [False, True]
        assert not question.scope.filter.terms[1].negated

    def test_counted_lists_are_read(self) -> None:
        trail = counted_door(40)
        answer = trail.ask(Question("people", ALL, (Sort("sessions", True),)), Event())
        rows = [row[0] for row in answer.page(0, 99, ("person",))]
        place = next(n for n, person in enumerate(rows) if n > 1 and person)
        hit = hit_beside(trail, answer, str(rows[place]).upper(), 1, 1, Event())
        assert hit is not None
        assert str(rows[place]) in str(rows[hit.row])

    @pytest.mark.parametrize(
        ("time", "newest_first", "oldest_first"),
        [("12:00", 0, 3), ("11:30", 1, 2), ("11:00", 1, 2), ("09:00", 3, 0), ("13:00", 0, 3)],
    )
    def test_a_time_is_the_last_row_before_it(self, time: str, newest_first: int, oldest_first: int) -> None:
        trail = trail_of("a", "b", "c", "d")
        moment = datetime.fromisoformat(f"{NOON:%Y-%m-%d}T{time}").replace(tzinfo=UTC)
        for order, row in ((NEWEST, newest_first), ((Sort("at"),), oldest_first)):
            answer = trail.ask(Question("sessions", ALL, order), Event())
            assert row_at(answer, moment, Event()) == (row, True)

    def test_without_a_row_before_a_time_it_is_the_earliest(self) -> None:
        trail = trail_of("a", "b", "c", "d")
        for order, row in ((NEWEST, 3), ((Sort("at"),), 0)):
            answer = trail.ask(Question("sessions", ALL, order), Event())
            assert row_at(answer, NOON - timedelta(hours=4), Event()) == (row, False)


def wrong(pilot: Pilot[int]) -> str:
    return str(pilot.app.screen.query_one("#wrong", Static).render())


async def test_n_searches_and_goes_on_and_nothing_is_filtered() -> None:
    async with on_stage(app_over(trail_of("karl", "mara", "karl", "mara", "karl"))) as pilot:
        table = listing(pilot).table
        await press(pilot, "n", *"mara", "enter")
        assert table.cursor_row == 1
        assert said(pilot).startswith("mara: 1 of 2 ")
        await press(pilot, "n")
        assert (table.cursor_row, table.total) == (3, 5)
        await press(pilot, "N")
        assert table.cursor_row == 1
        await press(pilot, "escape", "n")  # the search is over: another text is asked for
        assert isinstance(pilot.app.screen, PromptScreen)
        await press(pilot, *"nobody", "enter")
        assert said(pilot) == "no row says nobody"
        assert (table.cursor_row, stack(pilot).scope.filter.text) == (1, "")
        await press(pilot, "n", "enter")  # nothing is typed: nothing is searched
        assert table.cursor_row == 1


async def test_a_search_is_of_the_list_that_it_was_begun_in() -> None:
    async with on_stage(app_over(counted_door(20))) as pilot:
        await press(pilot, "n", *"db-1", "enter", "4", "n")
        assert isinstance(pilot.app.screen, PromptScreen)


async def test_a_time_is_jumped_to() -> None:
    async with on_stage(app_over(trail_of("a", "b", "c", "d"))) as pilot:
        await press(pilot, "at", *"soon", "enter")
        assert "'soon' is no time" in wrong(pilot)
        await press(pilot, *["backspace"] * 4, *"10:30", "enter")
        assert listing(pilot).table.cursor_row == 2
        assert said(pilot) == ""
        await press(pilot, "at", *"06:00", "enter")
        assert listing(pilot).table.cursor_row == 3
        assert said(pilot) == f"no row is at or before {NOON:%-d %b %Y} 06:00:00 UTC"
        await press(pilot, "at", *"1999-01-01", "enter")
        assert listing(pilot).table.cursor_row == 3
        assert said(pilot) == "1 Jan 1999 00:00:00 UTC is outside of the window  (w)"
        await press(pilot, "right", "right", "s", "at")  # by person: no order of times
        assert not isinstance(pilot.app.screen, PromptScreen)


async def test_in_an_empty_list_there_is_nothing_to_jump_to() -> None:
    async with on_stage(app_over(trail_of())) as pilot:
        await press(pilot, "at")
        assert not isinstance(pilot.app.screen, PromptScreen)
        await press(pilot, "colon", *"jump 12:00", "enter")
        bar = frame(pilot).command_line.bar
        assert str(bar.query_one(".filter-bar--say", Static).content) == "There is no row to jump to."


async def test_the_next_session_is_a_key_away_and_the_list_follows() -> None:
    async with on_stage(app_over(counted_door(20))) as pilot:
        keys = keys_of(pilot)
        await press(pilot, "enter")
        assert stack(pilot).view.key == keys[0]  # type: ignore[attr-defined]
        await press(pilot, "left_square_bracket")
        assert said(pilot) == "the list begins here"
        await press(pilot, "right_square_bracket", "right_square_bracket")
        shown = pane(pilot, SessionPane)
        assert stack(pilot).view.key == keys[2]  # type: ignore[attr-defined]
        assert len(stack(pilot).levels) == 2
        assert shown.detail is not None
        await press(pilot, "left_square_bracket", "escape")
        assert listing(pilot).table.cursor_key == keys[1]


async def test_a_page_that_no_list_opened_has_no_next() -> None:
    async with on_stage(app_over(counted_door(20))) as pilot:
        assert not stack(pilot).can_step()
        await press(pilot, "3")
        assert not stack(pilot).can_step()


async def test_marked_rows_are_exported_and_copied(tmp_path: Path) -> None:
    async with on_stage(app_over(trail_of("karl", "mara", "karl", "mara", "karl"))) as pilot:
        table = listing(pilot).table
        await press(pilot, "space", "down", "space")
        assert (sorted(table.marked), table.cursor_row) == (["s0", "s2"], 3)
        assert said(pilot).startswith("2 marked ")
        await press(pilot, "Y")
        assert len(pilot.app.clipboard.splitlines()) == 2
        await press(pilot, "e", *str(tmp_path / "out.csv"), "enter")
        with (tmp_path / "out.csv").open() as file:
            assert [row["session_id"] for row in csv.DictReader(file)] == ["s0", "s2"]
        await press(pilot, "S")  # another order keeps the marks
        assert table.marked == {"s0", "s2"}
        await press(pilot, "e", "tab", "space", "tab", "space")
        await press(pilot, "escape", "escape")
        assert not table.marked
        assert said(pilot) == "took the 2 marks off"


async def test_a_mark_is_taken_off_and_calls_have_their_own() -> None:
    async with on_stage(app_over(counted_door(20))) as pilot:
        table = listing(pilot).table
        await press(pilot, "space", "up", "space")
        assert not table.marked
        await press(pilot, "space", "c")
        assert not table.marked
