"""The app over a core in memory, driven by a pilot."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from ssmtrail.queries.filters import Filter
from ssmtrail.queries.model import Progress, Scope
from ssmtrail.queries.times import Window
from ssmtrail.tui.app import TrailApp
from ssmtrail.tui.choice import SourceChoice
from ssmtrail.tui.frame.list_keys import KeyedListScreen
from ssmtrail.tui.frame.provenance import ProvenanceLine
from ssmtrail.tui.lazy_trail import LazyTrail
from ssmtrail.tui.manner import Manner
from ssmtrail.widgets.table import RowsTable
from tests import calm
from tests.fakes import NOON, FakeTrail

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from textual.pilot import Pilot

    from ssmtrail.queries.trail import Trail

SCOPE = Scope(Window.parse("30d", None, NOON), Filter())


def app_over(
    trail: Trail | None, scope: Scope = SCOPE, *, ask_for: Callable[[SourceChoice], Trail] | None = None
) -> TrailApp:
    """The app over this core; None begins with the welcome."""

    def given(_: SourceChoice) -> Trail:
        assert trail is not None
        return trail

    opening = LazyTrail(lambda: trail) if trail is not None else None
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


async def held(trail: FakeTrail) -> None:
    """Wait until something waits at the door."""
    assert await asyncio.to_thread(trail.waiting.wait, 10)


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


def reading(snapshot: int) -> Progress:
    """A fetch under way."""
    return Progress("reading", snapshot, 9, snapshot * 1_000, 9_000, snapshot=snapshot)
