"""The hours of a page: a map of the week, or one line of the day until it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Container
from textual.widgets import Static

from ssmtrail.tui.views.page_text import busiest, day_line, told
from ssmtrail.widgets.heat_map import HeatMap

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from ssmtrail.queries.views import Heat
    from ssmtrail.tui.signs import Signs


class Hours(Container):
    """The map with what its cursor stands on; where the screen is narrow it is there while it has the keys."""

    DEFAULT_CSS = """
    Hours { height: 9; }
    Hours #hours-told { height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
    Hours #hours-day { height: 1; padding: 0 3; display: none; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def __init__(self, signs: Signs, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._signs = signs
        self._heat: Heat | None = None

    def compose(self) -> ComposeResult:
        """Both forms."""
        yield Static(id="hours-day", markup=False)
        yield Static(id="hours-told", markup=False)
        yield HeatMap(ascii_only=self._signs.ascii_only)

    @property
    def map(self) -> HeatMap:
        """The map of the week."""
        return self.query_one(HeatMap)

    def show(self, heat: Heat) -> None:
        """Show these hours, at first with the cursor on the busiest."""
        if self._heat is None:
            self.map.weekday, self.map.hour = busiest(heat)
        self._heat = heat
        self.query_one("#hours-day", Static).update(day_line(heat, self._signs))
        self.map.show(heat.counts)
        self._tell()

    def on_heat_map_cell_highlighted(self, message: HeatMap.CellHighlighted) -> None:
        """Tell of the hours under the cursor."""
        message.stop()
        self._tell()

    def _tell(self) -> None:
        if self._heat is not None:
            cell = (self.map.weekday, self.map.hour, self.map.hours)
            self.query_one("#hours-told", Static).update(told(self._heat, *cell, self._signs))
