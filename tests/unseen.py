"""Apps without a terminal render their widgets as ever, but do not put them together to a screen that is not shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual._context import visible_screen_stack
from textual.geometry import Region
from textual.screen import Screen

if TYPE_CHECKING:
    from collections.abc import Callable


def install() -> None:
    """Let screens of headless apps render what has changed and drop it, as the app drops the whole screen."""
    Screen._compositor_refresh = _rendered_only(Screen._compositor_refresh)  # type: ignore[assignment, method-assign]


def _rendered_only(refresh: Callable[[Screen[Any]], None]) -> Callable[[Screen[Any]], None]:
    def refreshed(screen: Screen[Any]) -> None:
        app = screen.app
        if not app.is_headless or app.is_inline or screen is not app.screen:
            refresh(screen)
            return
        compositor = screen._compositor
        visible_screen_stack.set(app._background_screens)
        changed = compositor._dirty_regions.copy()
        compositor._dirty_regions.clear()
        if changed:
            for _ in compositor._get_renders(Region.from_union(changed).intersection(compositor.size.region)):
                pass
        app._display(screen, None)
        screen._dirty_widgets.clear()
        app._update_mouse_over(screen)

    return refreshed
