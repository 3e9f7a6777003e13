"""Checks of a bucket: whether it can be listed and read, whose files it has, and what reading them costs about."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.plurals import count_text
from ssmtrail.queries.sources.checks import Check, by_reason, named
from ssmtrail.queries.sources.files.listing import folder_day
from ssmtrail.queries.sources.history.aws import AwsError
from ssmtrail.queries.sources.history.doctor import identified
from ssmtrail.queries.sources.s3.address import S3Terms
from ssmtrail.queries.sources.s3.bucket import Bucket, ObjectRefusedError
from ssmtrail.queries.sources.s3.listing import Walk, listed, places_of
from ssmtrail.queries.sources.s3.source import address_of_trail

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from threading import Event

    from ssmtrail.queries.sources.base import FileEntry
    from ssmtrail.queries.sources.s3.address import S3Address
    from ssmtrail.queries.sources.s3.listing import Listed, Place

_DAY: Final = timedelta(days=1)
#: Most accounts and regions whose last days are listed.
_MOST_PLACES: Final = 100
#: Days that the price is named for.
_DAYS: Final = 30
#: Keys a page of a listing, the most that S3 gives. Source: "ListObjectsV2", S3 API Reference.
_PAGE: Final = 1000


def checks(address: S3Address, cancelled: Event, now: datetime | None = None) -> Iterator[Check]:
    """Check a bucket step by step; steps after a failed one are left out. It reads one object. Raises Cancelled."""
    accounts = yield from identified(address.caller, cancelled)
    if not accounts:
        return
    try:
        address = address_of_trail(accounts[0], address)
        bucket = Bucket(accounts[0], address.bucket, cancelled, address.request_payer)
    except AwsError as error:
        yield Check("bucket", "failed", str(error))
        return
    yield Check("bucket", "ok", f"{address.url}, region {bucket.region}")
    try:
        places = places_of(bucket, address)
    except AwsError as error:
        yield Check("accounts", "failed", str(error))
        return
    if not places:
        yield Check(
            "accounts", "failed", f"There are no CloudTrail files in {address.url}: name the prefix that is before "
            "AWSLogs/, and the accounts and regions that are in the bucket.",
        )  # fmt: skip
        return
    yield _accounts(places)
    yield from _last_days(bucket, address.prefix, places, now or datetime.now(UTC))


def _accounts(places: Sequence[Place]) -> Check:
    accounts, regions = (sorted({place.cell[at] for place in places}) for at in (0, 1))
    return Check(
        "accounts", "ok", f"{count_text(len(accounts), 'account')} ({named(accounts)}), "
        f"{count_text(len(regions), 'region')} ({named(regions, 6)})",
    )  # fmt: skip


def _last_days(bucket: Bucket, prefix: str, places: Sequence[Place], now: datetime) -> Iterator[Check]:
    """What was delivered yesterday and today, whether an object can be read, and what a month costs about."""
    looked = places[:: -(-len(places) // _MOST_PLACES)]
    begin = datetime.combine((now - _DAY).date(), time(), UTC)
    found = listed(bucket, prefix, [Walk(place, begin, now) for place in looked], now)
    yield from _refusals(found)
    if all(each.error for each in found):
        return
    of = "" if len(looked) == len(places) else f" of {len(looked):,} of {len(places):,} accounts and regions"
    objects = [entry for each in found for entry in each.objects]
    if objects:
        newest = max(objects, key=lambda entry: entry.mtime_ns)
        at = datetime.fromtimestamp(newest.mtime_ns // 10**9, UTC)
        yield Check("newest", "ok", f"delivered {at:%Y-%m-%d %H:%M} UTC")
        yield _readable(bucket, prefix + newest.path, newest.ctime_ns)
    else:
        yield Check("newest", "skipped", f"no file of today or yesterday{of}: an archive, or the trail has stopped")
        yield _oldest_readable(bucket, prefix, looked)
    yield _price([entry for entry in objects if folder_day(entry.path) == begin.date()], of, len(places) / len(looked))


def _refusals(found: Sequence[Listed]) -> Iterator[Check]:
    refused = by_reason(("/".join(each.walk.place.cell), each.error) for each in found if each.error)
    for reason, places in refused.items():
        yield Check("listing", "failed", f"{named(places)}: {reason}")


def _readable(bucket: Bucket, key: str, etag: int) -> Check:
    try:
        content = bucket.get(key, etag)
    except ObjectRefusedError as error:
        return Check("object", "failed", f"{key} cannot be read: {error}")
    return Check("object", "ok", f"one can be read, {len(content):,} bytes")


def _oldest_readable(bucket: Bucket, prefix: str, places: Sequence[Place]) -> Check:
    """Whether the first object can be read."""
    try:
        pages = (next(bucket.keys(prefix + place.folder), []) for place in places)
        first = next((key for page in pages for key in page if not key.key.endswith("/")), None)
    except AwsError as error:
        return Check("object", "failed", str(error))
    return _readable(bucket, first.key, first.etag) if first else Check("object", "skipped", "there is none to try")


def _price(day: Sequence[FileEntry], of: str, share: float) -> Check:
    """What a month of days like this one costs about, were everything read out of AWS."""
    if not day:
        return Check("price", "skipped", "no file of yesterday to judge by; the price is named before anything is read")
    terms, size = S3Terms(), sum(entry.size for entry in day)
    requests = _DAYS * share * len(day) * (terms.get + terms.list / _PAGE)
    transfer = _DAYS * share * size * terms.transfer
    return Check(
        "price", "ok", f"{count_text(len(day), 'object')} of yesterday{of}, {size / 1e6:,.1f} MB; {_DAYS} days like it "
        f"cost about ${requests:,.2f} for requests, and up to ${transfer:,.2f} for transfer out of AWS",
    )  # fmt: skip
