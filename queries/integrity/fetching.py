"""Asks AWS for the public keys of digests, and S3 for the signatures of the newest ones."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from ssmtrail.queries.integrity.keys import FORMAT
from ssmtrail.queries.integrity.verify import heads_of
from ssmtrail.queries.sources.history.aws import AwsError
from ssmtrail.queries.times import utc_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from threading import Event

    from ssmtrail.queries.integrity.digests import Digest
    from ssmtrail.queries.sources.history.aws import Account

#: So long after the last digest the key that signed it may become valid. Source: the AWS CLI.
_AFTER: Final = timedelta(hours=2)


def fetched(
    account: Account, digests: Sequence[Digest], now: datetime, cancelled: Event, warnings: list[str]
) -> dict[str, Any]:
    """The file of keys for these digests; what AWS refuses is added to `warnings`. Raises Cancelled."""
    regions: dict[str, list[Digest]] = {}
    for digest in digests:
        regions.setdefault(digest.chain.place.region, []).append(digest)
    keys = []
    for region, own in sorted(regions.items()):
        start, end = min(each.start for each in own), max(each.end for each in own) + _AFTER
        keys += _keys(account, region, start, end, cancelled, warnings)
    return document_of(account, keys, _signatures(account, heads_of(digests), cancelled, warnings), now)


def fetched_for(
    account: Account, regions: Sequence[str], start: datetime, end: datetime, now: datetime, cancelled: Event,
    warnings: list[str],
) -> dict[str, Any]:  # fmt: skip
    """The file of keys of some regions and a stretch of time, without signatures. Raises Cancelled."""
    keys = [
        each for region in regions for each in _keys(account, region, start, end + _AFTER, cancelled, warnings)
    ]  # fmt: skip
    return document_of(account, keys, [], now)


def document_of(
    account: Account, keys: list[dict[str, str]], signatures: list[dict[str, str]], now: datetime
) -> dict[str, Any]:
    """The file of keys, with who fetched them and when."""
    return {
        "format": FORMAT,
        "fetched_at": utc_text(now.replace(microsecond=0)),
        "fetched_by": str(account.call("sts", account.home, "get_caller_identity")["Arn"]),
        "keys": keys,
        "signatures": signatures,
    }


def _keys(
    account: Account, region: str, start: datetime, end: datetime, cancelled: Event, warnings: list[str]
) -> list[dict[str, str]]:
    """The keys with which digests of a region were signed at that time; any account may ask, for nothing."""
    request = {"StartTime": start, "EndTime": end}
    try:
        pages = list(account.pages("cloudtrail", region, "list_public_keys", cancelled, **request))
    except AwsError as error:
        warnings.append(f"no keys of {region}: {error}")
        return []
    return [
        {
            "region": region,
            "fingerprint": str(key["Fingerprint"]),
            "value": base64.b64encode(key["Value"]).decode(),
            "valid_from": _text(key["ValidityStartTime"]),
            "valid_to": _text(key["ValidityEndTime"]),
        }
        for page in pages
        for key in page["PublicKeyList"]
    ]


def _text(moment: datetime) -> str:
    return utc_text(moment.astimezone(UTC))


def _signatures(
    account: Account, heads: Sequence[Digest], cancelled: Event, warnings: list[str]
) -> list[dict[str, str]]:
    """The signatures that S3 keeps as metadata of these digests."""
    found = []
    for digest in heads:
        bucket, key = digest.content.digest_s3_bucket, digest.content.digest_s3_object
        try:
            answer = account.patiently("s3", account.home, "head_object", cancelled, Bucket=bucket, Key=key)
        except AwsError as error:
            warnings.append(f"no signature of s3://{bucket}/{key}: {error}")
            continue
        if signature := answer.get("Metadata", {}).get("signature"):
            found.append({"bucket": bucket, "object": key, "signature": str(signature)})
    return found
