"""Screens that tell when they can be given keys."""

from __future__ import annotations

from threading import Event
from typing import Final, TypeVar

from textual import events
from textual.message import Message
from textual.screen import Screen

Result = TypeVar("Result")
_OF_THE_COMPOSED: Final = (events.Mount, events.ScreenResume, events.ScreenSuspend, events.Resize)


class Readying(Screen[Result]):
    """Ready once it is mounted with all that it does when it is, the focus above all."""

    class Ready(Message):
        """Keys can come."""

    def __init__(self, name: str | None = None, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(name, id, classes)
        self.ready = Event()
        """Set once it is; for threads too, which may have something for it before."""

    @property
    def is_ready(self) -> bool:
        """Whether keys can come."""
        return self.ready.is_set()

    async def on_event(self, event: events.Event) -> None:
        """Begin and be seen only with what is seen: an app that is leaving composes nothing any more."""
        if not self._is_too_early(event) and not self._is_stale(event):
            await super().on_event(event)

    def _is_too_early(self, event: events.Event) -> bool:
        """Whether it needs what was not composed: leaving comes also between a part and what is in it."""
        return isinstance(event, _OF_THE_COMPOSED) and not (self.children and self.app.is_running)

    def _is_stale(self, event: events.Event) -> bool:
        """Whether it tells of a layout that is no more: two such would call each other up for ever."""
        return isinstance(event, events.Resize) and event._sender is self and event.size != self.outer_size  # noqa: SLF001

    def on_mount(self) -> None:
        """Be ready when what was asked of the app before, such as the focus, is done."""
        self.app.call_later(self.get_ready)

    def get_ready(self) -> None:
        """Say that keys can come."""
        self.ready.set()
        self.post_message(self.Ready())
