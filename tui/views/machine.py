"""The page of a machine: numbers, people, hours, and who was on it at a moment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding, BindingType

from ssmtrail.queries.views import AsOf
from ssmtrail.tui.frame.lists_text import UNKNOWN_MACHINE, Record, machine_label
from ssmtrail.tui.pages import MachinePage, SessionPage
from ssmtrail.tui.query import Query
from ssmtrail.tui.views.as_of import AsOfPart
from ssmtrail.tui.views.page import PageFound, PagePane, SavedPage
from ssmtrail.tui.views.page_text import machine_title
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from threading import Event

    from textual.app import ComposeResult
    from textual.content import Content
    from textual.widget import Widget

    from ssmtrail.queries.trail import Trail
    from ssmtrail.queries.views import Page
    from ssmtrail.tui.context import AppContext
    from ssmtrail.tui.frame.empty_text import Circumstances, Emptiness
    from ssmtrail.tui.frame.pane import Host
    from ssmtrail.tui.frame.related import Related
    from ssmtrail.tui.query import Found

#: From this height of the terminal on, a wide one shows the timeline below the page.
_TALL = 44


@dataclass(frozen=True, slots=True)
class _Saved:
    page: SavedPage
    as_of: Any
    moment: datetime | None
    at_moment: bool
    begun_at_moment: bool


class MachinePane(PagePane[MachinePage]):
    """A machine with the people who touched it; `a` gives the pane to the timeline, Escape back to the page."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "as_of", "as of", tooltip="Who was on this machine at a moment", id="go.instance-as-of"),
    ]

    SIDE = "people"
    OTHERS = ("people", "people", "people")

    def __init__(self, context: AppContext, host: Host) -> None:
        super().__init__(context, host)
        self.as_of = AsOfPart(context.signs)
        self._moment: datetime | None = None
        """The first moment that the timeline shows (UTC); None until a page says when the machine was last seen."""
        self._is_chosen = False
        """Whether the user chose the moment."""
        self._at_moment = False
        """Whether the timeline has the whole pane."""
        self._begun_at_moment = False

    def compose(self) -> ComposeResult:
        """The page above the timeline."""
        yield from super().compose()
        yield self.as_of

    def find(self, view: MachinePage) -> Callable[[Trail, Event], Page]:
        """Asks for the machine's numbers."""
        target, scope, measure = view.target, view.state.scope, view.state.measure
        return lambda trail, cancelled: trail.instance(target, scope, cancelled, measure=measure)

    def heading(self, row: Record, width: int) -> Content:
        """Name, id, environment, region, account, first and last seen."""
        return machine_title(row, self.host.clock, self.context.signs, self.context.accounts, width)

    def label(self, view: MachinePage) -> str:
        """The machine's name, else its id."""
        if self._page is not None:
            return machine_label(Record.of(self._page.columns, self._page.row))
        return safe(view.target or UNKNOWN_MACHINE)

    def apart(self, related: Related) -> Related:
        """All but the machine."""
        return replace(related, target=None)

    # Showing

    @property
    def is_current(self) -> bool:
        """Whether the timeline is there, where the page was opened for it: its keys wait for it."""
        return not self._begun_at_moment or self.view.target is None or self.as_of.moment is not None

    def why_empty(self, view: MachinePage, found: Found[PageFound], around: Circumstances) -> Emptiness | None:
        """Nothing of the machine is in the scope; the timeline is shown all the same."""
        return None if self._at_moment else super().why_empty(view, found, around)

    def show(self, view: MachinePage, found: Found[PageFound], *, fresh: bool) -> None:
        """Show the page, and the moment that it begins with."""
        super().show(view, found, fresh=fresh)
        if fresh:
            self.as_of.clear()
            self._moment = view.as_of
            self._is_chosen = self._begun_at_moment = view.as_of is not None
            self._show_moment(self._begun_at_moment)
        page = found.value.page
        if self._moment is None and page is not None:
            last = page["last_seen"]
            self._moment = None if isinstance(last, str | int | float | tuple) else last
        if self._at_moment or self.as_of.moment is not None:
            self._ask_about(self.as_of.moment or self._moment)
        else:
            self.call_after_refresh(self._fill_timeline)

    def save(self) -> Any:
        """The page with the timeline."""
        return _Saved(super().save(), self.as_of.save(), self._moment, self._at_moment, self._begun_at_moment)

    def restore(self, view: MachinePage, saved: Any) -> None:
        """Show what was saved."""
        super().restore(view, saved.page)
        self._moment, self._begun_at_moment = saved.moment, saved.begun_at_moment
        self._is_chosen = saved.as_of is not None
        self.as_of.restore(saved.as_of, view.state.scope.zone, self.label(view))
        self._show_moment(saved.at_moment)
        self._focus = saved.page.focus

    def release(self, saved: Any) -> None:
        """Free the list's answer."""
        super().release(saved.page)

    def on_resize(self) -> None:
        """Show the timeline below the page where there is room."""
        self.set_class(self.app.size.height >= _TALL, "-tall")
        self.call_after_refresh(self._fill_timeline)

    # A moment

    def _fill_timeline(self) -> None:
        """Ask for the timeline below the page, if it is displayed and empty."""
        if self.as_of.display and self.as_of.moment is None and self._view is not None:
            self._ask_about(self._moment)

    def _show_moment(self, whole: bool) -> None:
        self._at_moment = whole
        self.set_class(whole, "-as-of")
        self.set_class(self.view.target is not None, "-known")
        self._focus = self.as_of.timeline if whole else self.pairs.table
        self.refresh_bindings()

    def _ask_about(self, moment: datetime | None) -> None:
        target, scope = self.view.target, self.view.state.scope
        if target is not None and moment is not None:
            about = Query(
                "machine as of", lambda trail, cancelled: trail.machine_as_of(target, moment, scope, cancelled)
            )
            self.host.ask(about, self._take_as_of)

    def _take_as_of(self, found: AsOf) -> None:
        if self._view is not None and found.target == self.view.target:
            as_of = found if self._is_chosen else _at_last_start(found)
            self._is_chosen = True
            self.as_of.show(as_of, self.view.state.scope.zone, self.label(self.view))
            self.refresh_bindings()

    def on_as_of_part_moment_wanted(self, message: AsOfPart.MomentWanted) -> None:
        """Ask for the stays around a moment."""
        message.stop()
        self._ask_about(message.moment)

    def on_as_of_part_stay_opened(self, message: AsOfPart.StayOpened) -> None:
        """Open the session."""
        message.stop()
        self.host.open(SessionPage(self.view.state, message.key), self.context.signs.more)

    # Keys

    def parts(self) -> Sequence[Widget]:
        """The timeline comes last, where it is below the page."""
        return [*super().parts(), self.as_of.timeline] if self.as_of.display else super().parts()

    def can_as_of(self) -> bool:
        """Where the machine is known."""
        return self._view is not None and self.view.target is not None

    def can_part(self) -> bool:
        """While the page is shown."""
        return not self._at_moment

    def can_export(self) -> bool:
        """While the page is shown."""
        return not self._at_moment and super().can_export()

    def action_as_of(self) -> None:
        """Give the pane to the timeline, or back to the page."""
        self._begun_at_moment = False
        self._show_moment(not self._at_moment)
        if self._at_moment:
            self._ask_about(self.as_of.moment or self._moment)
        self.call_after_refresh(self._focus_part)

    def _focus_part(self) -> None:
        self.screen.set_focus(self._focus)

    def can_go_back(self) -> bool:
        """From the timeline to the page, unless the page was opened for the moment."""
        return (self._at_moment and not self._begun_at_moment) or super().can_go_back()

    def go_back(self) -> bool:
        """Give the pane back to the page."""
        if not self._at_moment or self._begun_at_moment:
            return super().go_back()
        self._show_moment(False)
        self.call_after_refresh(self._focus_part)
        return True


def _at_last_start(as_of: AsOf) -> AsOf:
    """At the last start before the moment: without a choice of the user that says more than the last call."""
    began = [stay.began for stay in as_of.stays if stay.began <= as_of.moment]
    return replace(as_of, moment=max(began, default=as_of.moment))
