"""One depth of the stack of screens: a sight seen through up to six views, each kept as it was left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ScreenStackError

if TYPE_CHECKING:
    from textual.screen import Screen

    from ssmtrail.tui.frame.scoped import ScopedScreen
    from ssmtrail.tui.registry import ViewName


class Level:
    """The views of a level that were made so far, of which one is on the stack."""

    def __init__(self) -> None:
        self.screens: dict[ViewName, ScopedScreen] = {}

    def switch(self, seen: ScopedScreen, wanted: ScopedScreen) -> None:
        """Put a view in the place of the one that is seen, which is kept."""
        for screen in (seen, wanted):
            if not seen.app.is_screen_installed(screen):
                # The toolkit destroys what it takes off its stack unless it is installed.
                seen.app.install_screen(screen, f"{id(screen):x}")
        seen.give_way()
        _ = seen.app.switch_screen(wanted)

    def close(self) -> None:
        """Let go of the views that are not on the stack."""
        for screen in self.screens.values():
            _let_go(screen)
        self.screens.clear()


def _let_go(screen: Screen[None]) -> None:
    app = screen.app
    if not app.is_screen_installed(screen):
        return
    try:
        app.uninstall_screen(screen)
    except ScreenStackError:
        return  # it is on a stack, which destroys it when its time has come
    if screen.is_running:
        _ = screen.remove()
