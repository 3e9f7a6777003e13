"""`TerminalScreen`, a screen that ignores its own outdated size and is painted once when the focus moves."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from textual import events
from textual.reactive import Reactive
from textual.screen import Screen

if TYPE_CHECKING:
    from textual.widget import Widget

Result = TypeVar("Result")


class TerminalScreen(Screen[Result]):
    """Drops the Resize events that it sent to itself for a layout that is no longer current.

    Two of those in the queue would each cause the other again, for ever.
    """

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    """The widget that has the focus. It paints itself; by default the whole screen would be painted once more."""

    async def on_event(self, event: events.Event) -> None:
        """Handle an event unless it is outdated."""
        if isinstance(event, events.Resize) and event._sender is self and event.size != self.outer_size:  # noqa: SLF001
            return
        await super().on_event(event)
