"""Columns of lists: chosen, ordered, widened, scrolled to; kept in saved views and for the next start."""

from __future__ import annotations

import csv
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.relations import FIELDS
from ssmtrail.tui.column_names import answer_columns, split_names
from ssmtrail.tui.frame.saved import SaveViewScreen
from ssmtrail.tui.saved_views import SavedView, toml_text
from tests.fakes import NOON, FakeTrail, a_call, a_session
from tests.tui.counted import counted_door
from tests.tui.screens.stage import app_over, frame, listing, on_stage, press, said, settled, stack
from tests.tui.screens.test_saving_views import app_with, files

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

    from ssmtrail.tui.saved_views import ViewFiles

__all__ = ["files"]


def trail() -> FakeTrail:
    """Three sessions, of which one is hostile, and their calls."""
    rows = [
        a_session(
            key=f"s{n}", session_id=f"session-{n}", person=f"person.{n}", person_shown=f"person.{n}",
            at=NOON - timedelta(hours=n), started_at=NOON - timedelta(hours=n), resumes=n * 1_000,
            user_agent="aws\x1b]52;c;aGk=\x07cli" if n == 1 else "aws-cli/2.15 " + "x" * 90,
        )
        for n in range(3)
    ]  # fmt: skip
    return FakeTrail({"sessions": rows, "calls": [a_call()]})


async def command(pilot: Pilot[int], text: str) -> None:
    """Type a command, and Enter."""
    await press(pilot, "colon")
    frame(pilot).command_line.bar.set_text(text)
    await press(pilot, "enter")


def shown(pilot: Pilot[int]) -> list[str]:
    """The headings of the list on the screen."""
    return [column.label for column in listing(pilot).table.seen_columns]


def line(pilot: Pilot[int], number: int) -> str:
    """A line of the table; 0 is its header."""
    return listing(pilot).table.render_line(number).text


def beside(pilot: Pilot[int]) -> str:
    """What stands beside the command that is typed."""
    return str(frame(pilot).command_line.bar._beside.render())


def described(pilot: Pilot[int]) -> str:
    """What the side panel says of the row."""
    return str(dict(listing(pilot).facts(listing(pilot).record, listing(pilot).display_style)))  # type: ignore[arg-type]


class TestNames:
    def test_names_are_parted_by_commas_or_blanks(self) -> None:
        assert split_names("at, person  target") == ("at", "person", "target")
        assert split_names("a,,b") == ("a", "", "b")

    def test_every_field_is_known_and_each_is_there_once(self) -> None:
        assert answer_columns("sessions", FIELDS["sessions"]) == FIELDS["sessions"]
        assert answer_columns("sessions", ("at", "person", "at")) == ("at", "person")

    def test_headings_are_known_in_lists_in_any_case(self) -> None:
        headings = {"machine": "target_name", "from": "source_ip"}
        found = answer_columns("sessions", ("Machine", "FROM", "person"), headings)
        assert found == ("target_name", "source_ip", "person")
        with pytest.raises(UsageError, match="has no column 'machine'; it has at, session_id"):
            answer_columns("sessions", ("machine",))
        with pytest.raises(UsageError, match="has no column 'machin'; did you mean machine"):
            answer_columns("sessions", ("machin",), headings)


async def test_columns_are_chosen_in_their_order_and_any_field_can_be_one() -> None:
    async with on_stage(app_over(trail())) as pilot:
        own = shown(pilot)
        await press(pilot, "down")
        await command(pilot, "columns at person machine source_ip resumes user_agent event_ids")
        assert shown(pilot) == ["At", "Person", "Machine", "From", "Resumes", "User agent"]
        assert listing(pilot).table.cursor_key == "s1"
        assert line(pilot, 3).split()[-6:-2] == ["person.2", "web-3", "203.0.113.7", "2,000"]
        assert "\x1b" not in line(pilot, 2)
        assert "\x07" not in line(pilot, 2)
        await command(pilot, "columns +region -machine")
        assert "Region" in [column.label for column in listing(pilot).table.shown_columns]
        assert "Machine" not in shown(pilot)

        await command(pilot, "columns at nonsense")
        assert frame(pilot).command_line.is_typing
        assert frame(pilot).command_line.bar.text == "columns at nonsense"
        assert "has no column 'nonsense'" in said(pilot)
        await press(pilot, "escape")

        await press(pilot, "c")  # calls have columns of their own
        assert "Outcome" in shown(pilot)
        await press(pilot, "c")
        assert shown(pilot)[:2] == ["At", "Person"]
        await command(pilot, "columns session_id resumes")
        await press(pilot, "home", "left", "f")
        assert stack(pilot).scope.filter.text == "session:session-0"
        await press(pilot, "escape", "right", "s")
        assert stack(pilot).view.arrangement()["sort"] == "resumes"  # type: ignore[attr-defined]
        await command(pilot, "sort -started,person")
        assert stack(pilot).view.arrangement()["sort"] == "-at,person_shown"  # type: ignore[attr-defined]
        await command(pilot, "columns")
        assert shown(pilot) == own


async def test_chosen_columns_are_shown_from_the_first() -> None:
    async with on_stage(app_over(trail()), (80, 24)) as pilot:
        await command(pilot, "columns at person user_agent session_id event_ids identity_arn region account")
        await press(pilot, "end", *["right"] * 8)
        assert "At" not in shown(pilot)
        await command(pilot, "columns person at user_agent session_id event_ids identity_arn region account")
        assert shown(pilot)[:2] == ["Person", "At"]


async def test_a_column_that_a_list_has_not_is_named_as_the_list_is() -> None:
    async with on_stage(app_over(counted_door(3))) as pilot:
        await press(pilot, "5")
        for words, sentence in (
            ("columns machin", "The list of machines has no column 'machin'; did you mean machine?"),
            ("sort xyz", "The list of machines has no column 'xyz'; it has "),
        ):
            await command(pilot, words)
            assert f"{beside(pilot)}{said(pilot)}".startswith(sentence)
            await press(pilot, "escape")


async def test_times_are_told_by_the_clock_or_how_long_ago() -> None:
    app = app_over(trail())
    async with on_stage(app) as pilot:
        context = frame(pilot).context
        hours = 2
        context.now = lambda: NOON + timedelta(hours=hours)
        by_clock = line(pilot, 1)
        await press(pilot, "down")
        await command(pilot, "times ago")
        assert [line(pilot, number).split()[0] for number in (1, 2, 3)] == ["2h00m", "3h00m", "4h00m"]
        assert listing(pilot).table.cursor_key == "s1"
        assert "23 Nov 2026 11:00:00 UTC" in described(pilot)
        hours = 5
        listing(pilot).keys._age()  # what the timer does
        await settled(pilot)
        assert line(pilot, 1).split()[:2] == ["5h00m", "ago"]
        await press(pilot, "c")  # every list does
        assert line(pilot, 1).split()[1] == "ago"
        await press(pilot, "c")
        await command(pilot, "times")
        assert line(pilot, 1) == by_clock
        await command(pilot, "times tomorrow")
        assert frame(pilot).command_line.is_typing
        assert beside(pilot) == "Times are shown in these ways: ago, clock."


async def test_a_list_that_is_gone_back_to_shows_times_as_they_were_chosen_meanwhile() -> None:
    async with on_stage(app_over(counted_door(3))) as pilot:
        frame(pilot).context.now = lambda: NOON + timedelta(hours=2)
        by_clock = line(pilot, 1)
        await press(pilot, "p")  # the page of the person
        await command(pilot, "times ago")
        await press(pilot, "escape")
        assert "ago" in line(pilot, 1)
        await press(pilot, "2")
        await command(pilot, "times clock")  # where no list is
        assert not frame(pilot).command_line.is_typing
        await press(pilot, "1")
        assert line(pilot, 1) == by_clock


async def test_chosen_columns_hold_when_a_list_is_seen_again_and_deeper() -> None:
    async with on_stage(app_over(counted_door(20))) as pilot:
        await press(pilot, "4")
        await press(pilot, "1")
        await command(pilot, "columns person at")
        await press(pilot, "4")
        assert shown(pilot)[0] == "Person"
        assert len(shown(pilot)) > 2  # those of people
        await command(pilot, "columns sessions person")
        await press(pilot, "1")
        assert shown(pilot) == ["Person", "At"]
        await press(pilot, "i")  # another list of people, a level deeper
        assert stack(pilot).view.pane == "people"
        assert shown(pilot) == ["Sessions", "Person"]
        await command(pilot, "columns person")
        await press(pilot, "escape", "4")
        assert shown(pilot) == ["Person"]
        assert person_of(pilot) != ""


def person_of(pilot: Pilot[int]) -> str:
    """The person in the first row."""
    row = listing(pilot).table.row_at(0)
    return str(row.cells["person"]) if row is not None else ""


async def test_what_does_not_fit_is_scrolled_to_by_whole_columns() -> None:
    async with on_stage(app_over(trail()), (80, 24)) as pilot:
        table = listing(pilot).table
        fitting = shown(pilot)
        assert line(pilot, 0).rstrip().endswith("Kind")
        await press(pilot, *["right"] * len(fitting))
        assert len(table.seen_columns) > 1
        assert table.column_under_cursor in table.seen_columns
        assert table.column_under_cursor not in table.shown_columns  # not one of those that an export holds
        assert line(pilot, 0).startswith("‹")
        assert line(pilot, 0).rstrip().endswith("›")
        await press(pilot, *["right"] * 20)
        assert not line(pilot, 0).rstrip().endswith("›")
        await press(pilot, *["left"] * 30)
        assert shown(pilot) == fitting
        assert not line(pilot, 0).rstrip().endswith("›")


async def test_a_column_is_as_wide_as_what_is_seen_of_it_then_as_it_was() -> None:
    async with on_stage(app_over(trail()), (100, 24)) as pilot:
        await command(pilot, "columns at user_agent person role")
        before = line(pilot, 1)
        await press(pilot, "vertical_line")
        assert said(pilot) == "nothing that is seen of this column is cut"
        await press(pilot, "right", "vertical_line")
        assert "x" * 60 in line(pilot, 1)
        assert listing(pilot).table.column_under_cursor in listing(pilot).table.seen_columns
        await press(pilot, "vertical_line", "left")
        assert line(pilot, 1).strip() == before.strip()


async def test_files_hold_every_field_and_the_chosen_columns_only_when_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with on_stage(app_over(trail()), (80, 24)) as pilot:
        await command(pilot, "columns user_agent at session_id identity_arn region")
        await command(pilot, "export csv")
        [path] = tmp_path.glob("ssmtrail-sessions-*.csv")
        assert said(pilot).startswith("wrote 3 rows (ctrl+y copies the path) to ssmtrail-sessions-")
        assert header_of(path) == list(FIELDS["sessions"])
        await command(pilot, f"export {tmp_path}/shown.csv shown")
        assert header_of(tmp_path / "shown.csv") == ["user_agent", "at", "session_id", "identity_arn", "region"]
        await command(pilot, f"export {tmp_path}/shown.csv")
        assert "exists already" in said(pilot)
        await press(pilot, "escape", "space")
        await command(pilot, "export one.csv shown")
        assert len((tmp_path / "one.csv").read_text().splitlines()) == 2


def header_of(path: Path) -> list[str]:
    """The columns of a CSV file."""
    with path.open(encoding="utf-8") as file:
        return next(csv.reader(file))


async def test_a_saved_view_holds_them_and_so_does_the_next_start(files: ViewFiles) -> None:
    async with on_stage(app_with(files)) as pilot:
        await command(pilot, "columns length machine person region")
        await press(pilot, "ctrl+s")
        assert isinstance(pilot.app.screen, SaveViewScreen)
        await press(pilot, *"mine", "enter")
        [view] = files.views()
        assert view.columns == ("length_seconds", "target_name", "person", "region")
        await command(pilot, "columns person")
        await command(pilot, "open-view mine")
        await settled(pilot)
        assert shown(pilot) == ["Length", "Machine", "Person", "Region"]
        await pilot.app.run_action("app.quit")
    left = files.left_view()
    assert left is not None
    assert not left.is_plain("UTC")
    async with on_stage(app_with(files, left)) as pilot:
        assert shown(pilot) == ["Length", "Machine", "Person", "Region"]


def test_a_view_of_a_file_has_its_columns() -> None:
    view = SavedView("mine", {"demo": True}, columns=("at", "person"))
    assert 'columns = ["at", "person"]' in toml_text(view)


async def test_a_view_with_a_column_that_there_is_not_says_so(files: ViewFiles) -> None:
    files.append(SavedView("mine", {"demo": True}, columns=("at", "nonsense")))
    async with on_stage(app_with(files)) as pilot:
        own = shown(pilot)
        await command(pilot, "open-view mine")
        assert "sessions has no column 'nonsense'" in said(pilot)
        assert shown(pilot) == own
