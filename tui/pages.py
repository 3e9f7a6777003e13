"""The pages of one person, of one machine: how each is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from queries.views import PersonId
    from tui.desk import Desk
    from tui.frame.scoped import ScopedScreen
    from tui.sight import Sight

# Screens are imported when they are first wanted, see `tui.views`.


def person_page(desk: Desk, sight: Sight, crumbs: tuple[str, ...], who: PersonId) -> ScopedScreen:
    """A new page of this person, whose scope the sight has."""
    from tui.screens.person import PersonScreen

    return PersonScreen.over_person(desk, sight, crumbs, who)


def instance_page(
    desk: Desk, sight: Sight, crumbs: tuple[str, ...], target: str | None, as_of: datetime | None = None
) -> ScopedScreen:
    """A new page of this machine, whose scope the sight has; `as_of` begins it at a moment (UTC)."""
    from tui.screens.instance import InstanceScreen

    return InstanceScreen.over_machine(desk, sight, crumbs, target, as_of)
