"""The files that could not be read, with the reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Vertical
from textual.widgets import Label, Static

from ssmtrail.tui.frame.text import unreadable_facts, unreadable_summary
from ssmtrail.tui.screens.dialog import Dialog
from ssmtrail.widgets.details import Details

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from ssmtrail.queries.model import Coverage
    from ssmtrail.tui.signs import Signs


class UnreadableScreen(Dialog[None]):
    """Lists what an answer may lack."""

    def __init__(self, coverage: Coverage, signs: Signs) -> None:
        super().__init__()
        self._coverage = coverage
        self._signs = signs

    def compose(self) -> ComposeResult:
        """The list under its headline."""
        with Vertical(classes="dialog -tall"):
            yield Label(unreadable_summary(self._coverage), classes="title", markup=False)
            yield Details(ascii_only=self._signs.ascii_only)
            yield Static("What could be read of them is in the answers.   Esc back", classes="hint", markup=False)

    def on_mount(self) -> None:
        """Fill the list."""
        details = self.query_one(Details)
        details.show("", unreadable_facts(self._coverage, self._signs))
        details.focus()
