"""CloudTrail's objects in a bucket as a source: what there is, what it costs, and its content in files."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal

from ssmtrail.queries.sources.history.aws import AwsError
from ssmtrail.queries.sources.s3.bucket import Bucket
from ssmtrail.queries.sources.s3.fetching import Fetching
from ssmtrail.queries.sources.s3.listing import listed, places_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from ssmtrail.queries.sources.base import FileEntry
    from ssmtrail.queries.sources.history.aws import Account
    from ssmtrail.queries.sources.s3.address import S3Address, S3Terms
    from ssmtrail.queries.sources.s3.fetching import Fetched
    from ssmtrail.queries.sources.s3.listing import Listed, Place, Walk


@dataclass(slots=True)
class S3Source:
    """The objects of a bucket; `address` names the bucket."""

    kind: ClassVar[Literal["bucket"]] = "bucket"

    address: S3Address
    account: Account
    terms: S3Terms
    reread: bool = False
    """Whether the next reading lists days too that are complete: CloudTrail may have delivered files days late."""
    _bucket: Bucket | None = None
    _places: tuple[Place, ...] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def identity(self) -> str:
        """Bucket, prefix, accounts and regions, whoever reads them."""
        chosen = ":".join(
            "+".join(sorted(set(each))) or "all" for each in (self.address.accounts, self.address.regions)
        )
        return f"s3:{self.address.bucket}/{self.address.prefix}:{chosen}"

    @property
    def label(self) -> str:
        """A short name for the header; may be hostile."""
        where = ", ".join((*self.address.accounts, *self.address.regions))
        return f"{self.address.url} {where}".rstrip()

    @property
    def known_places(self) -> tuple[Place, ...]:
        """The accounts and regions without looking them up: none before that was done."""
        return self._places or ()

    def places(self, cancelled: threading.Event) -> tuple[Place, ...]:
        """The accounts and regions, looked up once. Raises AwsError where they cannot be, Cancelled."""
        with self._lock:
            bucket = self._of(cancelled)
            if self._places is None:
                self._places = places_of(bucket, self.address)
            return self._places

    def objects(
        self, walks: Sequence[Walk], asked_at: datetime, cancelled: threading.Event
    ) -> tuple[list[Listed], int]:
        """The objects of walks, and the requests that this took. Raises Cancelled."""
        with self._lock:
            bucket = self._of(cancelled)
        return listed(bucket, self.address.prefix, walks, asked_at), bucket.lists

    def read(self, entries: Sequence[FileEntry], scratch: Path, cancelled: threading.Event) -> Iterator[Fetched]:
        """Fetch objects in this order, batch by batch, into files below `scratch`. Raises Cancelled, StoreError."""
        with self._lock:
            bucket = self._of(cancelled)
        return Fetching(bucket, self.address.prefix, scratch).run(entries)

    def _of(self, cancelled: threading.Event) -> Bucket:
        """The bucket for one piece of work."""
        if self._bucket is None:
            self._bucket = Bucket(self.account, self.address.bucket, cancelled, self.address.request_payer)
        return self._bucket.until(cancelled)


def address_of_trail(account: Account, address: S3Address) -> S3Address:
    """The address with the bucket and prefix of its trail. Raises AwsError."""
    if not address.trail:
        return address
    request = {"trailNameList": [address.trail], "includeShadowTrails": True}
    found = account.patiently("cloudtrail", account.home, "describe_trails", threading.Event(), **request)
    trails = found.get("trailList", ())
    if not trails:
        raise AwsError(f"There is no trail {address.trail} in {account.home}: name its region, or give its ARN.")
    return address.at(trails[0]["S3BucketName"], trails[0].get("S3KeyPrefix"))
