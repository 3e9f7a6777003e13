"""A page of one person, one machine: its figures, its hours, who or what stands on the other side."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.widgets import Static

from ssmtrail.queries.drills import of_hour
from ssmtrail.queries.errors import FilterError
from ssmtrail.tui.frame.figures import Figures
from ssmtrail.tui.frame.hours import Hours
from ssmtrail.tui.frame.list_screen import FRAME
from ssmtrail.tui.frame.pairs_list import PairsListScreen
from ssmtrail.tui.list_requests import Ask, AskPage, FoundPage
from ssmtrail.tui.views.lists_text import Record
from ssmtrail.tui.views.page_text import figure_columns, figure_rows, nothing_left
from ssmtrail.widgets.heat_map import HeatMap
from ssmtrail.widgets.table import RowsTable

if TYPE_CHECKING:
    from threading import Event

    from textual.app import ComposeResult
    from textual.content import Content
    from textual.widget import Widget

    from ssmtrail.queries.model import Totals
    from ssmtrail.queries.trail import Trail
    from ssmtrail.queries.views import Page
    from ssmtrail.tui.frame.empty_text import Circumstances, Emptiness
    from ssmtrail.tui.list_requests import Found
    from ssmtrail.tui.registry import ViewName

#: Keys of the list that mean nothing on the figures or the hours.
_OF_THE_LIST = frozenset({"sort", "reverse", "copy_row", "panel"})


class PageScreen(PairsListScreen):
    """The main list has the keys first; Tab goes on to the figures, to the hours."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "part(1)", "next part", tooltip="To the figures, the hours, the list", id="page.next"),
        Binding("shift+tab", "part(-1)", "part before", show=False, tooltip="The way back", id="page.previous"),
    ]

    OTHERS: ClassVar[tuple[str, str, ViewName]]
    """The other side: its column of the page, its name, its view."""

    # What subclasses say

    def find(self, trail: Trail, cancelled: Event) -> Page:
        """Ask for the page."""
        raise NotImplementedError

    def heading(self, row: Record, width: int) -> Content:
        """What stands at the top, in one line where that has room in this width, else in two."""
        raise NotImplementedError

    # What it shows

    @property
    def label(self) -> str:
        """Who or what it is of."""
        return self.crumbs[-1]

    @property
    def table(self) -> RowsTable:
        """The main list."""
        return self.query_one("#list > RowsTable", RowsTable)

    @property
    def figures(self) -> Figures:
        """The figures."""
        return self.query_one(Figures)

    @property
    def hours(self) -> Hours:
        """The hours."""
        return self.query_one(Hours)

    def compose_title(self) -> ComposeResult:
        """Title, figures, hours; the list stands below."""
        yield Static(self.label, id="title", markup=False)
        with Container(id="parts"):
            yield Figures(ascii_only=self.context.signs.ascii_only)
            yield Hours(self.context.signs)

    def on_mount(self) -> None:
        """Leave room for what is still being asked for, so that nothing jumps."""
        self.query_one("#parts").visible = False

    def dress(self) -> None:
        """Show who or what it is of."""
        super().dress()
        self.query_one("#title", Static).update(self.label)

    def question_to(self, follow: str | None) -> Ask:
        """The list with the page's numbers."""
        seen = (self.app.size.height - FRAME) // 2
        return AskPage(self.view.question, follow, seen=seen, find=self.find)

    def take(self, found: Found) -> None:
        """Show the list with the page's numbers."""
        super().take(found)
        page = found.page if isinstance(found, FoundPage) else None
        parts = self.query_one("#parts")
        parts.display = parts.visible = page is not None
        if page is not None:
            self.show_page(page)

    def show_page(self, page: Page) -> None:
        """Show the page's numbers."""
        row, clock, signs = Record.of(page.columns, page.row), self.clock, self.context.signs
        title = self.query_one("#title", Static)
        title.update(self.heading(row, title.content_size.width))
        rows = figure_rows(page, self.OTHERS[:2], clock, signs)
        self.figures.show(figure_columns(clock, self.measure), rows)
        self.hours.show(page.heat)

    def why_empty(self, totals: Totals, around: Circumstances) -> Emptiness:
        """Nothing is left of what it is of."""
        return nothing_left(self.label, around.window, narrowed=self.state.has_steps)

    # Parts

    def parts(self) -> list[Widget]:
        """What can have the keys, in the order of Tab."""
        return [self.table, self.figures.table, self.hours.map] if self.query_one("#parts").display else [self.table]

    def action_part(self, by: int) -> None:
        """Give the keys to the part after this one, or before."""
        parts = self.parts()
        now = parts.index(self.focused) if self.focused in parts else 0
        part = parts[(now + by) % len(parts)]
        self.set_class(part is self.hours.map, "-hours")
        # Not at once: where it is narrow the map is there only from now on.
        self.call_after_refresh(part.focus)

    def on_descendant_blur(self) -> None:
        """The parts that make room again where it is narrow: the map goes, of the figures the first one stays."""
        if not self.hours.has_focus_within:
            self.remove_class("-hours")
        if not self.figures.has_focus_within and self.has_class("-narrow"):
            self.figures.table.action_first()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What the part in focus can do."""
        if not self.is_mounted or self.focused is self.table:
            return super().check_action(action, parameters)
        if action in ("keep", "exclude"):
            return True if self._kept is not None else None
        return None if action in _OF_THE_LIST else super().check_action(action, parameters)

    @property
    def _kept(self) -> tuple[str, str | None] | None:
        figure = self.figures.figure
        return figure.filter if figure is not None and self.figures.has_focus_within else None

    def action_keep(self) -> None:
        """Narrow to the value under the cursor, of whichever part has the keys."""
        self._narrow_to("keep") if self._kept else super().action_keep()

    def action_exclude(self) -> None:
        """Narrow to everything else."""
        self._narrow_to("exclude") if self._kept else super().action_exclude()

    def _narrow_to(self, how: str) -> None:
        assert self._kept is not None
        narrow = self.state.filter.keep if how == "keep" else self.state.filter.exclude
        try:
            self.see(self.state.narrowed(narrow(*self._kept)))
        except FilterError as error:
            self.refuse(error)

    # Deeper

    def on_figures_highlighted(self, message: Figures.Highlighted) -> None:
        """Offer what can be done with the figure."""
        message.stop()
        self.refresh_bindings()

    def on_figures_opened(self, message: Figures.Opened) -> None:
        """Open what the figure counts."""
        message.stop()
        found = message.figure.behind(self.scope, self.OTHERS[2])
        if found is None:
            self.say("Only those with most are told apart here; / filters for others.")
        else:
            self.drill(found[0], self.into(*found[1:]), ())

    def on_heat_map_cell_opened(self, message: HeatMap.CellOpened) -> None:
        """Open what happened in these hours."""
        message.stop()
        scope = of_hour(self.scope, message.weekday, message.hour, message.hours)
        self.drill("sessions", self.into(scope), ())
