"""The last line of every screen: the keys that work here."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Input

from ssmtrail.tui.frame.hints import key_named

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual import events
    from textual.dom import DOMNode
    from textual.screen import Screen


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the line."""

    key: str
    label: str
    action: str = ""
    owner: DOMNode | None = None
    """Whose action it is."""

    @property
    def width(self) -> int:
        """Cells, with the gap behind it."""
        return len(self.key) + 1 + len(self.label) + 2


#: While a text is typed all other keys are letters.
TYPING: Final = (Key("enter", "look"), Key("tab", "complete"), Key("up/down", "earlier, presets"), Key("esc", "back"))


#: Actions that come first, in this order: what a row is for, the way back, other views of it.
_FIRST: Final = ("open", "back", "view", "filter", "as_of", "unit", "breakdown", "other")


def _rank(key: Key) -> int:
    name = key.action.partition("(")[0]
    return _FIRST.index(name) if name in _FIRST else len(_FIRST)


def fitting(keys: Sequence[Key], width: int) -> Sequence[Key]:
    """As many keys as fit; the last, which is help, always does."""
    *others, last = keys
    room = width - last.width
    kept = []
    for key in others:
        room -= key.width
        if room < 0:
            break
        kept.append(key)
    return [*kept, last]


class KeyLine(Widget):
    """The bindings that are shown, in their order, with help at the end; a click is the key."""

    DEFAULT_CSS = "KeyLine { height: 1; padding: 0 1; color: $text-muted; }"

    keys: reactive[tuple[Key, ...]] = reactive(())
    """What is offered, the most useful first, help last."""

    def on_mount(self) -> None:
        """Follow what the screen's bindings say."""
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_changed)
        self.call_after_refresh(self._bindings_changed, self.screen)

    def _bindings_changed(self, screen: Screen[object]) -> None:
        self.keys = tuple(shown_keys(screen))

    def render(self) -> Content:
        """The line for the width at hand."""
        if not self.keys:
            return Content("")
        parts: list[str | tuple[str, str]] = []
        for key in fitting(self.keys, self.size.width + 2):
            parts += [(key.key, "bold $text"), f" {key.label}  "]
        return Content.assemble(*parts)

    async def on_click(self, event: events.Click) -> None:
        """Do what the key under the mouse does."""
        event.stop()
        x = event.get_content_offset(self)
        left = -1 if x is None else x.x
        for key in fitting(self.keys, self.size.width + 2) if self.keys else ():
            if 0 <= left < key.width - 2:
                if key.owner is not None:
                    await self.app.run_action(key.action, key.owner)
                elif (name := key_named(key.key)) is not None:  # while a text is typed
                    self.app.simulate_key(name)
                return
            left -= key.width


def shown_keys(screen: Screen[object]) -> Iterable[Key]:
    """The keys of a screen that are shown, `? help` last; those of typing while a text is typed."""
    if isinstance(screen.focused, Input):
        yield from getattr(screen, "typing_keys", TYPING)
        return
    found: dict[str, Key] = {}
    last: list[Key] = []
    for active in screen.active_bindings.values():
        binding = active.binding
        if not binding.show or not active.enabled or binding.action in found:
            continue
        key = Key(screen.app.get_key_display(binding), binding.description, binding.action, active.node)
        if binding.action.startswith("view("):
            key = replace(key, key="1-7 9", label="views")
        (last.append(key) if binding.id == "app.help" else found.setdefault(binding.action, key))
    yield from sorted(found.values(), key=_rank)
    yield from last
