"""Keys: read from the terminal without delay, and obeyed in the order in which they were pressed."""

from __future__ import annotations

import os
import select
from codecs import getincrementaldecoder
from collections import deque
from functools import cache
from time import monotonic
from typing import TYPE_CHECKING, Final

from textual import events
from textual.app import App
from textual.widget import Widget

from ssmtrail.tui.ready import Readying
from ssmtrail.tui.terminal.idle_gc import Sweeping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from threading import Event

    from textual.message import Message
    from textual.widget import Widget as AnyWidget

#: Milliseconds after which Escape is Escape, unless the user's ESCDELAY (as of ncurses) says otherwise. Terminals
#: send a sequence in one piece, SSH and tmux pass it on so; the toolkit waits for a tenth of a second.
ESCAPE_MILLISECONDS: Final = 25
#: Between two looks at whether to stop, seconds.
_LOOK: Final = 0.1


def hasten_escape() -> None:
    """Set what the toolkit reads when it is imported."""
    os.environ.setdefault("ESCDELAY", str(ESCAPE_MILLISECONDS))


def read_keys(terminal: int, stop: Event, tell: Callable[[Message], object], *, debug: bool) -> None:
    """Tell what comes from a terminal's file descriptor until `stop` is set or nobody is there any more; in a thread.

    The toolkit's own loop looks ten times a second whether an Escape has waited long enough, however long that is.
    """
    from textual._xterm_parser import XTermParser  # the toolkit is there by now

    parser = XTermParser(debug)
    decode = getincrementaldecoder("utf-8")("replace").decode

    def tell_all(messages: Iterable[Message]) -> None:
        for message in messages:
            tell(message)

    while not stop.is_set():
        waiting = parser._timeout_time is not None  # noqa: SLF001 - whether a sequence has begun
        if _ready(terminal, _wait() if waiting else _LOOK):
            data = _read(terminal)
            if not data:
                return
            if text := decode(data):
                tell_all(parser.feed(text))
        tell_all(parser.tick())


def _wait() -> float:
    from textual.constants import ESCAPE_DELAY

    return min(_LOOK, ESCAPE_DELAY + 0.001)  # a little later than the parser's clock


def _ready(terminal: int, seconds: float) -> bool:
    poll = select.poll()
    poll.register(terminal, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # the terminal is gone
        return b""


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
