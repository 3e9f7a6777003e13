"""The interactive app: what is there on every screen and what happens once."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.worker import Worker, WorkerState

from tui.belt import ControlCharacterBelt
from tui.bridge import Bridge
from tui.copying import copied_words
from tui.desk import Desk
from tui.frame.screen import TrailScreen
from tui.list_view import ListView
from tui.palette import commands, keys_of
from tui.screens.help import HelpScreen
from tui.screens.sessions import SessionsScreen
from tui.screens.unreadable import UnreadableScreen
from tui.themes import DARK, THEMES
from widgets.safe_text import safe

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.filter import LineFilter
    from textual.message import Message
    from textual.screen import Screen

    from queries.values import Scope
    from tui.opening import Opening
    from tui.present.signs import Signs


_KEY_NAMES: Final = {"enter": "enter", "up": "up", "down": "down", "left": "left", "right": "right"}


class TrailApp(App[int]):
    """Opens the list of sessions over a door that may still be opening."""

    TITLE = "ssmtrail"
    CSS_PATH = "app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "help", "help", key_display="?", tooltip="This list", id="app.help"),
        Binding("q", "quit", "quit", show=False, tooltip="Leave ssmtrail", id="app.quit"),
        Binding("ctrl+c", "quit", "quit", show=False, priority=True, tooltip="Leave ssmtrail", id="app.quit-now"),
        Binding(
            "ctrl+z", "suspend_process", "suspend", show=False, tooltip="To the shell; fg comes back", id="app.stop"
        ),
    ]
    COMMAND_PALETTE_DISPLAY = "ctrl+p"

    def __init__(self, opening: Opening, scope: Scope, signs: Signs, *, theme: str = DARK.name) -> None:
        super().__init__()
        for palette in THEMES:
            self.register_theme(palette)
        self.theme = theme
        self.scope = scope
        self.bridge = Bridge(self, opening)
        self.desk = Desk(self.bridge, signs)
        self.troubles: list[BaseException] = []
        """What workers died of unexpectedly; told again when the terminal is restored."""

    def get_default_screen(self) -> Screen[None]:
        """The first screen is a screen like any other."""
        return SessionsScreen(self.desk, ListView.of(self.scope))

    def on_mount(self) -> None:
        """Read what is new once the first frame is out."""
        self.app_resume_signal.subscribe(self, lambda _: self.refresh(layout=True))
        self.call_after_refresh(self.bridge.fetch)

    def on_unmount(self) -> None:
        """Let go of the core, so that no thread holds the exit up."""
        self.bridge.close()

    def exit(self, *args: object, **kwargs: object) -> None:
        """Leave; whatever runs is cancelled first."""
        self.bridge.close()
        super().exit(*args, **kwargs)  # type: ignore[arg-type]

    def get_key_display(self, binding: Binding) -> str:
        """A key's name, in words where the toolkit has a sign that not every font has."""
        return binding.key_display or _KEY_NAMES.get(binding.key) or super().get_key_display(binding)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """The toolkit's filters with our belt at the end."""
        return [*super().get_line_filters(), ControlCharacterBelt()]

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """The palette's commands."""
        return commands(self, screen)

    def _tell_screens(self, message: Bridge.Progressed | Bridge.FetchRefused) -> None:
        for screen in self.screen_stack:
            if isinstance(screen, TrailScreen):
                copy: Message = type(message)(*vars(message).values())
                screen.post_message(copy)

    def on_bridge_progressed(self, message: Bridge.Progressed) -> None:
        """Tell all screens how far the fetch is."""
        self.desk.progress = message.progress
        self._tell_screens(message)

    def on_bridge_fetch_refused(self, message: Bridge.FetchRefused) -> None:
        """Tell all screens why nothing can be read."""
        self.desk.progress, self.desk.failure = None, message.sentence
        self._tell_screens(message)

    def on_worker_state_changed(self, message: Worker.StateChanged) -> None:
        """Show what a worker died of: nothing that is expected ends here."""
        error = message.worker.error
        if message.state == WorkerState.ERROR and error is not None:
            self.troubles.append(error)
            words = safe(f"{type(error).__name__}: {error}")
            self.notify(f"This should not happen: {words}", severity="error", timeout=60, markup=False)

    def on_trail_screen_copy_wanted(self, message: TrailScreen.CopyWanted) -> None:
        """Hand a text to the terminal's clipboard."""
        self.copy_to_clipboard(message.text)
        if isinstance(self.screen, TrailScreen):
            self.screen.say(copied_words(message.text))

    def on_trail_screen_unreadable_wanted(self, message: TrailScreen.UnreadableWanted) -> None:
        """List what could not be read."""
        _ = self.push_screen(UnreadableScreen(message.coverage, self.desk.signs))

    def action_help(self) -> None:
        """Explain the keys of the screen that is seen."""
        _ = self.push_screen(HelpScreen(keys_of(self.screen), self.desk.signs))
