"""The interactive app: what is there on every screen."""

from __future__ import annotations

import asyncio
import os
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Final

from textual import on
from textual.app import SystemCommand
from textual.binding import Binding, BindingType

from ssmtrail.tui.above import ScreensAbove
from ssmtrail.tui.context import AppContext
from ssmtrail.tui.copying import copied_words
from ssmtrail.tui.frame.scoped import ScopedScreen
from ssmtrail.tui.frame.screen import TrailScreen
from ssmtrail.tui.frame.text import running
from ssmtrail.tui.lazy_trail import LazyTrail
from ssmtrail.tui.list_view import ListView
from ssmtrail.tui.ready import Readying
from ssmtrail.tui.registry import load
from ssmtrail.tui.scan_approval import ScanApproval
from ssmtrail.tui.screens.sessions import SessionsScreen
from ssmtrail.tui.terminal.app import TerminalApp
from ssmtrail.tui.themes import THEMES
from ssmtrail.tui.view_state import ViewState
from ssmtrail.tui.workers import QueryWorkers

if TYPE_CHECKING:
    from asyncio import AbstractEventLoop
    from collections.abc import Callable, Iterable

    from textual import events
    from textual.screen import Screen

    from ssmtrail.queries.model import Scope
    from ssmtrail.queries.trail import Trail
    from ssmtrail.tui.choice import SourceChoice
    from ssmtrail.tui.manner import Manner
    from ssmtrail.tui.views.welcome import WelcomeScreen

_KEY_NAMES: Final = {"enter": "enter", "up": "up", "down": "down", "left": "left", "right": "right"}


class TrailApp(ScreensAbove, TerminalApp):
    """Opens the list of sessions over a door that may still be opening."""

    TITLE = "ssmtrail"
    CSS_PATH = "app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "help", "help", key_display="?", tooltip="This list", id="app.help"),
        Binding("o", "open", "open source", show=False, tooltip="Open another source", id="app.open"),
        Binding("q", "quit", "quit", show=False, tooltip="Leave ssmtrail", id="app.quit"),
        Binding("ctrl+c", "quit", "quit", show=False, priority=True, id="app.quit-now"),
        Binding(
            "ctrl+z", "suspend_process", "suspend", show=False, tooltip="To the shell; fg comes back", id="app.stop"
        ),
        Binding(
            "ctrl+l", "redraw", "redraw", show=False, priority=True, tooltip="Draw everything again", id="app.redraw"
        ),
    ]
    COMMAND_PALETTE_DISPLAY = "ctrl+p"

    def __init__(
        self,
        opener: Callable[[SourceChoice], Trail],
        opening: LazyTrail | None,
        choice: SourceChoice,
        manner: Manner,
    ) -> None:
        """`opening` is that of `choice`, already under way; None welcomes the user."""
        # Without colours the toolkit has to know before it chooses its filters: else it turns "default" into black.
        super().__init__(ansi_color=True if os.environ.get("NO_COLOR") else None)
        for palette in THEMES:
            self.register_theme(palette)
        self.theme = manner.theme
        self.manner = manner
        self.when_running: Callable[[AbstractEventLoop], object] = lambda _: None
        self._opener = opener
        self._choice = choice
        self._buying: ScanApproval | None = None
        self._app_context = self._laid(opening) if opening else None

    def _laid(self, opening: LazyTrail) -> AppContext:
        manner = self.manner
        zones = tuple(dict.fromkeys((manner.scope.zone, "UTC", *manner.zones)))
        context = AppContext(
            QueryWorkers(self, opening), manner.signs, zones, manner.accounts, pays=self._choice.kind == "athena"
        )
        self._buying = ScanApproval(self, context)
        return context

    def get_default_screen(self) -> Screen[None]:
        """The list of sessions, or the welcome."""
        return self._welcome() if self._app_context is None else self._first_screen(self._app_context)

    def _welcome(self, *, back: bool = False) -> WelcomeScreen:
        from ssmtrail.tui.views.welcome import WelcomeScreen  # see `ssmtrail.tui.registry.load`, as for all below

        return WelcomeScreen(self._choice, back=back)

    def _first_screen(self, context: AppContext) -> Screen[None]:
        screen = SessionsScreen(context, ListView.of(ViewState(self._first_scope(context))))
        screen.ask_ahead()  # what can be said at once is then there before the first frame
        return screen

    def _first_scope(self, context: AppContext) -> Scope:
        return self.manner.scope_over(pays=context.pays, now=context.now())

    def on_mount(self) -> None:
        """Read what is new once the first frame is out."""
        self.when_running(asyncio.get_running_loop())
        self.app_resume_signal.subscribe(self, lambda _: self.action_redraw())
        if self._app_context is not None:
            self.call_after_refresh(self._read, self._app_context)

    def _read(self, context: AppContext) -> None:
        if self._buying is not None:
            self._buying.want(self._first_scope(context).window)

    def on_trail_screen_read_wanted(self, message: TrailScreen.ReadWanted) -> None:
        """Read what a screen wants; whatever costs is asked for first."""
        if self._buying is not None:
            self._buying.want(message.window, refresh=not message.moved, moved=message.moved, again=message.again)

    @on(QueryWorkers.Answered)
    @on(QueryWorkers.Refused)
    def _priced(self, message: QueryWorkers.Answered | QueryWorkers.Refused) -> None:
        if self._buying is not None:
            self._buying.heard(message)

    def on_welcome_screen_chosen(self, message: WelcomeScreen.Chosen) -> None:
        """Open the chosen source in place of what was open."""
        self._let_go()
        self._choice = message.choice
        self._app_context = self._laid(LazyTrail(partial(self._opener, message.choice)))
        self._show_in_a_stack_of_its_own(self._app_context)
        self.call_after_refresh(self._read, self._app_context)

    def _show_in_a_stack_of_its_own(self, context: AppContext) -> None:
        before, mode = self.current_mode, f"source {id(context)}"
        self.add_mode(mode, partial(self._first_screen, context))
        _ = self.switch_mode(mode)
        if before != "_default":  # which the toolkit does not remove; it stays below, out of sight
            _ = self.remove_mode(before)
        for kept in [kept for kept in self._installed_screens.values() if isinstance(kept, ScopedScreen)]:
            kept.close_level()

    def action_open(self) -> None:
        """Choose another source."""
        _ = self.push_screen(self._welcome(back=True))

    def _let_go(self) -> None:
        if self._app_context is not None:
            self._app_context.workers.close()
            if self._app_context.spares is not None:
                self._app_context.spares.close()

    def on_unmount(self) -> None:
        """Let go of the core, so that no thread holds the exit up."""
        self._let_go()

    def leave(self, code: int = 0) -> None:
        """Leave with this exit code; whatever runs is cancelled first."""
        self._let_go()
        self.exit(code, return_code=code)

    async def action_quit(self) -> None:
        """Leave."""
        self.leave()

    def get_key_display(self, binding: Binding) -> str:
        """A key's name, in words where the toolkit has a sign that not every font has."""
        return binding.key_display or _KEY_NAMES.get(binding.key) or super().get_key_display(binding)

    def takes_key(self, key: events.Key) -> bool:
        """Whether the current screen is ready for keys."""
        return not isinstance(self.screen, Readying) or self.screen.is_ready

    async def on_readying_ready(self, message: Readying.Ready) -> None:
        """Obey the keys that were pressed before the screen was ready."""
        message.stop()
        await self.obey_waiting_keys()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette's commands."""
        from ssmtrail.tui.palette import commands

        return commands(self, screen)

    def _tell_screens(self, message: QueryWorkers.Progressed | QueryWorkers.FetchRefused) -> None:
        # A copy each: a message belongs to the one queue that it is in.
        for screen in self.screen_stack:
            if isinstance(screen, TrailScreen):
                screen.post_message(replace(message))

    def on_bridge_progressed(self, message: QueryWorkers.Progressed) -> None:
        """Tell all screens how far the fetch is."""
        if self._app_context is not None and message.workers is self._app_context.workers:
            # Why an earlier fetch failed is no news while another goes on.
            self._app_context.progress, self._app_context.failure = message.progress, ""
            self._tell_screens(message)
            if not running(message.progress):
                self._get_ready(self._app_context)
                if self._buying is not None:
                    self._buying.ended()

    def _get_ready(self, context: AppContext) -> None:
        context.workers.prepare()
        _ = self.run_worker(partial(self._load, context), name="views", thread=True, exit_on_error=False)

    def _load(self, context: AppContext) -> None:
        load()
        self.call_later(self._lay_spares_by, context)

    def _lay_spares_by(self, context: AppContext) -> None:
        from ssmtrail.tui.spares import Spares  # not before: it needs what the screens need

        if context is self._app_context and context.spares is None:
            context.spares = Spares(self, context)
            context.spares.replenish()

    def on_bridge_fetch_refused(self, message: QueryWorkers.FetchRefused) -> None:
        """Tell all screens why nothing can be read."""
        if self._app_context is not None and message.workers is self._app_context.workers:
            self._app_context.progress, self._app_context.failure = None, message.sentence
            self._tell_screens(message)
            if self._buying is not None:
                self._buying.ended()

    def on_trail_screen_copy_wanted(self, message: TrailScreen.CopyWanted) -> None:
        """Hand a text to the terminal's clipboard."""
        self.copy_to_clipboard(message.text)
        if isinstance(self.screen, TrailScreen):
            self.screen.say(copied_words(message.text, exports="e" in self.screen.active_bindings))
