"""A person: their numbers, machines, hours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.list_view import ListView
from tui.screens.sessions import SessionsScreen

if TYPE_CHECKING:
    from queries.views import PersonId
    from tui.desk import Desk
    from tui.sight import Sight


class PersonScreen(SessionsScreen):
    """The sessions of a person."""

    NAME = None  # type: ignore[assignment]

    @classmethod
    def over_person(cls, desk: Desk, sight: Sight, crumbs: tuple[str, ...], who: PersonId) -> PersonScreen:
        """The page of a person."""
        return cls(desk, ListView.of(sight), crumbs)
