"""The export dialog: which fields are written, and what its keys do."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest
from textual.widgets import Input, Static

from ssmtrail.queries.relations import FIELDS
from ssmtrail.tui.frame.export import ExportScreen, Tick
from tests.tui.counted import counted_door
from tests.tui.screens.stage import app_over, on_stage, press, said

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

SMALL, LARGE = (80, 24), (200, 50)


def dialog(pilot: Pilot[int]) -> ExportScreen:
    assert isinstance(pilot.app.screen, ExportScreen)
    return pilot.app.screen


def path_of(pilot: Pilot[int]) -> str:
    return dialog(pilot).query_one("#path", Input).value


def header_of(path: Path) -> list[str]:
    return next(csv.reader(path.read_text().splitlines()))


@pytest.mark.parametrize("name", ["sessions", "people"])
async def test_every_field_is_written_at_every_size(tmp_path: Path, name: str) -> None:
    tab = {"sessions": "1", "people": "4"}[name]
    for size in (SMALL, LARGE):
        async with on_stage(app_over(counted_door(5)), size) as pilot:
            await press(pilot, tab, "e", *f"{size[0]}.csv", "enter")
    assert header_of(tmp_path / "80.csv") == list(FIELDS[name])  # type: ignore[index]
    assert (tmp_path / "80.csv").read_bytes() == (tmp_path / "200.csv").read_bytes()


async def test_only_the_columns_shown_is_a_choice(tmp_path: Path) -> None:
    async with on_stage(app_over(counted_door(5)), SMALL) as pilot:
        await press(pilot, "4", "e", *"few.csv", "tab", "space", "enter")
    assert header_of(tmp_path / "few.csv")[0] == "person"
    assert len(header_of(tmp_path / "few.csv")) < len(FIELDS["people"])


async def test_the_path_of_what_was_written_can_be_copied(tmp_path: Path) -> None:
    app = app_over(counted_door(5))
    async with on_stage(app) as pilot:
        await press(pilot, "4", "ctrl+y")
        assert app.clipboard == ""
        await press(pilot, "e", *"out.csv", "enter", "ctrl+y")
        assert app.clipboard == str(tmp_path / "out.csv")


async def test_enter_writes_from_a_box_and_leaves_it_as_it_is(tmp_path: Path) -> None:
    async with on_stage(app_over(counted_door(5))) as pilot:
        await press(pilot, "4", "e", *"out.csv", "tab", "enter")
        assert header_of(tmp_path / "out.csv") == list(FIELDS["people"])


async def test_what_is_typed_on_a_box_goes_into_the_path() -> None:
    async with on_stage(app_over(counted_door(5))) as pilot:
        await press(pilot, "4", "e", *"out", "tab")
        assert isinstance(pilot.app.focused, Tick)
        await press(pilot, "space", *".csv")
        assert path_of(pilot) == "out.csv"
        assert dialog(pilot).query_one("#shown", Tick).value


async def test_coming_back_to_the_path_selects_nothing_that_was_typed() -> None:
    async with on_stage(app_over(counted_door(5))) as pilot:
        await press(pilot, "4", "e", *"out", "tab", "shift+tab", *".csv")
        assert path_of(pilot) == "out.csv"


@pytest.mark.parametrize(
    ("typed", "words"),
    [("~nobody-here/a.csv", "There is no home of a user nobody-here."), (f"{'x' * 300}.csv", "File name too long")],
)
async def test_a_path_that_no_system_takes_is_refused_and_nothing_breaks(typed: str, words: str) -> None:
    async with on_stage(app_over(counted_door(5))) as pilot:
        await press(pilot, "4", "e")
        dialog(pilot).query_one("#path", Input).value = typed
        await press(pilot, "enter")
        assert words in str(dialog(pilot).query_one("#wrong", Static).render())


async def test_how_to_copy_the_path_is_said_however_long_the_path_is(tmp_path: Path) -> None:
    name = f"{'long-' * 20}.csv"
    app = app_over(counted_door(5))
    async with on_stage(app, SMALL) as pilot:
        await press(pilot, "4", "e", *name, "enter")
        assert "ctrl+y copies the path" in said(pilot)[:76]
        assert (tmp_path / name).exists()
