"""`TerminalApp`, the base of the interactive app: how it paints, takes keys, fails and leaves the terminal."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from rich.control import Control
from textual import events
from textual._compositor import CompositorUpdate
from textual.app import App
from textual.widget import Widget
from textual.widgets import Input
from textual.worker import Worker, WorkerState

from ssmtrail.tui.terminal.control_characters import ControlCharacterFilter
from ssmtrail.tui.terminal.driver import robust_driver
from ssmtrail.tui.terminal.idle_gc import IdleCollector
from ssmtrail.tui.terminal.painter import CellPainter
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType
    from textual.await_remove import AwaitRemove
    from textual.dom import DOMNode
    from textual.driver import Driver
    from textual.filter import LineFilter
    from textual.screen import Screen


class TerminalApp(App[int]):
    """An app that sends few bytes, obeys keys in order and leaves a working terminal behind.

    * Painting: only cells that changed are sent (`CellPainter`), without control characters.
    * Keys: a key runs its binding at once, and the next key waits until that is done (`before_key`, `after_key`).
      Textual's own way sends a key through the message queues of the focused widget and its ancestors, and looks up
      its binding when it comes back; by then an earlier key may have moved the focus or changed the screen. Widgets
      with key handling of their own, such as a text input, get characters that way, and no other keys.
    * Failures: an unexpected error is kept in `errors` and never printed with the values of local variables, which
      hold text from logs.
    """

    def __init__(self, *, ansi_color: bool | None = None) -> None:
        super().__init__(ansi_color=ansi_color)
        self.errors: list[BaseException] = []
        """Unexpected errors, to be reported when the terminal is restored."""
        self.painter = CellPainter()
        # One object for the life of the app: Textual caches lines by the filters that they passed.
        self._control_character_filter = ControlCharacterFilter()
        self._pointer_shape = "default"
        self._idle_collector = IdleCollector()

    # Keys

    async def on_event(self, event: events.Event) -> None:
        """Obey a key; the next one waits until that is done."""
        if not isinstance(event, events.Key) or event.is_forwarded:
            await super().on_event(event)
            return
        self._idle_collector.key_pressed()
        if not self.screen_stack or await self._check_bindings(event.key, priority=True):
            return
        await self.before_key(event)
        if not self.screen_stack:  # the app ends
            return
        focused = self.focused
        if focused is not None and event.is_printable and _handles_keys(type(focused)):
            await super().on_event(event)
        else:
            await self._check_bindings(event.key)
        await self.after_key(focused)

    async def before_key(self, key: events.Key) -> None:
        """Wait until the current screen can take a key."""

    async def after_key(self, focused: Widget | None) -> None:
        """Wait until what a key caused is done; `focused` had the key."""

    # Painting

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        update: object = renderable
        changes = self._changed_cells(update) if isinstance(update, CompositorUpdate) else None
        if changes is None or self._driver is None:
            super()._display(screen, renderable)
            return
        if changes:
            self._begin_update()
            self._driver.write(changes)
            self._end_update()
            self._driver.flush()
        self.post_display_hook()

    def _changed_cells(self, update: CompositorUpdate) -> str | None:
        """Return the bytes to send, None where Textual's own way must be taken."""
        if self._driver is None or self._driver.is_inline or self.is_headless or self._batch_count or not self._running:
            return None
        changes = self.painter.changes(update, self.console._color_system)  # noqa: SLF001
        if changes is None:
            return None
        cursor = self.screen.outer_size.clamp_offset(self.cursor_position)
        # The terminal's cursor matters to an input method only while an Input has the focus.
        if not changes and (cursor == self._previous_cursor_position or not isinstance(self.focused, Input)):
            return ""
        self._previous_cursor_position = cursor
        return f"{changes}{Control.move_to(*cursor).segment.text}"

    def _set_pointer_shape(self, shape: str) -> None:
        if shape != self._pointer_shape:  # every new screen asks for the default shape again
            self._pointer_shape = shape
            super()._set_pointer_shape(shape)

    def on_resize(self) -> None:
        """Send the whole screen: the terminal has moved its text about."""
        self.painter.forget()
        _ = self.refresh()

    def action_redraw(self) -> None:
        """Send the whole screen again, for example after another program wrote on the terminal."""
        self.painter.forget()
        _ = self.refresh(layout=True)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return Textual's filters and, last, the one that removes control characters."""
        return [*super().get_line_filters(), self._control_character_filter]

    def get_driver_class(self) -> type[Driver]:
        """Return Textual's driver, made to survive the loss of the terminal."""
        return robust_driver(super().get_driver_class())

    # Styles and memory

    def refresh_css(self, animate: bool = True) -> None:
        """Apply changed colours; before the first screen only remember them.

        Textual would parse all styles, drop them, and parse them again for the first screen.
        """
        if self.screen_stack:
            super().refresh_css(animate)
        else:
            self.stylesheet.set_variables(self.get_css_variables())

    def _prune(self, *nodes: Widget, parent: DOMNode | None = None) -> AwaitRemove:
        # Textual keeps the painted lines of removed widgets: 40 MB after a thousand of them.
        for node in nodes:
            for widget in node.walk_children(Widget, with_self=True):
                widget._styles_cache.clear()  # noqa: SLF001
        return super()._prune(*nodes, parent=parent)

    # Failures

    def on_worker_state_changed(self, message: Worker.StateChanged) -> None:
        """Show the unexpected error that ended a worker."""
        error = message.worker.error
        if message.state == WorkerState.ERROR and error is not None:
            self.errors.append(error)
            words = safe(f"{type(error).__name__}: {error}")
            self.notify(f"This should not happen: {words}", severity="error", timeout=60, markup=False)

    def _handle_exception(self, error: Exception) -> None:
        self.errors.append(error)
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        # Textual would print the error with the values of local variables; `errors` is reported instead.
        self._close_messages_no_wait()


@cache
def _handles_keys(kind: type[Widget]) -> bool:
    """Whether a widget handles keys by more than its bindings."""
    names = {name for cls in kind.__mro__ if issubclass(cls, Widget) and cls is not Widget for name in vars(cls)}
    return any(name in {"on_key", "_on_key"} or name.startswith(("key_", "_key_")) for name in names)
