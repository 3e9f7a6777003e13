"""What stands behind a figure of a page: the view, the scope, the measure that show exactly what it counts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from ssmtrail.queries.drills import of_denied, of_part, of_started
from ssmtrail.tui.views.page_text import OTHERS, REST, WHOLE

if TYPE_CHECKING:
    from ssmtrail.queries.model import Measure, Scope
    from ssmtrail.queries.views import PartName
    from ssmtrail.tui.registry import ViewName

#: Keys of the filter language, where a part has another name.
_FILTERS: Final = {"address": "ip"}


@dataclass(frozen=True, slots=True)
class Figure:
    """A cell of the figures, by row and column."""

    row: str
    column: str

    @property
    def part(self) -> tuple[PartName, str] | None:
        """Name and key of the part that its row is of."""
        name, colon, key = self.row.partition(":")
        return (cast("PartName", name), key) if colon and name != REST else None

    @property
    def filter(self) -> tuple[str, str | None] | None:
        """Key and value in the filter language of the part that its row is of."""
        if self.part is None:
            return None
        name, key = self.part
        return _FILTERS.get(name, name), json.loads(key)

    def behind(self, scope: Scope, others: ViewName) -> tuple[ViewName, Scope, Measure | None] | None:
        """The view, scope, measure (None: the one at hand) that show what it counts; None where it counts nothing."""
        if self.row == OTHERS:
            return others, scope, None
        if self.row != WHOLE and self.part is None:
            return None
        return "sessions", *self._counted(of_part(scope, *self.part) if self.part else scope)

    def _counted(self, scope: Scope) -> tuple[Scope, Measure | None]:
        match self.column:
            case "sessions":
                return of_started(scope), "sessions"
            case "denied":
                return of_denied(scope), "sessions"
            case "calls":
                return scope, "calls"
        return scope, None
