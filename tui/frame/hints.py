"""`Hints`: the keys of a dialog in words; a click on one is the key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.content import Content
from textual.widget import Widget

if TYPE_CHECKING:
    from textual import events

_GAP: Final = "   "
#: Keys by the word that a hint begins with, in any case; other words are no keys.
_KEYS: Final = {"enter": "enter", "tab": "tab", "space": "space", "esc": "escape", "/": "slash"}


def key_named(word: str) -> str | None:
    """The toolkit's name of a key that is written as `Enter` or `esc`; None for several keys, or a sentence."""
    return _KEYS.get(word.casefold())


class Hints(Widget):
    """One line, such as `Enter writes   Esc back`."""

    DEFAULT_CSS = "Hints { height: 2; padding-top: 1; color: $text-muted; }"

    def __init__(self, *hints: str) -> None:
        super().__init__(classes="hint")
        self._hints = hints

    def render(self) -> Content:
        """The hints side by side."""
        return Content(_GAP.join(self._hints))

    def on_click(self, event: events.Click) -> None:
        """Press the key of the hint under the mouse."""
        event.stop()
        offset = event.get_content_offset(self)
        left = -1 if offset is None else offset.x
        for hint in self._hints:
            key = key_named(hint.partition(" ")[0])
            if 0 <= left < len(hint) and key is not None:
                self.app.simulate_key(key)
                return
            left -= len(hint) + len(_GAP)
