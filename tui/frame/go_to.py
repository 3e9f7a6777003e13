"""A field to type a name into, to go to whatever has it."""

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

#: What the line of keys offers meanwhile.
GO_TO_KEYS = (Key("enter", "stay there"), Key("up/down", "other hits"), Key("esc", "back to where you were"))


class GoTo(Horizontal):
    """A prompt, the name, how many have it; it is there while it is typed into."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "end(False)", "back", tooltip="Go back to where you were", id="go-to.back"),
        Binding("down", "step(1)", "next", tooltip="The next that has it", id="go-to.next"),
        Binding("up", "step(-1)", "previous", tooltip="The one before that has it", id="go-to.previous"),
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
        """Another name was typed."""

        text: str

    @dataclass
    class Stepped(Message):
        """Another one of those that have it is wanted."""

        by: int

    @dataclass
    class Ended(Message):
        """Typing is over."""

        kept: bool
        """Whether to stay there."""

    def compose(self) -> ComposeResult:
        """The prompt, the name, how many have it."""
        field = SafeInput(compact=True, select_on_focus=True)
        field.cursor_blink = False
        yield Static("go to ", classes="go-to--prompt", markup=False)
        yield field
        yield Static(classes="go-to--say", markup=False)

    @property
    def text(self) -> str:
        """What is typed."""
        return self.query_one(SafeInput).value

    def begin(self) -> None:
        """Be there; the name before stands selected, so that typing replaces it."""
        self.display = True
        self.query_one(SafeInput).focus()

    def end(self) -> None:
        """Be gone."""
        self.display = False

    def say(self, number: int, of: int) -> None:
        """Which one it is, counted from 1, of how many."""
        self.set_class(bool(self.text) and not of, "-none")
        words = f"{number:,} of {of:,}" if of else "no such name" if self.text.strip() else ""
        self.query_one(".go-to--say", Static).update(words)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Tell of the name."""
        event.stop()
        self.post_message(self.Edited(event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Stay there."""
        event.stop()
        self.action_end(True)

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        """Whoever clicks elsewhere stays where they are."""
        if self.display:
            self.action_end(True)

    def action_step(self, by: int) -> None:
        """Tell that another one is wanted."""
        self.post_message(self.Stepped(by))

    def action_end(self, kept: bool) -> None:
        """Tell that typing is over."""
        self.post_message(self.Ended(kept))
