"""The sessions and calls derived from a dataset's segments: find a set of derived files, make it, remove old ones."""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args
from uuid import uuid4

from ssmtrail.queries.engine import interruptible
from ssmtrail.queries.store.atomic import make_private_folder, store_errors
from ssmtrail.queries.store.build import NAMING_FILE, STOPPING, DerivedBuild
from ssmtrail.queries.store.derive import derive_version, raw_calls
from ssmtrail.queries.store.derived_files import FileState, Manifest, Part, is_sound, is_whole, read_manifest

if TYPE_CHECKING:
    import threading
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.store.dataset import Dataset
    from ssmtrail.queries.times import Window

#: Sessions, calls and calls of other doors with all columns; the first two as numbers, and the names behind these.
FileKind: TypeAlias = Literal["sessions", "calls", "doors", "index-sessions", "index-calls", "names"]
#: Older sets that are kept because another process may still read them.
_KEPT_SETS: Final = 2


@dataclass(frozen=True, slots=True)
class DerivedSet:
    """The files derived from one set of segments."""

    folder: Path
    segment_folder: Path
    segments: tuple[str, ...]
    """Names of the segments that hold calls."""
    parts: tuple[Part, ...]
    """Newest first."""
    counts: Path
    """The folder of `count_cache`; that of the set itself where the files are read through links."""
    has_stops: bool
    """Whether there may be rows in `stops`."""
    naming_state: FileState | None
    """The state of the file `naming`; None where no record names a machine."""

    @property
    def firsts(self) -> Path:
        """The row ids of sessions that are the first ever of a person on a machine."""
        return self.folder / "firsts.parquet"

    @property
    def stops(self) -> Path:
        """When machines were stopped or terminated."""
        return self.folder / "stops.parquet"

    @property
    def launches(self) -> Path:
        """Which machine had which private address, see `launches.sql`."""
        return self.folder / "launches.parquet"

    @property
    def naming(self) -> Path:
        """Names of machines by records, see `naming.sql`; missing without a `naming_state`."""
        return self.folder / NAMING_FILE

    @property
    def answer_files(self) -> tuple[Path, ...]:
        """All files that answers read."""
        return (
            self.firsts,
            self.stops,
            self.launches,
            *([self.naming] if self.naming_state else ()),
            *(path for kind in get_args(FileKind) for path in self.files(kind)),
        )

    @property
    def segment_files(self) -> list[Path]:
        """The files with the raw calls of all segments."""
        return self._segment_paths(self.segments)

    def files(self, kind: FileKind, window: Window | None = None) -> list[Path]:
        """The files of a kind, newest first, rows by `row_id`; those that overlap the window, at least one."""
        return self._paths(kind, [part for part in self.parts if window is None or _overlaps(part, window)])

    def numbered_files(self, kind: FileKind, numbers: Collection[int]) -> list[Path]:
        """The files of the partitions with these numbers, at least one file."""
        return self._paths(kind, [part for part in self.parts if part.partition.number in numbers])

    def raw_calls(self, names: Sequence[str] | None = None) -> str:
        """The relation `raw_calls` of all segments, or of those with these names."""
        return raw_calls(self.segment_files if names is None else self._segment_paths(names))

    def _segment_paths(self, names: Sequence[str]) -> list[Path]:
        return [self.segment_folder / f"{name}.parquet" for name in names]

    def _paths(self, kind: FileKind, parts: Sequence[Part]) -> list[Path]:
        return [self.folder / f"{kind}-{part.name}.parquet" for part in parts or self.parts[:1]]


def _overlaps(part: Part, window: Window) -> bool:
    first, end = part.partition.first * 3600, part.partition.end * 3600
    after = window.start is None or window.start.timestamp() < end
    return after and (window.end is None or window.end.timestamp() > first)


def find_derived(dataset: Dataset, segments: Sequence[str]) -> DerivedSet | None:
    """The files derived from these segments; None where they are missing or not whole."""
    folder = _folder(dataset, segments)
    manifest = read_manifest(folder, derive_version(dataset.trust))
    if manifest is None or not is_whole(folder, manifest):
        return None
    with suppress(OSError):  # removed by another process meanwhile: reading it then fails and it is made again
        os.utime(folder)
    return _derived_set(dataset, segments, folder, manifest)


def derive(
    connection: DuckDBPyConnection, dataset: Dataset, segments: Sequence[str], cancelled: threading.Event
) -> DerivedSet:
    """Find or make the files derived from these segments; unchanged files are shared with other sets.

    A set is made under a temporary name, so none is ever incomplete. Raises Cancelled, StoreError.
    """
    if (found := find_derived(dataset, segments)) is not None:
        return found
    folder = _folder(dataset, segments)
    building = make_private_folder(folder.with_name(f".{folder.name}-{os.getpid()}-{uuid4().hex[:8]}"))
    try:
        with interruptible(connection, cancelled), store_errors("the store cannot be written"):
            build = DerivedBuild(
                connection, dataset.segment_folder, sorted(segments), building, _sets(dataset), cancelled,
                derive_version(dataset.trust),
            )  # fmt: skip
            manifest = build.run()
        _publish(building, folder, manifest.version)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    # A process that reads a removed set gets an error and derives again; no data are lost.
    others = [other for other in _folders(folder.parent) if other != folder]
    for old in sorted(others, key=_used_at, reverse=True)[_KEPT_SETS:]:
        shutil.rmtree(old, ignore_errors=True)
    return _derived_set(dataset, segments, folder, manifest)


def drop_damaged(dataset: Dataset) -> None:
    """Remove every derived file that is not, to the byte, what was written."""
    for folder, manifest in _sets(dataset):
        for name, state in manifest.files.items():
            if not is_sound(folder / name, state):
                with suppress(OSError):
                    (folder / name).unlink()


def _folder(dataset: Dataset, segments: Sequence[str]) -> Path:
    key = hashlib.sha256("\n".join((derive_version(dataset.trust), *sorted(segments))).encode()).hexdigest()[:16]
    return dataset.folder / "derived" / key


def _derived_set(dataset: Dataset, segments: Sequence[str], folder: Path, manifest: Manifest) -> DerivedSet:
    has_stops = any(not STOPPING.isdisjoint(calls) for calls in manifest.names.values())
    return DerivedSet(
        folder, dataset.segment_folder, tuple(sorted(segments)), tuple(manifest.parts), folder / "counts", has_stops,
        manifest.files.get(NAMING_FILE),
    )  # fmt: skip


def _sets(dataset: Dataset) -> list[tuple[Path, Manifest]]:
    """The sets of this version, the most recently used first."""
    folders = sorted(_folders(dataset.folder / "derived"), key=_used_at, reverse=True)
    found = ((folder, read_manifest(folder, derive_version(dataset.trust))) for folder in folders)
    return [(folder, manifest) for folder, manifest in found if manifest is not None]


def _folders(parent: Path) -> list[Path]:
    return [folder for folder in parent.iterdir() if not folder.name.startswith(".")]


def _publish(building: Path, folder: Path, version: str) -> None:
    manifest = read_manifest(folder, version)
    if manifest is None or not is_whole(folder, manifest):
        shutil.rmtree(folder, ignore_errors=True)
    try:
        building.rename(folder)
    except OSError as error:
        if not folder.is_dir():  # else another process made the same files
            with store_errors("the store cannot be written"):
                raise error


def _used_at(folder: Path) -> float:
    try:
        return folder.stat().st_mtime
    except OSError:  # removed by another process
        return 0.0
