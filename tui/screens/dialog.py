"""What the small screens that lie over another have in common."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from ssmtrail.tui.ready import Readying

Result = TypeVar("Result")


class Dialog(ModalScreen[Result], Readying[Result]):  # in this order: the toolkit styles by the first base
    """Lies over a screen; Escape leaves without a result."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "back", tooltip="Leave without doing anything", id="dialog.leave"),
    ]

    def action_leave(self) -> None:
        """Leave without a result."""
        self.leave(None)

    def leave(self, result: Result | None) -> None:
        """Leave with a result."""
        # Not awaited: a screen cannot wait for its own end.
        _ = self.dismiss(result)
