"""The source contracts (files, days) and the raw calls that they deliver."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from datetime import date, datetime, timedelta
    from pathlib import Path
    from threading import Event

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.model import Budgets, ConsoleQueryName, ConsoleSql, Progress, Scope
    from ssmtrail.queries.sources.allowance import Allowance
    from ssmtrail.queries.store.journal import Journal, Run
    from ssmtrail.queries.store.parcels import DayParcel, Parcel
    from ssmtrail.queries.times import Unit, Window
    from ssmtrail.queries.trust import Trust


#: What tells a file from a changed one without reading it: bytes, mtime and ctime in nanoseconds, inode.
Identity: TypeAlias = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A file as the listing shows it."""

    path: str
    """Below the folder, `/`-separated; `os.fsdecode`d, so it may hold surrogate escapes."""
    size: int
    """Bytes on disk."""
    mtime_ns: int
    ctime_ns: int = 0
    inode: int = 0

    @property
    def identity(self) -> Identity:
        """What is compared with the stored copy."""
        return self.size, self.mtime_ns, self.ctime_ns, self.inode


@dataclass(frozen=True, slots=True)
class Changes:
    """The difference between a source and its stored copy."""

    new: tuple[FileEntry, ...]
    """Files to read, newest content first."""
    gone: frozenset[str]
    """Stored paths that are gone, or have another identity now."""
    files: int
    """Files in the listing, stored and new."""
    bytes: int


class Source(Protocol):
    """A source of files. Raises SourceError if it cannot be read at all; obeys `cancelled` within a second."""

    kind: ClassVar[Literal["files"]]

    @property
    def identity(self) -> str:
        """The key of its segments in the store: stable and unique."""
        ...

    @property
    def label(self) -> str:
        """A short name for the header; may be hostile."""
        ...

    def changes(self, kept: Mapping[str, Identity], cancelled: Event) -> Changes:
        """Compare the source with the stored copy; `kept` has the identity of each path."""
        ...

    def sha256(self, entry: FileEntry, cancelled: Event) -> str:
        """The hash of a file's content in hexadecimal; empty where it is not what was listed. Raises Cancelled."""
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
    """Bytes of the files of days that were listed whole."""
    sampled: Mapping[date, tuple[int, int]] = field(default_factory=dict)
    """Bytes of days of which a part was listed, and by how many they may be wrong."""
    limit: int | None = None
    """Bytes after which the service ends a query; None for no limit."""
    warnings: tuple[str, ...] = ()
    reservation: str = ""
    """The reserved capacity that queries run on, so that no price by scan is known; empty for none."""


@dataclass(frozen=True, slots=True)
class DayFailure:
    """Days that could not be fetched."""

    days: tuple[date, ...]
    why: str
    """A sentence; may hold hostile text."""
    state: Literal["failed", "missing", "unreadable", "gone"] = "failed"
    """`unreadable`: a file of the days cannot be read, which no retry changes; `gone`: they were paid for, and the
    result is gone."""
    error: Exception | None = None
    file: str = ""
    """The file that cannot be read, where it is known; may be hostile."""


class DaySource(Protocol):
    """A source of days that charges for scans. Raises SourceError; obeys `cancelled` within a second."""

    kind: ClassVar[Literal["table"]]

    @property
    def identity(self) -> str:
        """The key of its days in the store: stable and unique, the same for every subset."""
        ...

    @property
    def subset(self) -> Mapping[str, tuple[str, ...]]:
        """Values of partition columns that it is restricted to; subsets share the days that are kept."""
        ...

    @property
    def label(self) -> str:
        """A short name for the header; may be hostile."""
        ...

    @property
    def ask_above(self) -> float:
        """Dollars above which a plan needs approval."""
        ...

    @property
    def max_price(self) -> float | None:
        """Dollars that a run may cost at all; None for no cap."""
        ...

    @property
    def budgets(self) -> Budgets:
        """Dollars that its caller may spend a day and a month."""
        ...

    @property
    def caller(self) -> str:
        """Who pays, an ARN; empty where that is unknown."""
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

    def metadata_estimate(
        self, days: Sequence[date], cancelled: Event, listed: Callable[[int, int], None]
    ) -> MetadataEstimate:
        """Free facts about days; `listed` is told how many folders of how many are listed."""
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

    def bytes_for(self, dollars: float) -> int:
        """Bytes that may be scanned for so many dollars."""
        ...

    def read(
        self,
        days: Sequence[date],
        journal: Journal,
        connection: DuckDBPyConnection,
        scratch: Path,
        report: Callable[[Progress], None],
        cancelled: Event,
        allowance: Allowance,
        fresh: Collection[date] = (),
    ) -> Iterator[DayParcel | DayFailure]:
        """Fetch days; unfinished queries in the journal are continued, not paid again.

        New queries keep to the allowance; days that it has no room for fail. No earlier result is reused for `fresh`
        days. Every day is yielded once. When `cancelled` is set, the queries are stopped and the iterator ends after
        the last day that had arrived.
        """
        ...

    def console_sql(
        self, name: ConsoleQueryName, scope: Scope, unit: Unit, look_around: int, trust: Trust, cancelled: Event
    ) -> ConsoleSql:
        """A console query as SQL for the service's own console. Raises FilterError, UsageError."""
        ...

    def stop(self, run: Run) -> None:
        """Stop one query of this process; its days fail."""
        ...
