"""What the store takes on disk, source by source; how to be rid of it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from ssmtrail.queries.errors import StoreError
from ssmtrail.queries.store.atomic import storing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """What is kept of one source."""

    source: str
    """Its label; may be hostile."""
    folder: Path
    segments: int
    bytes: int
    used_at: datetime
    """When it was last written or read anew (UTC)."""


def cache_entries(root: Path) -> tuple[CacheEntry, ...]:
    """Every source in the store, the one used last first. Raises StoreError."""
    with storing(f"the store {root} cannot be read"):
        entries = [_entry(folder) for folder in _datasets(root)]
    return tuple(sorted(entries, key=lambda entry: entry.used_at, reverse=True))


def purge_cache(root: Path, now: datetime, older_than: timedelta | None = None) -> tuple[CacheEntry, ...]:
    """Remove what is kept, or only what was not used for so long; gives what was removed. Raises StoreError.

    Nothing is lost but time and, for sources that charge, money: the source is the truth.
    """
    gone = tuple(entry for entry in cache_entries(root) if older_than is None or now - entry.used_at > older_than)
    for entry in gone:
        with storing(f"{entry.folder} cannot be removed"):
            shutil.rmtree(entry.folder)
    if older_than is None:
        shutil.rmtree(root / "demo", ignore_errors=True)
    return gone


def _datasets(root: Path) -> Iterator[Path]:
    for described in sorted(root.glob("v*/*/source.json")):
        yield described.parent


def _entry(folder: Path) -> CacheEntry:
    files = [path for path in folder.rglob("*") if path.is_file()]
    stats = [path.stat() for path in files]
    return CacheEntry(
        source=_label(folder / "source.json"),
        folder=folder,
        segments=sum(1 for path in files if path.parent.name == "segments" and path.suffix == ".json"),
        bytes=sum({(stat.st_dev, stat.st_ino): stat.st_size for stat in stats}.values()),
        used_at=datetime.fromtimestamp(max(stat.st_mtime for stat in stats), UTC),
    )


def _label(described: Path) -> str:
    try:
        return msgspec.json.decode(described.read_bytes(), type=dict[str, str]).get("source", "?")
    except msgspec.MsgspecError as fault:
        raise StoreError(f"{described} is damaged; remove its folder to read that source again") from fault
