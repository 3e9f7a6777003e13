"""`AppContext`, what every view of a source shares."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ssmtrail.tui.column_choices import ColumnChoices

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ssmtrail.queries.config import Settings
    from ssmtrail.queries.model import Progress
    from ssmtrail.queries.times import Window
    from ssmtrail.tui.query import Covered
    from ssmtrail.tui.saved_views import ViewFiles
    from ssmtrail.tui.signs import Signs
    from ssmtrail.tui.source_words import Words
    from ssmtrail.tui.workers import QueryWorkers


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class AppContext:
    """The workers that ask the core, the terminal's signs, and what is remembered from view to view."""

    workers: QueryWorkers
    signs: Signs
    zones: tuple[str, ...] = ("UTC",)
    """IANA names that `z` goes round."""
    accounts: Mapping[str, str] = field(default_factory=dict)
    """Names by account id, from the settings."""
    has_policy: bool = False
    """Whether sessions have verdicts of an access policy."""
    settings: Settings | None = None
    """The configuration, for what is written; None for its defaults."""
    pays: bool = False
    """Whether reading the source costs money."""
    has_queries: bool = False
    """Whether it is read by queries, which can be listed."""
    grows: bool = False
    """Whether the source can have more later, so that it can be followed."""
    follows: bool = False
    """Whether it is followed now."""
    views: ViewFiles | None = None
    """Where views are saved; None where they are not."""
    source: Words = field(default_factory=dict)
    """The source, in the words of a saved view."""
    filters: list[str] = field(default_factory=list)
    """Filters that were entered, the last one at the end."""
    commands: list[str] = field(default_factory=list)
    """Commands that were typed, the last one at the end."""
    has_former: bool = False
    """Whether a saved view led here from another source, which Escape goes back to."""
    columns: ColumnChoices = field(default_factory=ColumnChoices)
    """The columns that were chosen for lists."""
    panel: bool = False
    """Whether lists show their side panel."""
    ago: bool = False
    """Whether lists say how long ago a time was."""
    progress: Progress | None = None
    """How far the fetch is."""
    framed: tuple[Window, Covered] | None = None
    """The window that was shown last, and which of its days were read."""
    failure: str = ""
    """Why the last fetch failed."""
    now: Callable[[], datetime] = field(default=_now)

    def next_zone(self, zone: str) -> str:
        """The zone after this one."""
        if zone not in self.zones:
            return self.zones[0]
        return self.zones[(self.zones.index(zone) + 1) % len(self.zones)]
