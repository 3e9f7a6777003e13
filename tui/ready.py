"""Screens that tell when they can be given keys."""

from __future__ import annotations

from typing import TypeVar

from textual.message import Message
from textual.screen import Screen

Result = TypeVar("Result")


class Readying(Screen[Result]):
    """Ready once it is mounted with all that it does when it is, the focus above all."""

    class Ready(Message):
        """Keys can come."""

    is_ready = False

    def on_mount(self) -> None:
        """Be ready when what was asked of the app before, such as the focus, is done."""
        self.app.call_later(self._get_ready)

    def _get_ready(self) -> None:
        self.is_ready = True
        self.post_message(self.Ready())
