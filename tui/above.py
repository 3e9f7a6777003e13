"""Screens that lie over others for a while, imported when they are wanted: none of them is the first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import App

from ssmtrail.tui.frame.screen import TrailScreen

if TYPE_CHECKING:
    from ssmtrail.tui.context import AppContext
    from ssmtrail.tui.manner import Manner


class ScreensAbove(App[int]):
    """Pushes what a screen wants to be seen above it."""

    manner: Manner
    _desk: AppContext | None

    def on_trail_screen_unreadable_wanted(self, message: TrailScreen.UnreadableWanted) -> None:
        """List what could not be read."""
        from ssmtrail.tui.views.dialogs import UnreadableScreen

        _ = self.push_screen(UnreadableScreen(message.coverage, self.manner.signs))

    def on_trail_screen_sql_wanted(self, message: TrailScreen.SqlWanted) -> None:
        """Show a view's question as SQL."""
        from ssmtrail.tui.screens.sql import SqlScreen

        if self._desk is not None and isinstance(self.screen, TrailScreen):
            _ = self.push_screen(SqlScreen(self._desk, self.screen.crumbs, message.question))

    def on_trail_screen_queries_wanted(self, message: TrailScreen.QueriesWanted) -> None:
        """List the queries that ran."""
        from ssmtrail.tui.screens.queries import QueriesScreen

        if self._desk is not None and isinstance(self.screen, TrailScreen):
            screen = self.screen
            _ = self.push_screen(QueriesScreen(self._desk, screen.scope, screen.crumbs))

    def action_help(self) -> None:
        """Explain the keys of the screen that is seen."""
        from ssmtrail.tui.palette import keys_of
        from ssmtrail.tui.views.dialogs import HelpScreen

        _ = self.push_screen(HelpScreen(keys_of(self.screen), self.manner.signs))
