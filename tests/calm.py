"""Waiting until an app has done everything that it began, by looking at it instead of at the clock.

The toolkit's pilot sleeps twice 20 ms for each key, and longer while the processor is busy; a story of ten keys would
wait for half a second in which nothing happens. What is looked at here is what such a sleep waits for: messages in the
queues, timers that are about to fire, a repaint, and workers, which get as long as they would have had.
"""

from __future__ import annotations

import asyncio
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

import textual.app
import textual.pilot
from textual._context import active_app
from textual._wait import wait_for_idle
from textual.app import App

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.message_pump import MessagePump

#: A timer of at most so many seconds belongs to what is going on now; longer ones are the patience of somebody else.
_SOON: Final = 0.1
#: Seconds that a worker gets before it is one that takes its time.
_WORK: Final = 0.03
#: Seconds after which what never comes to an end is a failure.
_PATIENCE: Final = 10.0
#: Looks in a row that find nothing to do: after a key, and where a story goes on from what it brought.
_LOOKS: Final = 2
_LAST_LOOKS: Final = 3


def install() -> None:
    """Let the pilot wait in this way."""
    for module in (textual.app, textual.pilot):
        module.wait_for_idle = calm  # type: ignore[attr-defined]


async def calm(min_sleep: float = 0.0, max_sleep: float = 1.0) -> None:
    """Wait until the running app is calm, at most so many seconds; workers that are held are not waited for."""
    app = active_app.get()
    began = monotonic()
    looks = 0
    while looks < _LOOKS and monotonic() < began + max_sleep:
        await _round(app)
        waits = _is_working(app) and monotonic() < began + _WORK
        looks = 0 if waits or _is_busy(app) else looks + 1
    if _is_working(app):
        await wait_for_idle(min_sleep, max_sleep)


async def settled(app: App[Any], patience: float = _PATIENCE) -> None:
    """Wait until the app is calm and no worker runs. Raises AssertionError after so many seconds."""
    until = monotonic() + patience
    looks = 0
    while looks < _LAST_LOOKS:
        assert monotonic() < until, f"the app has not settled within {patience:g} s: {_restless(app)}"
        await _workers_done(app, until)
        await _round(app)
        looks = 0 if _is_busy(app) or _is_working(app) else looks + 1


async def _workers_done(app: App[Any], until: float) -> None:
    """Wait for workers, not longer than that, without ending one. Raises what one of them raised."""
    tasks = [worker._task for worker in app.workers if not worker.is_finished and worker._task is not None]
    if tasks:
        await asyncio.wait(tasks, timeout=until - monotonic())
    if not _is_working(app):
        await app.workers.wait_for_complete()


def _restless(app: App[Any]) -> str:
    running = [worker.name or str(worker.node) for worker in app.workers if not worker.is_finished]
    return f"these workers still run: {', '.join(running)}" if running else "messages or timers follow each other"


async def _round(app: App[Any], seconds: float = 0.001) -> None:
    """Let everybody handle what waits for them, let threads put in a word, and repaint."""
    await asyncio.sleep(seconds)
    await textual.pilot.Pilot(app)._wait_for_screen()
    if app._screen_stack:
        app.screen._on_timer_update()


def _is_busy(app: App[Any]) -> bool:
    if not app._screen_stack:
        return False
    animator, screen = app.animator, app.screen
    if animator._animations or animator._scheduled or screen._callbacks:
        return True
    return any(_has_messages(pump) or any(map(_is_due_soon, pump._timers)) for pump in _pumps(app))


def _pumps(app: App[Any]) -> Iterator[MessagePump]:
    yield app
    yield from app.screen.walk_children(with_self=True)


def _has_messages(pump: MessagePump) -> bool:
    return bool(pump.message_queue_size or pump._next_callbacks)


def _is_due_soon(timer: Any) -> bool:
    once = timer._repeat == 0 and timer._interval <= _SOON
    return once and timer._task is not None and not timer._task.done()


def _is_working(app: App[Any]) -> bool:
    return any(not worker.is_finished for worker in app.workers)
