"""A field to type a text into, to go to what has it: a person or machine, a line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static

from ssmtrail.tui.frame.keys import Key
from ssmtrail.widgets.filter_bar import SafeInput

if TYPE_CHECKING:
    from textual import events
    from textual.app import ComposeResult

#: The key line while a name is typed.
GO_TO_KEYS = (Key("enter", "stay there"), Key("up/down", "other hits"), Key("esc", "back to where you were"))


class GoTo(Horizontal):
    """A prompt, the name, the number of hits; hidden unless a name is typed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "end(False)", "back", tooltip="Go back to where you were", id="go-to.back"),
        Binding("down", "step(1)", "next", tooltip="The next hit", id="go-to.next"),
        Binding("up", "step(-1)", "previous", tooltip="The hit before", id="go-to.previous"),
    ]
    DEFAULT_CSS = """
    GoTo {
        display: none; height: 1; width: auto; padding-right: 2;
        & > .go-to--prompt { width: auto; color: $text-accent; }
        & > Input, & > Input:focus { width: 22; background: transparent; background-tint: transparent; }
        & > .go-to--say { width: auto; min-width: 9; color: $foreground-muted; }
        &.-none > .go-to--say { color: $text-warning; }
    }
    """

    @dataclass
    class Edited(Message):
        """The name was edited."""

        text: str

    @dataclass
    class Stepped(Message):
        """Another hit is wanted."""

        by: int

    @dataclass
    class Ended(Message):
        """Typing ended."""

        kept: bool
        """Whether to stay at the hit."""

    def __init__(self, prompt: str = "go to ", none: str = "no such name") -> None:
        super().__init__()
        self._prompt, self._none = prompt, none
        self.field = SafeInput(compact=True, select_on_focus=True)
        self.field.cursor_blink = False
        self._hits = Static(classes="go-to--say", markup=False)

    def compose(self) -> ComposeResult:
        """The prompt, the name, the number of hits."""
        yield Static(self._prompt, classes="go-to--prompt", markup=False)
        yield self.field
        yield self._hits

    @property
    def text(self) -> str:
        """The typed name."""
        return self.field.value

    def begin(self) -> None:
        """Show the field; the former name is selected, so that typing replaces it."""
        self.display = True
        self.screen.set_focus(self.field)  # at once: `focus` lets keys that follow quickly go elsewhere

    def end(self) -> None:
        """Hide the field."""
        self.display = False

    def say(self, number: int, of: int) -> None:
        """Show which hit it is, counted from 1, of how many."""
        self.set_class(bool(self.text) and not of, "-none")
        words = f"{number:,} of {of:,}" if of else self._none if self.text.strip() else ""
        self._hits.update(words)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Post the name."""
        event.stop()
        self.post_message(self.Edited(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Stay at the hit."""
        event.stop()
        self.action_end(True)

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        """A click elsewhere stays at the hit."""
        if self.display:
            self.action_end(True)

    def action_step(self, by: int) -> None:
        """Post that another hit is wanted."""
        self.post_message(self.Stepped(by))

    def action_end(self, kept: bool) -> None:
        """Post that typing ended."""
        self.post_message(self.Ended(kept))
