"""Which objects a bucket has of which account, region and time, without listing what is known already."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.sources.base import FileEntry
from ssmtrail.queries.sources.files.listing import folder_day
from ssmtrail.queries.sources.history.aws import AwsError
from ssmtrail.queries.times import each_day

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ssmtrail.queries.sources.history.walks import Cell
    from ssmtrail.queries.sources.s3.address import S3Address
    from ssmtrail.queries.sources.s3.bucket import Bucket, Key

#: Layout of a trail's bucket. Source: "Finding your CloudTrail log files", CloudTrail User Guide.
ROOT: Final = "AWSLogs"
_FOLDER: Final = "CloudTrail"
_ORGANISATION: Final = re.compile(r"o-[a-z0-9]{10,32}")
_ACCOUNT: Final = re.compile(r"\d{12}")
#: Calls to the global endpoint of STS are recorded there, whatever region is asked for.
_GLOBAL_REGION: Final = "us-east-1"
#: LIST requests at once.
_AT_ONCE: Final = 16
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where the objects of an account and region are."""

    cell: Cell
    folder: str
    """Below the prefix of the address: `AWSLogs/111122223333/CloudTrail/eu-central-1/`."""


@dataclass(frozen=True, slots=True)
class Walk:
    """A stretch of time of which the objects of a place are listed."""

    place: Place
    start: datetime
    end: datetime
    """UTC whole seconds, both included."""

    @property
    def days(self) -> Sequence[date]:
        """Its folder days."""
        return tuple(each_day(self.start.date(), self.end.date()))


@dataclass(slots=True)
class Listed:
    """The objects of a walk."""

    walk: Walk
    asked_at: datetime
    objects: list[FileEntry] = field(default_factory=list)
    """Paths below the prefix; `ctime_ns` is the number of the ETag."""
    archived: list[FileEntry] = field(default_factory=list)
    """Those that lie in Glacier."""
    error: AwsError | None = None


def places_of(bucket: Bucket, address: S3Address) -> tuple[Place, ...]:
    """The accounts and regions that a bucket has objects of. Raises AwsError, Cancelled."""
    wanted = _regions(address.regions)
    named = [account for account in address.accounts if wanted]
    try:
        accounts = list(_accounts(bucket, address))
    except AwsError as error:
        if not error.is_denied:
            raise
        if not named:
            raise AwsError(
                f"The bucket {bucket.name} cannot be listed: the identity needs s3:ListBucket. Where that is limited "
                "to some prefixes, name --account and --region."
            ) from error
        accounts = [(account, f"{_root(address.prefix)}{account}/") for account in named]
    chosen = [each for each in accounts if not address.accounts or each[0] in address.accounts]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = pool.map(partial(_places, bucket, address.prefix, wanted), chosen)
        return tuple(sorted(chain.from_iterable(found)))


def _regions(regions: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted({*regions, _GLOBAL_REGION})) if regions else ()


def _root(prefix: str) -> str:
    """The folder below the prefix that has the accounts; empty where the prefix itself is it."""
    parts = prefix.rstrip("/").split("/")
    return "" if ROOT in parts else f"{ROOT}/"


def _accounts(bucket: Bucket, address: S3Address) -> Iterator[tuple[str, str]]:
    """Accounts with their folders below the prefix, also of an organisation's trail, and of a prefix inside these."""
    parts = address.prefix.rstrip("/").split("/")
    inside = parts[parts.index(ROOT) + 1 :] if ROOT in parts else []
    if account := next((part for part in inside if _ACCOUNT.fullmatch(part)), None):
        yield account, ""
        return
    root = _root(address.prefix)
    for name in bucket.folders(f"{address.prefix}{root}"):
        if _ACCOUNT.fullmatch(name):
            yield name, f"{root}{name}/"
        elif _ORGANISATION.fullmatch(name):
            inner = f"{root}{name}/"
            for account in bucket.folders(f"{address.prefix}{inner}"):
                if _ACCOUNT.fullmatch(account):
                    yield account, f"{inner}{account}/"


def _places(bucket: Bucket, prefix: str, wanted: tuple[str, ...], account: tuple[str, str]) -> list[Place]:
    """The regions of an account, whose folder may be above, at or below the prefix."""
    name, folder = account
    parts = prefix.rstrip("/").split("/")
    if not folder and parts[-2:-1] == [_FOLDER]:  # the prefix ends in a region
        return [Place((name, parts[-1]), "")]
    if folder or parts[-1] != _FOLDER:
        folder = f"{folder}{_FOLDER}/"
    try:
        regions = bucket.folders(f"{prefix}{folder}")
    except AwsError as error:
        if not (error.is_denied and wanted):
            raise
        regions = list(wanted)
    return [Place((name, region), f"{folder}{region}/") for region in regions if not wanted or region in wanted]


def listed(bucket: Bucket, prefix: str, walks: Sequence[Walk], asked_at: datetime) -> list[Listed]:
    """List the objects of walks: one request where there are few; where there are many, the days side by side.

    A walk that is refused has its error. Raises Cancelled.
    """
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        firsts = list(pool.map(partial(_first_page, bucket, prefix, asked_at), walks))
        pieces = [(found, piece) for found, rest in firsts for piece in rest]
        pages = pool.map(lambda each: _piece(bucket, prefix, *each), pieces)
        for (found, _), outcome in zip(pieces, pages, strict=True):
            if isinstance(outcome, AwsError):
                found.error = outcome
            else:
                _take(found, prefix, outcome)
    return [found for found, _ in firsts]


_Piece = tuple[str, str]
"""A folder and the key after which it is listed."""


def _first_page(bucket: Bucket, prefix: str, asked_at: datetime, walk: Walk) -> tuple[Listed, list[_Piece]]:
    """The first page of a walk, and what is left to be listed."""
    found = Listed(walk, asked_at)
    folder = prefix + walk.place.folder
    after, past = folder + _after(walk), f"{folder}{walk.end.date() + _DAY:%Y/%m/%d}/"
    try:
        pages = bucket.keys(folder, after)
        page = next(pages, [])
    except AwsError as error:
        found.error = error
        return found, []
    _take(found, prefix, [key for key in page if key.key < past])
    last = page[-1].key if page else past
    if len(page) < _PAGE or last >= past:
        return found, []
    reached = folder_day(last)
    days = [day for day in walk.days if reached is None or day >= reached]
    return found, [(f"{folder}{day:%Y/%m/%d}/", last if day == reached else "") for day in days]


#: Keys a page, the most that S3 gives. Source: "ListObjectsV2", S3 API Reference.
_PAGE: Final = 1000


def _after(walk: Walk) -> str:
    """The key after which a walk begins: the time is in the names of objects."""
    day = f"{walk.start:%Y/%m/%d}/"
    if walk.start.time() == datetime.min.time():
        return day
    account, region = walk.place.cell
    return f"{day}{account}_CloudTrail_{region}_{walk.start:%Y%m%dT%H%M}"


def _piece(bucket: Bucket, prefix: str, _: Listed, piece: _Piece) -> list[Key] | AwsError:
    try:
        return [key for page in bucket.keys(*piece) for key in page]
    except AwsError as error:
        return error


def _take(found: Listed, prefix: str, keys: Sequence[Key]) -> None:
    for key in keys:
        if key.key.endswith("/"):  # what consoles make for an empty folder
            continue
        nanoseconds = int(key.modified.astimezone(UTC).timestamp()) * 10**9
        entry = FileEntry(key.key[len(prefix) :], key.size, nanoseconds, key.etag)
        (found.archived if key.is_archived else found.objects).append(entry)
