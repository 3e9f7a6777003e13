"""A person: their numbers, machines, hours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ssmtrail.tui.frame.page_screen import PageScreen
from ssmtrail.tui.list_view import ListView
from ssmtrail.tui.views.page_text import person_title

if TYPE_CHECKING:
    from threading import Event

    from textual.content import Content

    from ssmtrail.queries.trail import Trail
    from ssmtrail.queries.views import Page, PersonId
    from ssmtrail.tui.context import AppContext
    from ssmtrail.tui.view_state import ViewState
    from ssmtrail.tui.views.lists_text import Record


class PersonScreen(PageScreen):
    """The main list are the machines that a person touched."""

    TOLD = (*PageScreen.TOLD, "_who")
    NAME = None
    SIDE = "machines"
    OTHERS = ("targets", "machines", "instances")

    def __init__(self, context: AppContext, view: ListView, crumbs: tuple[str, ...], who: PersonId) -> None:
        super().__init__(context, view, crumbs)
        self._who = who

    @classmethod
    def over_person(cls, context: AppContext, state: ViewState, crumbs: tuple[str, ...], who: PersonId) -> PersonScreen:
        """The page of a person, whose scope the sight has."""
        return cls(context, ListView.counting(state, "pairs"), crumbs, who)

    def find(self, trail: Trail, cancelled: Event) -> Page:
        """Ask for the person's numbers."""
        return trail.person(self._who, self.scope, cancelled, measure=self.measure)

    def heading(self, row: Record, width: int) -> Content:
        """Who, in which account, since when."""
        return person_title(row, self.clock, self.context.signs, self.context.accounts, width)
