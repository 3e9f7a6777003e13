"""The public keys of digests, and the file that carries them to a machine without a network."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from ssmtrail.queries.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

#: What precedes a SHA-256 hash in a signed block: the DER of its DigestInfo. Source: RFC 8017, section 9.2, note 1.
_DIGEST_INFO: Final = bytes.fromhex("3031300d060960864801650304020105000420")
#: CloudTrail's keys have 2048 bits and the exponent 65537.
_LEAST_BITS: Final = 2048
_LEAST_EXPONENT: Final = 65537
_SEQUENCE: Final = 0x30
_INTEGER: Final = 0x02
_BIT_STRING: Final = 0x03
#: The version of our file of keys.
FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class PublicKey:
    """An RSA key."""

    modulus: int
    exponent: int

    @classmethod
    def of(cls, der: bytes) -> PublicKey:
        """The key of a DER document: an RSAPublicKey (PKCS#1) or a SubjectPublicKeyInfo; AWS documents both.

        Raises ValueError for anything else, and for a key that is weaker than CloudTrail's.
        """
        inside, rest = _element(der, _SEQUENCE)
        if rest:
            raise ValueError("bytes behind the key")
        if inside[:1] == bytes([_SEQUENCE]):
            _, inside = _element(inside, _SEQUENCE)
            bits, _ = _element(inside, _BIT_STRING)
            return cls.of(bits[1:])
        modulus, inside = _element(inside, _INTEGER)
        exponent, _ = _element(inside, _INTEGER)
        key = cls(int.from_bytes(modulus), int.from_bytes(exponent))
        if key.modulus.bit_length() < _LEAST_BITS or key.exponent < _LEAST_EXPONENT:
            raise ValueError("the key is weaker than CloudTrail's")
        return key

    def verifies(self, signature: bytes, text: bytes) -> bool:
        """Whether this is the key's RSASSA-PKCS1-v1_5 signature, with SHA-256, of a text.

        The whole padded block is compared, not parsed.
        """
        size = (self.modulus.bit_length() + 7) // 8
        number = int.from_bytes(signature)
        if len(signature) != size or number >= self.modulus:
            return False
        block = pow(number, self.exponent, self.modulus).to_bytes(size)
        end = _DIGEST_INFO + sha256(text).digest()
        return hmac.compare_digest(block, b"\0\1" + b"\xff" * (size - len(end) - 3) + b"\0" + end)


def _element(der: bytes, tag: int) -> tuple[bytes, bytes]:
    """The content of the first element of DER, and what follows it. Raises ValueError."""
    if len(der) < 2 or der[0] != tag:
        raise ValueError("no RSA key")
    length, at = der[1], 2
    if length & 0x80:
        at += length & 0x7F
        length = int.from_bytes(der[2:at])
    if at + length > len(der):
        raise ValueError("the key is cut")
    return der[at : at + length], der[at + length :]


@dataclass(frozen=True, slots=True)
class Keys:
    """Public keys by fingerprint, and signatures that S3 keeps beside digests."""

    keys: Mapping[str, tuple[PublicKey, ...]] = field(default_factory=dict)
    """Keys of several regions may share a fingerprint."""
    signatures: Mapping[str, bytes] = field(default_factory=dict)
    """Object key of a digest to its signature; only the newest digest of a chain needs it."""
    source: str = ""
    """Where they come from, for people: `keys.json (sha256 1f2e…), fetched 2026-11-23T12:00:00Z by arn:…`."""


def read_keys(path: Path) -> Keys:
    """The file that `ssmtrail integrity keys` writes, or the answer of `aws cloudtrail list-public-keys`.

    Raises UsageError, with the reason, for any other file.
    """
    try:
        data = path.read_bytes()
        document = json.loads(data)
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {(error.strerror or 'unknown').lower()}.") from error
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is no JSON.") from error
    source = f"{path} (sha256 {sha256(data).hexdigest()[:16]})"
    return keys_from(document, source)


def keys_from(document: Any, source: str) -> Keys:
    """The keys in a document of `read_keys`. Raises UsageError."""
    try:
        keys = _keys_of(document)
        signatures = {
            str(each["object"]): bytes.fromhex(each["signature"]) for each in document.get("signatures", ())
        }  # fmt: skip
    except (KeyError, TypeError, AttributeError, ValueError, binascii.Error) as error:
        raise UsageError(f"{source} has no public keys of CloudTrail: {error}.") from error
    if document.get("fetched_at"):
        source += f", fetched {document['fetched_at']} by {document.get('fetched_by')}"
    return Keys(keys, signatures, source)


def _keys_of(document: Any) -> dict[str, tuple[PublicKey, ...]]:
    if "PublicKeyList" in document:
        listed = [(each["Fingerprint"], each["Value"]) for each in document["PublicKeyList"]]
    elif document["format"] == FORMAT:
        listed = [(each["fingerprint"], each["value"]) for each in document["keys"]]
    else:
        raise ValueError(f"format {document['format']} is newer than this program")
    return grouped((str(name), base64.b64decode(value, validate=True)) for name, value in listed)


def grouped(listed: Iterable[tuple[str, bytes]]) -> dict[str, tuple[PublicKey, ...]]:
    """Keys by fingerprint, from pairs of fingerprint and DER. Raises ValueError."""
    found: dict[str, dict[PublicKey, None]] = {}
    for name, der in listed:
        try:
            found.setdefault(name, {})[PublicKey.of(der)] = None
        except ValueError as error:
            raise ValueError(f"key {name}: {error}") from error
    return {name: tuple(keys) for name, keys in found.items()}
