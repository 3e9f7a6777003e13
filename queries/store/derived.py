"""What is derived from segments: the sessions and calls, as files that can be made again at any time."""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from queries.engine import interruptible
from queries.store.derive import DERIVE_VERSION, derive_files, raw_calls
from queries.store.private_files import make_private_folder, storing

if TYPE_CHECKING:
    import threading
    from collections.abc import Sequence
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from queries.store.dataset import Dataset

#: Older derived files that another process may still be reading.
_SPARED: Final = 2


@dataclass(frozen=True, slots=True)
class Derived:
    """The files of one set of segments."""

    folder: Path
    segment_folder: Path
    segments: tuple[str, ...]
    """Names of the segments that hold calls."""

    @property
    def sessions(self) -> Path:
        """One row a session, newest first."""
        return self.folder / "sessions.parquet"

    @property
    def calls(self) -> Path:
        """One row a call, newest first."""
        return self.folder / "calls.parquet"

    def raw_calls(self, names: Sequence[str] | None = None) -> str:
        """The relation `raw_calls` under these files, or under the named segments alone."""
        paths = (self.segment_folder / f"{name}.parquet" for name in names or self.segments)
        return raw_calls([path for path in paths if path.exists()])


def derived_of(dataset: Dataset, segments: Sequence[str]) -> Derived:
    """Where the derived files of these segments lie, or would lie."""
    names = tuple(sorted(segments))
    key = hashlib.sha256("\n".join((str(DERIVE_VERSION), *names)).encode()).hexdigest()[:16]
    with_calls = tuple(name for name in names if (dataset.segment_folder / f"{name}.parquet").exists())
    return Derived(dataset.folder / "derived" / key, dataset.segment_folder, with_calls)


def derive(
    connection: DuckDBPyConnection, dataset: Dataset, segments: Sequence[str], cancelled: threading.Event
) -> Derived:
    """Make the derived files, unless they are there. Raises Cancelled, StoreError; leaves nothing half made."""
    derived = derived_of(dataset, segments)
    if derived.folder.is_dir():
        with suppress(OSError):  # swept by another process meanwhile: whoever reads it makes it again
            os.utime(derived.folder)
        return derived
    making = make_private_folder(derived.folder.with_name(f".{derived.folder.name}-{uuid4().hex[:8]}"))
    try:
        with interruptible(connection, cancelled):
            derive_files(connection, derived.raw_calls(), making)
        _publish(making, derived.folder)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    _sweep(derived.folder)
    return derived


def _publish(making: Path, folder: Path) -> None:
    with storing("the store cannot be written"):
        try:
            making.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another process made the same files
                raise


def _sweep(current: Path) -> None:
    """Remove derived files that nobody reads any more; an open one costs its reader a retry, no data."""
    others = [folder for folder in current.parent.iterdir() if folder != current and not folder.name.startswith(".")]
    for folder in sorted(others, key=_used_at, reverse=True)[_SPARED:]:
        shutil.rmtree(folder, ignore_errors=True)


def _used_at(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except OSError:  # swept by another process
        return 0.0
