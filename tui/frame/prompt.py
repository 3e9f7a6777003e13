"""A dialog that asks for one text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from textual.containers import Vertical
from textual.widgets import Input, Label, Static

from ssmtrail.queries.errors import UsageError
from ssmtrail.tui.frame.dialogs import Dialog
from ssmtrail.tui.frame.hints import Hints
from ssmtrail.widgets.filter_bar import SafeInput
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult

T = TypeVar("T")


class PromptScreen(Dialog[T], Generic[T]):
    """One field; Enter returns what the text means, and a text that means nothing is explained."""

    def __init__(self, title: str, hint: str, enter: str, read: Callable[[str], T]) -> None:
        """`read` raises UsageError with a sentence."""
        super().__init__()
        self._title = title
        self._hint = hint
        self._enter = enter
        self._read = read

    def compose(self) -> ComposeResult:
        """The field under its title."""
        with Vertical(classes="dialog"):
            yield Label(self._title, classes="title", markup=False)
            yield SafeInput(placeholder=self._hint, compact=True)
            yield Static("", id="wrong", markup=False)
            yield Hints(self._enter, "Esc back")

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Return what the text means."""
        message.stop()
        if not message.value.strip():
            self.leave(None)
            return
        try:
            self.leave(self._read(message.value.strip()))
        except UsageError as error:
            self.query_one("#wrong", Static).update(safe(str(error)))
