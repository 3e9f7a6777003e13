"""The app over a core in memory, driven by a pilot."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, TypeVar

from ssmtrail.queries.filters import Filter
from ssmtrail.queries.model import Progress, Scope
from ssmtrail.queries.times import Window
from ssmtrail.tui.app import TrailApp
from ssmtrail.tui.choice import SourceChoice
from ssmtrail.tui.frame.frame import Frame
from ssmtrail.tui.frame.list_pane import ListPane
from ssmtrail.tui.lazy_trail import LazyTrail
from ssmtrail.tui.preferences import Preferences
from ssmtrail.tui.signs import UNICODE
from ssmtrail.tui.workers import QueryWorkers
from tests import calm
from tests.fakes import NOON, FakeTrail

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from datetime import datetime

    from textual.pilot import Pilot

    from ssmtrail.queries.config import Settings
    from ssmtrail.queries.trail import Trail
    from ssmtrail.tui.frame.pane import Pane
    from ssmtrail.tui.frame.stack import ViewStack
    from ssmtrail.tui.signs import Signs

AnyPane = TypeVar("AnyPane", bound="Pane[Any, Any]")
SCOPE = Scope(Window.parse("30d", None, NOON), Filter())


def app_over(
    trail: Trail | None,
    scope: Scope = SCOPE,
    *,
    ask_for: Callable[[SourceChoice], Trail] | None = None,
    signs: Signs = UNICODE,
    settings: Settings | None = None,
    now: datetime | None = None,
) -> TrailApp:
    """The app over this core; None begins with the welcome. It is always `now`, where that is given."""

    def given(_: SourceChoice) -> Trail:
        assert trail is not None
        return trail

    opening = LazyTrail(lambda: trail) if trail is not None else None
    preferences = Preferences(scope, zones=("Europe/Berlin",), signs=signs, settings=settings)
    app = TrailApp(ask_for or given, opening, SourceChoice("demo"), preferences)
    if now is not None:
        assert app.app_context is not None
        app.app_context.now = lambda: now
    return app


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


def frame(pilot: Pilot[int]) -> Frame:
    """The frame around the views."""
    assert isinstance(pilot.app.screen, Frame)
    return pilot.app.screen


def stack(pilot: Pilot[int]) -> ViewStack:
    """The stack of views."""
    return frame(pilot).stack


def pane(pilot: Pilot[int], kind: type[AnyPane]) -> AnyPane:
    """The pane that is seen, of this kind."""
    found = stack(pilot).pane
    assert isinstance(found, kind)
    assert found.display
    return found


def listing(pilot: Pilot[int]) -> ListPane:
    """The list that is seen."""
    found = stack(pilot).pane
    assert isinstance(found, ListPane)
    return found


def keys_of(pilot: Pilot[int], count: int = 3) -> list[str]:
    """Keys of the first rows that the table shows."""
    table = listing(pilot).table
    rows = [table.row_at(index) for index in range(min(count, table.total))]
    return [row.key for row in rows if row is not None]


def said(pilot: Pilot[int]) -> str:
    """What the provenance line says in passing."""
    return frame(pilot).chrome.line.word[0]


def reading(snapshot: int) -> Progress:
    """A fetch under way."""
    return Progress("reading", snapshot, 9, snapshot * 1_000, 9_000, snapshot=snapshot)


def read_on(pilot: Pilot[int], snapshot: int) -> None:
    """Tell the app that more was read."""
    workers = frame(pilot).context.workers
    pilot.app.post_message(QueryWorkers.Progressed(workers, reading(snapshot)))
