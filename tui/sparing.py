"""An app that sends its terminal only what differs from what it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.control import Control
from textual._compositor import CompositorUpdate
from textual.app import App
from textual.widget import Widget
from textual.widgets import Input

from tui.painted import Painted

if TYPE_CHECKING:
    from rich.console import RenderableType
    from textual import events
    from textual.await_remove import AwaitRemove
    from textual.dom import DOMNode
    from textual.geometry import Offset
    from textual.screen import Screen


class SparingApp(App[int]):
    """Paints through `Painted`; anything else that writes on the terminal must make it forget."""

    def __init__(self, *, ansi_color: bool | None) -> None:
        super().__init__(ansi_color=ansi_color)
        self.painted = Painted()
        self._pointer = "default"

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        update: object = renderable
        sent = self._changes(update) if isinstance(update, CompositorUpdate) else None
        if sent is None:
            super()._display(screen, renderable)
            return
        if sent and self._driver is not None:
            self._begin_update()
            self._driver.write(sent)
            self._end_update()
            self._driver.flush()
        self.post_display_hook()

    def _changes(self, update: CompositorUpdate) -> str | None:
        if self._driver is None or self._driver.is_inline or self.is_headless or self._batch_count or not self._running:
            return None
        changes = self.painted.changes(update, self.console._color_system)  # noqa: SLF001 - as the toolkit does
        cursor = self.screen.outer_size.clamp_offset(self.cursor_position)
        # The cursor of a text field that is not typed into, perhaps not even seen, moves nothing.
        if changes is None or (not changes and not self._cursor_moved(cursor)):
            return changes
        self._previous_cursor_position = cursor
        return f"{changes}{Control.move_to(*cursor).segment.text}"

    def _cursor_moved(self, cursor: Offset) -> bool:
        return cursor != self._previous_cursor_position and isinstance(self.focused, Input)

    def _set_pointer_shape(self, shape: str) -> None:
        if shape != self._pointer:  # every new screen begins by asking for the usual one
            self._pointer = shape
            super()._set_pointer_shape(shape)

    def _prune(self, *nodes: Widget, parent: DOMNode | None = None) -> AwaitRemove:
        # The toolkit holds on to the painted lines of a thousand widgets that are gone: 40 MB after some drilling.
        for node in nodes:
            for widget in node.walk_children(Widget, with_self=True):
                widget._styles_cache.clear()  # noqa: SLF001
        return super()._prune(*nodes, parent=parent)

    def on_resize(self, event: events.Resize) -> None:
        """A terminal that changes its size moves its text about."""
        self.painted.forget()
        self.refresh()

    def action_redraw(self) -> None:
        """Draw everything again, where something else wrote on the terminal."""
        self.painted.forget()
        _ = self.refresh(layout=True)
