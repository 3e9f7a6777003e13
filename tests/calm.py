"""Waiting until a running app is idle, by looking at its queues instead of at the clock.

Textual's pilot sleeps 20 ms twice for each key, longer while the processor is busy, and sends a callback through every
widget each time. What is looked at here is what those wait for: messages in queues, handlers that run, timers that are
about to fire, a repaint, and workers, which get as long as they would have had.
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
from textual.pilot import Pilot

from tests.patience import Patience

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from textual.message_pump import MessagePump

#: A timer of at most so many seconds belongs to the current work; longer ones are not waited for.
_SOON: Final = 0.1
#: Seconds that a worker gets before it counts as one that takes its time, and at least so many looks: a process that
#: the machine lets wait for a second has looked once or twice in it.
_WORK: Final = 0.03
_WORK_LOOKS: Final = 20
#: Looks at a busy app before the time that it gets counts.
_BUSY_LOOKS: Final = 200
#: Seconds between two looks at how long workers have run.
_LOOK: Final = 0.1
#: Seconds after which an app that never becomes idle is a failure.
_PATIENCE: Final = 10.0
#: Looks in a row that find nothing to do: after a key, and where a test goes on with the result.
_LOOKS: Final = 2
_LAST_LOOKS: Final = 3


def install() -> None:
    """Let the pilot wait in this way."""
    for module in (textual.app, textual.pilot):
        module.wait_for_idle = calm  # type: ignore[attr-defined]
    Pilot._wait_for_screen = _wait_for_screen  # type: ignore[assignment, method-assign]


async def calm(min_sleep: float = 0.0, max_sleep: float = 1.0) -> None:
    """Wait until the running app is idle, at most so many seconds; workers that are held are not waited for."""
    app = active_app.get()
    began = monotonic()
    looks = number = 0
    while looks < _LOOKS and (number < _BUSY_LOOKS or monotonic() < began + max_sleep):
        await _round(app)
        number += 1
        waits = _is_working(app) and (number < _WORK_LOOKS or monotonic() < began + _WORK)
        looks = 0 if waits or _is_busy(app) else looks + 1
    if _is_working(app):
        await wait_for_idle(min_sleep, max_sleep)


async def settled(app: App[Any], patience: float = _PATIENCE) -> None:
    """Wait until the app is idle and no worker runs. Raises AssertionError after so many seconds."""
    wait = Patience(patience)
    looks = 0
    while looks < _LAST_LOOKS:
        assert wait.left, f"the app has not settled within {patience:g} s: {_restless(app)}"
        await _workers_done(app, wait)
        await _round(app)
        looks = 0 if _is_busy(app) or _is_working(app) else looks + 1


async def _wait_for_screen(pilot: Pilot[Any], timeout: float = 30.0) -> bool:
    """Wait until no widget of the screen has a message to handle; False when the app has failed."""
    app = pilot.app
    patience = Patience(timeout)
    while app._screen_stack and app._exception is None and any(map(_has_messages, _pumps(app))):
        if not patience.left:
            raise textual.pilot.WaitForScreenTimeout(_restless(app))
        await asyncio.sleep(0.001)
    return app._exception is None


async def _workers_done(app: App[Any], patience: Patience) -> None:
    """Wait for workers, not longer than that, without ending one. Raises what one of them raised."""
    tasks = [worker._task for worker in app.workers if not worker.is_finished and worker._task is not None]
    while tasks and (left := patience.left):
        _, pending = await asyncio.wait(tasks, timeout=min(left, _LOOK))
        tasks = list(pending)
    if not _is_working(app):
        await app.workers.wait_for_complete()


def _restless(app: App[Any]) -> str:
    running = [worker.name or str(worker.node) for worker in app.workers if not worker.is_finished]
    return f"these workers still run: {', '.join(running)}" if running else "messages or timers follow each other"


async def _round(app: App[Any]) -> None:
    """Let tasks and threads run for a moment, and repaint once no message is left that may change more."""
    await asyncio.sleep(0.001)
    if app._exception is not None:
        raise app._exception
    if app._screen_stack and not any(map(_has_messages, _pumps(app))):
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
    """Whether the pump has messages to handle, or is handling one: it does not wait for its queue."""
    if pump._closed:  # what came after its end stays in its queue
        return False
    if pump.message_queue_size or pump._next_callbacks:
        return True
    waiters: Iterable[asyncio.Future[None]] = pump._message_queue.ready_event._waiters
    waits = any(not waiter.done() for waiter in waiters)
    return not waits and not pump._closing


def _is_due_soon(timer: Any) -> bool:
    once = timer._repeat == 0 and timer._interval <= _SOON
    return once and timer._task is not None and not timer._task.done()


def _is_working(app: App[Any]) -> bool:
    return any(not worker.is_finished for worker in app.workers)
