"""A machine: its numbers, people, hours, who was on it at a moment."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical

from ssmtrail.queries.views import AsOf
from ssmtrail.tui.frame.as_of_part import AsOfPart
from ssmtrail.tui.frame.page_screen import PageScreen
from ssmtrail.tui.list_view import ListView
from ssmtrail.tui.screens.session import SessionScreen
from ssmtrail.tui.view_requests import Look, Seen
from ssmtrail.tui.views.page_text import instance_title
from ssmtrail.tui.workers import QueryWorkers

if TYPE_CHECKING:
    from datetime import datetime
    from threading import Event

    from textual.app import ComposeResult
    from textual.content import Content
    from textual.widget import Widget

    from ssmtrail.queries.trail import Trail
    from ssmtrail.queries.views import Page
    from ssmtrail.tui.context import AppContext
    from ssmtrail.tui.list_requests import Found
    from ssmtrail.tui.view_state import View, ViewState
    from ssmtrail.tui.views.lists_text import Record

#: Keys of the page that mean nothing while a moment is looked at.
_OF_THE_PAGE = frozenset({"keep", "exclude", "export", "copy_cell", "part", "measure"})


class InstanceScreen(PageScreen):
    """The main list are the people who touched a machine; `a` gives the view to a moment, Escape back to the page."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "as_of", "as of", tooltip="Who was on this machine at a moment", id="instance.as-of"),
    ]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (44, "-tall")]

    TOLD = (*PageScreen.TOLD, "_target", "_moment", "_begun_at_moment", "_is_chosen")
    NAME = None
    SIDE = "people"
    OTHERS = ("people", "people", "people")

    def __init__(
        self, context: AppContext, view: ListView, crumbs: tuple[str, ...], target: str | None, as_of: datetime | None
    ) -> None:
        super().__init__(context, view, crumbs)
        self._target = target
        self._moment = as_of
        self._begun_at_moment = self._is_chosen = as_of is not None
        self._about: Look | None = None
        self._as_of: AsOf | None = None

    @classmethod
    def over_machine(
        cls,
        context: AppContext,
        state: ViewState,
        crumbs: tuple[str, ...],
        target: str | None,
        as_of: datetime | None = None,
    ) -> InstanceScreen:
        """The page of a machine, whose scope the sight has; from `as_of` on it begins with that moment."""
        return cls(context, ListView.counting(state, "pairs"), crumbs, target, as_of)

    def find(self, trail: Trail, cancelled: Event) -> Page:
        """Ask for the machine's numbers."""
        return trail.instance(self._target, self.scope, cancelled, measure=self.measure)

    def heading(self, row: Record, width: int) -> Content:
        """Which, where, since when."""
        return instance_title(row, self.clock, self.context.signs, self.context.accounts, width)

    def compose_list(self) -> ComposeResult:
        """The page, below it a moment where there is room."""
        with Vertical(id="sheet"):
            yield from super().compose_list()
            yield AsOfPart(self.context.signs)

    def begin(self) -> None:
        """Begin with a moment, if one is given."""
        self.set_class(self._target is not None, "-known")
        if self._moment is not None:
            self._look_at_moment()
        super().begin()

    # A moment

    @property
    def part(self) -> AsOfPart:
        """Who was there when."""
        return self.query_one(AsOfPart)

    @property
    def at_moment(self) -> bool:
        """Whether the moment has the whole view."""
        return self.has_class("-as-of")

    def action_as_of(self) -> None:
        """Give the whole view to the moment, or take it back."""
        self._begun_at_moment = False
        if self.at_moment:
            self._leave_moment()
        else:
            self._look_at_moment()

    def _look_at_moment(self) -> None:
        self.add_class("-as-of")
        self._ask_about(self.part.moment or self._moment)
        self.call_after_refresh(self.part.focus)
        self.refresh_bindings()

    def _leave_moment(self) -> None:
        self.remove_class("-as-of")
        self.call_after_refresh(self.table.focus)
        self.refresh_bindings()

    def _ask_about(self, moment: datetime | None) -> None:
        target, scope = self._target, self.scope
        if target is not None and moment is not None:
            self._about = Look(
                "as of", scope.window, lambda trail, cancelled: trail.as_of(target, moment, scope, cancelled)
            )
            self.context.workers.ask(self, self._about)

    def look(self, view: View | None = None, *, follow: str | None = None) -> None:
        """Ask for the page, and for the moment where one is looked at."""
        super().look(view, follow=follow)
        self._ask_about(self.part.moment)

    def take(self, found: Found) -> None:
        """Show the page, in another zone the moment too."""
        super().take(found)
        self._show_moment()

    def show_page(self, page: Page) -> None:
        """Show the numbers; before a moment is chosen it is the last of which anything is known."""
        super().show_page(page)
        if self._moment is None:
            last = page["last_seen"]
            self._moment = None if isinstance(last, (str, int, float, tuple)) else last
            if self.part.display:
                self._ask_about(self._moment)

    def on_bridge_answered(self, message: QueryWorkers.Answered) -> None:
        """Show who was there, if that is still asked for; the rest is the page's."""
        result = message.result
        if message.request is self._about and isinstance(result, Seen) and isinstance(result.value, AsOf):
            self._as_of = result.value if self._is_chosen else _at_last_start(result.value)
            self._is_chosen = True
            self._show_moment()
            self.refresh_bindings()  # its keys mean something from now on
            self.reveal()

    def on_bridge_refused(self, message: QueryWorkers.Refused) -> None:
        """Say why that cannot be told."""
        if message.request is self._about:
            self.say(message.sentence, "$text-error")

    def _show_moment(self) -> None:
        if self._as_of is not None:
            self.part.show(self._as_of, self.scope.zone, self.label)

    def on_as_of_part_moment_wanted(self, message: AsOfPart.MomentWanted) -> None:
        """Ask what is known about a moment."""
        message.stop()
        self._ask_about(message.moment)

    def on_as_of_part_stay_opened(self, message: AsOfPart.StayOpened) -> None:
        """Open the session."""
        message.stop()
        self.open(SessionScreen(self.context, self.state, self.path, message.key))

    # Keys

    def parts(self) -> list[Widget]:
        """The moment comes last, where it stands below the page."""
        return [*super().parts(), self.part.timeline] if self.part.display else super().parts()

    def focus_view(self) -> None:
        """To the moment while it has the view."""
        if self.at_moment:
            self.part.focus()
        else:
            super().focus_view()

    def action_back(self) -> None:
        """From the moment to the page; where the moment was all that was wanted, back to where it was asked for."""
        if self.at_moment and not self._begun_at_moment:
            self._leave_moment()
        else:
            super().action_back()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What there is to be done with a moment, or without one."""
        if action == "as_of":
            return self._target is not None
        if self.is_mounted and self.at_moment and action in _OF_THE_PAGE:
            return False
        return super().check_action(action, parameters)


def _at_last_start(as_of: AsOf) -> AsOf:
    """Where nobody chose a moment: when somebody came last, which tells more than when the last call was made."""
    began = [stay.began for stay in as_of.stays if stay.began <= as_of.moment]
    return replace(as_of, moment=max(began, default=as_of.moment))
