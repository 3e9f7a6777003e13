"""What is derived from segments: the sessions and calls, as files that can be made again at any time."""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal
from uuid import uuid4

from queries.engine import interruptible
from queries.store.derive import DERIVE_VERSION, raw_calls
from queries.store.making import Making
from queries.store.manifests import Manifest, Part, is_sound, is_whole, read_manifest
from queries.store.private_files import make_private_folder, storing

if TYPE_CHECKING:
    import threading
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from queries.store.dataset import Dataset
    from queries.window import Window

#: Older sets of derived files that another process may still be reading.
_SPARED: Final = 2


@dataclass(frozen=True, slots=True)
class Derived:
    """The files of one set of segments."""

    folder: Path
    segment_folder: Path
    segments: tuple[str, ...]
    """Names of the segments that hold calls."""
    parts: tuple[Part, ...]
    """Newest first."""
    counts: Path
    """Where counts of them are kept, also while they are read through links."""

    @property
    def firsts(self) -> Path:
        """The row ids of sessions that are the first ever of a person on a machine."""
        return self.folder / "firsts.parquet"

    def files(self, entity: Literal["sessions", "calls"], window: Window | None = None) -> list[Path]:
        """One row a session or call, newest first, by `row_id`; for a window at least those that reach into it."""
        parts = [part for part in self.parts if window is None or _touches(part, window)]
        return [self.folder / f"{entity}-{part.name}.parquet" for part in parts or self.parts[:1]]

    def numbered_files(self, entity: Literal["sessions", "calls"], numbers: Collection[int]) -> list[Path]:
        """The files of the spans with these numbers; of one span where there are none."""
        parts = [part for part in self.parts if part.span.number in numbers]
        return [self.folder / f"{entity}-{part.name}.parquet" for part in parts or self.parts[:1]]

    @property
    def asked_files(self) -> tuple[Path, ...]:
        """All that questions are asked of."""
        return (self.firsts, *self.files("sessions"), *self.files("calls"))

    def raw_calls(self, names: Sequence[str] | None = None) -> str:
        """The relation `raw_calls` under these files, or under the named segments alone."""
        paths = (self.segment_folder / f"{name}.parquet" for name in names or self.segments)
        return raw_calls([path for path in paths if path.exists()])


def _touches(part: Part, window: Window) -> bool:
    first, end = part.span.first * 3600, part.span.end * 3600
    after = window.start is None or window.start.timestamp() < end
    return after and (window.end is None or window.end.timestamp() > first)


def find_derived(dataset: Dataset, segments: Sequence[str]) -> Derived | None:
    """The derived files of these segments; None where they are not there, or not whole."""
    folder = _folder(dataset, segments)
    manifest = read_manifest(folder, DERIVE_VERSION)
    if manifest is None or not is_whole(folder, manifest):
        return None
    with suppress(OSError):  # swept by another process meanwhile: whoever reads it makes it again
        os.utime(folder)
    return _derived(dataset, segments, folder, manifest)


def derive(
    connection: DuckDBPyConnection, dataset: Dataset, segments: Sequence[str], cancelled: threading.Event
) -> Derived:
    """Make the derived files, unless they are there; what other sets share with them is taken over from these.

    Raises Cancelled, StoreError; leaves nothing half made.
    """
    if (found := find_derived(dataset, segments)) is not None:
        return found
    folder = _folder(dataset, segments)
    making = make_private_folder(folder.with_name(f".{folder.name}-{uuid4().hex[:8]}"))
    names = _with_calls(dataset, segments)
    try:
        with interruptible(connection, cancelled), storing("the store cannot be written"):
            manifest = Making(connection, dataset.segment_folder, names, making, _sets(dataset), cancelled).run()
        _publish(making, folder)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    _sweep(folder)
    return _derived(dataset, segments, folder, manifest)


def drop_damaged(dataset: Dataset) -> None:
    """Remove derived files that are not, to the byte, what was written, from every set that has them."""
    for folder, manifest in _sets(dataset):
        for name, kept in manifest.files.items():
            if not is_sound(folder / name, kept):
                with suppress(OSError):
                    (folder / name).unlink()


def _folder(dataset: Dataset, segments: Sequence[str]) -> Path:
    key = hashlib.sha256("\n".join((DERIVE_VERSION, *sorted(segments))).encode()).hexdigest()[:16]
    return dataset.folder / "derived" / key


def _with_calls(dataset: Dataset, segments: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in sorted(segments) if (dataset.segment_folder / f"{name}.parquet").exists())


def _derived(dataset: Dataset, segments: Sequence[str], folder: Path, manifest: Manifest) -> Derived:
    names = _with_calls(dataset, segments)
    return Derived(folder, dataset.segment_folder, names, tuple(manifest.parts), folder / "counts")


def _sets(dataset: Dataset) -> list[tuple[Path, Manifest]]:
    """The sets of this version, the one used last first."""
    folders = sorted(_folders(dataset.folder / "derived"), key=_used_at, reverse=True)
    found = ((folder, read_manifest(folder, DERIVE_VERSION)) for folder in folders)
    return [(folder, manifest) for folder, manifest in found if manifest is not None]


def _folders(parent: Path) -> list[Path]:
    return [folder for folder in parent.iterdir() if not folder.name.startswith(".")]


def _publish(making: Path, folder: Path) -> None:
    manifest = read_manifest(folder, DERIVE_VERSION)
    if manifest is None or not is_whole(folder, manifest):
        shutil.rmtree(folder, ignore_errors=True)
    try:
        making.rename(folder)
    except OSError as fault:
        if not folder.is_dir():  # else another process made the same files
            with storing("the store cannot be written"):
                raise fault


def _sweep(current: Path) -> None:
    """Remove sets that nobody reads any more; an open one costs its reader a retry, no data."""
    others = [folder for folder in _folders(current.parent) if folder != current]
    for folder in sorted(others, key=_used_at, reverse=True)[_SPARED:]:
        shutil.rmtree(folder, ignore_errors=True)


def _used_at(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except OSError:  # swept by another process
        return 0.0
