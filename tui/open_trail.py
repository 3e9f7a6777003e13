"""LazyTrail the core over a chosen source."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.config import cache_root
from ssmtrail.queries.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from ssmtrail.queries.config import Settings
    from ssmtrail.queries.first_page import EarlyDoor, PagePlace
    from ssmtrail.queries.inventory import Inventory
    from ssmtrail.queries.sources.athena.client import Aws
    from ssmtrail.queries.sources.athena.source import AthenaSource
    from ssmtrail.queries.sources.base import DaySource, Source
    from ssmtrail.queries.store.journal import Journal
    from ssmtrail.queries.trail_api import TrailApi
    from ssmtrail.tui.choice import AthenaChoice, SourceChoice


#: Ways to AWS that were proved before the screen was taken over.
_PROVED: Final[dict[object, Aws]] = {}


def prove(choice: SourceChoice) -> None:
    """Find AWS's credentials, with any question for an MFA code, while the terminal is still the user's.

    Raises SourceError.
    """
    if choice.athena is not None:
        from ssmtrail.queries.sources.athena.client import connected

        _PROVED[choice.athena.address] = connected(choice.athena.address)


def load_engine() -> None:
    """Import the engine's library, ahead of whoever opens a door in a thread."""
    import ssmtrail.queries.engine  # noqa: F401 - for its weight


def open_door(choice: SourceChoice, settings: Settings, *, may_ask: bool = True) -> TrailApi:
    """The core over this source, with nothing read yet. It imports the engine: call it in a worker.

    `may_ask` says that the terminal is the user's, so that AWS's library may ask for an MFA code.
    Raises UsageError where no source is chosen, SourceError for a bad inventory or a demo that cannot be written,
    StoreError.
    """
    from ssmtrail.queries.sources.files.source import FilesSource

    source: Source | DaySource
    place = page_place(choice, settings)  # before the inventory is read
    if choice.athena is not None:
        source, inventory = athena_source(choice.athena, may_ask=may_ask), _inventory(settings)
    elif choice.kind == "logs" and choice.path is not None:
        source, inventory = FilesSource(choice.path), _inventory(settings)
    elif choice.kind == "demo":
        folder, inventory = _demo(choice, settings)
        source = FilesSource(folder, label="demo")
    else:
        raise UsageError("No source is chosen.")
    return door_over(source, settings, inventory, place)


def early_door(choice: SourceChoice, settings: Settings) -> EarlyDoor | None:
    """What the first screen over this source can be shown without the engine; None where it has to be waited for."""
    place = page_place(choice, settings)
    page = place.read() if place is not None else None
    if place is None or page is None or choice.path is None:
        return None
    from ssmtrail.queries.first_page import EarlyDoor
    from ssmtrail.queries.sources.files.source import label_of

    return EarlyDoor(label_of(choice.path), place.folder, page)


def page_place(choice: SourceChoice, settings: Settings) -> PagePlace | None:
    """Where the first page of this source is kept; None for those whose first page is not."""
    if choice.kind != "logs" or choice.path is None:
        return None
    from ssmtrail.queries.first_page import PagePlace
    from ssmtrail.queries.sources.files.source import identity_of

    with suppress(OSError, ValueError):  # a page is a gift, never needed
        return PagePlace.of(cache_root(), identity_of(choice.path), settings.look_around_days, settings.inventory)
    return None


def door_over(
    source: Source | DaySource, settings: Settings, inventory: Inventory | None = None, place: PagePlace | None = None
) -> TrailApi:
    """The core over a source that is there. Raises StoreError."""
    from ssmtrail.queries.trail import Trail

    return Trail(
        source,
        cache_root(),
        inventory,
        look_around_days=settings.look_around_days,
        possible_hours=settings.possible_hours,
        page_place=place,
    )


def journal_of(source: AthenaSource) -> Journal:
    """Where the source's queries are written down. Raises StoreError."""
    from ssmtrail.queries.store.dataset import Dataset
    from ssmtrail.queries.store.journal import Journal

    return Journal.of(Dataset.of(cache_root(), source.identity, source.label).folder)


def athena_source(choice: AthenaChoice, *, may_ask: bool = True) -> AthenaSource:
    """The table as a source. Raises SourceError."""
    from ssmtrail.queries.sources.athena.address import AthenaTerms
    from ssmtrail.queries.sources.athena.client import connected
    from ssmtrail.queries.sources.athena.source import AthenaSource

    aws = _PROVED.get(choice.address) or connected(choice.address, may_ask=may_ask)
    terms = AthenaTerms(
        choice.price,
        choice.most,
        choice.reuse_minutes,
        choice.open_minutes,
        choice.recheck_days,
    )
    return AthenaSource(aws, terms, dict(choice.partitions))


def _inventory(settings: Settings) -> Inventory | None:
    from ssmtrail.queries.inventory import Inventory

    return Inventory.load(settings.inventory) if settings.inventory else None


def _demo(choice: SourceChoice, settings: Settings) -> tuple[Path, Inventory]:
    from ssmtrail.queries.inventory import Inventory
    from ssmtrail.queries.sources.demo import prepare

    trail = prepare(cache_root() / "demo", choice.demo_end, datetime.now(UTC))
    return trail.folder, _inventory(settings) or Inventory.load(trail.inventory)
