"""A box to tick that reads the same without colours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

if TYPE_CHECKING:
    from textual import events


class Tick(Widget, can_focus=True):
    """`[ ] words`, `[x] words`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space,enter", "tick", "tick", tooltip="Tick or untick", id="tick.tick"),
    ]
    DEFAULT_CSS = """
    Tick { height: 1; width: auto; }
    Tick:focus { color: $text-accent; text-style: bold; }
    """

    @dataclass
    class Changed(Message):
        """It was ticked, or unticked."""

        tick: Tick

        @property
        def control(self) -> Tick:
            """The box."""
            return self.tick

    value: reactive[bool] = reactive(False)
    """Whether it is ticked."""

    def __init__(self, words: str, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._words = words

    def render(self) -> Content:
        """The box with its words."""
        return Content(f"[{'x' if self.value else ' '}] {self._words}")

    def action_tick(self) -> None:
        """The other way."""
        self.value = not self.value
        self.post_message(self.Changed(self))

    def on_click(self, event: events.Click) -> None:
        """The other way."""
        event.stop()
        self.action_tick()
