"""The matrix, driven by keys."""

from __future__ import annotations

import csv
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from textual.widgets import Static

from ssmtrail.queries.errors import StoreError
from ssmtrail.queries.model import Coverage
from ssmtrail.queries.views import PersonId
from ssmtrail.tui.frame.chrome import HeaderLine
from ssmtrail.tui.frame.go_to import GO_TO_KEYS, GoTo
from ssmtrail.tui.frame.keys import KeyLine
from ssmtrail.tui.frame.parts_line import PartsLine
from ssmtrail.tui.frame.stack import ViewStack
from ssmtrail.tui.signs import ASCII
from ssmtrail.tui.text import whole
from ssmtrail.tui.view_state import ViewState
from ssmtrail.tui.views.matrix import MatrixPane, MatrixView
from ssmtrail.tui.views.sessions import SessionsPane
from ssmtrail.widgets.matrix import MatrixGrid
from tests.fakes import NOON, FakeTrail
from tests.tui.screens.stage import (
    SCOPE,
    app_over,
    frame,
    held,
    keys_of,
    listing,
    on_stage,
    pane,
    press,
    read_on,
    said,
    settled,
    stack,
    until,
)
from tests.tui.touched import TOUCHES, TouchedDoor, crowd, touched_door

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from textual.pilot import Pilot


@pytest.fixture(autouse=True)
def without_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ssmtrail.tui.views.matrix.REST", 0.001)


@asynccontextmanager
async def matrix(trail: FakeTrail | None = None, size: tuple[int, int] = (120, 36)) -> AsyncIterator[Pilot[int]]:
    """The app with its matrix open."""
    async with on_stage(app_over(trail or touched_door()), size) as pilot:
        await press(pilot, "2")
        yield pilot


def seen(pilot: Pilot[int]) -> MatrixPane:
    return pane(pilot, MatrixPane)


def grid(pilot: Pilot[int]) -> MatrixGrid:
    return seen(pilot).grid


def picture(pilot: Pilot[int], lines: int = 9) -> list[str]:
    shown = grid(pilot)
    return [shown.render_line(y).text.rstrip() for y in range(lines)]


def names(pilot: Pilot[int]) -> tuple[str, str]:
    """Who and which is under the cursor."""
    person, machine = seen(pilot).person, seen(pilot).machine
    return person[1].label if person else "", machine[1].label if machine else ""


def told(pilot: Pilot[int]) -> str:
    return whole(seen(pilot).query_one("#cell", PartsLine).parts)


async def stand_on(pilot: Pilot[int], person: str | None, target: str | None) -> None:
    """Move the cursor; None is the header."""
    board = seen(pilot).board
    assert board is not None
    place = next((n for n, one in enumerate(board.matrix.people) if one.label == person), -1)
    wanted = None if target == "unknown" else target
    machines = enumerate(board.matrix.machines) if target else ()
    which = next((n for n, one in machines if one.target == wanted), -1)
    grid(pilot).cursor_row, grid(pilot).cursor_column = (which, place) if board.matrix.turned else (place, which)
    await settled(pilot)


def header_of(pilot: Pilot[int]) -> tuple[str, ...]:
    return frame(pilot).query_one(HeaderLine).heading.totals


class TestLooks:
    async def test_people_down_machines_across_under_their_environments(self) -> None:
        async with matrix(size=(90, 24)) as pilot:
            assert picture(pilot, 8) == [
                "                       prod                         │stage    │",
                " most first                db-1     web-2     web-1 │   app-1 │i-0na…ss  unkno…ne  sum",
                " max.weber                   41        17⇄        · │       · │       ·         ·   58",
                " jane.doe                     3         4        12 │       1 │       ·         ·   20",
                " unknown behind Admin         5         ·         · │       · │       ·         ·    5",
                " li.wei                       ·         ·         · │       · │       2         1    3",
                " temp.contractor              ·         ·        ✗3 │       1+│       ·         ·    1",
                " sum                         49        21        12 │       2 │       2         1   87",
            ]
        async with matrix() as pilot:
            assert header_of(pilot) == ("87 sessions", "4 identities", "5 machines")

    async def test_turned_round(self) -> None:
        async with matrix() as pilot:
            await press(pilot, "t")
            assert [line.split()[0] for line in picture(pilot, 8)[2:]] == [
                "db-1", "web-2", "web-1", "app-1", "i-0nameless", "unknown",
            ]  # fmt: skip
            assert picture(pilot)[2].split() == ["db-1", "41", "3", "5", "·", "·", "49"]
            await press(pilot, "t")
            assert picture(pilot)[2].split()[:2] == ["max.weber", "41"]

    async def test_the_other_measure_counts_calls(self) -> None:
        async with matrix() as pilot:
            await press(pilot, "c")
            assert header_of(pilot)[0] == "92 calls"
            assert picture(pilot)[3].split() == ["jane.doe", "5", "4", "12", "│", "1", "│", "·", "·", "22"]

    async def test_orders_go_round_and_say_which(self) -> None:
        async with matrix() as pilot:
            shown = []
            for _ in range(3):
                await press(pilot, "s")
                shown.append((said(pilot), picture(pilot)[1].split()[0], picture(pilot)[2].split()[0]))
            assert shown == [
                ("by name", "by", "jane.doe"),
                ("last seen first", "last", "jane.doe"),
                ("most first", "most", "max.weber"),
            ]  # fmt: skip

    async def test_the_legend_is_there_where_there_is_room(self) -> None:
        async with matrix(size=(80, 24)) as pilot:
            legend = seen(pilot).query_one("#legend", PartsLine)
            assert legend.display
            assert whole(legend.parts) == "most first   ✗ denied only, in no sum   + first ever   ⇄ tunnels only"
        async with matrix(crowd(40, 30, 300), size=(80, 24)) as pilot:
            legend = seen(pilot).query_one("#legend", PartsLine)
            assert not legend.display
            await pilot.resize_terminal(120, 36)
            await settled(pilot)
            assert legend.display

    async def test_ascii(self) -> None:
        async with on_stage(app_over(touched_door(), signs=ASCII)) as pilot:
            await press(pilot, "2")
            assert all(line.isascii() for line in picture(pilot, 8))
            assert whole(seen(pilot).query_one("#legend", PartsLine).parts).isascii()
            assert told(pilot).isascii()

    async def test_people_of_one_name_are_told_apart_by_account_machines_by_id(self) -> None:
        trail = touched_door((("jane", "i-0web1", 2, {}), ("jane", "i-0web1", 1, {"account": "444455556666"})))
        second = [{**row, "target": "i-0web9"} for row in trail.rows["sessions"][:1]]
        trail.rows["sessions"] = (*trail.rows["sessions"], *second)
        async with matrix(trail) as pilot:
            assert [line.split()[:2] for line in picture(pilot)[2:4]] == [["jane", "3333"], ["jane", "6666"]]
            assert picture(pilot)[1].split()[-5:-1] == ["web-1", "web1", "web-1", "web9"]
            assert told(pilot).startswith("jane 3333 on web-1 web1: 2 sessions")

    async def test_hostile_names_reach_no_terminal(self) -> None:
        async with matrix(touched_door((("\x1b[31m[bold]jane\u202e", "i-0\x07bad", 1, {}),))) as pilot:
            for keys in ((), ("left",), ("right", "up")):
                await press(pilot, *keys)
                assert told(pilot).isprintable()
                assert "\\x" in told(pilot)
            assert all(line.isprintable() for line in picture(pilot))
            await press(pilot, "down", "enter")
            assert all(crumb.isprintable() for crumb in stack(pilot).path)


class TestTelling:
    @pytest.mark.parametrize(
        ("person", "target", "line"),
        [
            ("temp.contractor", "i-0app1", "temp.contractor on app-1: 1 session, shell · first ever"),
            ("temp.contractor", "i-0web1", "temp.contractor on web-1: ✗ 3 denied · first"),
            ("max.weber", "i-0web2", "max.weber on web-2: 17 sessions, tunnel · first"),
            ("max.weber", "i-0web1", "max.weber on web-1: no session, none denied"),
            ("li.wei", "unknown", "li.wei on unknown machine: 1 session, shell · last"),
            ("unknown behind Admin", "i-0db1", "unknown behind Admin on db-1: 5 sessions"),
            ("jane.doe", None, "jane.doe · account 111122223333 · IAM user · 20 sessions · ✗ 2 denied · last seen"),
            (None, "i-0web1", "web-1 · i-0web1 · prod · 12 sessions · ✗ 3 denied · last seen"),
            (None, None, "in all: 87 sessions · ✗ 5 denied · 11 cells"),
        ],
    )
    async def test_one_line_tells_everything(self, person: str | None, target: str | None, line: str) -> None:
        async with matrix() as pilot:
            await stand_on(pilot, person, target)
            assert told(pilot).startswith(line)

    async def test_denied_starts_beside_sessions(self) -> None:
        async with matrix() as pilot:
            await stand_on(pilot, "jane.doe", "i-0db1")
            assert told(pilot).endswith("✗ 2 denied")

    async def test_what_the_matrix_knows_is_told_before_anything_is_asked(self) -> None:
        trail = touched_door()
        async with matrix(trail) as pilot:
            trail.hold()
            await pilot.press("down")
            await held(trail)
            assert told(pilot) == "jane.doe on db-1: 3 sessions"
            trail.release()
            await settled(pilot)
            assert told(pilot).startswith("jane.doe on db-1: 3 sessions, shell · first")

    async def test_a_stale_answer_tells_of_no_other_cell(self) -> None:
        trail = touched_door()
        async with matrix(trail) as pilot:
            trail.hold()
            await pilot.press("down")
            await held(trail)
            await pilot.press("down")
            before = told(pilot)
            trail.error = StoreError("only of the first cell")
            trail.release()
            await until(pilot, lambda: not trail.waiting.is_set())
            trail.error = None
            await settled(pilot)
            assert told(pilot).startswith(before)
            assert said(pilot) != "only of the first cell"

    async def test_an_empty_cell_asks_nothing(self) -> None:
        trail = touched_door()
        async with matrix(trail) as pilot:
            asked = len(trail.looked_at)
            await stand_on(pilot, "li.wei", "i-0db1")
            assert len(trail.looked_at) == asked

    async def test_less_is_told_where_it_is_narrow(self) -> None:
        async with matrix(size=(62, 20)) as pilot:
            await stand_on(pilot, "jane.doe", "i-0web1")
            line = seen(pilot).query_one("#cell", PartsLine)
            assert str(line.render()) == "jane.doe on web-1: 12 sessions · last 23 Nov 12:00"


class TestAnswers:
    async def test_reading_counts_more_and_the_cursor_stays_on_its_cell(self) -> None:
        trail = touched_door(TOUCHES[3:])
        async with matrix(trail) as pilot:
            await stand_on(pilot, "temp.contractor", "i-0app1")
            trail.rows = touched_door().rows
            read_on(pilot, 7)
            await settled(pilot)
            assert names(pilot) == ("temp.contractor", "app-1")
            assert "✗3" in "".join(picture(pilot, 12))

    async def test_a_cursor_that_was_never_moved_stays_at_the_top(self) -> None:
        async with matrix() as pilot:
            await press(pilot, "s")
            assert names(pilot)[0] == "jane.doe"
            assert (grid(pilot).cursor_row, grid(pilot).cursor_column) == (0, 0)

    async def test_turning_keeps_the_cell_under_the_cursor(self) -> None:
        async with matrix() as pilot:
            for person, target in (("temp.contractor", "i-0app1"), ("jane.doe", None), (None, "i-0web1")):
                await stand_on(pilot, person, target)
                before = names(pilot)
                await press(pilot, "t")
                assert names(pilot) == before

    async def test_what_is_seen_stays_until_the_answer_is_here(self) -> None:
        trail = touched_door()
        async with matrix(trail) as pilot:
            before = picture(pilot, 8)
            trail.hold()
            await pilot.press("c")
            await held(trail)
            assert picture(pilot, 8) == before
            await pilot.press("c")
            trail.release()
            await settled(pilot)
            assert picture(pilot, 8) == before

    async def test_an_error_is_said_and_the_view_stays(self) -> None:
        trail = touched_door()
        async with matrix(trail) as pilot:
            before = picture(pilot, 8)
            trail.error = StoreError("the disk is gone")
            await press(pilot, "c")
            assert said(pilot) == "the disk is gone"
            assert picture(pilot, 8) == before

    async def test_rows_come_from_a_worker_where_they_are_many(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("ssmtrail.tui.views.matrix.AT_ONCE", 0)
        async with matrix() as pilot:
            assert picture(pilot)[2].split()[:2] == ["max.weber", "41"]
            assert told(pilot).startswith("max.weber on db-1: 41 sessions, shell")

    @pytest.mark.parametrize(
        ("trail", "keys", "headline"),
        [
            (touched_door(()), (), "No session in "),
            (touched_door(), ("slash", *"nobody", "enter"), "No session matches the filter."),
            (FakeTrail(coverage=Coverage()), (), ""),
        ],
    )
    async def test_an_empty_matrix_says_why(self, trail: FakeTrail, keys: tuple[str, ...], headline: str) -> None:
        if not isinstance(trail, TouchedDoor):
            trail = touched_door(())
            trail.covered, headline = Coverage(as_of=NOON), "There are no CloudTrail logs here."
        async with matrix(trail) as pilot:
            await press(pilot, *keys)
            note = stack(pilot).note
            assert note.display
            assert not stack(pilot).pane.display
            assert str(note.render()).startswith(headline)
            await press(pilot, "enter", "n", "f", "y", "e", "D", "p")
            assert isinstance(stack(pilot).pane, MatrixPane)
            if keys:
                await press(pilot, "escape")
                assert seen(pilot).display
                assert not note.display


class TestDeeper:
    @pytest.mark.parametrize(
        ("person", "target", "rows", "status"),
        [
            ("max.weber", "i-0db1", 41, "started"),
            ("jane.doe", "i-0db1", 3, "started"),
            ("temp.contractor", "i-0web1", 3, "denied"),
            ("li.wei", "unknown", 1, "started"),
            ("unknown behind Admin", "i-0db1", 5, "started"),
        ],
    )
    async def test_enter_opens_exactly_what_the_cell_counts(
        self, person: str, target: str, rows: int, status: str
    ) -> None:
        async with matrix() as pilot:
            await stand_on(pilot, person, target)
            row, column = grid(pilot).cursor_row, grid(pilot).cursor_column
            await press(pilot, "enter")
            found = listing(pilot)
            assert isinstance(found, SessionsPane)
            assert found.answer is not None
            assert found.answer.totals.rows == rows
            assert {row[found.answer.columns.index("status")] for row in found.answer.page(0, rows)} == {status}
            assert stack(pilot).path[0] == "Matrix"
            assert stack(pilot).path[1].startswith(f"{person} on ")
            await press(pilot, "escape")
            assert (grid(pilot).cursor_row, grid(pilot).cursor_column) == (row, column)

    async def test_calls_open_as_calls(self) -> None:
        async with matrix() as pilot:
            await press(pilot, "c")
            await stand_on(pilot, "jane.doe", "i-0db1")
            await press(pilot, "enter")
            found = listing(pilot)
            assert found.answer is not None
            assert (found.view.name, found.answer.totals.rows) == ("calls", 5)

    @pytest.mark.parametrize(
        ("person", "target", "rows"), [("jane.doe", "i-0db1", 2), ("jane.doe", None, 2), (None, "i-0web1", 3)]
    )
    async def test_denied_starts_open_too(self, person: str | None, target: str | None, rows: int) -> None:
        async with matrix() as pilot:
            await stand_on(pilot, person, target)
            await press(pilot, "D")
            found = listing(pilot)
            assert found.answer is not None
            assert found.answer.totals.rows == rows

    async def test_what_is_empty_opens_nothing_and_says_so(self) -> None:
        async with matrix() as pilot:
            await stand_on(pilot, "li.wei", "i-0db1")
            await press(pilot, "enter")
            assert said(pilot) == "This cell is empty: there is nothing to open."
            await press(pilot, "D")
            assert said(pilot) == "Nothing was denied here."

    async def test_headers_open_pages(self, monkeypatch: pytest.MonkeyPatch) -> None:
        opened: list[object] = []
        monkeypatch.setattr(ViewStack, "open_person", lambda _, who, label, **_others: opened.append((who, label)))
        monkeypatch.setattr(
            ViewStack, "open_machine", lambda _, target, label, **_others: opened.append((target, label))
        )
        jane, web = (PersonId("111122223333", "jane.doe", "iam-user"), "jane.doe"), ("i-0web1", "web-1")
        async with matrix() as pilot:
            for turned in (False, True):
                await stand_on(pilot, "jane.doe", None)
                await press(pilot, "enter")
                await stand_on(pilot, None, "i-0web1")
                await press(pilot, "enter")
                await stand_on(pilot, "jane.doe", "i-0web1")
                await press(pilot, "p", "m")
                assert opened == [jane, web, jane, web], turned
                opened.clear()
                await press(pilot, "t")


class TestNarrowing:
    @pytest.mark.parametrize(
        ("person", "target", "key", "sessions", "filtered"),
        [
            ("jane.doe", "i-0db1", "f", 20, "account:111122223333 personkind:iam-user person:"),
            ("jane.doe", "i-0db1", "F", 67, "-person:jane.doe"),
            (None, "i-0db1", "f", 49, "target:"),
            (None, "i-0db1", "F", 38, "-target:i-0db1"),
            ("unknown behind Admin", None, "f", 5, "account:111122223333 personkind:unknown person:?"),
        ],
    )
    async def test_a_row_or_a_column_is_kept_or_left_out(
        self, person: str | None, target: str | None, key: str, sessions: int, filtered: str
    ) -> None:
        async with matrix() as pilot:
            await stand_on(pilot, person, target)
            await press(pilot, key)
            assert header_of(pilot)[0] == f"{sessions} sessions"
            assert stack(pilot).filter_bar.text.startswith(filtered)
            await press(pilot, "escape")
            assert header_of(pilot)[0] == "87 sessions"

    async def test_turned_the_row_is_a_machine(self) -> None:
        async with matrix() as pilot:
            await stand_on(pilot, "jane.doe", "i-0db1")
            await press(pilot, "t", "F")
            assert stack(pilot).filter_bar.text == "-target:i-0db1"

    async def test_typing_a_filter_counts_what_the_matrix_counts(self) -> None:
        async with matrix() as pilot:
            await press(pilot, "slash", *"person:jane.doe")
            assert "20 of 87" in str(stack(pilot).query_one(".filter-bar--say", Static).render())

    async def test_the_matrix_goes_along_to_the_list_and_back(self) -> None:
        async with matrix() as pilot:
            await stand_on(pilot, "jane.doe", "i-0web2")
            await press(pilot, "f", "1")
            assert len(keys_of(pilot, 99)) == 22
            await press(pilot, "2")
            assert names(pilot) == ("jane.doe", "web-2")


class TestGoingTo:
    async def test_the_cursor_goes_while_a_name_is_typed(self) -> None:
        async with matrix() as pilot:
            await press(pilot, "n", *"temp")
            assert names(pilot) == ("temp.contractor", "db-1")
            assert seen(pilot).typing_keys is GO_TO_KEYS
            await press(pilot, "enter")
            await press(pilot, "n", *"app")
            assert names(pilot) == ("temp.contractor", "app-1")
            await press(pilot, "enter")
            assert pilot.app.focused is grid(pilot)
            assert seen(pilot).typing_keys is None

    async def test_ids_and_accounts_and_environments_are_names_too(self) -> None:
        async with matrix() as pilot:
            for typed, found in (("0WEB1", "web-1"), ("stage", "app-1"), ("unknown m", "unknown machine")):
                await press(pilot, "n", *("space" if char == " " else char for char in typed), "enter")
                assert names(pilot)[1] == found

    async def test_what_begins_with_it_comes_first_and_hits_go_round(self) -> None:
        async with matrix() as pilot:
            await press(pilot, "n", *"we")
            assert names(pilot)[1] == "web-2"
            assert "1 of 4" in _said_of_hits(pilot)
            seen = []
            for key in ("down", "down", "down", "down", "up"):
                await press(pilot, key)
                seen.append(names(pilot))
            assert [machine for _, machine in seen[:1]] == ["web-1"]
            assert seen[1][0] == "max.weber"
            assert seen[2][0] == "li.wei"
            assert seen[3] == ("li.wei", "web-2")
            assert seen[4][0] == "li.wei"
            await press(pilot, "enter", "N")
            assert names(pilot)[1] == "web-2"

    async def test_escape_goes_back_to_where_one_was(self) -> None:
        async with matrix(crowd(60, 60, 600), size=(80, 24)) as pilot:
            grid(pilot).cursor_row, grid(pilot).cursor_column = 20, 9
            await settled(pilot)
            before, scroll = names(pilot), grid(pilot).scroll_offset
            await press(pilot, "n", *"web-15")
            assert names(pilot)[1] == "web-15"
            await press(pilot, "escape")
            assert (names(pilot), grid(pilot).scroll_offset) == (before, scroll)
            assert pilot.app.focused is grid(pilot)

    async def test_no_such_name_says_so_and_goes_back(self) -> None:
        async with matrix() as pilot:
            await press(pilot, "down", "right")
            before = names(pilot)
            await press(pilot, "n", *"lix")
            assert names(pilot) == before
            assert _said_of_hits(pilot) == "no such name"

    async def test_the_name_before_is_replaced_by_typing(self) -> None:
        async with matrix() as pilot:
            await press(pilot, "n", *"temp", "enter", "n", *"li", "enter")
            assert seen(pilot).query_one(GoTo).text == "li"
            assert names(pilot)[0] == "li.wei"

    async def test_the_filter_is_another_thing(self) -> None:
        async with matrix() as pilot:
            await press(pilot, "n", *"temp", "enter")
            assert not stack(pilot).state.filtered
            await press(pilot, "slash")
            assert seen(pilot).typing_keys is None

    async def test_keys_in_haste_go_to_the_field(self) -> None:
        async with matrix() as pilot:
            await pilot.press("n", *"temp", "enter")
            await settled(pilot)
            assert names(pilot)[0] == "temp.contractor"


def _said_of_hits(pilot: Pilot[int]) -> str:
    return str(seen(pilot).query_one(".go-to--say", Static).render())


class TestLeavingWith:
    async def test_copies(self) -> None:
        async with matrix() as pilot:
            copied = []
            for person, target in (("jane.doe", "i-0db1"), ("jane.doe", None), (None, "i-0db1")):
                await stand_on(pilot, person, target)
                await press(pilot, "y")
                copied.append(pilot.app.clipboard)
            assert copied == ["3", "jane.doe", "i-0db1"]
            await press(pilot, "Y")
            assert pilot.app.clipboard.startswith("db-1 · i-0db1 · prod · 49 sessions")

    async def test_pairs_are_exported(self, tmp_path: Path) -> None:
        trail = touched_door()
        trail.rows["pairs"] = ({"person": "jane", "target": "i-1", "sessions": 3},)
        async with matrix(trail) as pilot:
            await press(pilot, "e")
            await press(pilot, "enter")
            (path,) = tmp_path.glob("ssmtrail-pairs-*.csv")
            assert "jane" in path.read_text()
            assert said(pilot) == f"wrote 1 row (ctrl+y copies the path) to {path.name}"

    @pytest.mark.parametrize("turned", [False, True])
    async def test_the_grid_is_exported_people_down(self, tmp_path: Path, turned: bool) -> None:
        async with matrix() as pilot:
            await press(pilot, *("t" if turned else ""), "e", "tab", "space", "shift+tab", "enter")
            (path,) = tmp_path.glob("ssmtrail-matrix-*.csv")
            rows = list(csv.reader(path.read_text().splitlines()))
            assert rows[0] == ["account", "person", "person_kind", "person_id", "role", "i-0db1", "i-0web2", "i-0web1",
                               "i-0app1", "i-0nameless", "", "sum"]  # fmt: skip
            assert rows[2] == ["111122223333", "jane.doe", "iam-user", "", "", "3", "4", "12", "1", "", "", "20"]
            assert path.stat().st_mode & 0o777 == 0o600

    async def test_a_grid_is_csv_only(self) -> None:
        async with matrix() as pilot:
            await press(pilot, "e", *"x.json", "tab", "space", "shift+tab", "enter")
            wrong = pilot.app.screen.query_one("#wrong", Static)
            assert str(wrong.render()) == "A grid is written as .csv."


class TestKeys:
    async def test_the_key_line_offers_what_matters(self) -> None:
        async with matrix(size=(200, 50)) as pilot:
            labels = [key.label for key in frame(pilot).query_one(KeyLine).keys]
            for label in ("open", "views", "filter", "go to", "sort", "turn", "export", "help"):
                assert label in labels

    async def test_zooming(self) -> None:
        async with matrix() as pilot:
            await press(pilot, "minus")
            assert grid(pilot).zoom == "narrow"
            await press(pilot, "plus")
            assert grid(pilot).zoom == "wide"

    def test_a_view_makes_views(self) -> None:
        view = MatrixView(ViewState(SCOPE))
        assert [view.reordered().order, view.reordered().reordered().reordered()] == ["name", view]
        assert view.transposed().transposed() == view
        assert view.transposed().over(replace(view.state, measure="calls")).turned
