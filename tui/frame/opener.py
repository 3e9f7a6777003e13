"""A screen from which the page of a person, or of a machine, is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.frame.screen import TrailScreen
from tui.pages import instance_page, person_page
from tui.sight import Sight

if TYPE_CHECKING:
    from datetime import datetime

    from queries.values import Measure, Scope
    from queries.views import PersonId


class OpenerScreen(TrailScreen):
    """Pages are of what the screen looks at, narrowed to one person or machine."""

    @property
    def sight(self) -> Sight:
        """What it looks at."""
        raise NotImplementedError

    @property
    def path(self) -> tuple[str, ...]:
        """The breadcrumb that what is opened from here begins with."""
        return self.crumbs

    def into(self, scope: Scope, measure: Measure | None = None) -> Sight:
        """What is drilled into, by default in the same measure."""
        return Sight.into(self.desk.bridge.readable(scope), measure or self.sight.measure)

    def open_person(self, who: PersonId, label: str) -> None:
        """Open a person's page; the label, which is safe, says who it is."""
        from queries.drills import of_person  # with all of the views' values; the first screen needs none

        sight = self.into(of_person(self.scope, who))
        self.open(person_page(self.desk, sight, (*self.path, label), who))

    def open_instance(self, target: str | None, label: str, as_of: datetime | None = None) -> None:
        """Open a machine's page, from `as_of` (UTC) on at that moment; the label, which is safe, says which it is."""
        from queries.drills import of_machine  # as above

        sight = self.into(of_machine(self.scope, target))
        self.open(instance_page(self.desk, sight, (*self.path, label), target, as_of))
