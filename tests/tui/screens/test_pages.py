"""The page of a person, of a machine, driven by keys."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from textual.widgets import Static

from ssmtrail.queries.errors import StoreError, UsageError
from ssmtrail.queries.views import AsOf, PersonId, Stay
from ssmtrail.tui.signs import ASCII
from ssmtrail.tui.views.as_of import AsOfPart
from ssmtrail.tui.views.machine import MachinePane
from ssmtrail.tui.views.page import PagePane, PersonPane
from ssmtrail.tui.views.people import PeoplePane
from ssmtrail.tui.views.session import SessionPane
from ssmtrail.tui.views.sessions import SessionsPane
from tests.fakes import NOON, FakeTrail, a_session
from tests.tui.counted import ACCOUNT, counted_door
from tests.tui.screens.stage import app_over, held, listing, on_stage, pane, press, said, settled, stack, until

if TYPE_CHECKING:
    from textual.pilot import Pilot

WIDE, NARROW = (120, 36), (80, 24)


def page(pilot: Pilot[int]) -> PagePane[Any]:
    return pane(pilot, PagePane)


def filter_text(pilot: Pilot[int]) -> str:
    """The filter of the page."""
    return stack(pilot).scope.filter.text


def as_of() -> AsOf:
    began = NOON - timedelta(hours=9)
    stay = Stay(
        "e000003-start", PersonId(ACCOUNT, "jane.doe"), "jane.doe", "shell", began, began, NOON, began, NOON,
        "terminated",
    )  # fmt: skip
    return AsOf("i-0", NOON, NOON - timedelta(hours=36), NOON + timedelta(hours=36), timedelta(hours=24), (stay,))


def a_door(count: int = 200) -> FakeTrail:
    trail = counted_door(count)
    trail.views["as_of"] = as_of()
    return trail


async def go_to(pilot: Pilot[int], figure: str, column: str) -> None:
    """Put the cursor on a cell of the figures."""
    figures = page(pilot).figures
    await press(pilot, "tab")
    assert pilot.app.focused is figures.table
    keys = [row.key for n in range(figures.table.total) if (row := figures.table.row_at(n))]
    figures.table.cursor_row = keys.index(figure)
    figures.table.cursor_column = [each.key for each in figures.table.shown_columns].index(column)
    await settled(pilot)


async def test_it_tells_who_since_when_and_asks_for_that_person_alone() -> None:
    trail = a_door()
    async with on_stage(app_over(trail), (200, 50)) as pilot:
        await press(pilot, "4", "enter")
        row = trail.rows["people"][0]
        title = str(page(pilot).query_one("#title", Static).content)
        assert title.startswith(f"{row['person']}   IAM user · {ACCOUNT} · Admin   first seen ")
        assert trail.looked_at[-1][:2] == ("person", PersonId(ACCOUNT, str(row["person"]), "iam-user"))
        assert filter_text(pilot) == f"account:{ACCOUNT} personkind:iam-user person:{row['person']}"


async def test_a_page_that_is_left_frees_what_its_list_held() -> None:
    trail = a_door()
    async with on_stage(app_over(trail), (120, 36)) as pilot:
        await press(pilot, "4")
        before = len(trail.answers)
        await press(pilot, "enter", "escape")
        await until(pilot, lambda: all(answer.closed for answer in trail.answers[before:]))
        assert trail.answers[before:]
        assert not trail.answers[before - 1].closed


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("key", ["4", "5"])
async def test_tab_goes_round_the_parts_and_back(key: str, size: tuple[int, int]) -> None:
    async with on_stage(app_over(a_door()), size) as pilot:
        await press(pilot, key, "enter")
        parts = page(pilot).parts()
        assert pilot.app.focused is parts[0] is page(pilot).pairs.table
        seen = []
        for _ in range(3):
            await press(pilot, "tab")
            assert pilot.app.focused is not None
            assert pilot.app.focused.size.height >= (2 if size == WIDE else 7)
            seen.append(pilot.app.focused)
        assert seen == [*parts[1:], parts[0]]
        await press(pilot, "shift+tab")
        assert pilot.app.focused is parts[-1]


async def test_narrow_parts_make_room_again() -> None:
    async with on_stage(app_over(a_door()), NARROW) as pilot:
        await press(pilot, "4", "enter")
        shown = page(pilot)
        height = shown.pairs.table.size.height
        assert height == 14
        await press(pilot, "tab", "end")
        assert shown.figures.size.height == 9
        await press(pilot, "tab")
        assert (shown.figures.size.height, shown.hours.size.height) == (2, 9)
        assert shown.figures.table.cursor_row == 0  # the one line that is seen tells of all
        await press(pilot, "tab")
        assert shown.pairs.table.size.height == height


@pytest.mark.parametrize(
    ("figure", "column", "measure", "text"),
    [
        ("whole", "sessions", "sessions", "status:started"),
        ("whole", "calls", "calls", ""),
        ("whole", "denied", "sessions", "status:denied"),
        ('kind:"shell"', "value", "sessions", "kind:shell"),
        ('role:"Admin"', "calls", "calls", "role:Admin"),
        ("role:null", "sessions", "sessions", "role:? status:started"),
        ('address:"203.0.113.3"', "denied", "sessions", "ip:203.0.113.3 status:denied"),
    ],
)
async def test_every_figure_opens_what_it_counts(figure: str, column: str, measure: str, text: str) -> None:
    async with on_stage(app_over(a_door()), (200, 50)) as pilot:
        await press(pilot, "4", "enter")
        before = filter_text(pilot)
        await go_to(pilot, figure, column)
        shown, place = page(pilot), page(pilot).figures.figure
        await press(pilot, "enter")
        assert isinstance(stack(pilot).pane, SessionsPane)
        assert listing(pilot).state.measure == measure
        assert listing(pilot).scope.filter.text == f"{before} {text}".strip()
        await press(pilot, "escape")
        assert page(pilot) is shown
        assert pilot.app.focused is shown.figures.table
        assert shown.figures.figure == place


async def test_the_other_side_opens_its_list_and_the_rest_says_why_not() -> None:
    async with on_stage(app_over(a_door())) as pilot:
        await press(pilot, "5", "enter")
        await go_to(pilot, "rest:address", "value")
        await press(pilot, "enter")
        assert said(pilot).startswith("Only those with most")
        await press(pilot, "home", "down", "enter")
        assert isinstance(stack(pilot).pane, PeoplePane)


async def test_an_hour_opens_what_happened_in_it() -> None:
    async with on_stage(app_over(a_door())) as pilot:
        await press(pilot, "4", "enter", "tab", "tab", "home", "g", "right", "enter")
        assert isinstance(stack(pilot).pane, SessionsPane)
        assert listing(pilot).scope.filter.text.endswith(" day:mon hour:1")


async def test_keep_and_exclude_work_on_figures() -> None:
    async with on_stage(app_over(a_door())) as pilot:
        await press(pilot, "4", "enter")
        before = filter_text(pilot)
        await go_to(pilot, 'kind:"shell"', "sessions")
        await press(pilot, "F")
        assert filter_text(pilot) == f"{before} -kind:shell"
        await press(pilot, "escape", "f")
        assert filter_text(pilot) == f"{before} kind:shell"
        await press(pilot, "escape", "up", "up", "up")
        assert page(pilot).check_action("keep", ()) is None


async def test_digits_show_the_same_through_the_views() -> None:
    async with on_stage(app_over(a_door())) as pilot:
        await press(pilot, "4", "enter")
        before = filter_text(pilot)
        await press(pilot, "1")
        assert isinstance(stack(pilot).pane, SessionsPane)
        assert listing(pilot).scope.filter.text == before
        await press(pilot, "escape")
        assert isinstance(stack(pilot).pane, PersonPane)


async def test_measure_and_zone_go_along() -> None:
    trail = a_door()
    async with on_stage(app_over(trail)) as pilot:
        await press(pilot, "4", "enter", "c")
        assert trail.looked_at[-1][-1] == "calls"
        assert [column.key for column in page(pilot).figures.table.columns][2:4] == ["calls", "sessions"]
        await press(pilot, "z")
        assert "UTC+01:00" in str(page(pilot).query_one("#title", Static).content)


async def test_nothing_left_says_so_and_keeps_the_way_back() -> None:
    trail = a_door()
    async with on_stage(app_over(trail)) as pilot:
        await press(pilot, "4", "enter")
        name = page(pilot).label(page(pilot).view)
        rows, trail.rows["pairs"] = trail.rows["pairs"], ()
        await press(pilot, "slash", *"kind:ssh", "enter")
        empty = str(stack(pilot).note.content)
        assert empty.startswith(f"Nothing of {name} matches the filter in ")
        assert not stack(pilot).pane.display
        await press(pilot, "tab")  # nowhere to go
        trail.rows["pairs"] = rows
        await press(pilot, "escape")
        assert page(pilot).query_one("#parts").display
        assert page(pilot).pairs.table.total == len(rows)


async def test_a_page_that_is_gone_in_between_is_nothing_left() -> None:
    class Gone(FakeTrail):
        def person(self, *_: object, **__: object) -> object:  # type: ignore[override]
            raise UsageError("There is nothing of it any more.")

    trail = a_door()
    trail.__class__ = Gone
    async with on_stage(app_over(trail)) as pilot:
        await press(pilot, "4", "enter")
        assert not page(pilot).query_one("#parts").display


async def test_a_refused_page_says_why_and_leaves_what_is_seen() -> None:
    trail = a_door()
    async with on_stage(app_over(trail)) as pilot:
        await press(pilot, "4", "enter")
        rows = page(pilot).pairs.table.total
        trail.error = StoreError("The store is gone.")
        await press(pilot, "c")
        assert said(pilot) == "The store is gone."
        assert page(pilot).pairs.table.total == rows


async def test_leaving_while_a_page_is_made_is_no_failure() -> None:
    async with on_stage(app_over(a_door())) as pilot:
        await press(pilot, "4")
        app, views = pilot.app, stack(pilot)
        app.exit(0)
        views.open_machine("i-0", "i-0")
    assert app.return_code == 0


async def test_a_late_page_is_dropped() -> None:
    trail = a_door()
    async with on_stage(app_over(trail)) as pilot:
        await press(pilot, "4", "enter")
        trail.hold()
        await pilot.press("c")
        await held(trail)
        await pilot.press("c")
        trail.release()
        await settled(pilot)
        assert [column.key for column in page(pilot).figures.table.columns][2:4] == ["sessions", "calls"]


async def test_resize_keeps_the_part_in_hand() -> None:
    async with on_stage(app_over(a_door())) as pilot:
        await press(pilot, "4", "enter", "tab", "tab")
        await pilot.resize_terminal(*NARROW)
        await settled(pilot)
        assert pilot.app.focused is page(pilot).hours.map
        assert page(pilot).hours.map.size.height == 8


async def test_ascii_alone() -> None:
    async with on_stage(app_over(a_door(), signs=ASCII), NARROW) as pilot:
        await press(pilot, "4", "enter")
        assert str(page(pilot).query_one("#hours-day", Static).content).isascii()


# A moment


async def test_a_gives_the_view_to_the_last_start_and_escape_takes_it_back() -> None:
    trail = a_door()
    async with on_stage(app_over(trail)) as pilot:
        await press(pilot, "5", "enter", "a")
        shown = page(pilot)
        part = shown.query_one(AsOfPart)
        assert part.display
        assert not shown.query_one("#sheet").display
        assert part.moment == as_of().stays[0].began
        assert part.timeline.has_focus
        await press(pilot, "right", "z")
        assert part.moment == as_of().stays[0].began + timedelta(minutes=1)
        await press(pilot, "escape")
        assert page(pilot) is shown
        assert shown.pairs.table.has_focus
        await press(pilot, "a")
        assert part.moment == as_of().stays[0].began + timedelta(minutes=1)


async def test_a_moment_that_was_asked_for_leads_back_to_where_it_was_asked_for() -> None:
    trail = a_door()
    moment = NOON - timedelta(minutes=5)
    trail.views["as_of"] = replace(as_of(), moment=moment)
    async with on_stage(app_over(trail)) as pilot:
        await press(pilot, "5")
        stack(pilot).open_machine("i-0", "web-1", moment)
        await settled(pilot)
        assert page(pilot).query_one(AsOfPart).moment == moment
        assert pilot.app.focused is page(pilot).query_one(AsOfPart).timeline
        await press(pilot, "escape")
        assert not isinstance(stack(pilot).pane, MachinePane)


async def test_the_keys_of_a_moment_wait_for_its_timeline() -> None:
    trail = a_door()
    trail.views["as_of"] = replace(as_of(), target=str(a_session()["target"]))
    async with on_stage(app_over(trail)) as pilot:
        trail.hold()
        await pilot.press("a")
        await held(trail)
        typing = asyncio.create_task(press(pilot, "t", *"12:13", "enter"))
        trail.release()
        await typing
        assert page(pilot).query_one(AsOfPart).moment == NOON + timedelta(minutes=13)


async def test_a_stay_opens_its_session() -> None:
    trail = a_door()
    trail.rows["sessions"] = (*trail.rows["sessions"], a_session(key="e000003-start"))
    async with on_stage(app_over(trail)) as pilot:
        await press(pilot, "5", "enter", "a", "enter")
        await until(pilot, lambda: isinstance(stack(pilot).pane, SessionPane))


async def test_what_names_no_machine_has_no_moment() -> None:
    trail = a_door()
    async with on_stage(app_over(trail), (200, 50)) as pilot:
        await press(pilot, "5")
        stack(pilot).open_machine(None, "unknown machine")
        await settled(pilot)
        assert page(pilot).check_action("as_of", ()) is False
        assert not page(pilot).query_one(AsOfPart).display


async def test_where_there_is_room_the_moment_stands_below_the_page() -> None:
    async with on_stage(app_over(a_door()), (200, 50)) as pilot:
        await press(pilot, "5", "enter")
        part = page(pilot).query_one(AsOfPart)
        assert part.display
        assert part.moment is not None
        await press(pilot, "tab", "tab", "tab")
        assert pilot.app.focused is part.timeline
        assert page(pilot).query_one("#sheet").display
        assert page(pilot).pairs.table.size.height > 10
