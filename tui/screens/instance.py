"""A machine: its numbers, people, hours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.frame.page_screen import PageScreen
from tui.list_view import ListView
from tui.present.pages import instance_title

if TYPE_CHECKING:
    from datetime import datetime
    from threading import Event

    from textual.content import Content

    from queries.values import Door
    from queries.views import Page
    from tui.desk import Desk
    from tui.present.record import Record
    from tui.sight import Sight


class InstanceScreen(PageScreen):
    """The main list are the people who touched a machine."""

    NAME = None
    SIDE = "people"
    OTHERS = ("people", "people", "people")

    def __init__(self, desk: Desk, view: ListView, crumbs: tuple[str, ...], target: str | None) -> None:
        super().__init__(desk, view, crumbs)
        self._target = target

    @classmethod
    def over_machine(
        cls, desk: Desk, sight: Sight, crumbs: tuple[str, ...], target: str | None, as_of: datetime | None = None
    ) -> InstanceScreen:
        """The page of a machine, whose scope the sight has."""
        return cls(desk, ListView.counting(sight, "pairs"), crumbs, target)

    def find(self, door: Door, cancelled: Event) -> Page:
        """Ask for the machine's numbers."""
        return door.instance(self._target, self.scope, cancelled, measure=self.measure)

    def heading(self, row: Record, width: int) -> Content:
        """Which, where, since when."""
        return instance_title(row, self.clock, self.desk.signs, self.desk.accounts, width)
