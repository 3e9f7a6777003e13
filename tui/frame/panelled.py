"""A keyed list with a side panel that tells everything known of the row under the cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from textual.binding import Binding, BindingType

from ssmtrail.tui.frame.list_keys import KeyedListScreen
from ssmtrail.tui.workers import Pause
from ssmtrail.widgets.details import Details

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from ssmtrail.tui.context import AppContext
    from ssmtrail.tui.frame.level import Level
    from ssmtrail.tui.list_view import ListView
    from ssmtrail.tui.views.lists_text import Record
    from ssmtrail.widgets.table import Cell

#: The cursor rests this long before the side panel tells of its row, seconds.
PANEL_REST: Final = 0.06


class PanelledListScreen(KeyedListScreen):
    """`d` shows the panel, on every list alike; subclasses say what is known of a row."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("d", "panel", "details", tooltip="Everything known of the row", id="list.panel"),
    ]

    def __init__(
        self, context: AppContext, view: ListView, crumbs: tuple[str, ...] = (), level: Level | None = None
    ) -> None:
        super().__init__(context, view, crumbs, level)
        self._tell = Pause(self, PANEL_REST, self._tell_row)

    def facts(self, record: Record) -> Sequence[tuple[str, Cell]]:
        """Everything known of a row."""
        raise NotImplementedError

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Details only of a row."""
        if action == "panel":
            return bool(self.context.panel or (self.answer and self.answer.totals.rows))
        return super().check_action(action, parameters)

    def compose_view(self) -> ComposeResult:
        """The list with its side panel."""
        yield from self.compose_list()
        panel = Details(id="panel")
        panel.display = self.context.panel
        yield panel

    def dress(self) -> None:
        """Show the panel, or hide it."""
        super().dress()
        self.query_one("#panel").display = self.context.panel

    def compose_list(self) -> ComposeResult:
        """What stands beside the panel."""
        yield from super().compose_view()

    def row_changed(self) -> None:
        """Tell of the row once the cursor rests: a panel is 15 KB, a step of the cursor 0.6."""
        if self.query_one("#panel").display:
            self._tell.wish()

    def _tell_row(self) -> None:
        panel = self.query_one("#panel", Details)
        if panel.display and self.record is not None:
            panel.show("", self.facts(self.record))

    def action_panel(self) -> None:
        """Show or hide the side panel."""
        self.context.panel = not self.context.panel
        self.query_one("#panel").display = self.context.panel
        self._tell_row()
