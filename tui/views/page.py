"""The page of a person, and what it shares with that of a machine: title, figures, hours, list of the other side."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.widgets import Static

from ssmtrail.queries.drills import of_hour
from ssmtrail.queries.errors import FilterError, TrailError, UsageError
from ssmtrail.tui.frame.list_found import ListFound
from ssmtrail.tui.frame.lists_text import UNKNOWN_PERSON, Record, person_label
from ssmtrail.tui.frame.pane import Pane
from ssmtrail.tui.frame.related import Related
from ssmtrail.tui.pages import MachinePage, PersonPage, SqlQuestion
from ssmtrail.tui.query import Covered, Found, Query
from ssmtrail.tui.views.page_parts import Figures, Hours
from ssmtrail.tui.views.page_text import figure_columns, figure_rows, nothing_left, person_title
from ssmtrail.tui.views.pairs import PairsPane
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from threading import Event

    from textual import events
    from textual.app import ComposeResult
    from textual.content import Content
    from textual.widget import Widget

    from ssmtrail.queries.model import Scope
    from ssmtrail.queries.trail import Trail
    from ssmtrail.queries.views import Page
    from ssmtrail.tui.context import AppContext
    from ssmtrail.tui.frame.empty_text import Circumstances, Emptiness
    from ssmtrail.tui.frame.pane import Host, Listing
    from ssmtrail.tui.list_view import ListView
    from ssmtrail.tui.registry import ViewName
    from ssmtrail.tui.views.pairs import Side
    from ssmtrail.widgets.heat_map import HeatMap

PageView = TypeVar("PageView", PersonPage, MachinePage)


@dataclass(frozen=True, slots=True)
class PageFound:
    """An answer: the list with the page's numbers."""

    list: ListFound
    page: Page | None
    """None where the scope has nothing of it."""


@dataclass(frozen=True, slots=True)
class SavedPage:
    """A page as it was left."""

    list: object
    page: Page | None
    figure: str | None
    """Row key of the figures' cursor."""
    hour: tuple[int, int]
    focus: Widget


class PagePane(Pane[PageView, PageFound], Generic[PageView]):
    """The list has the keys first; Tab goes on to the figures and the hours."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "part(1)", "next part", tooltip="To the figures, the hours, the list", id="go.next"),
        Binding("shift+tab", "part(-1)", "part before", show=False, tooltip="The way back", id="go.previous"),
        # On the figures; the list has its own.
        Binding("f", "keep", "keep", tooltip="Keep only the value under the cursor", id="narrow.keep"),
        Binding("F", "exclude", "exclude", tooltip="Leave out the value under the cursor", id="narrow.exclude"),
        Binding("e", "export", "export", tooltip="Write the list to a file", id="take.export"),
        Binding("y", "copy_cell", "copy", show=False, tooltip="Copy the value under the cursor", id="take.copy"),
    ]  # fmt: skip

    SIDE: ClassVar[Side]
    """What the list's rows differ by."""
    OTHERS: ClassVar[tuple[str, str, ViewName]]
    """The other side: its column in the page's numbers, its name, its view."""

    def __init__(self, context: AppContext, host: Host) -> None:
        super().__init__(context, host)
        self.pairs = PairsPane(context, host, look=self._look, side=self.SIDE)
        self.pairs.display = True
        self.figures = Figures(ascii_only=context.signs.ascii_only)
        self.hours = Hours(context.signs)
        self._title = Static(id="title", markup=False)
        self._parts = Container(self.figures, self.hours, id="parts")
        self._page: Page | None = None
        self._view: PageView | None = None
        self._focus: Widget = self.pairs.table

    def compose(self) -> ComposeResult:
        """Title, figures and hours above the list."""
        with Vertical(id="sheet"):
            yield self._title
            yield self._parts
            yield self.pairs

    # What subclasses say

    def find(self, view: PageView) -> Callable[[Trail, Event], Page]:
        """Asks for the page's numbers."""
        raise NotImplementedError

    def heading(self, row: Record, width: int) -> Content:
        """The title: one line if that fits the width, else two."""
        raise NotImplementedError

    def label(self, view: PageView) -> str:
        """The person's or the machine's name, safe."""
        raise NotImplementedError

    def apart(self, related: Related) -> Related:
        """What a row of the list is related to but the page itself."""
        raise NotImplementedError

    # Asking

    @property
    def view(self) -> PageView:
        """The shown view."""
        assert self._view is not None
        return self._view

    def _look(self, changed: ListView) -> None:
        """Ask for the page with another list."""
        self.host.look(replace(self.view, list=changed))

    def question_for(self, view: PageView, *, fresh: bool) -> Query[Found[PageFound]]:
        """The list and the page's numbers, asked for side by side; without rows there is no page."""
        find_list, find_page = self.pairs.find(view.list, fresh=fresh), self.find(view)
        scope, measure = view.list.scope, view.state.measure

        def run(trail: Trail, cancelled: Event) -> Found[PageFound]:
            with ThreadPoolExecutor(1) as other:
                coming = other.submit(find_page, trail, cancelled)
                found = find_list(trail, cancelled)
                try:
                    page = coming.result() if found.answer.totals.rows else None
                except UsageError:  # nothing is left of it
                    page = None
                except TrailError:
                    found.close()
                    raise
            rows = found.answer.totals
            totals = trail.totals(scope, cancelled, measure=measure)
            covered = Covered(trail.source_label, trail.coverage(scope.window))
            return Found(PageFound(found, page), covered, totals, (rows.rows, rows.rows_unfiltered))

        return Query("view", run, discard=lambda found: found.value.list.close())

    def count(self, scope: Scope) -> Callable[[Trail, Event], tuple[int, int]] | None:
        """Counts the rows of the list."""
        return self.pairs.count(scope)

    def count_text(self, rows: int, unfiltered: int) -> str:
        """How many machines, or people."""
        return self.pairs.count_text(rows, unfiltered)

    def sql(self, scope: Scope) -> SqlQuestion:
        """Who touched what."""
        return SqlQuestion("pairs", scope)

    def why_empty(self, view: PageView, found: Found[PageFound], around: Circumstances) -> Emptiness | None:
        """Nothing of the person or machine is in the scope."""
        if found.value.list.answer.totals.rows:
            return None
        return nothing_left(self.label(view), around.window, narrowed=view.state.has_steps)

    # Showing

    def show(self, view: PageView, found: Found[PageFound], *, fresh: bool) -> None:
        """Show the list with the page's numbers."""
        self._view = view
        if fresh:
            self._focus = self.pairs.table
        self.pairs.show_list(view.list, found.value.list, fresh=fresh)
        self._show_page(found.value.page, None if fresh else self.hours.cell, None if not fresh else "")

    def _show_page(self, page: Page | None, hour: tuple[int, int] | None, figure: str | None) -> None:
        self._page = page
        self._parts.display = page is not None
        if page is not None:
            clock, measure = self.host.clock, self.view.state.measure
            rows = figure_rows(page, self.OTHERS[:2], clock, self.context.signs)
            self.figures.show(figure_columns(clock, measure), rows, cursor=rows[0].key if figure == "" else figure)
            self.hours.show(page.heat, hour)
        self._show_title()

    def _show_title(self) -> None:
        if self._page is None:
            self._title.update("" if self._view is None else self.label(self._view))
            return
        width = self._title.content_size.width or self.app.size.width - 4
        self._title.update(self.heading(Record.of(self._page.columns, self._page.row), width))

    def on_resize(self) -> None:
        """Fit the title."""
        self.call_after_refresh(self._show_title)

    def save(self) -> SavedPage:
        """List, numbers, cursors, focus."""
        return SavedPage(self.pairs.save(), self._page, self.figures.table.cursor_key, self.hours.cell, self._focus)

    def restore(self, view: PageView, saved: SavedPage) -> None:
        """Show what was saved."""
        self._view, self._focus = view, saved.focus
        self.pairs.restore(view.list, saved.list)  # type: ignore[arg-type]
        self._show_page(saved.page, saved.hour, saved.figure)

    def release(self, saved: SavedPage) -> None:
        """Free the list's answer."""
        self.pairs.release(saved.list)  # type: ignore[arg-type]

    # Parts

    def parts(self) -> Sequence[Widget]:
        """The widgets that Tab goes through."""
        if self._parts.display:
            return [self.pairs.table, self.figures.table, self.hours.map]
        return [self.pairs.table]

    @property
    def focus_target(self) -> Widget:
        """The part that had the keys last."""
        return self._focus

    def action_part(self, by: int) -> None:
        """Give the keys to the next part, or the one before."""
        parts = self.parts()
        now = parts.index(self._focus) if self._focus in parts else 0
        part = parts[(now + by) % len(parts)]
        self.set_class(part is self.hours.map, "-hours")
        # After a refresh: on a narrow terminal the map is displayed only from now on.
        self.call_after_refresh(self.screen.set_focus, part)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Remember the part."""
        self._focus = event.widget
        self.refresh_bindings()

    def on_descendant_blur(self) -> None:
        """On a narrow terminal, hide the map and go back to the first figure."""
        if not self.hours.has_focus_within:
            self.remove_class("-hours")
        if not self.figures.has_focus_within and self.host.narrow:
            self.figures.table.action_first()

    @property
    def related(self) -> Related:
        """What the row of the list is related to but the page itself; on a figure of an address that address."""
        if not self._on_figures:
            return self.apart(self.pairs.related)
        figure = self.figures.figure
        part = figure.filter if figure is not None else None
        return Related(address=part[1]) if part is not None and part[0] == "ip" else Related()

    @property
    def listing(self) -> Listing | None:
        """The list."""
        return self.pairs.listing

    # Which keys work

    @property
    def _on_figures(self) -> bool:
        return self._focus is self.figures.table

    def can_keep(self) -> bool | None:
        """On a figure of one part."""
        figure = self.figures.figure
        return True if self._on_figures and figure is not None and figure.filter is not None else None

    can_exclude = can_keep

    def can_copy_cell(self) -> bool | None:
        """On a figure."""
        return True if self._on_figures else None

    def can_export(self) -> bool:
        """Where the list has rows."""
        return self._page is not None

    def can_go_back(self) -> bool:
        """From a search in the list, and from its marks."""
        return self.pairs.can_go_back()

    def go_back(self) -> bool:
        """End the list's search, or take its marks off."""
        return self.pairs.go_back()

    # Keys

    def action_keep(self) -> None:
        """Keep only the part of the figure."""
        self._narrow("keep")

    def action_exclude(self) -> None:
        """Leave out the part of the figure."""
        self._narrow("exclude")

    def _narrow(self, how: str) -> None:
        figure, state = self.figures.figure, self.view.state
        if figure is None or figure.filter is None:
            return
        narrow = state.filter.keep if how == "keep" else state.filter.exclude
        try:
            self.host.see(state.narrowed(narrow(*figure.filter)))
        except FilterError as error:
            self.host.say(error.message, "$text-error")

    def action_copy_cell(self) -> None:
        """Copy the figure."""
        self.host.copy(safe(self.figures.text))

    def action_export(self) -> None:
        """Export the list."""
        self.pairs.action_export()

    # Deeper

    def on_figures_highlighted(self, message: Figures.Highlighted) -> None:
        """Offer the keys of the figure."""
        message.stop()
        self.refresh_bindings()

    def on_figures_opened(self, message: Figures.Opened) -> None:
        """Open what the figure counts."""
        message.stop()
        found = message.figure.behind(self.view.state.scope, self.OTHERS[2])
        if found is None:
            self.host.say("Only those with most are listed one by one here; / filters for others.")
        else:
            self.host.drill(found[0], self.host.into(*found[1:]))

    def on_heat_map_cell_opened(self, message: HeatMap.CellOpened) -> None:
        """Open what happened in these hours."""
        message.stop()
        scope = of_hour(self.view.state.scope, message.weekday, message.hour, message.hours)
        self.host.drill("sessions", self.host.into(scope))


class PersonPane(PagePane[PersonPage]):
    """A person with the machines that the person touched."""

    SIDE = "machines"
    OTHERS = ("targets", "machines", "instances")

    def find(self, view: PersonPage) -> Callable[[Trail, Event], Page]:
        """Asks for the person's numbers."""
        who, scope, measure = view.who, view.state.scope, view.state.measure
        return lambda trail, cancelled: trail.person(who, scope, cancelled, measure=measure)

    def heading(self, row: Record, width: int) -> Content:
        """Name, account, roles, first and last seen."""
        return person_title(row, self.host.clock, self.context.signs, self.context.accounts, width)

    def label(self, view: PersonPage) -> str:
        """The person's name."""
        if self._page is not None:
            return person_label(Record.of(self._page.columns, self._page.row))
        return safe(view.who.person or view.who.behind or UNKNOWN_PERSON)

    def apart(self, related: Related) -> Related:
        """All but the person."""
        return replace(related, who=None)
