"""Help: the keys that work here, the filter language, the signs."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Label, Static

from ssmtrail.tui.screens.dialog import Dialog
from ssmtrail.tui.views.help_text import help_rows
from ssmtrail.widgets.details import Details

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from ssmtrail.tui.signs import Signs
    from ssmtrail.tui.views.help_text import Key


class HelpScreen(Dialog[None]):
    """Built from the bindings of the screen that it lies over, so that it cannot lie."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,q", "leave", "back", show=False, tooltip="Leave help", id="help.leave"),
    ]

    def __init__(self, keys: Sequence[Key], signs: Signs) -> None:
        super().__init__()
        self._keys = keys
        self._signs = signs

    def compose(self) -> ComposeResult:
        """The table of keys."""
        with Vertical(classes="dialog -tall"):
            yield Label("Help", classes="title")
            yield Details(ascii_only=self._signs.ascii_only)
            yield Static("arrows, PageUp, PageDown scroll   Esc back", classes="hint", markup=False)

    def on_mount(self) -> None:
        """Fill it."""
        details = self.query_one(Details)
        details.show("", help_rows(self._keys, self._signs))
        details.focus()
