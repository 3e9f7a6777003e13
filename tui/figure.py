"""What stands behind a figure of a page: the view, the scope, the measure that show exactly what it counts."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, cast

from queries.drills import of_denied, of_part, of_started
from tui.present.figures import OTHERS, REST, WHOLE
from tui.sight import Sight

if TYPE_CHECKING:
    from queries.values import Scope
    from queries.views import PartName
    from tui.views import ViewName

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

    def behind(self, sight: Sight, others: ViewName) -> tuple[ViewName, Sight] | None:
        """The view that shows what it counts; None for what counts nothing."""
        if self.row == OTHERS:
            return others, Sight.into(sight.scope, sight.measure)
        if self.row != WHOLE and self.part is None:
            return None
        return "sessions", self._counted(of_part(sight.scope, *self.part) if self.part else sight.scope, sight)

    def _counted(self, scope: Scope, sight: Sight) -> Sight:
        match self.column:
            case "sessions":
                return Sight.into(of_started(scope), "sessions")
            case "denied":
                return Sight.into(of_denied(scope), "sessions")
            case "calls":
                return Sight.into(scope, "calls")
        return Sight.into(scope, sight.measure)
