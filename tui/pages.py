"""The pages of one person, of one machine: how each is made."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from ssmtrail.queries.views import PersonId
    from ssmtrail.tui.context import AppContext
    from ssmtrail.tui.frame.scoped import ScopedScreen
    from ssmtrail.tui.view_state import ViewState

# Screens are imported when they are first wanted, see `ssmtrail.tui.registry`.


def person_page(context: AppContext, state: ViewState, crumbs: tuple[str, ...], who: PersonId) -> ScopedScreen:
    """A new page of this person, whose scope the sight has."""
    from ssmtrail.tui.screens.person import PersonScreen

    return PersonScreen.over_person(context, state, crumbs, who)


def instance_page(
    context: AppContext, state: ViewState, crumbs: tuple[str, ...], target: str | None, as_of: datetime | None = None
) -> ScopedScreen:
    """A new page of this machine, whose scope the sight has; `as_of` begins it at a moment (UTC)."""
    from ssmtrail.tui.screens.instance import InstanceScreen

    return InstanceScreen.over_machine(context, state, crumbs, target, as_of)
