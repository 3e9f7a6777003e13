"""`Refresher`, by which everything that is followed is asked again: what is live, and the source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ssmtrail.queries.following import backed_off

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.message_pump import MessagePump
    from textual.timer import Timer

#: Seconds after which it is tried again where it may not be asked now.
PAUSE: Final = 1.0


class Refresher:
    """Calls `ask` once at a time, and again so many seconds after `done`; after `failed` later and later."""

    def __init__(self, pump: MessagePump, may: Callable[[], bool], ask: Callable[[], object]) -> None:
        """`may` is False while a question is open, or what is followed is not seen."""
        self._pump = pump
        self._may = may
        self._ask = ask
        self._timer: Timer | None = None
        self._failures = 0
        self.is_on = False
        """Whether it was started."""

    def start(self, wait: float = 0.0) -> None:
        """Begin, after so many seconds."""
        self.is_on, self._failures = True, 0
        self._in(wait)

    def stop(self) -> None:
        """Ask no more."""
        self.is_on = False
        if self._timer is not None:
            self._timer.stop()
            self._timer = None

    def done(self, wait: float) -> None:
        """What was asked is there: ask again after so many seconds."""
        self._failures = 0
        self._in(wait)

    def failed(self, wait: float) -> None:
        """It failed: ask again later, after each failure twice as late."""
        self._failures += 1
        self._in(backed_off(wait, self._failures))

    def _in(self, wait: float) -> None:
        if self._timer is not None:
            self._timer.stop()
        if self.is_on:
            self._timer = self._pump.set_timer(
                max(0.001, wait), self._tick
            )  # Textual's timers divide by their interval

    def _tick(self) -> None:
        self._timer = None
        if self._may():
            self._ask()
        else:
            self._in(PAUSE)
