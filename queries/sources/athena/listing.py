"""Sizes of days by listing their folders at once: whole where a few seconds allow it, else by a sample."""

from __future__ import annotations

import re
import statistics
import threading
import time
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any, Final

from ssmtrail.queries.errors import Cancelled
from ssmtrail.queries.sources.athena.catalog import is_skipped
from ssmtrail.queries.sources.athena.errors import AthenaError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from ssmtrail.queries.sources.athena.catalog import Catalog
    from ssmtrail.queries.sources.athena.client import Aws

#: Seconds that listing may take.
SECONDS: Final = 7.0
#: Requests at a time; the client keeps as many connections.
_THREADS: Final = 16
#: Folders that are listed day by day; of more, one day is listed whole, and of the others the largest folders.
_FEW: Final = 600
#: Most requests of one plan, about a cent. Source: "Amazon S3 pricing", LIST requests.
_MOST_REQUESTS: Final = 2_500
#: The least share of what is not listed by which an estimate may be wrong.
_LEAST_ERROR: Final = 0.25
#: Days next to a day whose sizes make its estimate.
_NEIGHBOURS: Final = 7
_PAUSE: Final = 0.05
#: When a file was delivered. Source: "CloudTrail log file name format", AWS CloudTrail User Guide.
_DELIVERED: Final = re.compile(r"_\d{8}T(\d\d)(\d\d)Z_")
_MINUTES: Final = 24 * 60


@dataclass(frozen=True, slots=True)
class Folder:
    """The files of one folder, in bytes without those that Athena skips."""

    size: int
    count: int
    frozen: int
    """Files in storage classes that Athena silently skips."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """The contents of the folders of days."""

    bytes: dict[date, int] = field(default_factory=dict)
    """Of days that were listed whole."""
    archived: dict[date, str] = field(default_factory=dict)
    """Days with files in storage classes that Athena silently skips; a clause that says so."""
    sampled: dict[date, tuple[int, int]] = field(default_factory=dict)
    """Estimated bytes of days that were listed in part, and by how many they may be wrong."""


def sizes_of(
    aws: Aws,
    catalog: Catalog,
    days: Iterable[date],
    cancelled: threading.Event,
    known: dict[str, Folder] | None = None,
    report: Callable[[int, int], None] = lambda done, total: None,
) -> Sizes:
    """The sizes of days, as far as their folders may be listed; `known` has folders that were listed before.

    `report` is told how many folders of how many are listed. Raises AthenaError, Cancelled.
    """
    places = catalog.folders(days, cancelled)
    if not places:
        return Sizes()
    listing = _Listing(aws, catalog.parameters, cancelled, {} if known is None else known, report)
    listing.total = sum(len(each) for each in places.values())
    if listing.total <= _FEW:
        listing.run([place for day in sorted(places, reverse=True) for place in places[day]])
        reference = None
    else:
        reference = sorted(places)[len(places) // 2]
        order = list(places[reference])
        Random(0).shuffle(order)  # where time ends before it is whole, the rest is estimated by a random sample
        listing.run(order)
        listing.run(_largest_first(places, reference, listing.known))
    return _estimated(places, reference, listing)


@dataclass(slots=True)
class _Listing:
    """Lists folders in threads until they are listed, the time is over, or listing is denied."""

    aws: Aws
    parameters: Mapping[str, str]
    cancelled: threading.Event
    known: dict[str, Folder]
    report: Callable[[int, int], None]
    total: int = 0
    partly: dict[str, float] = field(default_factory=dict)
    """Estimated bytes of folders of which not all pages were listed."""
    _until: float = field(default_factory=lambda: time.monotonic() + SECONDS)
    _requests: int = 0
    _over: threading.Event = field(default_factory=threading.Event)
    _error: BaseException | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self, places: Sequence[str]) -> None:
        """List folders in this order. Raises AthenaError, Cancelled."""
        waiting = iter([place for place in places if place not in self.known])
        threads = [threading.Thread(target=self._work, args=(waiting,), daemon=True) for _ in range(_THREADS)]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads) and time.monotonic() < self._until:
            if self.cancelled.wait(_PAUSE):
                break
            self.report(len(self.known), self.total)
            if self._over.is_set():
                break
        if time.monotonic() >= self._until or self.cancelled.is_set():
            self._over.set()
        if self.cancelled.is_set():
            raise Cancelled
        if self._error is not None and not _is_unlistable(self._error):
            raise self._error

    def _work(self, waiting: Iterator[str]) -> None:
        try:
            while not self._over.is_set():
                with self._lock:
                    place = next(waiting, None)
                if place is None:
                    return
                self._list(place)
        except Cancelled:
            return
        except BaseException as error:  # noqa: BLE001 - `run` raises it
            self._error = error
            self._over.set()

    def _list(self, place: str) -> None:
        bucket, _, prefix = place.removeprefix("s3://").partition("/")
        more: dict[str, str] = {}
        size = count = frozen = 0
        while True:
            with self._lock:
                self._requests += 1
                if self._requests > _MOST_REQUESTS:
                    self._over.set()
                    return
            answer = self.aws.call(
                "s3", "list_objects_v2", self._over, Bucket=bucket, Prefix=prefix,
                OptionalObjectAttributes=["RestoreStatus"], **more,
            )  # fmt: skip
            entries: list[Any] = answer.get("Contents", [])
            skipped = [is_skipped(entry, self.parameters) for entry in entries]
            count, frozen = count + len(entries), frozen + sum(skipped)
            size += sum(entry["Size"] for entry, skip in zip(entries, skipped, strict=True) if not skip)
            if not answer.get("IsTruncated"):
                self.known[place] = Folder(size, count, frozen)
                self.partly.pop(place, None)
                return
            if part := _share_of_day(entries[-1]["Key"]):
                self.partly[place] = size / part
            more = {"ContinuationToken": answer["NextContinuationToken"]}


def _is_unlistable(error: BaseException) -> bool:
    """Whether the folders cannot be listed from here or now, which leaves the price to other estimates."""
    return isinstance(error, AthenaError) and (
        error.is_denied or error.retry == "later" or "another region" in str(error)
    )


def _share_of_day(key: str) -> float | None:
    """The share of a folder day that is listed up to a key: its file names are in the order of delivery."""
    found = _DELIVERED.search(key)
    return max(1, int(found[1]) * 60 + int(found[2])) / _MINUTES if found else None


def _largest_first(places: Mapping[date, Sequence[str]], reference: date, known: Mapping[str, Folder]) -> list[str]:
    """The folders of the other days, those first that are large on the day that was listed."""
    sizes = [known[place].size if place in known else 0 for place in places[reference]]
    order = sorted(range(len(sizes)), key=lambda number: -sizes[number])
    others = [day for day in sorted(places, reverse=True) if day != reference]
    return [places[day][number] for number in order for day in others if number < len(places[day])]


def _estimated(places: Mapping[date, Sequence[str]], reference: date | None, listing: _Listing) -> Sizes:
    """The sizes of the days that are listed, whole or in part, and of their neighbours."""
    found, known = Sizes(), listing.known
    for day, own in places.items():
        if all(place in known for place in own):
            found.bytes[day] = sum(known[place].size for place in own)
        if frozen := sum(known[place].frozen for place in own if place in known):
            found.archived[day] = _archived(frozen, sum(known[place].count for place in own if place in known))
        if day not in found.bytes and all(place in known or place in listing.partly for place in own):
            listed = sum(known[place].size for place in own if place in known)
            rest = sum(listing.partly[place] for place in own if place not in known)
            found.sampled[day] = round(listed + rest), round(rest)
    if reference is not None:
        _by_reference(places, reference, known, found)
    _by_neighbours(places, found)
    return found


def _by_reference(
    places: Mapping[date, Sequence[str]], reference: date, known: Mapping[str, Folder], found: Sizes
) -> None:
    """Estimate days by the folders that they have in common with the day that was listed first."""
    base = {number: known[place].size for number, place in enumerate(places[reference]) if place in known}
    if not base:
        return
    total, error = _of_sample(list(base.values()), len(places[reference]))
    if reference not in found.bytes:
        found.sampled[reference] = round(total), round(error)
    for day, own in places.items():
        if day in found.bytes or day == reference:
            continue
        pairs = [
            (known[place].size, base[number]) for number, place in enumerate(own) if place in known and number in base
        ]
        listed, alike = sum(size for size, _ in pairs), sum(size for _, size in pairs)
        if not alike:
            continue
        ratio, rest = listed / alike, max(0.0, total - alike)
        spread = sum(abs(size - ratio * other) for size, other in pairs) / max(1, listed)
        wrong = ratio * (rest * max(_LEAST_ERROR, 2 * spread) + error)
        found.sampled[day] = round(listed + ratio * rest), round(wrong)


def _of_sample(sizes: Sequence[int], count: int) -> tuple[float, float]:
    """The sum of `count` numbers of which some were drawn at random, and twice its standard error."""
    drawn = len(sizes)
    if drawn >= count:
        return float(sum(sizes)), 0.0
    mean = sum(sizes) / drawn
    deviation = statistics.stdev(sizes) if drawn > 1 else mean
    return mean * count, 2 * count * deviation / drawn**0.5 * (1 - drawn / count) ** 0.5


def _by_neighbours(places: Mapping[date, Sequence[str]], found: Sizes) -> None:
    """Estimate days of which nothing is listed by the nearest that are."""
    sizes = {day: size for day, size in found.bytes.items() if size} | {
        day: size for day, (size, _) in found.sampled.items() if size
    }
    for day in places.keys() - found.bytes.keys() - found.sampled.keys():
        near = sorted(sizes, key=lambda other: (abs((other - day).days), other))[:_NEIGHBOURS]
        if near:
            mean = sum(sizes[other] for other in near) / len(near)
            wrong = max(mean * _LEAST_ERROR, *(abs(size - mean) for size in sizes.values()))
            found.sampled[day] = round(mean), round(wrong)


def _archived(frozen: int, count: int) -> str:
    which = "its files are" if frozen == count else f"{frozen:,} of its {count:,} files are"
    return (
        f"{which} in S3 Glacier, which Athena skips: restore them, and set the table property "
        "'read_restored_glacier_objects'='true'"
    )
