"""The app over a core in memory, driven by a pilot."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from queries.filters import Filter
from queries.values import Progress, Scope
from queries.window import Window
from tests import calm
from tests.fakes import NOON, FakeDoor
from tui.app import TrailApp
from tui.choice import SourceChoice
from tui.frame.list_keys import KeyedListScreen
from tui.frame.provenance import ProvenanceLine
from tui.manner import Manner
from tui.opening import Opening
from widgets.rows_table import RowsTable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from textual.pilot import Pilot

    from queries.values import Door

SCOPE = Scope(Window.parse("30d", None, NOON), Filter())


def app_over(
    door: Door | None, scope: Scope = SCOPE, *, ask_for: Callable[[SourceChoice], Door] | None = None
) -> TrailApp:
    """The app over this core; None begins with the welcome."""

    def given(_: SourceChoice) -> Door:
        assert door is not None
        return door

    opening = Opening(lambda: door) if door is not None else None
    return TrailApp(ask_for or given, opening, SourceChoice("demo"), Manner(scope, zones=("Europe/Berlin",)))


@asynccontextmanager
async def on_stage(app: TrailApp, size: tuple[int, int] = (120, 36)) -> AsyncIterator[Pilot[int]]:
    """The running app, once everything that it began by itself is done."""
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        yield pilot


async def settled(pilot: Pilot[int]) -> None:
    """Wait until no worker runs and every message is handled."""
    await calm.settled(pilot.app)


async def held(door: FakeDoor) -> None:
    """Wait until something waits at the door."""
    assert await asyncio.to_thread(door.waiting.wait, 10)


async def until(pilot: Pilot[int], true: Callable[[], bool]) -> None:
    """Wait until something is true, at most a few seconds."""
    for _ in range(500):
        if true():
            return
        await pilot.pause(0.01)
    raise AssertionError("it did not become true")


async def press(pilot: Pilot[int], *keys: str) -> None:
    """Press keys one after the other, each answered before the next."""
    for key in keys:
        await pilot.press(key)
        await settled(pilot)


def listing(pilot: Pilot[int]) -> KeyedListScreen:
    """The list that is seen."""
    assert isinstance(pilot.app.screen, KeyedListScreen)
    return pilot.app.screen


def keys_of(pilot: Pilot[int], count: int = 3) -> list[str]:
    """Keys of the first rows that the table shows."""
    table = pilot.app.screen.query_one(RowsTable)
    rows = [table.row_at(index) for index in range(min(count, table.total))]
    return [row.key for row in rows if row is not None]


def said(pilot: Pilot[int]) -> str:
    """What the provenance line says in passing."""
    return pilot.app.screen.query_one(ProvenanceLine).word[0]


def reading(generation: int) -> Progress:
    """A fetch under way."""
    return Progress("reading", generation, 9, generation * 1_000, 9_000, generation=generation)
