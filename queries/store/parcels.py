"""What the store takes from a source: parcels of raw calls, and the cover of each file that was read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final, overload

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class FileCover:
    """What was read from one file."""

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
    ctime_ns: int = 0
    """Time of the last change of its inode; this and the next two are 0 and empty where unknown."""
    inode: int = 0
    sha256: str = ""
    """64 hex digits of the bytes on disk; empty also where the file was not read whole."""
    kind: str = ""
    """Kind of a file that holds no records: `.png`, `no ending`, `CloudTrail-Digest`; empty for a log file."""
    note: str = ""
    """What is odd about a file that could be read: `2 gzip members, AWS writes one`."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """All raw calls of a batch of files."""

    rows: Path
    """JSON lines, one raw call a line, keys from `RAW_COLUMNS`, absent is NULL. The consumer deletes the file."""
    files: Sequence[FileCover]
    calls: int
    records: int
    """Records read; 0 where they were not counted."""


@dataclass(frozen=True, slots=True)
class DayParcel:
    """All raw calls of one day."""

    day: date
    select: str
    """A statement that gives RAW_COLUMNS; valid until the next parcel is requested."""
    asked_at: datetime
    """UTC; files delivered later are not in it."""
    bytes: int
    """The day's share of what was scanned."""
    queries: tuple[str, ...] = ()
    """The service's ids of the queries that gave it."""
    price: float | None = None
    """The day's share of their price in dollars; None where unknown."""


#: The columns of `Covers`, in order.
_COLUMNS: Final = (
    "paths", "sizes", "mtimes", "folder_days", "first_days", "last_days", "calls", "ctimes", "inodes", "sha256s",
)  # fmt: skip
#: The values of columns that may be left empty.
_UNKNOWN: Final = {"ctimes": 0, "inodes": 0, "sha256s": ""}
#: Texts that few files have, by the index of the file.
_TEXTS: Final = ("unreadable", "kinds", "notes")


@dataclass(frozen=True, slots=True, eq=False)
class Covers(Sequence[FileCover]):
    """Covers of files, column by column: a folder can have 100,000 files, and few covers are looked at one by one."""

    paths: Sequence[str]
    sizes: Sequence[int]
    mtimes: Sequence[int]
    """In nanoseconds."""
    folder_days: Sequence[str]
    """ISO dates, as the next two; empty where unknown."""
    first_days: Sequence[str]
    last_days: Sequence[str]
    calls: Sequence[int]
    unreadable: Mapping[int, str] = field(default_factory=dict)
    """Why a file could not be read, wholly or in part, by its index."""
    ctimes: Sequence[int] = ()
    """In nanoseconds; this and the next two may be empty, which means that none is known."""
    inodes: Sequence[int] = ()
    sha256s: Sequence[str] = ()
    kinds: Mapping[int, str] = field(default_factory=dict)
    """The kinds of files that hold no records, by index."""
    notes: Mapping[int, str] = field(default_factory=dict)
    """What is odd about files that could be read, by index."""

    @classmethod
    def of(cls, covers: Iterable[FileCover]) -> Covers:
        """The columns of some covers."""
        if isinstance(covers, Covers):
            return covers
        found = tuple(covers)
        return cls(
            [cover.path for cover in found],
            [cover.size for cover in found],
            [cover.mtime_ns for cover in found],
            [day_text(cover.folder_day) for cover in found],
            [day_text(cover.first_day) for cover in found],
            [day_text(cover.last_day) for cover in found],
            [cover.calls for cover in found],
            {index: cover.unreadable for index, cover in enumerate(found) if cover.unreadable},
            [cover.ctime_ns for cover in found],
            [cover.inode for cover in found],
            [cover.sha256 for cover in found],
            {index: cover.kind for index, cover in enumerate(found) if cover.kind},
            {index: cover.note for index, cover in enumerate(found) if cover.note},
        )

    @classmethod
    def joined(cls, parts: Iterable[Sequence[FileCover]]) -> Covers:
        """The covers of all parts, in order."""
        every = [cls.of(part) for part in parts]
        if len(every) == 1:
            return every[0]
        columns: dict[str, Any] = {name: [value for part in every for value in part.column(name)] for name in _COLUMNS}
        starts = list(accumulate((len(part) for part in every), initial=0))
        for name in _TEXTS:
            columns[name] = {
                start + index: text
                for start, part in zip(starts, every, strict=False)
                for index, text in getattr(part, name).items()
            }
        return cls(**columns)

    def column(self, name: str) -> Sequence[Any]:
        """A column by its name, with a value for each file also where none is known."""
        values: Sequence[Any] = getattr(self, name)
        return values if len(values) == len(self.paths) else [_UNKNOWN[name]] * len(self.paths)

    def __len__(self) -> int:
        return len(self.paths)

    @overload
    def __getitem__(self, index: int) -> FileCover: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[FileCover]: ...
    def __getitem__(self, index: int | slice) -> FileCover | Sequence[FileCover]:
        if isinstance(index, slice):
            return tuple(self._cover(each) for each in range(*index.indices(len(self))))
        return self._cover(range(len(self))[index])

    def __iter__(self) -> Iterator[FileCover]:
        return map(self._cover, range(len(self)))

    def _cover(self, index: int) -> FileCover:
        return FileCover(
            self.paths[index],
            self.sizes[index],
            self.mtimes[index],
            day_of(self.folder_days[index]),
            day_of(self.first_days[index]),
            day_of(self.last_days[index]),
            self.calls[index],
            self.unreadable.get(index, ""),
            self.ctimes[index] if self.ctimes else 0,
            self.inodes[index] if self.inodes else 0,
            self.sha256s[index] if self.sha256s else "",
            self.kinds.get(index, ""),
            self.notes.get(index, ""),
        )


@lru_cache(maxsize=4096)
def day_text(day: date | None) -> str:
    """An ISO date; empty for None."""
    return day.isoformat() if day else ""


@lru_cache(maxsize=4096)
def day_of(text: str) -> date | None:
    """The day of an ISO date; None for an empty text. Raises ValueError."""
    return date.fromisoformat(text) if text else None
