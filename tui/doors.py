"""Opening the door of the core for a chosen source."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from queries.settings import Settings
    from queries.values import Door
    from tui.choice import SourceChoice


def open_door(choice: SourceChoice, settings: Settings, inventory: Path | None = None) -> Door:
    """The core over the chosen source; imports the engine, so it belongs into a thread.

    Raises SourceError, StoreError, UsageError.
    """
    from queries.inventory import Inventory
    from queries.service import QueryService
    from queries.settings import cache_root
    from queries.sources.files.source import FilesSource

    named = inventory or settings.inventory
    if choice.kind == "demo":
        from queries.sources.demo import prepare

        trail = prepare(cache_root() / "demo", choice.demo_end, datetime.now(UTC))
        source, named = FilesSource(trail.folder, "demo"), named or trail.inventory
    else:
        assert choice.path is not None
        source = FilesSource(choice.path)
    machines = Inventory.load(named) if named else None
    return QueryService(source, cache_root(), machines, look_around_days=settings.look_around_days)
