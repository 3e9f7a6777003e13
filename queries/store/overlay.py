"""A store that cannot be written to: a private copy of its index that links to what is kept, gone with the process."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

from ssmtrail.queries.store.atomic import engine_safe_path, require_private, store_errors
from ssmtrail.queries.store.folders import READING_LOCK, dataset_folder, require_known_format

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Folders and files that belong to processes, not to what is kept.
_OF_PROCESSES = frozenset({READING_LOCK, "claims", "scratch"})


class OpenedStore(NamedTuple):
    """Where a trail reads and writes."""

    root: Path
    """A path that the engine reads literally."""
    kept: tuple[Path, ...] = ()
    """The folders of the sources in a store that cannot be written to; `root` is a temporary one then."""

    @property
    def words(self) -> tuple[str, ...]:
        """What an answer has to say about it."""
        return (f"the store {self.kept[0]} cannot be written to: nothing new is kept",) if self.kept else ()


@contextmanager
def opened_store(root: Path, *identities: str) -> Iterator[OpenedStore]:
    """The store at `root`, or a temporary one over what it keeps of some sources where it cannot be written to.

    Raises StoreError, also where other users may write into it.
    """
    kept = [dataset_folder(root, identity) for identity in identities]
    for folder in (root, kept[0].parent, *kept):
        require_private(folder)
    if not _is_read_only(root, *kept):
        with engine_safe_path(root) as safe:
            yield OpenedStore(safe)
        return
    for identity in identities:
        require_known_format(root, identity)
    with (
        store_errors("a folder beside the store, which cannot be written to, cannot be made"),
        TemporaryDirectory(prefix="ssmtrail-", ignore_cleanup_errors=True) as made,
    ):
        over = Path(made).resolve()
        for identity, folder in zip(identities, kept, strict=True):
            _link(folder.resolve(), dataset_folder(over, identity))
        yield OpenedStore(over, tuple(folder.resolve() for folder in kept))


def _is_read_only(*folders: Path) -> bool:
    """Whether a folder that exists cannot be written to: its mode, or that of its file system."""
    return any(folder.is_dir() and not os.access(folder, os.W_OK | os.X_OK) for folder in folders)


def _link(kept: Path, over: Path) -> None:
    """Copy a folder: Parquet files, which never change, as links. Raises OSError."""
    over.mkdir(mode=0o700, parents=True)
    if not kept.is_dir():
        return
    for entry in os.scandir(kept):
        if entry.name in _OF_PROCESSES or entry.name.startswith("."):
            continue
        target = over / entry.name
        if entry.is_dir():
            _link(Path(entry.path), target)
        elif entry.name.endswith(".parquet"):
            target.symlink_to(entry.path)
        else:
            shutil.copyfile(entry.path, target)
            os.utime(target, ns=(entry.stat().st_atime_ns, entry.stat().st_mtime_ns))
