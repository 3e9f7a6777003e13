"""`p`, `m`, `i` and `>`: from a row to its person, machine, address, on every screen that has one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual.widgets import OptionList

from ssmtrail.queries.views import PersonId
from ssmtrail.tui.frame.chrome import HeaderLine
from ssmtrail.tui.frame.lists_text import Record
from ssmtrail.tui.frame.related import Related, related_of
from ssmtrail.tui.frame.related_menu import RelatedScreen
from ssmtrail.tui.palette import keys_of as keys_listed
from tests.fakes import a_session
from tests.tui.counted import ACCOUNT, counted_door
from tests.tui.screens.stage import app_over, on_stage, press, settled, stack
from tests.tui.screens.test_usage import a_heat, a_usage

if TYPE_CHECKING:
    from textual.pilot import Pilot


def opened(pilot: Pilot[int]) -> tuple[str, str]:
    """The view that is seen, and its filter."""
    return stack(pilot).view.pane, stack(pilot).scope.filter.text


async def test_from_a_session_to_its_person_machine_and_address_without_the_filter() -> None:
    async with on_stage(app_over(counted_door(20))) as pilot:
        await press(pilot, "slash", *"kind:shell", "enter")
        record = stack(pilot).pane.record  # type: ignore[attr-defined]
        person, target, address = (record.text(name) for name in ("person", "target", "source_ip"))
        await press(pilot, "p")
        assert opened(pilot) == ("person", f"account:{ACCOUNT} personkind:iam-user person:{person}")
        await press(pilot, "escape", "m")
        assert opened(pilot) == ("machine", f"target:{target}")
        await press(pilot, "escape", "i")
        assert opened(pilot) == ("people", f"ip:{address}")
        await press(pilot, "escape")
        assert opened(pilot) == ("sessions", "kind:shell")


@pytest.mark.parametrize(("key", "offered"), [("1", True), ("3", False), ("W", False)])
async def test_help_lists_keys_of_a_row_only_where_there_are_rows(key: str, offered: bool) -> None:
    trail = counted_door(20)
    trail.views |= {"usage": a_usage(), "heat": a_heat()}
    async with on_stage(app_over(trail)) as pilot:
        await press(pilot, key)
        await settled(pilot)
        listed = {each.what for each in keys_listed(pilot.app.screen)}
        assert ("A menu of what is related to the row, with counts" in listed) is offered
        assert any(words.startswith("What was typed and shown") for words in listed) is offered
        assert any(words.startswith("Its instance, session history") for words in listed) is offered


async def test_from_a_sessions_page_and_between_pages() -> None:
    async with on_stage(app_over(counted_door(20))) as pilot:
        await press(pilot, "enter")
        assert stack(pilot).view.pane == "session"
        await press(pilot, "p")
        assert stack(pilot).view.pane == "person"
        await press(pilot, "p")  # it is the page itself
        assert len(stack(pilot).levels) == 3
        await press(pilot, "m")
        assert stack(pilot).view.pane == "machine"
        await press(pilot, "m", "i")
        assert len(stack(pilot).levels) == 4


async def test_back_on_a_page_the_header_has_the_numbers_that_it_had_before() -> None:
    async with on_stage(app_over(counted_door(20))) as pilot:
        header = pilot.app.screen.query_one(HeaderLine)
        await press(pilot, "enter")
        before = header.heading.totals
        await press(pilot, "i")
        assert header.heading.totals != before
        await press(pilot, "escape")
        assert (stack(pilot).view.pane, header.heading.totals) == ("session", before)


@pytest.mark.parametrize("tab", ["4", "5"])
async def test_a_list_of_people_has_no_machine_and_the_other_way_round(tab: str) -> None:
    async with on_stage(app_over(counted_door(20))) as pilot:
        await press(pilot, tab, *{"4": "mi", "5": "pi"}[tab])
        assert len(stack(pilot).levels) == 1
        await press(pilot, {"4": "p", "5": "m"}[tab])
        assert stack(pilot).view.pane == {"4": "person", "5": "machine"}[tab]


async def test_the_menu_counts_what_is_related_and_opens_it() -> None:
    async with on_stage(app_over(counted_door(20))) as pilot:
        await press(pilot, "greater_than_sign")
        assert isinstance(pilot.app.screen, RelatedScreen)
        options = pilot.app.screen.query_one(OptionList)
        texts = [str(options.get_option_at_index(number).prompt) for number in range(options.option_count)]
        assert [text.split()[:2] for text in texts[:2]] == [["p", "person"], ["m", "machine"]]
        assert all(" session" in text for text in texts)
        assert max(map(len, texts)) <= 70  # more than that is wrapped in the dialog
        await press(pilot, "down", "enter")
        assert stack(pilot).view.pane == "machine"


@pytest.mark.parametrize(
    ("row", "who"),
    [
        ({"person": "jane"}, PersonId(ACCOUNT, "jane", "iam-user")),
        (
            {"person": None, "person_kind": "unknown", "role": "Admin"},
            PersonId(ACCOUNT, None, "unknown", None, "Admin"),
        ),
        (
            {"person": None, "person_kind": "service", "via": "ecs.amazonaws.com", "role": "Admin"},
            PersonId(ACCOUNT, None, "service", None, "ecs.amazonaws.com"),
        ),
    ],
)
def test_who_a_row_is_of(row: dict[str, str | None], who: PersonId) -> None:
    assert related_of(Record(a_session(account=ACCOUNT, person_kind="iam-user", **row) if "person_kind" not in row
                             else a_session(account=ACCOUNT, **row))).who == who  # fmt: skip


def test_a_list_without_people_has_no_person() -> None:
    assert related_of(Record({"destination": "db:5432"})).who is None
    assert related_of(None) == Related()
