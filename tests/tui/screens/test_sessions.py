"""The list of sessions, driven by keys."""

from __future__ import annotations

import csv
import os
import stat
from datetime import timedelta
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import pytest
from textual import events
from textual.widgets import Input, OptionList, Static

from ssmtrail.queries.errors import SourceError, StoreError
from ssmtrail.queries.model import Coverage, Question, QuestionName, Sort, Value
from ssmtrail.queries.relations import FIELDS
from ssmtrail.tui.frame.list_found import ListFound
from ssmtrail.tui.views.session import CallPane, SessionPane
from tests.fakes import NOON, FakeAnswer, FakeTrail, a_call, a_session
from tests.tui.screens.stage import (
    app_over,
    frame,
    held,
    keys_of,
    listing,
    on_stage,
    press,
    reading,
    said,
    settled,
    stack,
    until,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ssmtrail.tui.list_view import ListView
    from ssmtrail.tui.query import Found


def some_sessions(count: int = 60) -> list[dict[str, Value]]:
    people = ("jane.doe", "max.weber", "li.wei")
    return [
        a_session(
            key=f"e{number:02}", person=people[number % 3], person_shown=people[number % 3],
            at=NOON - timedelta(minutes=number), started_at=NOON - timedelta(minutes=number), kind="shell",
        )
        for number in range(count)
    ]  # fmt: skip


def a_door(count: int = 60) -> FakeTrail:
    calls = [
        a_call(key=f"e{n:02}", event_id=f"e{n:02}", session_key=f"e{n:02}", at=NOON - timedelta(minutes=n))
        for n in range(count)
    ]
    calls.append(a_call(key="lone", event_id="lone", session_key=None, at=NOON - timedelta(days=1)))
    return FakeTrail({"sessions": some_sessions(count), "calls": calls})


async def test_it_shows_the_newest_first_with_totals() -> None:
    async with on_stage(app_over(a_door())) as pilot:
        assert keys_of(pilot) == ["e00", "e01", "e02"]
        assert frame(pilot).chrome.header.heading.totals == ("60 sessions", "3 identities", "1 machine")
        assert pilot.app.focused is listing(pilot).table


async def test_the_first_frame_does_not_wait_for_the_core() -> None:
    trail = a_door()
    trail.hold()
    async with app_over(trail).run_test() as pilot:
        await held(trail)
        assert "ssmtrail" in str(frame(pilot).chrome.header.render())
        trail.release()
        await settled(pilot)
        assert keys_of(pilot, 1) == ["e00"]


class SlowUpwards(FakeTrail):
    """Answers questions for the oldest first only when it is let go, deaf to being cancelled."""

    def __init__(self, rows: Mapping[QuestionName, Iterable[Mapping[str, Value]]]) -> None:
        super().__init__(rows)
        self.let_go = Event()

    def ask(self, question: Question, cancelled: Event) -> FakeAnswer:
        if question.sort == (Sort("at"),):
            self.waiting.set()
            assert self.let_go.wait(10)
        return super().ask(question, Event())


async def test_a_late_answer_to_an_older_question_is_dropped() -> None:
    trail = SlowUpwards({"sessions": some_sessions()})
    async with on_stage(app_over(trail)) as pilot:
        before = len(trail.answers)
        await pilot.press("S")
        await held(trail)
        await pilot.press("S")
        await until(pilot, lambda: len(trail.answers) == before + 1)
        trail.let_go.set()
        await settled(pilot)
        assert keys_of(pilot, 1) == ["e00"]
        assert [answer.closed for answer in trail.answers[before:]] == [False, True]


async def test_a_failed_question_is_said_and_leaves_the_view() -> None:
    trail = a_door()
    async with on_stage(app_over(trail)) as pilot:
        trail.error = StoreError("The store [/b] is gone.")
        await press(pilot, "S")
        assert said(pilot) == "The store [/b] is gone."
        assert keys_of(pilot, 1) == ["e00"]


async def test_a_worker_that_dies_is_shown() -> None:
    class BrokenDoor(FakeTrail):
        def coverage(self, window: object) -> Coverage:
            raise ZeroDivisionError("[/nope]")

    app = app_over(BrokenDoor())
    async with app.run_test() as pilot:
        await until(pilot, lambda: bool(app.errors))
        assert isinstance(app.errors[0], ZeroDivisionError)
        assert any("ZeroDivisionError: [/nope]" in note.message for note in app._notifications)


async def test_a_source_that_cannot_be_read_says_why_and_what_to_do() -> None:
    trail = FakeTrail(fetch_error=SourceError("There is no folder /nope."))
    async with on_stage(app_over(trail)) as pilot:
        assert frame(pilot).chrome.line.failure == "There is no folder /nope."
        assert "There is no folder /nope." in str(stack(pilot).note.content)
        trail.fetch_error = None
        await press(pilot, "r")
        assert frame(pilot).chrome.line.failure == ""
        assert trail.fetches == 2


async def test_no_step_is_lost_while_the_same_is_asked_again() -> None:
    trail = a_door()
    async with on_stage(app_over(trail)) as pilot:
        await press(pilot, "down")
        trail.hold()
        stack(pilot).content_changed()
        await held(trail)
        await pilot.press("down", "down")
        trail.release()
        await settled(pilot)
        assert listing(pilot).table.cursor_row == 3


async def test_enter_is_heard_between_an_answer_and_its_rows() -> None:
    async with on_stage(app_over(a_door())) as pilot:
        shown = listing(pilot)
        stack(pilot).ask = lambda *_: None  # type: ignore[method-assign]
        shown.show_list(shown.view, ListFound(a_door().ask(shown.view.question, Event())), fresh=False)
        assert shown.record is not None
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(stack(pilot).pane, SessionPane))


async def test_progress_is_shown_and_x_cancels() -> None:
    trail = a_door()
    trail.progress = (reading(1),)
    trail.hold()
    async with app_over(trail).run_test() as pilot:
        await held(trail)
        line = frame(pilot).chrome.line
        await until(pilot, lambda: "reading 1 of 9 files" in str(line.render()))
        await pilot.press("x")
        trail.release()
        await settled(pilot)
        assert "reading" not in str(line.render())
        assert line.progress is not None
        assert line.progress.state == "cancelled"


async def test_rows_that_arrive_above_move_nothing() -> None:
    trail = a_door(40)
    async with on_stage(app_over(trail)) as pilot:
        await press(pilot, "down", "down", "down")
        table = listing(pilot).table
        line = table.cursor_row - round(table.scroll_y)
        newer = [a_session(key=f"n{n}", at=NOON + timedelta(minutes=n)) for n in range(7)]
        trail.rows["sessions"] = (*trail.rows["sessions"], *newer)
        trail.progress = (reading(5),)
        await press(pilot, "r")
        assert table.cursor_key == "e03"
        assert (table.cursor_row, table.cursor_row - round(table.scroll_y)) == (10, line)


async def test_an_answer_amid_another_leaves_the_cursor_on_its_row(monkeypatch: pytest.MonkeyPatch) -> None:
    trail = a_door(40)
    async with on_stage(app_over(trail)) as pilot:
        await press(pilot, "down", "down", "down")
        shown = listing(pilot)
        show, taken = shown.show, []

        def show_and_ask_again(view: ListView, found: Found[ListFound], *, fresh: bool) -> None:
            show(view, found, fresh=fresh)
            taken.append(found)
            if len(taken) == 1:  # before the rows of this one are seen
                trail.hold()
                stack(pilot).look(view)

        monkeypatch.setattr(shown, "show", show_and_ask_again)
        newer = [a_session(key=f"n{n}", at=NOON + timedelta(minutes=n)) for n in range(7)]
        trail.rows["sessions"] = (*trail.rows["sessions"], *newer)
        shown.stay_on("e03")
        stack(pilot).look(shown.view)
        await until(pilot, lambda: shown.table.cursor_row == 10)
        trail.release()
        await settled(pilot)
        assert len(taken) == 2
        assert shown.table.cursor_key == "e03"


async def test_a_cursor_that_was_never_moved_stays_on_the_newest() -> None:
    trail = a_door(40)
    async with on_stage(app_over(trail)) as pilot:
        trail.rows["sessions"] = (*trail.rows["sessions"], a_session(key="new", at=NOON + timedelta(minutes=1)))
        trail.progress = (reading(5),)
        await press(pilot, "r")
        assert listing(pilot).table.cursor_key == "new"


async def test_keep_exclude_and_escape_step_by_step() -> None:
    async with on_stage(app_over(a_door())) as pilot:
        await press(pilot, "right", "right", "f")
        assert stack(pilot).scope.filter.text == "person:jane.doe"
        assert stack(pilot).filter_bar.display
        assert keys_of(pilot) == ["e00", "e03", "e06"]
        await press(pilot, "right", "F")
        assert stack(pilot).scope.filter.text == "person:jane.doe -target:web-3"
        assert "No session matches" in str(stack(pilot).note.content)
        await press(pilot, "escape")
        assert stack(pilot).scope.filter.text == "person:jane.doe"
        await press(pilot, "escape")
        assert not stack(pilot).state.filtered
        assert not stack(pilot).filter_bar.display


async def test_keys_that_do_nothing_here_are_not_offered() -> None:
    async with on_stage(app_over(a_door())) as pilot:
        shown = [key.label for key in frame(pilot).key_line.keys]
        assert "keep" not in shown  # the cursor is on a time
        await press(pilot, "right", "right")
        assert "keep" in [key.label for key in frame(pilot).key_line.keys]


async def test_typing_counts_and_a_bad_filter_points_at_the_fault() -> None:
    trail = a_door()
    async with on_stage(app_over(trail)) as pilot:
        await press(pilot, "slash", *"person:li*")
        bar = stack(pilot).filter_bar
        assert "20 of 60" in str(bar.query_one(".filter-bar--say", Static).content)
        await press(pilot, *" kind:x", "enter")
        assert bar.has_class("-wrong")
        assert stack(pilot).scope.filter.text == ""
        assert keys_of(pilot) == ["e00", "e01", "e02"]
        await press(pilot, "escape")
        assert not bar.display
        assert pilot.app.focused is listing(pilot).table


async def test_a_filter_that_is_entered_narrows() -> None:
    async with on_stage(app_over(a_door())) as pilot:
        await press(pilot, "slash", *"person:li*", "enter")
        assert keys_of(pilot) == ["e02", "e05", "e08"]
        assert stack(pilot).state.undone().scope.filter.text == ""


async def test_sort_by_the_column_under_the_cursor_keeps_the_row() -> None:
    trail = a_door()
    async with on_stage(app_over(trail)) as pilot:
        await press(pilot, "down", "right", "right", "s")
        assert trail.asked[-1].sort == (Sort("person_shown"),)
        table = listing(pilot).table
        assert table.cursor_key == "e01"
        assert table.sorted_by == (("person", False),)
        await press(pilot, "s")
        assert table.sorted_by == (("person", True),)


async def test_calls_and_back_on_the_matching_row() -> None:
    async with on_stage(app_over(a_door())) as pilot:
        await press(pilot, "down", "down", "c")
        table = listing(pilot).table
        assert table.cursor_key == "e02"
        assert listing(pilot).view.question.name == "calls"
        await press(pilot, "down", "c")
        assert table.cursor_key == "e03"
        assert listing(pilot).view.question.name == "sessions"


async def test_enter_and_back_to_the_very_row_and_scroll() -> None:
    async with on_stage(app_over(a_door())) as pilot:
        await press(pilot, "end", "up", "up")
        table = listing(pilot).table
        before = (table.cursor_key, table.scroll_y)
        await press(pilot, "enter")
        assert isinstance(stack(pilot).pane, SessionPane)
        assert stack(pilot).path == ("Sessions", "jane.doe → web-3")
        await press(pilot, "escape")
        assert (table.cursor_key, table.scroll_y) == before


async def test_a_call_opens_its_session_or_a_page_of_its_own() -> None:
    async with on_stage(app_over(a_door())) as pilot:
        await press(pilot, "c", "enter")
        assert isinstance(stack(pilot).pane, SessionPane)
        await press(pilot, "escape", "end", "enter")
        assert isinstance(stack(pilot).pane, CallPane)
        assert "which belongs to no session" in str(stack(pilot).pane.query_one("#title", Static).content)


async def test_the_panel_follows_the_cursor_and_is_remembered() -> None:
    async with on_stage(app_over(a_door())) as pilot:
        await press(pilot, "d")
        panel = listing(pilot).panel
        assert panel.display
        assert ("person", "jane.doe") in panel._rows
        await press(pilot, "down")
        assert ("person", "max.weber") in panel._rows
        await press(pilot, "d")
        assert not panel.display


async def test_copies_are_exact_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    app = app_over(a_door())
    copied: list[str] = []
    monkeypatch.setattr(app, "copy_to_clipboard", copied.append)
    async with on_stage(app) as pilot:
        await press(pilot, "y")
        assert copied == ["2026-11-23T12:00:00Z"]
        assert said(pilot).startswith("copied 2026-11-23T12:00:00Z")
        await press(pilot, "Y")
        assert copied[-1].startswith("2026-11-23T12:00:00Z\t\tjane.doe\tweb-3\ti-0ab1c2d3e4f5a6b7c\t")


async def test_export_writes_the_rows_that_are_shown_for_its_owner_alone(tmp_path: Path) -> None:
    async with on_stage(app_over(a_door())) as pilot:
        await press(pilot, "right", "right", "f", "e")
        pilot.app.screen.query_one("#path", Input).value = str(tmp_path / "out.csv")
        await press(pilot, "enter")
        path = tmp_path / "out.csv"
        assert said(pilot) == f"wrote 20 rows (ctrl+y copies the path) to {path}"
        rows = list(csv.DictReader(path.read_text().splitlines()))
        assert len(rows) == 20
        assert list(rows[0]) == list(FIELDS["sessions"])
        assert rows[0]["target"] == "i-0ab1c2d3e4f5a6b7c"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert os.listdir(tmp_path) == ["out.csv"]  # noqa: PTH208 - the name alone is wanted


async def test_export_writes_although_a_refresh_replaced_the_answer_meanwhile(tmp_path: Path) -> None:
    door = a_door()
    async with on_stage(app_over(door)) as pilot:
        await press(pilot, "e")
        pilot.app.screen.query_one("#path", Input).value = str(tmp_path / "out.csv")
        door.answers[-1].close()
        await press(pilot, "enter")
        assert said(pilot) == f"wrote 60 rows (ctrl+y copies the path) to {tmp_path / 'out.csv'}"
        assert (tmp_path / "out.csv").exists()


async def test_export_replaces_nothing_before_somebody_agrees(tmp_path: Path) -> None:
    path = tmp_path / "out.json"
    path.write_text("precious")
    async with on_stage(app_over(a_door())) as pilot:
        await press(pilot, "e")
        pilot.app.screen.query_one("#path", Input).value = str(path)
        await press(pilot, "enter")
        assert path.read_text() == "precious"
        assert "exists already" in str(pilot.app.screen.query_one("#wrong", Static).content)
        await press(pilot, "enter")
        assert path.read_text().startswith("[")


@pytest.mark.parametrize(("name", "words"), [("out.xls", "has to end in"), ("none/out.csv", "no folder")])
async def test_export_says_what_is_wrong_with_a_path(tmp_path: Path, name: str, words: str) -> None:
    async with on_stage(app_over(a_door())) as pilot:
        await press(pilot, "e")
        pilot.app.screen.query_one("#path", Input).value = str(tmp_path / name)
        await press(pilot, "enter")
        assert words in str(pilot.app.screen.query_one("#wrong", Static).content)
        await press(pilot, "escape")
        assert keys_of(pilot, 1) == ["e00"]


async def test_windows_move_and_are_picked() -> None:
    async with on_stage(app_over(a_door())) as pilot:
        now = stack(pilot).scope.window
        await press(pilot, "left_square_bracket")
        assert stack(pilot).scope.window == now.shifted(-1)
        await press(pilot, "right_square_bracket")
        assert stack(pilot).scope.window == now
        await press(pilot, "w")
        pilot.app.screen.query_one("#from", Input).value = "2026-11-23"
        pilot.app.screen.query_one("#zone", Input).value = "Europe/Berlim"
        pilot.app.screen.query_one("#from", Input).focus()
        await press(pilot, "enter")
        assert "did you mean Europe/Berlin" in str(pilot.app.screen.query_one("#wrong", Static).content)
        pilot.app.screen.query_one("#zone", Input).value = "europe/berlin"
        await press(pilot, "enter")
        assert stack(pilot).scope.zone == "Europe/Berlin"
        assert stack(pilot).scope.window.start is not None
        assert stack(pilot).scope.window.end is None


@pytest.mark.parametrize(
    ("command", "option"),
    [
        ("window 30d", "the last 30 days"),
        ("window yesterday", "yesterday"),
        ("window all", "everything that was read"),
        ("window 2026-11-01 2026-11-08", "1 Nov - 7 Nov 2026 · 7 d · UTC"),
    ],
)
async def test_the_dialog_of_the_window_begins_at_the_window_that_is_seen(command: str, option: str) -> None:
    async with on_stage(app_over(a_door())) as pilot:
        await press(pilot, "colon", *command, "enter")
        before = stack(pilot).scope.window
        await press(pilot, "w")
        options = pilot.app.screen.query_one(OptionList)
        assert options.highlighted is not None
        assert str(options.get_option_at_index(options.highlighted).prompt) == option
        await press(pilot, "enter")
        assert stack(pilot).scope.window == before


async def test_another_zone_alone_leaves_the_window() -> None:
    async with on_stage(app_over(a_door())) as pilot:
        before = stack(pilot).scope.window
        await press(pilot, "w", "tab", "tab", "tab", *"europe/berlin", "enter")
        assert (stack(pilot).scope.window, stack(pilot).scope.zone) == (before, "Europe/Berlin")


async def test_z_goes_round_the_zones_and_the_offset_shows() -> None:
    async with on_stage(app_over(a_door())) as pilot:
        await press(pilot, "z")
        row = listing(pilot).table.row_at(0)
        assert row is not None
        assert row.cells["started"] == "23 Nov 13:00:00"
        assert "UTC+01:00" in frame(pilot).chrome.header.heading.window
        await press(pilot, "z")
        assert stack(pilot).scope.zone == "UTC"


async def test_quitting_lets_go_of_the_core() -> None:
    trail = a_door()
    trail.hold()
    app = app_over(trail)
    async with app.run_test() as pilot:
        await held(trail)
        await pilot.press("q")
    assert trail.closed
    assert app.return_code == 0


class TestHaste:
    async def test_what_is_typed_right_after_the_slash_belongs_to_the_filter(self) -> None:
        async with on_stage(app_over(a_door())) as pilot:
            driver = pilot.app
            for key in ("slash", "k", "i"):  # in one go, as a paste or a fast hand gives them
                driver.post_message(events.Key(key, None if key == "slash" else key))
            await settled(pilot)
            assert stack(pilot).filter_bar.text == "ki"

    async def test_a_click_beside_the_table_leaves_it_the_keys(self) -> None:
        async with on_stage(app_over(a_door())) as pilot:
            await pilot.click("HeaderLine")
            assert pilot.app.focused is listing(pilot).table
