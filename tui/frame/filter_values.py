"""The question for the values that the last word of a filter can have."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.errors import FilterError
from ssmtrail.queries.filters import Filter
from ssmtrail.tui.query import Query

if TYPE_CHECKING:
    from threading import Event

    from ssmtrail.queries.model import Entity, Scope
    from ssmtrail.queries.trail import Trail
    from ssmtrail.tui.frame.filter_line import ValueWanted
    from ssmtrail.tui.view_state import View

#: What the rows of a view are made of, where they are not sessions or calls.
_ENTITIES: Final[dict[str, Entity]] = {"visits": "visits"}


def values_query(value: ValueWanted, scope: Scope, view: View) -> Query[tuple[tuple[str, int], ...]]:
    """Asks for the values in the window, under the filter before the word."""
    try:
        before = Filter.parse(value.before)
    except FilterError:
        before = Filter()
    entity = _ENTITIES.get(view.pane, view.state.measure)
    narrowed = replace(scope, filter=before)

    def run(trail: Trail, cancelled: Event) -> tuple[tuple[str, int], ...]:
        return trail.values(narrowed, value.key, value.start, cancelled, entity=entity)

    return Query("values", run)
