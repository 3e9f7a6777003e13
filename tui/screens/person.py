"""A person: their numbers, machines, hours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.frame.page_screen import PageScreen
from tui.list_view import ListView
from tui.present.pages import person_title

if TYPE_CHECKING:
    from threading import Event

    from textual.content import Content

    from queries.values import Door
    from queries.views import Page, PersonId
    from tui.desk import Desk
    from tui.present.record import Record
    from tui.sight import Sight


class PersonScreen(PageScreen):
    """The main list are the machines that a person touched."""

    TOLD = (*PageScreen.TOLD, "_who")
    NAME = None
    SIDE = "machines"
    OTHERS = ("targets", "machines", "instances")

    def __init__(self, desk: Desk, view: ListView, crumbs: tuple[str, ...], who: PersonId) -> None:
        super().__init__(desk, view, crumbs)
        self._who = who

    @classmethod
    def over_person(cls, desk: Desk, sight: Sight, crumbs: tuple[str, ...], who: PersonId) -> PersonScreen:
        """The page of a person, whose scope the sight has."""
        return cls(desk, ListView.counting(sight, "pairs"), crumbs, who)

    def find(self, door: Door, cancelled: Event) -> Page:
        """Ask for the person's numbers."""
        return door.person(self._who, self.scope, cancelled, measure=self.measure)

    def heading(self, row: Record, width: int) -> Content:
        """Who, in which account, since when."""
        return person_title(row, self.clock, self.desk.signs, self.desk.accounts, width)
