"""What the matrix says in words, and how it is found in."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from textual.content import Content

from ssmtrail.queries.filters import Filter
from ssmtrail.queries.model import Scope
from ssmtrail.queries.times import Window
from ssmtrail.queries.views import CellFacts
from ssmtrail.tui.signs import UNICODE
from ssmtrail.tui.text import Clock, Part, fitted, whole
from ssmtrail.tui.views.matrix_text import Board, Describer, full_label, legend_of
from tests.fakes import NOON, a_matrix

ALL = Scope(Window(), Filter())
TELLER = Describer(Clock("Europe/Berlin"), UNICODE, "sessions", {"111122223333": "prod"})


class TestParts:
    def test_the_highest_rank_goes_first(self) -> None:
        parts = [Part("jane", shrinks=2), Part(": 3"), Part(", shell", rank=2), Part(", last", rank=1)]
        assert [fitted(parts, width).plain for width in (99, 19, 12, 7, 6)] == [
            "jane: 3, shell, last", "jane: 3, last", "jane: 3", "jane: 3", "ja…: 3",
        ]  # fmt: skip

    def test_ascii_stays_ascii(self) -> None:
        assert fitted([Part("a-very-long-name", shrinks=4)], 8, ascii_only=True).plain == "a-ve..me"

    def test_the_longest_name_is_shortened_first(self) -> None:
        parts = [Part("a-very-long-name", shrinks=4), Part(" on "), Part("db-1", shrinks=4)]
        assert fitted(parts, 17).plain == "a-very…me on db-1"

    @given(
        st.lists(
            st.builds(Part, st.text("ab漢", max_size=12), rank=st.integers(0, 3), shrinks=st.sampled_from([0, 3]))
        ),
        st.integers(0, 60),
    )
    def test_it_fits_where_it_can(self, parts: list[Part], width: int) -> None:
        shown = fitted(parts, width).cell_length
        least = sum(min(Content(part.text).cell_length, part.shrinks or 99) for part in parts if not part.rank)
        assert shown <= max(width, least)


class TestBoard:
    def test_hits_begin_with_what_begins_so(self) -> None:
        board = Board.of(a_matrix(ALL, {("web-jane", "i-1"): 1, ("a-web", "web-9"): 1}), {})
        assert board.hits("WEB") == [("down", 0), ("across", 1), ("down", 1)]
        assert board.hits(" ") == []
        assert board.hits("1111") == [("down", 0), ("down", 1)]

    def test_what_has_no_name_is_there(self) -> None:
        board = Board.of(a_matrix(ALL, {(None, None): 2}), {})
        assert [header.label for header in (*board.down.headers, *board.across.headers)] == [
            "unknown behind Admin", "unknown machine",
        ]  # fmt: skip
        assert board.hits("unknown") == [("down", 0), ("across", 0)]

    def test_accounts_have_their_names(self) -> None:
        board = Board.of(a_matrix(ALL, {("jane", "i-1"): 1}), {"111122223333": "prod"})
        assert board.hits("prod") == [("down", 0)]

    def test_cells_are_counted_before_they_are_unpacked(self) -> None:
        board = Board.of(a_matrix(ALL, {("jane", "i-1"): 1, ("jane", "i-2"): -3, ("max", "i-2"): 2}), {})
        assert [board.cells(0, 1), board.cells(1, 1), board.cells(0, 9)] == [2, 1, 3]
        assert [row.at(1) for row in board.rows(0, 2)] == [(3, "d"), (2, " ")]


def test_a_person_with_the_name_of_the_account_in_the_zone_of_the_reader() -> None:
    person = a_matrix(ALL, {("jane", "i-1"): 3}).people[0]
    assert whole(TELLER.person(person)) == (
        "jane · account prod 111122223333 · role session · 3 sessions · 0 denied · last seen 23 Nov 13:00"
    )


def test_a_cell_whose_times_are_not_here_yet() -> None:
    assert whole(TELLER.cell("jane", "db-1", None, None)) == "jane on db-1"
    assert whole(TELLER.cell("jane", "db-1", (3, "d"), None)) == "jane on db-1: ✗ 3 denied"
    assert whole(TELLER.cell("jane", "db-1", (3, "p"), None)) == "jane on db-1: 3 sessions · ! against the policy"
    assert Clock(with_year=True).minute(NOON) == "23 Nov 2026 12:00"


def test_a_cell_against_the_policy_says_how_often_and_the_legend_names_the_mark() -> None:
    facts = CellFacts(3, 3, 0, 0, None, None, ("shell",), first_ever=False, against=2)
    text = whole(TELLER.cell("jane", "db-1", (3, "p"), facts))
    assert text == "jane on db-1: 3 sessions, shell · ! 2 against the policy · 0 denied"
    assert "! against the policy" in whole(legend_of("most", UNICODE, judged=True))
    assert "policy" not in whole(legend_of("most", UNICODE))


def test_people_of_one_name_and_account_are_told_apart_by_their_kind() -> None:
    matrix = a_matrix(ALL, {("jane", "i-1"): 3, ("max", "i-1"): 1})
    jane, max_ = matrix.people
    user = replace(jane, id=replace(jane.id, kind="iam-user"))
    board = Board.of(replace(matrix, people=(jane, replace(user, failed=2), max_)), {})
    assert [full_label(header) for header in board.down.headers] == ["jane role", "jane IAM", "max"]
    assert "IAM user" in whole(TELLER.person(board.matrix.people[1]))
    assert "✗ 2 failed" in whole(TELLER.person(board.matrix.people[1]))
