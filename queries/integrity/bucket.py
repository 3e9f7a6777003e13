"""The log files and digests of a bucket, fetched batch by batch and held against each other without a copy."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.integrity.folder import Hashed, Listing, digests, hashes
from ssmtrail.queries.model import Plan
from ssmtrail.queries.sources.s3.listing import Place, Walk
from ssmtrail.queries.times import midnight

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from threading import Event

    from ssmtrail.queries.integrity.digests import Digest
    from ssmtrail.queries.sources.base import FileEntry
    from ssmtrail.queries.sources.s3.fetching import Fetched
    from ssmtrail.queries.sources.s3.source import S3Source
    from ssmtrail.queries.times import Window

#: The folder of the logs of an account, and the one of its digests. Source: "CloudTrail digest file structure",
#: CloudTrail User Guide.
_LOGS: Final = "CloudTrail/"
_DIGESTS: Final = "CloudTrail-Digest/"
_SECOND: Final = timedelta(seconds=1)
_DAY: Final = timedelta(days=1)
#: Digests so long after a window are listed too: the next one proves the last of the window.
_AFTER: Final = timedelta(days=2)
#: Objects a second, for an estimate.
_RATE: Final = 500.0


@dataclass(slots=True)
class BucketFiles:
    """The `Files` of `ssmtrail.queries.integrity.verify`; objects are in `scratch` while they are hashed."""

    source: S3Source
    scratch: Path
    now: datetime
    """UTC."""
    _entries: dict[str, FileEntry] = field(default_factory=dict)
    _archived: frozenset[str] = frozenset()
    _days: Sequence[datetime] = ()
    _lists: int = 0

    def listed(self, window: Window, cancelled: Event) -> Listing:
        """The objects that were delivered in a window, which begins somewhere, and the digests until two days after.

        An account and region that cannot be listed is named among the folders. Raises UsageError, SourceError,
        Cancelled.
        """
        assert window.start is not None
        first = midnight(window.start.date(), UTC)
        end = self.now.replace(microsecond=0) if window.end is None else min(self.now, window.end)
        places = self.source.places(cancelled)
        walks = [
            *(Walk(place, first, _last(end)) for place in places),
            *(Walk(_of_digests(place), first, _last(end + _AFTER)) for place in places),
        ]
        found, self._lists = self.source.objects(walks, self.now, cancelled)
        archived = {entry.path: entry for each in found for entry in each.archived}
        self._entries = {entry.path: entry for each in found for entry in each.objects} | archived
        self._archived = frozenset(archived)
        self._days = [first + _DAY * number for number in range((_last(end) - first).days + 1)]
        refused = [f"{each.walk.place.folder}: {each.error}" for each in found if each.error is not None]
        return Listing(sorted(self._entries), sorted(refused))

    def plan(self, paths: Sequence[str]) -> Plan:
        """What reading these objects costs at most."""
        terms, read = self.source.terms, [self._entries[path] for path in paths if path not in self._archived]
        size, requests = sum(entry.size for entry in read), self._lists + len(read)
        price = self._lists * terms.list + len(read) * terms.get + size * terms.transfer
        most = terms.max_price
        return Plan(
            self.now, tuple(day.date() for day in self._days), objects=len(read), requests=requests, bytes=size,
            price=price, ask_first=price > terms.ask_above, seconds=len(read) / _RATE, how="listed",
            refusal="" if most is None or price <= most else f"more than --max-price allows, ${most:,.2f} a run",
        )  # fmt: skip

    def digests(self, paths: Sequence[str], cancelled: Event) -> Iterator[Digest | Hashed]:
        """The digest of each object; the object itself where it holds none, or cannot be read. Raises Cancelled."""
        for fetched in self._fetched(paths, cancelled):
            yield from digests(fetched.folder, [entry.path for entry in fetched.entries], cancelled)
            yield from _unread(fetched)

    def hashes(
        self, paths: Sequence[str], cancelled: Event, report: Callable[[int, int], None]
    ) -> Iterator[Hashed]:  # fmt: skip
        """The content of each object; `report` gets objects and bytes of each batch. Raises Cancelled."""
        for path in sorted(self._archived.intersection(paths)):
            report(1, 0)
            yield Hashed(path, "", unread="in Glacier: restore the objects first", has_records=False)
        for fetched in self._fetched(paths, cancelled):
            yield from hashes(fetched.folder, [entry.path for entry in fetched.entries], cancelled, report)
            report(len(fetched.refused), 0)
            yield from _unread(fetched)

    def _fetched(self, paths: Sequence[str], cancelled: Event) -> Iterator[Fetched]:
        entries = [self._entries[path] for path in paths if path not in self._archived]
        yield from self.source.read(entries, self.scratch, cancelled)


def _unread(fetched: Fetched) -> Iterator[Hashed]:
    for entry, refusal in fetched.refused:
        yield Hashed(entry.path, "", unread=str(refusal), has_records=False)


def _last(end: datetime) -> datetime:
    """The last second before a moment, or of its day: folders are of days, and files are sorted out by their names."""
    return midnight((end - _SECOND).date(), UTC) + _DAY - _SECOND


def _of_digests(place: Place) -> Place:
    before, logs, region = place.folder.rpartition(_LOGS)
    if not logs:
        raise UsageError("Digests lie beside the logs: name the bucket with what comes before AWSLogs/ alone.")
    return Place(place.cell, f"{before}{_DIGESTS}{region}")
