"""The store's folders: where each source is kept, how much space it takes, and how to remove it.

Needs no engine, so that the first page can be shown before one is connected.
"""

from __future__ import annotations

import hashlib
import shutil
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from stat import S_ISREG
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from ssmtrail.queries.errors import StoreError
from ssmtrail.queries.store.atomic import store_errors, try_lock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta
    from pathlib import Path

    from ssmtrail.queries.store.spending import Spending

#: The version of folders and manifests. The columns of rows and the set of records have versions of their own in each
#: manifest, and manifests may get fields: neither needs another format.
STORE_FORMAT: Final = 2
#: The file in a source's folder, and in those of subsets of a table, that a process locks while it reads the source.
READING_LOCK: Final = "reading.lock"


def dataset_folder(root: Path, identity: str) -> Path:
    """The folder of the source with this identity; it may not exist yet."""
    return root / f"v{STORE_FORMAT}" / folder_name(identity)


def folder_name(identity: str) -> str:
    """The name of a source's folder."""
    return hashlib.sha256(identity.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def former_folder(root: Path, name: str) -> Path:
    """Where ssmtrail 0.1.0 kept the source whose folder has this name; a file once that is converted."""
    return root / "v1.1" / name


def require_known_format(root: Path, identity: str) -> None:
    """Raises StoreError where a newer version of ssmtrail keeps this source, which this one cannot read."""
    for folder in root.glob(f"v*/{folder_name(identity)}"):
        number = folder.parent.name.removeprefix("v")
        if number.isdigit() and int(number) > STORE_FORMAT:
            raise StoreError(
                f"A newer version of ssmtrail keeps this source in {folder} (store format {number}; this version knows "
                f"{STORE_FORMAT}). Use the newer version, or another folder: SSMTRAIL_CACHE."
            )


def looked_at(folder: Path) -> datetime | None:
    """When a fetch last compared the source with this dataset to the end (UTC)."""
    try:
        return datetime.fromtimestamp((folder / "looked-at").stat().st_mtime, UTC)
    except OSError:
        return None


def first_page_of(folder: Path) -> Path:
    """The file with the first page of this dataset's sessions, see `ssmtrail.queries.first_page`."""
    return folder / "first-page.json"


def integrity_file(folder: Path) -> Path:
    """The file with what a check of integrity found, see `ssmtrail.queries.store.checked_files`."""
    return folder / "integrity.json"


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """One source in the store."""

    source: str
    """Its label; may be hostile."""
    folder: Path
    segments: int
    bytes: int
    used_at: datetime
    """When its newest file was written (UTC)."""


def cache_entries(root: Path) -> tuple[CacheEntry, ...]:
    """Every source in the store, the most recently used first. Raises StoreError."""
    with store_errors(f"the store {root} cannot be read"):
        entries = [_entry(described) for described in root.glob("v*/*/source.json")]
    return tuple(sorted(entries, key=lambda entry: entry.used_at, reverse=True))


@dataclass(frozen=True, slots=True)
class Purged:
    """What was removed from the store, and what was left since a running process is reading it."""

    removed: tuple[CacheEntry, ...]
    left: tuple[CacheEntry, ...]


def purge_cache(root: Path, now: datetime, older_than: timedelta | None = None) -> Purged:
    """Remove all sources, or those not used for `older_than`, that no process is reading. Raises StoreError.

    The source has everything; reading it again costs time and, for Athena, money. What queries cost this month is kept.
    """
    removed, left = [], []
    for entry in cache_entries(root):
        if older_than is not None and now - entry.used_at <= older_than:
            continue
        with store_errors(f"{entry.folder} cannot be removed"), _unread(entry.folder) as unread:
            if not unread:
                left.append(entry)
                continue
            if (entry.folder / "queries").is_dir():
                _spending(entry.folder).keep_all(entry.folder, now)
            # First out of the way of processes that make it anew; one that is left by a kill is removed next time.
            shutil.rmtree(entry.folder.rename(entry.folder.with_name(f".{entry.folder.name}-{uuid4().hex[:8]}")))
            removed.append(entry)
        # Where ssmtrail 0.1.0 kept it.
        former_folder(root, entry.folder.name).unlink(missing_ok=True)
    if older_than is None:
        shutil.rmtree(root / "demo", ignore_errors=True)
    return Purged(tuple(removed), tuple(left))


def _spending(dataset: Path) -> Spending:
    from ssmtrail.queries.store.spending import Spending  # most starts purge nothing

    return Spending.of(dataset)


@contextmanager
def _unread(folder: Path) -> Iterator[bool]:
    """Whether no running process is reading a source; none can begin to meanwhile, unless it pays for days."""
    from ssmtrail.queries.store.leases import Leases  # most starts purge nothing

    with ExitStack() as held:
        locks = (folder / READING_LOCK, *folder.glob(f"subsets/*/{READING_LOCK}"))
        free = False not in [held.enter_context(try_lock(lock)) for lock in locks if lock.exists()]
        yield free and not Leases.of(folder).held_by_others()


def _entry(described: Path) -> CacheEntry:
    import msgspec  # most starts list no caches

    try:
        label = msgspec.json.Decoder(dict[str, str]).decode(described.read_bytes()).get("source", "?")
    except msgspec.MsgspecError as error:
        raise StoreError(f"{described} is damaged; remove its folder to read that source again") from error
    files, stats = [], []
    for path in described.parent.rglob("*"):
        with suppress(FileNotFoundError):  # a process that reads the source was quicker
            if S_ISREG((status := path.stat()).st_mode):
                files.append(path)
                stats.append(status)
    return CacheEntry(
        source=label,
        folder=described.parent,
        segments=sum(1 for path in files if path.parent.name == "segments" and path.suffix == ".json"),
        # Sets of derived files share files by hard links.
        bytes=sum({(stat.st_dev, stat.st_ino): stat.st_size for stat in stats}.values()),
        used_at=datetime.fromtimestamp(max((stat.st_mtime for stat in stats), default=0), UTC),
    )
