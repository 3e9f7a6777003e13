"""`LazyTrail`, a trail that is opened in a thread while the terminal is already being drawn."""

from __future__ import annotations

from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.errors import Cancelled

if TYPE_CHECKING:
    from collections.abc import Callable

    from ssmtrail.queries.first_page import EarlyPage
    from ssmtrail.queries.trail import Trail

#: How long a waiting worker may overlook that it was cancelled, seconds.
PATIENCE: Final = 0.1


class LazyTrail:
    """Runs `opener` in a thread of its own, from `begin` or from the first call of `trail` on.

    The thread is a daemon: importing an engine cannot be interrupted, and quitting does not wait for it.
    """

    def __init__(self, opener: Callable[[], Trail], early: EarlyPage | None = None) -> None:
        """`early` answers what it knows until the trail is open."""
        self._early = early
        self._future: Future[Trail] = Future()
        self._opener = opener
        self._begun = Lock()
        self._closed = Event()

    def _open(self) -> None:
        try:
            self._future.set_result(self._opener())
        except BaseException as error:  # noqa: BLE001 - raised again in every thread that asks for the trail
            self._future.set_exception(error)

    def begin(self) -> None:
        """Open the trail, unless that is under way."""
        if self._begun.acquire(blocking=False):
            Thread(target=self._open, name="ssmtrail-opening", daemon=True).start()

    def trail(self, cancelled: Event) -> Trail:
        """The trail, as soon as it is open; raises what opening raised, or Cancelled."""
        self.begin()
        while not cancelled.is_set():
            try:
                return self._future.result(timeout=PATIENCE)
            except NotYet:
                if self._future.done():
                    raise
                if self._closed.is_set():
                    break
        raise Cancelled

    @property
    def opened(self) -> Trail | None:
        """The trail, if it is open by now."""
        is_open = self._future.done() and self._future.exception() is None
        return self._future.result() if is_open else None

    @property
    def early(self) -> EarlyPage | None:
        """The kept first page, until the trail is open."""
        return self._early if self.opened is None else None

    def close(self) -> None:
        """Close the trail, now or as soon as it is open; one that was not begun is never opened."""
        self._closed.set()
        self._future.add_done_callback(_close)


def _close(future: Future[Trail]) -> None:
    if future.exception() is None:
        future.result().close()
