"""Sizes of days from listings: whole where that is quick, else by a sample, and always soon."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from ssmtrail.queries.errors import Cancelled
from ssmtrail.queries.sources.athena import listing
from ssmtrail.queries.sources.athena.catalog import Catalog, prefixes
from ssmtrail.queries.sources.athena.errors import AthenaError, Refusal, translated
from ssmtrail.queries.sources.athena.listing import sizes_of
from ssmtrail.queries.sources.athena.tables import described
from tests.queries.athena.organisation import org_table
from tests.queries.athena.test_errors import ADDRESS

if TYPE_CHECKING:
    from collections.abc import Callable

    from ssmtrail.queries.sources.athena.listing import Folder, Sizes

FIRST = date(2026, 11, 1)
NEVER = threading.Event()


@dataclass
class Bucket:
    """Stands for the connection: lists folders whose files have the sizes that `files` tells."""

    files: Callable[[str], list[int]]
    page: int = 1000
    requests: int = 0
    refusal: AthenaError | None = None
    held: threading.Event | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def call(self, _: str, __: str, ___: threading.Event, *, Prefix: str, **more: Any) -> dict[str, Any]:  # noqa: N803
        with self.lock:
            self.requests += 1
        if self.held is not None:
            self.held.wait(30)
        if self.refusal is not None:
            raise self.refusal
        sizes, first = self.files(Prefix), int(more.get("ContinuationToken", 0))
        last = min(first + self.page, len(sizes))
        keys = ({"Key": f"{Prefix}1_CloudTrail_eu_{self._time(n, len(sizes))}_x.json.gz", "Size": sizes[n]}
                for n in range(first, last))  # fmt: skip
        return {"Contents": list(keys), "IsTruncated": last < len(sizes), "NextContinuationToken": str(last)}

    @staticmethod
    def _time(number: int, count: int) -> str:
        minute = number * 1440 // count
        return f"20261101T{minute // 60:02d}{minute % 60:02d}Z"


def catalog_of(accounts: int, regions: int) -> Catalog:
    table = org_table()
    parameters = {
        **table.parameters,
        "projection.account.values": ",".join(f"{number:012d}" for number in range(accounts)),
        "projection.region.values": ",".join(f"r-{number}" for number in range(regions)),
    }
    table = replace(table, parameters=parameters)
    return Catalog(described({"TableMetadata": table.metadata()}, "audit"), parameters)


def days(count: int) -> list[date]:
    return [FIRST + timedelta(days=number) for number in range(count)]


def found(bucket: Bucket, catalog: Catalog, count: int, known: dict[str, Folder] | None = None) -> Sizes:
    return sizes_of(bucket, catalog, days(count), NEVER, known)  # type: ignore[arg-type]


def skewed(prefix: str) -> list[int]:
    """A few accounts have most of the bytes; weekends have half of them."""
    parts = prefix.split("/")
    account, region, day = int(parts[1]), int(parts[3][2:]), int(parts[6])
    wobble = (account * 31 + region * 17 + day * 13) % 20 / 100
    return [round(1e9 / (1 + account) ** 1.2 / (1 + region) * (0.5 if day % 7 < 2 else 1.0) * (0.9 + wobble))]


def truth(catalog: Catalog, day: date) -> int:
    places = prefixes(catalog.table, catalog.parameters, day) or ()
    return sum(skewed(place.partition("trail-bucket/")[2])[0] for place in places)


def test_few_folders_are_listed_whole_and_once() -> None:
    bucket, catalog, known = Bucket(skewed), catalog_of(3, 4), {}  # type: ignore[var-annotated]
    sizes = found(bucket, catalog, 5, known)
    assert sizes.bytes == {day: truth(catalog, day) for day in days(5)}
    assert (sizes.sampled, bucket.requests) == ({}, 60)
    assert found(bucket, catalog, 5, known) == sizes
    assert bucket.requests == 60


def test_an_organisation_is_sampled_within_the_error_that_is_told() -> None:
    bucket, catalog = Bucket(skewed), catalog_of(50, 17)
    sizes = found(bucket, catalog, 30)
    assert bucket.requests <= listing._MOST_REQUESTS
    assert sizes.bytes.keys() | sizes.sampled.keys() == set(days(30))
    assert len(sizes.bytes) == 1
    for day, (size, wrong) in sizes.sampled.items():
        assert abs(size - truth(catalog, day)) <= wrong < 0.3 * size


def test_a_day_that_is_not_whole_is_estimated_by_what_was_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "_MOST_REQUESTS", 400)
    catalog = catalog_of(50, 17)
    sizes = found(Bucket(skewed), catalog, 30)
    assert sizes.sampled.keys() == set(days(30))
    middle = sorted(sizes.sampled)[15]
    size, wrong = sizes.sampled[middle]
    assert abs(size - truth(catalog, middle)) <= wrong


def test_a_day_of_many_pages_is_estimated_by_its_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "_MOST_REQUESTS", 3)
    monkeypatch.setattr(listing, "_THREADS", 1)
    sizes = found(Bucket(lambda _: [100] * 12_000), catalog_of(1, 1), 4)
    assert sizes.sampled.keys() == set(days(4))
    assert all(abs(size - 1_200_000) < 5_000 and wrong > 0 for size, wrong in sizes.sampled.values())


@pytest.mark.parametrize(
    ("code", "is_raised"),
    [("AccessDenied", False), ("PermanentRedirect", False), ("SlowDown", False), ("NoSuchBucket", True)],
)
def test_what_cannot_be_listed_is_unknown_and_what_is_wrong_is_said(code: str, is_raised: bool) -> None:
    bucket = Bucket(skewed, refusal=translated(Refusal(code, "no", "ListObjectsV2"), ADDRESS))
    if is_raised:
        with pytest.raises(AthenaError, match="bucket of the table's location"):
            found(bucket, catalog_of(2, 2), 2)
    else:
        assert found(bucket, catalog_of(2, 2), 2) == listing.Sizes()


def test_nobody_waits_for_a_listing_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "SECONDS", 0.1)
    bucket = Bucket(skewed, held=threading.Event())
    assert found(bucket, catalog_of(2, 2), 2) == listing.Sizes()
    assert bucket.held is not None
    bucket.held.set()


def test_it_can_be_cancelled() -> None:
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(Cancelled):
        sizes_of(Bucket(skewed), catalog_of(2, 2), days(2), cancelled)  # type: ignore[arg-type]
