"""What a source delivers: raw calls of files or of days, and what was read of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Literal, Protocol

from ssmtrail.queries.store.parcels import DayParcel, Parcel

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from datetime import date, datetime, timedelta
    from pathlib import Path
    from threading import Event

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.model import ConsoleSql, FoundingName, Progress, Scope
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


@dataclass(frozen=True, slots=True)
class Outlook:
    """What can be known of days before they are paid for."""

    absent: Mapping[date, str] = field(default_factory=dict)
    """Days that the table does not have, each with a clause that says why: an answer without rows would be a lie."""
    sizes: Mapping[date, int] = field(default_factory=dict)
    """Bytes of the files of days, where listing is allowed."""
    limit: int | None = None
    """Bytes after which a query is ended."""
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DayFailure:
    """Days that could not be fetched."""

    days: tuple[date, ...]
    why: str
    """A sentence; may hold hostile text."""
    state: Literal["failed", "missing"] = "failed"
    error: Exception | None = None


class DaySource(Protocol):
    """A way in by days. Raises SourceError; obeys `cancelled` within a second."""

    @property
    def identity(self) -> str:
        """What the store keeps its days under: stable, and never shared by two sources."""
        ...

    @property
    def label(self) -> str:
        """A short name for the header; may be hostile."""
        ...

    @property
    def threshold(self) -> float:
        """Dollars above which a plan is to be agreed to first."""
        ...

    @property
    def open_age(self) -> timedelta:
        """How old the copy of an open day may be before a fetch reads the day again."""
        ...

    @property
    def recheck_days(self) -> int:
        """So many of the last days are read again, once a run, although they are kept: for what is delivered late."""
        ...

    def needed(self, window: Window, look_around: int, today: date, cancelled: Event) -> tuple[date, ...]:
        """The days that a window needs, in order. Raises UsageError where it has no beginning."""
        ...

    def closes(self, day: date) -> datetime:
        """When a day is final: a copy asked for later is kept for ever."""
        ...

    def outlook(self, days: Sequence[date], cancelled: Event) -> Outlook:
        """What can be known of days for nothing."""
        ...

    def shape(self, cancelled: Event) -> str:
        """Names the form of what fetches a day, to remember that it was proved; empty where nothing is to be proved."""
        ...

    def doubt(self, day: date, cancelled: Event) -> str:
        """Prove for nothing that fetching a day scans this day alone; a sentence where that cannot be shown."""
        ...

    def stretches(self, days: Sequence[date], sizes: Mapping[date, int], limit: int | None) -> list[tuple[date, date]]:
        """The days grouped into queries, each a first and a last day."""
        ...

    def price(self, run_bytes: int) -> float:
        """Dollars for a query that scans so much."""
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
        """Fetch days; what the journal has of them unfinished is picked up, not paid again.

        Of days that are to be `fresh` no earlier result is taken.

        Every day comes back once. When `cancelled` is set the queries are stopped and the iterator ends after the last
        day that had arrived.
        """
        ...

    def console_sql(
        self, name: FoundingName, scope: Scope, unit: Unit, look_around: int, cancelled: Event
    ) -> ConsoleSql:
        """A founding question as SQL for the service's console. Raises FilterError, UsageError."""
        ...

    def stop(self, run: Run) -> None:
        """Stop one query of this process; its days fail."""
        ...
