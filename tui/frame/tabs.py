"""The six views: their keys, their names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from textual.binding import Binding
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from ssmtrail.tui.key_groups import GO
from ssmtrail.tui.registry import TITLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual import events

    from ssmtrail.tui.registry import ViewName


_VIEWS: Final = f"The same as {', '.join(TITLES.values()).lower()}"


def view_bindings() -> Iterator[Binding]:
    """The keys of the views, of which the key line shows one."""
    for number, (name, title) in enumerate(TITLES.items(), 1):
        shown = number == 1
        yield Binding(
            str(number), f"view('{name}')", title.lower(), show=shown, tooltip=_VIEWS, id=f"view.{name}", group=GO
        )


_GAP: Final = "  "


class Tabs(Widget):
    """`1 Sessions  2 Matrix  3 Usage ...`; a click is the key."""

    DEFAULT_CSS = "Tabs { height: 1; width: auto; padding: 0 1; color: $text-muted; }"

    seen: reactive[str | None] = reactive(None)
    """The view that is shown, by its name; None for a page."""

    @dataclass
    class Chosen(Message):
        """The name of a view was clicked."""

        name: ViewName

    def render(self) -> Content:
        """The names, with two blanks between them."""
        parts: list[str | tuple[str, str]] = []
        for name, text in self._texts():
            parts += [(text, "bold $text-accent") if name == self.seen else text, _GAP]
        return Content.assemble(*parts[:-1])

    def _texts(self) -> Iterator[tuple[ViewName, str]]:
        for number, (name, title) in enumerate(TITLES.items(), 1):
            yield name, f"{number} {title}"

    def on_click(self, event: events.Click) -> None:
        """Tell whose name is under the mouse."""
        event.stop()
        offset = event.get_content_offset(self)
        left = -1 if offset is None else offset.x
        for name, text in self._texts():
            if 0 <= left < len(text):
                self.post_message(self.Chosen(name))
                return
            left -= len(text) + len(_GAP)
