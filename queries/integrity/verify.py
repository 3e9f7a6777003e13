"""Verifies the log files of a folder or bucket by its digests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

from ssmtrail.queries.garbage import without_gc
from ssmtrail.queries.integrity.digests import Digest, LogName, Place, chain_of, digest_time, log_name, name_of
from ssmtrail.queries.integrity.proof import Evidence, Names, days_of, items_of_digests, items_of_logs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from threading import Event

    from ssmtrail.queries.integrity.folder import Hashed, Listing
    from ssmtrail.queries.integrity.keys import Keys
    from ssmtrail.queries.integrity.proof import DayProof, Item
    from ssmtrail.queries.times import Window

#: Digests so long after a window are read too: the next one proves the last of the window.
_AFTER: Final = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Report:
    """What the digests prove of a window."""

    days: tuple[DayProof, ...]
    items: tuple[Item, ...]
    """All files, also those that are missing; by time."""
    locked: tuple[str, ...]
    """Folders that cannot be listed."""
    keys: str
    """Where the keys come from."""
    files: int
    bytes: int
    """Of the log files as they are on disk."""

    @property
    def failed(self) -> bool:
        """Whether something was changed, removed or added."""
        return any(row.integrity in {"changed", "missing", "unsigned"} for row in self.days)

    @property
    def unread(self) -> bool:
        """Whether a file or folder could not be read."""
        return bool(self.locked) or any(item.why == "file-unread" for item in self.items)

    @property
    def proved(self) -> bool:
        """Whether every day is whole."""
        return not self.locked and all(row.integrity == "proved" for row in self.days)


class Files(Protocol):
    """Where log files and digests are: a `Folder`, a `BucketFiles`."""

    def listed(self, window: Window, cancelled: Event) -> Listing:
        """The files, at least those that the window needs. Raises SourceError, Cancelled."""
        ...

    def digests(self, paths: Sequence[str], cancelled: Event) -> Iterator[Digest | Hashed]:
        """The digest of each file; the file itself where it holds none. Raises Cancelled."""
        ...

    def hashes(
        self, paths: Sequence[str], cancelled: Event, report: Callable[[int, int], None]
    ) -> Iterator[Hashed]:  # fmt: skip
        """The content of each file; `report` gets the number of files and the bytes of each batch. Raises Cancelled."""
        ...


@dataclass(frozen=True, slots=True)
class _Sorted:
    """The paths of a folder by what their names say."""

    digests: list[str]
    logs: dict[str, LogName | None]
    """What the names say of those of the window; None for files of other names."""
    names: Names

    @classmethod
    def of(cls, paths: Sequence[str], window: Window) -> _Sorted:
        digests: list[str] = []
        logs: dict[str, LogName | None] = {}
        times: dict[str, datetime] = {}
        first: dict[Place, datetime] = {}
        for path in paths:
            name = name_of(path)
            if chain_of(name) is not None:
                at = digest_time(name)
                if at is not None:
                    times[name] = at
                if at is None or _may_prove(at, window):
                    digests.append(path)
                continue
            said = log_name(name)
            if said is not None:
                first[said.place] = min(said.at, first.get(said.place, said.at))
            if said is None or window.contains(said.at):
                logs[path] = said
        return cls(digests, logs, Names(times, first))


def _may_prove(end: datetime, window: Window) -> bool:
    return (window.start is None or end > window.start) and (window.end is None or end < window.end + _AFTER)


def digests_of(files: Files, window: Window, cancelled: Event) -> list[Digest]:
    """The digests that prove a window. Raises SourceError, Cancelled."""
    found = _Sorted.of(files.listed(window, cancelled).paths, window)
    return [each for each in files.digests(found.digests, cancelled) if isinstance(each, Digest)]


def heads_of(digests: Sequence[Digest]) -> list[Digest]:
    """Those that have none after them: their signatures are in S3 only."""
    named = {digest.previous for digest in digests}
    return [digest for digest in digests if digest.name not in named]


@without_gc()
def verified(
    files: Files,
    keys_for: Callable[[Sequence[Digest]], Keys],
    window: Window,
    cancelled: Event,
    report: Callable[[int, int, int], None],
    agree: Callable[[Sequence[str]], None] = lambda _: None,
) -> Report:
    """Verify the log files that were delivered in a window.

    `keys_for` gives the keys of these digests, `report` gets files done, files in all and bytes done; `agree` gets what
    will be read before it is. Raises SourceError, Cancelled, and what `agree` raises.
    """
    listing = files.listed(window, cancelled)
    found = _Sorted.of(listing.paths, window)
    digests: list[Digest] = []
    broken: list[Hashed] = []
    agree((*found.digests, *found.logs))
    for each in files.digests(found.digests, cancelled):
        if isinstance(each, Digest):
            digests.append(each)
        else:
            broken.append(each)
    keys = keys_for(digests)
    evidence = Evidence.of(digests, keys)
    done = size = 0

    def count(number: int, amount: int) -> None:
        nonlocal done, size
        done, size = done + number, size + amount
        report(done, len(found.logs), size)

    items = items_of_digests(evidence, broken, found.names, window)
    hashed = files.hashes(tuple(found.logs), cancelled, count)  # judged while others are being hashed
    items += items_of_logs(evidence, hashed, found.logs, window)
    days = days_of(evidence, items, window)
    items.sort(key=lambda item: (item.at is None, item.at, item.file))
    return Report(tuple(days), tuple(items), tuple(listing.locked), keys.source, done, size)
