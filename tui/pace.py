"""Doing something later: when typing pauses, or not too often."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.message_pump import MessagePump
    from textual.timer import Timer


class Pause:
    """Does something once wishes have ceased for so many seconds."""

    def __init__(self, pump: MessagePump, seconds: float, do: Callable[[], object]) -> None:
        self._pump = pump
        self._seconds = seconds
        self._do = do
        self._timer: Timer | None = None

    def wish(self) -> None:
        """Do it soon; a wish before that puts it off."""
        self.drop()
        self._timer = self._pump.set_timer(self._seconds, self._do)

    def drop(self) -> None:
        """Do not do it."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None


class FirstAtOnce(Pause):
    """The same, but a wish that comes after so long without one is done at once."""

    def __init__(self, pump: MessagePump, seconds: float, do: Callable[[], object]) -> None:
        super().__init__(pump, seconds, do)
        self._last = float("-inf")

    def wish(self) -> None:
        """Do it now, or once wishes cease."""
        before, self._last = self._last, monotonic()
        if self._last - before < self._seconds:
            super().wish()
        else:
            self.drop()
            self._do()


class Pace:
    """Does something as soon as wished, but leaves so many seconds between two times."""

    def __init__(self, pump: MessagePump, seconds: float, do: Callable[[], object]) -> None:
        self._pump = pump
        self._seconds = seconds
        self._do = do
        self._last = float("-inf")
        self._timer: Timer | None = None

    def wish(self) -> None:
        """Do it, now or when its time has come; wishes in between are one."""
        if self._timer is None:
            # The toolkit's timers divide by their interval.
            self._timer = self._pump.set_timer(max(0.001, self._last + self._seconds - monotonic()), self._fulfil)

    def _fulfil(self) -> None:
        self._timer = None
        self._last = monotonic()
        self._do()
