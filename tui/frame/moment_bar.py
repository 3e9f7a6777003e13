"""One line to type a time into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widgets import Input, Static

from ssmtrail.tui.frame.keys import Key
from ssmtrail.widgets.filter_bar import SafeInput

if TYPE_CHECKING:
    from textual.app import ComposeResult

_EXAMPLES: Final = "12:12   21 Nov 12:12   2026-11-21T12:12   12:12 Europe/Berlin"


class TimeInput(SafeInput):
    """The field, with the keys that mean something in it."""

    typing_keys = (Key("enter", "go there"), Key("esc", "back"))


class MomentBar(Horizontal):
    """A prompt, the text, below it what is wrong with it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "back", tooltip="Leave the time as it was", id="moment.dismiss"),
    ]

    DEFAULT_CSS = """
    MomentBar {
        height: 1;
        padding: 0 1;
        & > .moment-bar--prompt { width: auto; padding-right: 1; color: $text-accent; }
        & > Input, & > Input:focus { width: 1fr; background: transparent; background-tint: transparent; }
    }
    """

    @dataclass
    class Submitted(Message):
        """Enter was pressed."""

        bar: MomentBar
        """The bar that it was pressed in."""
        text: str
        """The whole text."""

    @dataclass
    class Dismissed(Message):
        """Escape was pressed."""

        bar: MomentBar
        """The bar that was left."""

    def compose(self) -> ComposeResult:
        """The prompt, the text."""
        yield Static("as of", classes="moment-bar--prompt", markup=False)
        field = TimeInput(placeholder=_EXAMPLES, compact=True)
        # A blinking cursor would send bytes twice a second over a slow line.
        field.cursor_blink = False
        yield field

    def begin(self) -> None:
        """Type anew."""
        field = self.query_one(Input)
        field.value = ""
        field.focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Tell of the text."""
        event.stop()
        self.post_message(self.Submitted(self, event.value))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Nobody else's."""
        event.stop()

    def action_dismiss(self) -> None:
        """Tell that the bar was left."""
        self.post_message(self.Dismissed(self))
