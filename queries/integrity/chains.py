"""Which digests are proved: by their signature, or by the hash that a proved later digest has of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ssmtrail.queries.integrity.digests import Digest
    from ssmtrail.queries.integrity.keys import Keys

#: The worst first.
Integrity: TypeAlias = Literal["changed", "missing", "unsigned", "unproved", "proved"]

#: Code of a reason to its words.
REASONS: Final = {
    "file-changed": "a log file is not what AWS delivered",
    "digest-changed": "a digest is not what AWS delivered",
    "file-missing": "a log file that a digest names is not here",
    "digest-missing": "a digest that the next one names is not here",
    "file-unsigned": "a log file is in no digest of its hour",
    "signature-wrong": "a digest or the one after it is changed",
    "no-signature": "the signature of a digest is not here",
    "key-unknown": "the key that signed is not among the keys",
    "key-mismatch": "a key fits no signature",
    "gap": "no proved digests for some time",
    "not-covered": "before the first or after the last proved digest",
    "no-digests": "no digest files",
    "file-unread": "a file cannot be read",
    "no-name": "the file has no name of CloudTrail's",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a digest."""

    integrity: Integrity
    why: str = ""
    """A code of `REASONS`; empty where it is proved."""
    detail: str = ""
    """Words about this one; may be hostile."""


PROVED: Final = Standing("proved")


def judged(digests: Sequence[Digest], keys: Keys) -> dict[Digest, Standing]:
    """What is known of each digest.

    A digest is proved where the hash that a proved later digest has of it is right. Else its signature decides, which
    S3 or the digest after it has. So one signature proves a chain, and a chain that is broken is proved again below
    the break.
    """
    found: dict[Digest, Standing] = {}
    failed: list[Digest] = []
    good: set[str] = set()
    after = _by_previous(digests)
    for digest in sorted(digests, key=lambda each: (each.at, each.name), reverse=True):
        later = after.get(digest.name, ())
        linked = [each for each in later if found.get(each) == PROVED]
        if digest.odd:
            found[digest] = Standing("changed", "digest-changed", digest.odd)
        elif linked:
            found[digest] = _linked(digest, linked)
        else:
            found[digest] = _signed(digest, later, keys, good)
            if found[digest].why == "signature-wrong":
                failed.append(digest)
    for digest in failed:
        found[digest] = _failed(digest, after.get(digest.name, ()), found, keys, good)
    return found


def _by_previous(digests: Iterable[Digest]) -> Mapping[str, list[Digest]]:
    """Digests by the name of the one before them."""
    found: dict[str, list[Digest]] = {}
    for digest in digests:
        if digest.previous is not None:
            found.setdefault(digest.previous, []).append(digest)
    return found


def _linked(digest: Digest, later: Sequence[Digest]) -> Standing:
    if any(each.content.previous_digest_hash_value == digest.hash for each in later):
        return PROVED
    return Standing("changed", "digest-changed", f"its hash is not the one in {later[0].name}")


def _signed(digest: Digest, later: Sequence[Digest], keys: Keys, good: set[str]) -> Standing:
    """By signature; the fingerprints of keys that fit are added to `good`."""
    given = keys.signatures.get(digest.content.digest_s3_object)
    signatures = [given] if given else []
    for each in later:
        try:
            signatures.append(bytes.fromhex(each.content.previous_digest_signature or ""))
        except ValueError:
            signatures.append(b"")
    if not signatures:
        return Standing("unproved", "no-signature", "the digest after it, which has its signature, is not here")
    fingerprint = digest.content.digest_public_key_fingerprint
    known = keys.keys.get(fingerprint)
    if known is None:
        return Standing("unproved", "key-unknown", f"signed with the key {fingerprint}")
    text = digest.signed_text
    if any(key.verifies(signature, text) for signature in signatures for key in known):
        good.add(fingerprint)
        return PROVED
    return Standing("unproved", "signature-wrong")


def _failed(
    digest: Digest, later: Sequence[Digest], found: Mapping[Digest, Standing], keys: Keys, good: set[str]
) -> Standing:
    """What a signature that does not fit means: it blames the digest only where nothing else can be wrong."""
    fingerprint = digest.content.digest_public_key_fingerprint
    if fingerprint not in good:
        return Standing("unproved", "key-mismatch", f"the key {fingerprint} fits no signature here")
    if digest.content.digest_s3_object in keys.signatures:
        return Standing("changed", "digest-changed", "it does not fit the signature that S3 keeps of it")
    changed = next((each for each in later if found[each].integrity == "changed"), None)
    if changed is not None:
        return Standing("unproved", "no-signature", f"its signature was in {changed.name}, which is changed")
    return Standing("unproved", "signature-wrong", f"either it or {later[0].name} is changed")
