"""Digest files: their names, their content, and the text that AWS signs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Source of both: "CloudTrail digest file structure" and "CloudTrail log file name format", CloudTrail User Guide.
#: Names of trails may have underscores, names of regions have none.
_DIGEST: Final = re.compile(
    r"(\d{12})_CloudTrail-Digest_([a-z0-9-]+)_(.+)_([a-z0-9-]+)_(\d{8}T\d{6})Z(_backfill)?\.json(?:\.gz)?"
)
_LOG: Final = re.compile(r"(\d{12})_CloudTrail_([a-z0-9-]+)_(\d{8}T\d{4})Z_[^/]+\.json(?:\.gz)?")


class Place(NamedTuple):
    """The account and region whose logs these are."""

    account: str
    region: str


class Chain(NamedTuple):
    """Digests that follow each other: those of one trail in one account and region. Backfill has chains of its own."""

    place: Place
    trail: str
    home: str
    backfill: bool


class LogName(NamedTuple):
    """What the name of a log file says."""

    place: Place
    at: datetime
    """When it was delivered, to the minute."""


class _LogFile(msgspec.Struct, frozen=True, rename="camel"):
    s3_object: str
    hash_value: str


class Content(msgspec.Struct, frozen=True, rename="camel"):
    """The content of a digest, without members that prove nothing."""

    digest_start_time: str
    digest_end_time: str
    digest_s3_bucket: str
    digest_s3_object: str
    digest_public_key_fingerprint: str
    log_files: list[_LogFile]
    previous_digest_s3_object: str | None = None
    previous_digest_hash_value: str | None = None
    previous_digest_signature: str | None = None


_CONTENT: Final = msgspec.json.Decoder(Content)


@dataclass(frozen=True, slots=True, eq=False)
class Digest:
    """A digest file as it was found."""

    path: str
    """Below the folder; may be hostile."""
    name: str
    """Without folders and `.gz`."""
    chain: Chain
    at: datetime
    """The end of its hour by its name, which no change of the content can move."""
    hash: str
    """SHA-256 of its content, in hexadecimal."""
    content: Content
    start: datetime
    end: datetime
    odd: str = ""
    """Why the file cannot be what AWS wrote, whatever its content says: `a second gzip member`."""

    @property
    def previous(self) -> str | None:
        """The name of the digest before it; None for the first of a chain."""
        found = self.content.previous_digest_s3_object
        return None if found is None else name_of(found)

    @property
    def signed_text(self) -> bytes:
        """What the signature of this digest signs.

        Source: "Custom implementations of CloudTrail log file integrity validation"; that a missing signature is
        written `null` is only in the source of the AWS CLI.
        """
        content = self.content
        lines = (
            content.digest_end_time,
            f"{content.digest_s3_bucket}/{content.digest_s3_object}",
            self.hash,
            content.previous_digest_signature or "null",
        )
        return "\n".join(lines).encode()

    @property
    def logs(self) -> Sequence[tuple[str, str]]:
        """Object key and hash of each log file."""
        return [(each.s3_object, each.hash_value) for each in self.content.log_files]


def name_of(path: str) -> str:
    """The last part of a path or an object key, without `.gz`, which unpacking removes."""
    return path.rpartition("/")[2].removesuffix(".gz")


def chain_of(name: str) -> Chain | None:
    """The chain that the name of a digest belongs to; None for another file."""
    found = _DIGEST.fullmatch(name)
    if found is None:
        return None
    return Chain(Place(found[1], found[2]), found[3], found[4], found[6] is not None)


def digest_time(name: str) -> datetime | None:
    """The end of a digest's hour, by its name."""
    found = _DIGEST.fullmatch(name)
    return None if found is None else _stamp(found[5])


def log_name(name: str) -> LogName | None:
    """What the name of a log file says; None for another file."""
    found = _LOG.fullmatch(name)
    at = None if found is None else _stamp(found[3])
    return None if found is None or at is None else LogName(Place(found[1], found[2]), at)


def _moment(text: str) -> datetime:
    """A time with its zone. Raises ValueError."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError("a time without its zone")
    return found.astimezone(UTC)


def _stamp(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(f"{text}+00:00")
    except ValueError:
        return None


def read_digest(path: str, raw: bytes, odd: str = "") -> Digest:
    """The digest at a path, from its unpacked content; `odd` is what is wrong with its packing.

    Raises ValueError, with the reason, where it is none.
    """
    name = name_of(path)
    chain, at = chain_of(name), digest_time(name)
    if chain is None or at is None:
        raise ValueError("its name is not that of a digest")
    try:
        content = _CONTENT.decode(raw)
        start, end = _moment(content.digest_start_time), _moment(content.digest_end_time)
    except (ValueError, RecursionError, OverflowError) as error:
        raise ValueError("its content is not that of a digest") from error
    if name_of(content.digest_s3_object) != name:
        raise ValueError(f"its content is that of {name_of(content.digest_s3_object)}")
    return Digest(path, name, chain, at, sha256(raw).hexdigest(), content, start, end, odd)
