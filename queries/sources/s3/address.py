"""Which bucket is read, and with which credentials."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.sources.history.address import HistoryAddress

_URL: Final = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(.*))?", re.DOTALL)
_ACCOUNT: Final = re.compile(r"\d{12}")


@dataclass(frozen=True, slots=True)
class S3Address:
    """Which bucket is read, and with which credentials."""

    bucket: str = ""
    """Empty where the trail names it."""
    prefix: str = ""
    """What paths of files are below; empty, or with a slash at its end."""
    trail: str | None = None
    """Name or ARN of a trail."""
    accounts: tuple[str, ...] = ()
    """Only these accounts; empty is all that the bucket holds."""
    regions: tuple[str, ...] = ()
    """Only these regions; empty is all that the bucket holds."""
    profile: str | None = None
    role_arn: str | None = None
    """A role that is assumed first."""
    request_payer: bool = False
    """Whether the caller pays for requests and transfer in place of the bucket's owner."""

    @classmethod
    def of(cls, url: str) -> S3Address:
        """The address of `s3://BUCKET[/PREFIX]`. Raises UsageError."""
        found = _URL.fullmatch(url)
        if found is None:
            raise UsageError(f"{url!r} is no bucket: write it like s3://my-trail, or s3://my-trail/PREFIX.")
        prefix = (found[2] or "").strip("/")
        return cls(found[1], f"{prefix}/" if prefix else "")

    @property
    def caller(self) -> HistoryAddress:
        """The credentials."""
        return HistoryAddress((self.profile,) if self.profile else (), self.regions, self.role_arn)

    @property
    def url(self) -> str:
        """`s3://BUCKET/PREFIX`, or the trail's name."""
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/") if self.bucket else f"trail {self.trail}"

    def checked(self) -> S3Address:
        """The same address. Raises UsageError where its parts do not go together."""
        if bool(self.bucket) == bool(self.trail):
            raise UsageError("Name either a bucket, s3://BUCKET[/PREFIX], or a trail with --trail.")
        for account in self.accounts:
            if _ACCOUNT.fullmatch(account) is None:
                raise UsageError(f"{account!r} is no account: write its 12 digits.")
        self.caller.checked()
        return self

    def at(self, bucket: str, prefix: str | None) -> S3Address:
        """The address with what a trail says."""
        folder = (prefix or "").strip("/")
        return replace(self, bucket=bucket, prefix=f"{folder}/" if folder else "")


@dataclass(frozen=True, slots=True)
class S3Terms:
    """Prices in dollars, public list prices of us-east-1, and the bound above which a plan asks first."""

    ask_above: float = 1.0
    """Dollars that a reading may cost without a question."""
    max_price: float | None = None
    """Dollars that a reading may cost at all; None for no cap."""
    get: float = 0.0004 / 1000
    """Of one GET."""
    list: float = 0.005 / 1000
    """Of one LIST."""
    transfer: float = 0.09 / 1e9
    """Of a byte that leaves AWS; nothing inside the bucket's region."""
    scan: float = 5.0 / 1e12
    """Of a byte that Athena scans, for comparison."""
    open_minutes: int = 15
    """How old the copy of a day that is not over may be."""
