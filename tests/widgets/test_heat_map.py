from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from ssmtrail.widgets.heat_map import HeatMap
from ssmtrail.widgets.matrix_cells import LogScale
from tests.widgets.charts_app import UsageApp, made_hours

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from textual.pilot import Pilot


@asynccontextmanager
async def shown(size: tuple[int, int] = (80, 24)) -> AsyncIterator[tuple[UsageApp, Pilot[None]]]:
    app = UsageApp()
    async with app.run_test(size=size) as pilot:
        app.map.focus()
        await pilot.pause()
        app.told.clear()
        yield app, pilot


def lines(heat: HeatMap) -> list[str]:
    return [heat.render_line(y).text for y in range(heat.size.height)]


async def test_every_hour_and_every_weekday() -> None:
    async with shown() as (app, _):
        seen = lines(app.map)
        assert seen[0].split() == [f"{hour:02}" for hour in range(24)]
        assert [line.split()[0] for line in seen[1:]] == ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
        assert {len(line) for line in seen} == {80}


@pytest.mark.parametrize(("width", "hours"), [(120, 1), (80, 1), (60, 1), (45, 2), (30, 2), (24, 3), (10, 6)])
async def test_narrow_maps_take_hours_together_and_lose_none(width: int, hours: int) -> None:
    async with shown((width, 24)) as (app, _):
        heat = app.map
        assert heat.hours == hours
        assert {len(line) for line in lines(heat)} == {width}
        together = sum(heat.count_at(day, hour) for day in range(7) for hour in range(0, 24, hours))
        assert together == sum(map(sum, made_hours()))


async def test_keys_move_and_tell() -> None:
    async with shown() as (app, pilot):
        await pilot.press("down", "right", "l", "left", "k", "up", "left", "left", "G", "end", "enter")
        assert app.told == [
            ("hours", 1, 0, 1),
            ("hours", 1, 1, 1),
            ("hours", 1, 2, 1),
            ("hours", 1, 1, 1),
            ("hours", 0, 1, 1),
            ("hours", 0, 0, 1),
            ("hours", 6, 0, 1),
            ("hours", 6, 23, 1),
            ("opened", 6, 23, 1),
        ]


async def test_a_step_goes_over_all_hours_of_a_cell() -> None:
    async with shown((45, 24)) as (app, pilot):
        await pilot.press("right", "right", "enter")
        assert app.told[-1] == ("opened", 0, 4, 2)


async def test_resizing_puts_the_cursor_on_the_first_hour_of_a_cell() -> None:
    async with shown() as (app, pilot):
        app.map.hour = 13
        await pilot.resize_terminal(45, 24)
        await pilot.pause()
        assert app.map.hour == 12


async def test_clicks_move_then_open() -> None:
    async with shown() as (app, pilot):
        await pilot.click(HeatMap, offset=(5 + 3 * 9 + 1, 3))
        assert (app.map.weekday, app.map.hour) == (2, 9)
        await pilot.click(HeatMap, offset=(5 + 3 * 9, 3))
        assert app.told[-1] == ("opened", 2, 9, 1)
        await pilot.click(HeatMap, offset=(2, 3))
        await pilot.click(HeatMap, offset=(40, 0))
        assert (app.map.weekday, app.map.hour) == (2, 9)


async def test_shades_rise_and_zero_is_a_dot() -> None:
    async with shown() as (app, _):
        app.map.weekday = 6
        app.map.show([[0, 1, 10, 100, 1_000] + [0] * 19] + [[0] * 24] * 6)
        assert lines(app.map)[1].split()[1:7] == ["·", "░░", "▒▒", "▓▓", "██", "·"]
        app.map.ascii_only = True
        assert lines(app.map)[1].split()[1:7] == [".", "::", "++", "**", "##", "."]


def test_bindings_have_ids_and_tooltips() -> None:
    assert all(getattr(binding, "id", "") and getattr(binding, "tooltip", "") for binding in HeatMap.BINDINGS)


@pytest.mark.parametrize(
    ("largest", "begins"), [(0, {}), (1, {1: 1}), (3, {1: 1, 3: 2, 4: 3}), (81, {1: 1, 2: 4, 3: 10, 4: 28})]
)
def test_the_smallest_count_of_each_shade(largest: int, begins: dict[int, int]) -> None:
    assert LogScale(largest, 4).begins() == begins
    assert all(LogScale(largest, 4).step(count) == step for step, count in begins.items())
