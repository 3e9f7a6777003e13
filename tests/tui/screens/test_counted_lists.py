"""The lists of people, machines, tunnels, driven by keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual.widgets import Static

from ssmtrail.queries.model import Sort
from ssmtrail.tui.frame.list_pane import ListPane
from ssmtrail.tui.views.machines import MachinesPane
from ssmtrail.tui.views.people import PeoplePane
from ssmtrail.tui.views.tunnels import TunnelsPane
from tests.fakes import FakeTrail
from tests.tui.counted import counted_door
from tests.tui.organisation import plausible_coverage
from tests.tui.screens.stage import app_over, frame, held, keys_of, listing, on_stage, press, settled, stack

if TYPE_CHECKING:
    from textual.pilot import Pilot


def cell(pilot: Pilot[int], row: int, column: str) -> object:
    found = listing(pilot).table.row_at(row)
    assert found is not None
    return found.cells[column]


def bar_says(pilot: Pilot[int]) -> str:
    return str(stack(pilot).filter_bar.query_one(".filter-bar--say", Static).content)


@pytest.mark.parametrize(
    ("key", "screen", "question"),
    [("4", PeoplePane, "people"), ("5", MachinesPane, "instances"), ("6", TunnelsPane, "tunnels")],
)
async def test_the_most_come_first_by_either_measure(key: str, screen: type[ListPane], question: str) -> None:
    trail = counted_door(200)
    async with on_stage(app_over(trail)) as pilot:
        await press(pilot, key)
        assert isinstance(listing(pilot), screen)
        assert (trail.asked[-1].name, trail.asked[-1].sort) == (question, (Sort("sessions", descending=True),))
        columns = [column.key for column in listing(pilot).table.shown_columns]
        assert columns.index("sessions") + 1 == columns.index("calls")
        await press(pilot, "c")
        assert trail.asked[-1].sort == (Sort("calls", descending=True),)
        columns = [column.key for column in listing(pilot).table.shown_columns]
        assert columns.index("calls") + 1 == columns.index("sessions")


async def test_the_header_counts_what_is_measured_never_rows() -> None:
    trail = counted_door(200)
    started = sum(row["status"] == "started" for row in trail.rows["sessions"])
    async with on_stage(app_over(trail)) as pilot:
        await press(pilot, "4")
        header = frame(pilot).chrome.header
        assert header.heading.totals == (f"{started} sessions", "6 identities", "6 machines")
        await press(pilot, "c")
        assert header.heading.totals[0] == f"{len(trail.rows['calls'])} calls"


async def test_the_filter_counts_people() -> None:
    async with on_stage(app_over(counted_door(200))) as pilot:
        await press(pilot, "4", "f")
        assert stack(pilot).scope.filter.text.startswith("person:")
        assert bar_says(pilot) == "7 of 7 identities"  # the rows in memory know no filter
        await press(pilot, "5", "right", "f")
        assert "target:" in stack(pilot).scope.filter.text
        assert bar_says(pilot).endswith("machines")


async def test_the_other_measure_follows_the_person() -> None:
    trail = counted_door(400)
    async with on_stage(app_over(trail)) as pilot:
        await press(pilot, "4", "down", "down")
        key = listing(pilot).table.cursor_key
        await press(pilot, "c")
        assert listing(pilot).table.cursor_key == key


async def test_the_unknown_has_a_name_and_refusals_a_sign() -> None:
    trail = counted_door(200)
    async with on_stage(app_over(trail)) as pilot:
        await press(pilot, "4")
        unknown = next(n for n, row in enumerate(trail.rows["people"]) if row["person"] is None)
        assert cell(pilot, unknown, "person") == ("unknown behind Contractor", "warn")
        refused = [n for n, row in enumerate(trail.rows["people"]) if row["denied"]]
        assert cell(pilot, refused[0], "denied") == (f"✗ {trail.rows['people'][refused[0]]['denied']}", "bad")
        await press(pilot, "5")
        nameless = next(n for n, row in enumerate(trail.rows["instances"]) if row.get("target") is None)
        assert cell(pilot, nameless, "machine") == ("? unknown machine", "warn")


async def test_roles_are_kept_where_there_is_one() -> None:
    async with on_stage(app_over(counted_door(200)), (200, 50)) as pilot:
        await press(pilot, "4")
        table = listing(pilot).table
        table.cursor_column = [column.key for column in table.shown_columns].index("roles")
        await settled(pilot)
        await press(pilot, "f")
        assert stack(pilot).scope.filter.text == "role:Admin"


async def test_the_panel_tells_everything_on_every_list() -> None:
    async with on_stage(app_over(counted_door(200))) as pilot:
        await press(pilot, "4", "d")
        panel = listing(pilot).panel
        assert ("role", "Admin") in panel._rows
        assert any(label == "first seen" and "UTC" in str(cell) for label, cell in panel._rows)
        await press(pilot, "6")
        tunnel = listing(pilot).panel
        assert tunnel.display
        assert any(label == "to" for label, _ in tunnel._rows)


async def test_from_a_person_to_the_machines_to_the_sessions_and_back_to_the_very_row() -> None:
    trail = counted_door(200)
    async with on_stage(app_over(trail)) as pilot:
        await press(pilot, "4", "down", "down")
        people = listing(pilot)
        before = (people.table.cursor_key, people.table.scroll_y, people.view.sort)
        await press(pilot, "enter")
        assert stack(pilot).view.pane == "person"
        assert trail.asked[-1].name == "pairs"
        await press(pilot, "enter")
        assert stack(pilot).view.pane == "sessions"
        assert [word.partition(":")[0] for word in stack(pilot).scope.filter.text.split()] == [
            "account",
            "personkind",
            "person",
            "target",
        ]
        await press(pilot, "escape", "escape")
        assert listing(pilot) is people
        assert (people.table.cursor_key, people.table.scroll_y, people.view.sort) == before


async def test_a_machine_opens_its_page() -> None:
    async with on_stage(app_over(counted_door(200))) as pilot:
        await press(pilot, "5", "enter")
        assert stack(pilot).view.pane == "machine"
        assert stack(pilot).path[0] == "Machines"


async def test_a_tunnel_tells_who_through_which_machine_then_the_sessions() -> None:
    trail = counted_door(200)
    async with on_stage(app_over(trail)) as pilot:
        await press(pilot, "6")
        remote = [str(row["kind"]) for row in trail.rows["tunnels"]].index("remote-port-forward")
        await press(pilot, *["down"] * remote, "enter")
        assert stack(pilot).view.pane == "tunnel"
        assert (trail.asked[-1].name, trail.asked[-1].scope.filter.text) == (
            "pairs",
            "dest:orders.rds.internal:5432 kind:remote-port-forward",
        )
        title = str(listing(pilot).query_one("#title", Static).content)
        assert title == "orders.rds.internal:5432   remote-port-forward, through the machine to another host"
        columns = [column.key for column in listing(pilot).table.shown_columns]
        assert columns[:2] == ["person", "machine"]
        await press(pilot, "enter")
        assert stack(pilot).view.pane == "sessions"
        assert {"person:", "dest:", "kind:"} <= {
            f"{word.partition(':')[0]}:" for word in stack(pilot).scope.filter.text.split()
        }
        await press(pilot, "escape", "escape")
        assert isinstance(listing(pilot), TunnelsPane)


async def test_an_empty_list_says_people() -> None:
    async with on_stage(app_over(FakeTrail(coverage=plausible_coverage()))) as pilot:
        await press(pilot, "4")
        assert "No person" in str(stack(pilot).note.content)
        await press(pilot, "5")
        assert "No machine" in str(stack(pilot).note.content)
        await press(pilot, "6")
        assert "No tunnel" in str(stack(pilot).note.content)


async def test_what_is_seen_stays_until_the_answer_is_there() -> None:
    trail = counted_door(200)
    async with on_stage(app_over(trail)) as pilot:
        await press(pilot, "4")
        seen = keys_of(pilot)
        trail.hold()
        await pilot.press("c")
        await held(trail)
        assert keys_of(pilot) == seen
        trail.release()
        await settled(pilot)
        assert listing(pilot).table.total == 7


async def test_hostile_names_are_safe_everywhere() -> None:
    trail = counted_door(50)
    evil = "a\x1b]52;c;aGk=\x07[/b]"
    trail.rows["people"] = ({**trail.rows["people"][0], "person": evil, "person_shown": evil, "roles": (evil,)},)
    async with on_stage(app_over(trail)) as pilot:
        await press(pilot, "4", "d", "enter")
        assert stack(pilot).view.pane == "person"
        assert not any("\x1b" in crumb for crumb in stack(pilot).path)
