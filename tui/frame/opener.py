"""A screen from which the page of a person, or of a machine, is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ssmtrail.tui.frame.screen import TrailScreen
from ssmtrail.tui.pages import instance_page, person_page
from ssmtrail.tui.view_state import ViewState

if TYPE_CHECKING:
    from datetime import datetime

    from ssmtrail.queries.model import Measure, Scope
    from ssmtrail.queries.views import PersonId


class OpenerScreen(TrailScreen):
    """Pages are of what the screen looks at, narrowed to one person or machine."""

    @property
    def state(self) -> ViewState:
        """What it looks at."""
        raise NotImplementedError

    @property
    def path(self) -> tuple[str, ...]:
        """The breadcrumb that what is opened from here begins with."""
        return self.crumbs

    def into(self, scope: Scope, measure: Measure | None = None) -> ViewState:
        """What is drilled into, by default in the same measure."""
        return ViewState.into(self.context.workers.readable(scope), measure or self.state.measure)

    def open_person(self, who: PersonId, label: str) -> None:
        """Open a person's page; the label, which is safe, says who it is."""
        from ssmtrail.queries.drills import of_person  # with all of the views' values; the first screen needs none

        state = self.into(of_person(self.scope, who))
        self.open(person_page(self.context, state, (*self.path, label), who))

    def open_instance(self, target: str | None, label: str, as_of: datetime | None = None) -> None:
        """Open a machine's page, from `as_of` (UTC) on at that moment; the label, which is safe, says which it is."""
        from ssmtrail.queries.drills import of_machine  # as above

        state = self.into(of_machine(self.scope, target))
        self.open(instance_page(self.context, state, (*self.path, label), target, as_of))
