"""A machine: its numbers, people, hours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.list_view import ListView
from tui.screens.sessions import SessionsScreen

if TYPE_CHECKING:
    from datetime import datetime

    from tui.desk import Desk
    from tui.sight import Sight


class InstanceScreen(SessionsScreen):
    """The sessions on a machine."""

    NAME = None  # type: ignore[assignment]

    @classmethod
    def over_machine(
        cls, desk: Desk, sight: Sight, crumbs: tuple[str, ...], target: str | None, as_of: datetime | None = None
    ) -> InstanceScreen:
        """The page of a machine."""
        return cls(desk, ListView.of(sight), crumbs)
