"""The source contracts (files, days) and the raw calls that they deliver."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, Protocol, overload

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from datetime import datetime, timedelta
    from pathlib import Path
    from threading import Event

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.model import ConsoleQueryName, ConsoleSql, Progress, Scope
    from ssmtrail.queries.store.journal import Journal, Run
    from ssmtrail.queries.times import Unit, Window


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
    """The result of reading one file."""

    path: str
    size: int
    mtime_ns: int
    folder_day: date | None
    """UTC delivery day from the path (`.../2026/11/23/...`) or the name (`_20261123T1205Z_`), else None."""
    first_day: date | None = None
    """UTC day of the first `eventTime` in file order; None for a file without records."""
    last_day: date | None = None
    """UTC day of the last `eventTime` in file order."""
    calls: int = 0
    """Number of raw calls read from it."""
    unreadable: str = ""
    """Why it could not be read completely: `truncated gzip`; empty if it was."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """All raw calls of a batch of files."""

    rows: Path
    """JSON lines, one raw call each, keys from `RAW_COLUMNS`, a missing key is NULL. The receiver deletes the file."""
    files: Sequence[FileCover]
    calls: int
    records: int
    """Number of records read, 0 if they were not counted."""


@dataclass(frozen=True, slots=True)
class Changes:
    """The difference between a source and its stored copy."""

    new: tuple[FileEntry, ...]
    """Files to read, newest content first."""
    gone: frozenset[str]
    """Stored paths that are gone, or have another size or mtime now."""
    files: int
    """Log files in the listing, stored and new."""
    bytes: int


class Source(Protocol):
    """A source of log files. Raises SourceError if it cannot be read at all; obeys `cancelled` within a second."""

    @property
    def identity(self) -> str:
        """The key of its segments in the store: stable and unique."""
        ...

    @property
    def label(self) -> str:
        """A short name for the header; may be hostile."""
        ...

    def changes(self, kept: Mapping[str, tuple[int, int]], cancelled: Event) -> Changes:
        """Compare the source with the stored copy; `kept` has path to (size, mtime_ns)."""
        ...

    def read(
        self,
        new: Sequence[FileEntry],
        scratch: Path,
        report: Callable[[Progress], None],
        cancelled: Event,
    ) -> Iterator[Parcel]:
        """Read files and yield parcels; `scratch` is a private folder for their rows.

        Every file of `new` is in exactly one parcel, unreadable ones too. When `cancelled` is set, the iterator ends
        after the last complete parcel.
        """
        ...


@dataclass(frozen=True, slots=True)
class MetadataEstimate:
    """Facts about days that are free, before any scan."""

    absent: Mapping[date, str] = field(default_factory=dict)
    """Days that the table does not have, each with a clause that says why; they must not count as days without
    sessions."""
    sizes: Mapping[date, int] = field(default_factory=dict)
    """Bytes of the files of days, if they may be listed."""
    limit: int | None = None
    """Bytes after which the service ends a query; None for no limit."""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DayParcel:
    """All raw calls of one day."""

    day: date
    select: str
    """A statement that returns RAW_COLUMNS; valid until the next parcel is requested."""
    asked_at: datetime
    """UTC; files delivered later are not in it."""
    bytes: int
    """The day's share of the scanned bytes."""


@dataclass(frozen=True, slots=True)
class DayFailure:
    """Days that could not be fetched."""

    days: tuple[date, ...]
    why: str
    """A sentence; may hold hostile text."""
    state: Literal["failed", "missing"] = "failed"
    error: Exception | None = None


class DaySource(Protocol):
    """A source of days that charges for scans. Raises SourceError; obeys `cancelled` within a second."""

    @property
    def identity(self) -> str:
        """The key of its days in the store: stable and unique."""
        ...

    @property
    def label(self) -> str:
        """A short name for the header; may be hostile."""
        ...

    @property
    def threshold(self) -> float:
        """Dollars above which a plan needs approval."""
        ...

    @property
    def open_age(self) -> timedelta:
        """Maximum age of the copy of an open day before a fetch reads the day again."""
        ...

    @property
    def recheck_days(self) -> int:
        """Number of last days to read again once per run although they are stored, for files delivered late."""
        ...

    def needed_days(self, window: Window, look_around: int, today: date, cancelled: Event) -> tuple[date, ...]:
        """The days that a window needs, in order. Raises UsageError if it has no beginning."""
        ...

    def closes(self, day: date) -> datetime:
        """When a day is final: a copy requested later is never read again."""
        ...

    def metadata_estimate(self, days: Sequence[date], cancelled: Event) -> MetadataEstimate:
        """Free facts about days."""
        ...

    def query_shape(self, cancelled: Event) -> str:
        """Identifies the statement that fetches a day, to remember its check; empty if no check is needed."""
        ...

    def pruning_check(self, day: date, cancelled: Event) -> str:
        """Check for free that fetching a day scans only this day; a sentence if that cannot be shown, else empty."""
        ...

    def query_ranges(
        self, days: Sequence[date], sizes: Mapping[date, int], limit: int | None
    ) -> list[tuple[date, date]]:
        """The days grouped into queries, each with its first and last day."""
        ...

    def price(self, run_bytes: int) -> float:
        """Dollars for a query that scans `run_bytes`."""
        ...

    def read(
        self,
        days: Sequence[date],
        journal: Journal,
        connection: DuckDBPyConnection,
        scratch: Path,
        report: Callable[[Progress], None],
        cancelled: Event,
        fresh: Collection[date] = (),
    ) -> Iterator[DayParcel | DayFailure]:
        """Fetch days; unfinished queries in the journal are continued, not paid again.

        No earlier result is reused for `fresh` days. Every day is yielded once. When `cancelled` is set, the queries
        are stopped and the iterator ends after the last day that had arrived.
        """
        ...

    def console_sql(
        self, name: ConsoleQueryName, scope: Scope, unit: Unit, look_around: int, cancelled: Event
    ) -> ConsoleSql:
        """A console query as SQL for the service's own console. Raises FilterError, UsageError."""
        ...

    def stop(self, run: Run) -> None:
        """Stop one query of this process; its days fail."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Covers(Sequence[FileCover]):
    """File covers stored as columns and built on access, as folders may have a hundred thousand files."""

    paths: Sequence[str]
    sizes: Sequence[int]
    mtimes: Sequence[int]
    """In nanoseconds."""
    folder_days: Sequence[str]
    """ISO dates, as are the next two; empty if unknown."""
    first_days: Sequence[str]
    last_days: Sequence[str]
    calls: Sequence[int]
    unreadable: Mapping[int, str] = field(default_factory=dict)
    """Reason by position, for files that could not be read completely."""

    @classmethod
    def of(cls, covers: Iterable[FileCover]) -> Covers:
        """Make columns of covers."""
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
            {place: cover.unreadable for place, cover in enumerate(found) if cover.unreadable},
        )

    @classmethod
    def joined(cls, parts: Iterable[Sequence[FileCover]]) -> Covers:
        """Concatenate covers."""
        every = [cls.of(part) for part in parts]
        if len(every) == 1:
            return every[0]
        starts = [0]
        for part in every:
            starts.append(starts[-1] + len(part))
        return cls(
            [path for part in every for path in part.paths],
            [size for part in every for size in part.sizes],
            [mtime for part in every for mtime in part.mtimes],
            [day for part in every for day in part.folder_days],
            [day for part in every for day in part.first_days],
            [day for part in every for day in part.last_days],
            [calls for part in every for calls in part.calls],
            {
                start + place: why
                for start, part in zip(starts, every, strict=False)
                for place, why in part.unreadable.items()
            },
        )

    def __len__(self) -> int:
        return len(self.paths)

    @overload
    def __getitem__(self, place: int) -> FileCover: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[FileCover]: ...
    def __getitem__(self, place: int | slice) -> FileCover | Sequence[FileCover]:
        if isinstance(place, slice):
            return tuple(self._cover(each) for each in range(*place.indices(len(self))))
        return self._cover(range(len(self))[place])

    def __iter__(self) -> Iterator[FileCover]:
        return map(self._cover, range(len(self)))

    def _cover(self, place: int) -> FileCover:
        return FileCover(
            self.paths[place],
            self.sizes[place],
            self.mtimes[place],
            day_of(self.folder_days[place]),
            day_of(self.first_days[place]),
            day_of(self.last_days[place]),
            self.calls[place],
            self.unreadable.get(place, ""),
        )


@lru_cache(maxsize=4096)
def day_text(day: date | None) -> str:
    """A day as text in a column."""
    return day.isoformat() if day else ""


@lru_cache(maxsize=4096)
def day_of(text: str) -> date | None:
    """The day of a column's text. Raises ValueError."""
    return date.fromisoformat(text) if text else None
