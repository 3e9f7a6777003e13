"""The interactive app: sources, keys, what is read."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from dataclasses import replace
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, ClassVar, Final

from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.scrollbar import ScrollBar, ScrollBarRender
from textual.widgets import Input

from ssmtrail.queries.errors import SourceError, UsageError
from ssmtrail.tui.column_choices import ColumnChoices
from ssmtrail.tui.context import AppContext
from ssmtrail.tui.frame.frame import Frame
from ssmtrail.tui.frame.text import error_text, running
from ssmtrail.tui.lazy_trail import LazyTrail
from ssmtrail.tui.list_view import ListView
from ssmtrail.tui.registry import load
from ssmtrail.tui.scan_approval import ScanApproval
from ssmtrail.tui.source_words import words_of
from ssmtrail.tui.terminal.app import TerminalApp
from ssmtrail.tui.themes import THEMES
from ssmtrail.tui.view_state import ViewState
from ssmtrail.tui.workers import QueryWorkers

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable, Iterable

    from textual import events
    from textual.widget import Widget

    from ssmtrail.queries.model import Scope
    from ssmtrail.queries.trail import Trail
    from ssmtrail.tui.choice import SourceChoice
    from ssmtrail.tui.frame.stack import ViewStack
    from ssmtrail.tui.preferences import Preferences
    from ssmtrail.tui.saved_views import SavedView
    from ssmtrail.tui.view_state import View
    from ssmtrail.tui.views.welcome import WelcomeScreen

_KEY_NAMES: Final = {"enter": "enter", "up": "up", "down": "down", "left": "left", "right": "right"}
#: Seconds that a key waits at most for a screen that is being made.
_PATIENCE: Final = 5.0
#: Seconds that a key waits at most for what the key before it caused.
_HANDLED: Final = 2.0


class AsciiScrollBar(ScrollBarRender):
    """A scroll bar whose ends are whole cells, without block characters."""

    VERTICAL_BARS: ClassVar[list[str]] = [" "]
    HORIZONTAL_BARS: ClassVar[list[str]] = [" "]


class TrailApp(TerminalApp):
    """Shows the views of a source that may still be opening."""

    TITLE = "ssmtrail"
    CSS_PATH = "app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "help", "help", key_display="?", tooltip="This list", id="app.help"),
        Binding("o", "open", "open source", show=False, tooltip="Open another source", id="app.open"),
        Binding("q", "quit", "quit", show=False, tooltip="Leave ssmtrail", id="app.quit"),
        Binding("ctrl+c", "quit", "quit", show=False, priority=True, id="app.quit-now"),
        Binding(
            "ctrl+z",
            "suspend_process",
            "suspend",
            show=False,
            tooltip="To the shell; fg comes back",
            id="app.stop",
        ),
        Binding(
            "ctrl+l",
            "redraw",
            "redraw",
            show=False,
            priority=True,
            tooltip="Draw everything again",
            id="app.redraw",
        ),
    ]
    COMMAND_PALETTE_DISPLAY = "ctrl+p"

    def __init__(
        self,
        opener: Callable[[SourceChoice], Trail],
        opening: LazyTrail | None,
        choice: SourceChoice,
        preferences: Preferences,
    ) -> None:
        """`opening` is that of `choice`, already under way; None welcomes the user."""
        # Textual has to know before it chooses its filters that there are no colours: else "default" becomes black.
        super().__init__(ansi_color=True if os.environ.get("NO_COLOR") else None)
        for palette in THEMES:
            self.register_theme(palette)
        self.theme = preferences.theme
        ScrollBar.renderer = AsciiScrollBar if preferences.signs.ascii_only else ScrollBarRender
        self.preferences = preferences
        self.when_running: Callable[[AbstractEventLoop], object] = lambda _: None
        self._opener = opener
        self._choice = choice
        self._was_changed = False
        self._former: list[tuple[SourceChoice, SavedView]] = []
        """The sources that Escape goes back to, each with what was seen of it, the last one at the end."""
        self._approval: ScanApproval | None = None
        self._frame: Frame | None = None
        self._begin = preferences.begin
        self._columns = ColumnChoices()
        self._greeting = preferences.greeting
        self._follows = preferences.follow
        self.app_context = self._context_of(opening) if opening else None

    def _context_of(self, opening: LazyTrail) -> AppContext:
        preferences = self.preferences
        zones = tuple(dict.fromkeys((preferences.scope.zone, "UTC", *preferences.zones)))
        context = AppContext(
            QueryWorkers(self, opening),
            preferences.signs,
            zones,
            preferences.accounts,
            has_policy=preferences.has_policy,
            settings=preferences.settings,
            pays=self._choice.pays,
            has_queries=self._choice.has_queries,
            grows=self._choice.grows,
            views=preferences.views,
            source=words_of(self._choice) if preferences.views is not None else {},
            columns=self._columns,
            has_former=bool(self._former),
        )
        self._approval = ScanApproval(self, context, self._say)
        return context

    def _say(self, sentence: str, style: str = "") -> None:
        if self._frame is not None:
            self._frame.chrome.say(sentence, style)

    # Sources

    def get_default_screen(self) -> Screen[None]:
        """The list of sessions, or the welcome."""
        return self._welcome() if self.app_context is None else self._frame_of(self.app_context)

    def _welcome(self, *, back: bool = False) -> WelcomeScreen:
        from ssmtrail.queries.config import Settings
        from ssmtrail.tui.views.welcome import WelcomeScreen  # most starts need none

        preferences = self.preferences
        athena = (preferences.settings or Settings()).athena
        views = preferences.views.views if preferences.views is not None else tuple
        return WelcomeScreen(self._choice, athena, views, preferences.choice_of, back=back)

    def _frame_of(self, context: AppContext) -> Frame:
        self._frame = Frame(context, self._first_view(context))
        return self._frame

    def _first_view(self, context: AppContext) -> View:
        scope = self._first_scope(context)
        if self._begin is None:
            return ListView.of(ViewState(scope))
        from ssmtrail.tui.frame.saved import opened  # most starts need none

        # Escape from a view that another source led to goes back to it, filter and all.
        make = ViewState.into if context.has_former else ViewState
        state = make(scope, self._begin.measure)
        try:
            return opened(self._begin, state, self._columns)
        except UsageError as error:  # people write these files; another version may have left the view
            self._greeting = error_text(error)
            return ListView.of(state)

    def _first_scope(self, context: AppContext) -> Scope:
        now, preferences = context.now(), self.preferences
        if self._begin is not None:
            preferences = replace(preferences, scope=self._begin.scope(now, preferences.scope.zone))
        return preferences.scope_over(pays=context.pays, now=now)

    def on_mount(self) -> None:
        """Read what is new once the first frame is out."""
        self.when_running(asyncio.get_running_loop())
        self.app_resume_signal.subscribe(self, lambda _: self.action_redraw())
        if self.app_context is not None:
            self.call_after_refresh(self._read, self.app_context)
            self._say(self._greeting)

    def _read(self, context: AppContext) -> None:
        if self._approval is not None:
            self._approval.want(self._first_scope(context).window)

    def on_view_stack_read_wanted(self, message: ViewStack.ReadWanted) -> None:
        """Read what a view wants; what costs money is asked for first."""
        if self._approval is not None:
            self._approval.want(message.window, refresh=not message.moved, moved=message.moved, again=message.again)

    def on_welcome_screen_chosen(self, message: WelcomeScreen.Chosen) -> None:
        """Open the chosen source in place of the one that was open."""
        self._former.clear()
        self._open_source(message.choice, message.view)

    def on_frame_saved_view_chosen(self, message: Frame.SavedViewChosen) -> None:
        """Open a saved view of another source; Escape from it goes back to the source that was open."""
        from ssmtrail.tui.frame.saved import opened  # as above

        choice_of, view = self.preferences.choice_of, message.view
        if choice_of is None or self.app_context is None or self._frame is None:
            return
        try:
            choice = choice_of(view)
            scope = view.scope(self.app_context.now(), self.preferences.scope.zone)
            _ = opened(view, ViewState(scope, view.measure))  # what is open stays where the view has a mistake
        except (UsageError, SourceError) as error:
            self._say(error_text(error), "$text-error")
        else:
            self._former.append((self._choice, self._frame.seen("")))
            self._open_source(choice, view)

    def on_view_stack_left(self, message: ViewStack.Left) -> None:
        """Open the source again from which a saved view led here."""
        message.stop()
        if self._former:
            self._open_source(*self._former.pop())

    def _open_source(self, choice: SourceChoice, begin: SavedView | None) -> None:
        self._close_source()
        self._was_changed = True
        self._choice, self._begin, self._follows = choice, begin, False
        before = self._frame
        self.app_context = context = self._context_of(LazyTrail(partial(self._opener, choice)))
        # A stack of screens of its own: Textual neither replaces the first screen nor ends its stack.
        mode, former = f"source {id(context)}", self.current_mode
        self.add_mode(mode, partial(self._frame_of, context))
        _ = self.switch_mode(mode)
        if former != "_default":
            _ = self.remove_mode(former)
        elif before is not None:
            _ = before.stack.remove()
        self.call_after_refresh(self._read, context)

    def action_open(self) -> None:
        """Choose another source."""
        if self.screen is self._frame:
            _ = self.push_screen(self._welcome(back=True))

    def _close_source(self) -> None:
        if self.app_context is not None:
            self.app_context.workers.close()
        if self._frame is not None:
            self._frame.following.close()
            self._frame.stack.close()

    def on_unmount(self) -> None:
        """Close the source, so that no thread holds the exit up."""
        self._close_source()

    def leave(self, code: int = 0) -> None:
        """Leave with this exit code; what runs is cancelled first."""
        if self._frame is not None:
            self._frame.keep_view(at_once=True)
        self._close_source()
        self.exit(code, return_code=code)

    async def action_quit(self) -> None:
        """Leave; a list that is seen is kept for the next start."""
        if self._frame is not None:
            from ssmtrail.tui.frame.left_screen import keep_screen

            await keep_screen(self, self._frame, words=() if self._was_changed else None)
        self.leave()

    # Keys

    async def before_key(self, key: events.Key) -> None:
        """Wait until the screen is made and, for keys of a view, until the view shows its first answer."""
        until = monotonic() + _PATIENCE
        while self.is_running and not self._takes(key) and monotonic() < until:
            await asyncio.sleep(0.002)

    def _takes(self, key: events.Key) -> bool:
        if not self.screen_stack:
            return False
        screen = self.screen
        if not screen.is_mounted or not isinstance(screen, Frame):
            return screen.is_mounted
        stack = screen.stack
        if stack.takes_keys or isinstance(self.focused, Input):
            return True
        active = screen.active_bindings.get(key.key)
        return active is not None and active.node in (self, screen, stack)

    async def after_key(self, focused: Widget | None) -> None:
        """Wait until the widget that had the key, and all around it, have handled the messages that followed."""
        for node in focused.ancestors_with_self if focused is not None else ():
            handled = asyncio.Event()
            if isinstance(node, Screen) or not node.call_later(handled.set):
                break
            with suppress(TimeoutError):
                await asyncio.wait_for(handled.wait(), _HANDLED)

    def action_help(self) -> None:
        """List the keys that work on the current screen."""
        from ssmtrail.tui.frame.dialogs import HelpScreen
        from ssmtrail.tui.palette import keys_of

        _ = self.push_screen(HelpScreen(keys_of(self.screen), self.preferences.signs))

    def get_key_display(self, binding: Binding) -> str:
        """A key's name, in words where Textual has a sign that not every font has."""
        return binding.key_display or _KEY_NAMES.get(binding.key) or super().get_key_display(binding)

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette's commands."""
        from ssmtrail.tui.palette import commands

        return commands(screen)

    def action_choose_theme(self, name: str) -> None:
        """Use a theme, now and at the next start."""
        self.theme = name
        self.preferences.remember_theme(name)

    # What is read

    def on_query_workers_progressed(self, message: QueryWorkers.Progressed) -> None:
        """Show how far the fetch is."""
        context = self.app_context
        if context is None or self._frame is None or message.workers is not context.workers:
            return
        # Why an earlier fetch failed is no news while another goes on.
        context.progress, context.failure = message.progress, ""
        self._frame.progressed()
        if not running(message.progress):
            context.workers.prepare()
            _ = self.run_worker(partial(self._load, self._frame), name="views", thread=True, exit_on_error=False)
            self._ended()
            self._frame.following.ended(message.progress)
            self._follow_first(self._frame)

    def _load(self, frame: Frame) -> None:
        load()
        self.call_later(frame.prepare)

    def on_query_workers_fetch_refused(self, message: QueryWorkers.FetchRefused) -> None:
        """Show why nothing can be read."""
        context = self.app_context
        if context is not None and self._frame is not None and message.workers is context.workers:
            context.progress, context.failure = None, self._frame.following.failed(message.sentence)
            self._frame.progressed()
            self._ended()
            self._follow_first(self._frame)

    def _follow_first(self, frame: Frame) -> None:
        """Follow from the end of the first reading on, where the command line says so."""
        if self._follows:
            self._follows = False
            frame.following.start()

    def _ended(self) -> None:
        if self._approval is not None:
            self._approval.ended()
