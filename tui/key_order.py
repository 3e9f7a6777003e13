"""Keys obeyed in the order in which they were pressed, however fast."""

from __future__ import annotations

from collections import deque
from functools import cache
from time import monotonic
from typing import TYPE_CHECKING, Final

from textual import events
from textual.app import App
from textual.widget import Widget

from tui.ready import Readying
from tui.sweeping import Sweeping

if TYPE_CHECKING:
    from textual.widget import Widget as AnyWidget

#: How long keys wait for a screen that does not get ready, seconds.
_PATIENCE: Final = 1.0


class OrderedKeys(App[int]):
    """Looks up what a key does at once, on the screen that is seen by then; keys wait while that is being made.

    The toolkit sends a key to the widget in focus, lets it bubble through the queues of all that it stands in, and
    looks up what it does when it has come back. By then a key before it may have moved the focus or changed the
    screen: of `/` and `k` pressed at once both would go to the list, of `4` and `down` the second would be lost. Keys
    for what is typed into go the toolkit's way.
    """

    def __init__(self, *, ansi_color: bool | None) -> None:
        super().__init__(ansi_color=ansi_color)
        self._keys: deque[events.Key] = deque()
        self._waiting_since = 0.0
        self._sweeping = Sweeping()

    async def on_event(self, event: events.Event) -> None:
        """Put keys in line."""
        if not isinstance(event, events.Key) or event.is_forwarded:
            await super().on_event(event)
            return
        self._sweeping.key_pressed()
        if not await self._check_bindings(event.key, priority=True):
            if not self._keys:
                self._waiting_since = monotonic()
            self._keys.append(event)
            await self._press_on()

    async def on_readying_ready(self, message: Readying.Ready) -> None:
        """Obey what was pressed meanwhile."""
        message.stop()
        await self._press_on()

    async def _press_on(self) -> None:
        while self._keys and (self._takes_keys or monotonic() - self._waiting_since > _PATIENCE):
            key, focused = self._keys.popleft(), self.focused
            if not isinstance(self.screen, Readying) or (focused is not None and _has_keys_of_its_own(type(focused))):
                await super().on_event(key)
            else:
                await self._check_bindings(key.key)

    @property
    def _takes_keys(self) -> bool:
        return not isinstance(self.screen, Readying) or self.screen.is_ready


@cache
def _has_keys_of_its_own(kind: type[AnyWidget]) -> bool:
    """Whether a widget does more with keys than its bindings say."""
    names = {name for cls in kind.__mro__ if issubclass(cls, Widget) and cls is not Widget for name in vars(cls)}
    return any(name in {"on_key", "_on_key"} or name.startswith("key_") for name in names)
