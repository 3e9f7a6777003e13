"""What a source of files delivers, whatever the files are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import date
    from pathlib import Path
    from threading import Event

    from queries.values import Progress


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A log file as the listing shows it."""

    path: str
    """Below the folder, `/`-separated; `os.fsdecode`d, so it may hold surrogate escapes."""
    size: int
    """Bytes on disk."""
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class FileCover:
    """What was read of one file."""

    path: str
    size: int
    mtime_ns: int
    folder_day: date | None
    """UTC delivery day from the path (`.../2026/11/23/...`) or the name (`_20261123T1205Z_`), else None."""
    first_day: date | None = None
    """UTC day of the first `eventTime` in the file as it stands; None for a file without records."""
    last_day: date | None = None
    """UTC day of the last `eventTime` in the file as it stands."""
    calls: int = 0
    """Raw calls taken from it."""
    unreadable: str = ""
    """Why it could not be read, wholly or in part: `truncated gzip`; empty when it could."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """The raw calls of a batch of files, whole."""

    rows: Path
    """JSON lines, one raw call a line, keys from `RAW_COLUMNS`, absent is NULL. Whoever takes the parcel deletes it."""
    files: Sequence[FileCover]
    calls: int
    records: int
    """Records passed, 0 where they were not counted."""


@dataclass(frozen=True, slots=True)
class Changes:
    """How a source differs from what is kept of it."""

    new: tuple[FileEntry, ...]
    """To be read, those with the newest content first."""
    gone: frozenset[str]
    """Paths kept but no longer there, or there with another size or mtime."""
    files: int
    """Log files in the listing, kept and new."""
    bytes: int


class Source(Protocol):
    """A way in. Raises SourceError where it cannot be read at all; obeys `cancelled` within a second."""

    @property
    def identity(self) -> str:
        """What the store keeps its segments under: stable, and never shared by two sources."""
        ...

    @property
    def label(self) -> str:
        """A short name for the header; may be hostile."""
        ...

    def changes(self, kept: Mapping[str, tuple[int, int]], cancelled: Event) -> Changes:
        """Compare the source with what is kept: path to (size, mtime_ns)."""
        ...

    def read(
        self,
        new: Sequence[FileEntry],
        scratch: Path,
        report: Callable[[Progress], None],
        cancelled: Event,
    ) -> Iterator[Parcel]:
        """Read files, yielding whole parcels; `scratch` is a private folder for their rows.

        Every file of `new` comes back in one parcel, also those that could not be read. When `cancelled` is set the
        iterator ends after the last whole parcel.
        """
        ...
