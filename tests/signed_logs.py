"""Log files with real signed digests: keys of their own, hours that follow each other, in the layout of a bucket."""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

_DIGEST_INFO: Final = bytes.fromhex("3031300d060960864801650304020105000420")
_EXPONENT: Final = 65537
#: Of keys that were made for these tests only.
_PRIMES: Final = (
    (
        int(
            "fb726de3b8727ccd5abecb1eeebb9d4a7ce9037d64e190b3bfcf241db8f8c659c8f13257d0410c3ff7ab9da9d99a36d9a3a3"
            "1c3e78b3e30a21aad7a725de0525eccb147f055a7f920c3f5284554e76d5042604e0278dc7999d152b9d65f1f766b850cd19"
            "3b025f0ec1585190c7901e202506d3982a2f9c1c70212db1d2be462b",
            16,
        ),
        int(
            "f9367504e556d4d903a8aaaa2bb816b1a5fd28eef55d56ee7236bbdf360008efb5178353b9921e8fe9736c422d6682617ebe"
            "01d6b89d601dd4d4df4be3871dd3ad8403429b9db92be786b9eb2c22be5198518042f20406ccff699c19c95682320874f524"
            "bbd7a19519024a7eb35b2b05490e63805d5103343be4b462ab556bff",
            16,
        ),
    ),
    (
        int(
            "e6267c5374cf3ac4b7b4b847d4566a0db129be40575762feb953d8b42446648fce81d3a9f48eda75c24d49240e785fa3d48a"
            "c7863937473ae35267142df1f23e5aab42f4ec17af538a9e23d797318023cb91d5eec317194eede248d54b79462d03cef4a6"
            "73a0ba4f4a65cfa5cdcf71565c13f42ca6dcd5ad79bb6b7000eb3bfb",
            16,
        ),
        int(
            "d0bf0bc3e419e3c1749e6e1629e52c60182e0c897548af79ea7061a174b6b498b7b2b16c91badf0b94dfd6afc2e3bd1add28"
            "1885d725b1ef74605b51c6059aff179ecbde75074d8cb8b225c863c6d0ab53b052cd32a9d1ecf2bb571415aed9e82c61fa09"
            "b50ec6da1f25531ba9601c5d39080983992b563a8942671760123639",
            16,
        ),
    ),
)


@dataclass(frozen=True)
class Signer:
    """An RSA key that signs as CloudTrail does."""

    p: int
    q: int

    @property
    def modulus(self) -> int:
        return self.p * self.q

    def sign(self, text: bytes) -> bytes:
        end = _DIGEST_INFO + sha256(text).digest()
        block = int.from_bytes(b"\0\1" + b"\xff" * (256 - len(end) - 3) + b"\0" + end)
        private = pow(_EXPONENT, -1, (self.p - 1) * (self.q - 1))
        of_p = pow(block, private % (self.p - 1), self.p)
        of_q = pow(block, private % (self.q - 1), self.q)
        return (of_q + (of_p - of_q) * pow(self.q, -1, self.p) % self.p * self.q).to_bytes(256)

    @property
    def der(self) -> bytes:
        """The public key as an RSAPublicKey."""
        return _der(0x30, _integer(self.modulus) + _integer(_EXPONENT))

    @property
    def fingerprint(self) -> str:
        return sha256(self.der).hexdigest()[:32]


def _integer(number: int) -> bytes:
    return _der(0x02, number.to_bytes(number.bit_length() // 8 + 1))


def _der(tag: int, content: bytes) -> bytes:
    size = len(content)
    length = bytes([size]) if size < 128 else bytes([0x82]) + size.to_bytes(2)
    return bytes([tag]) + length + content


SIGNERS: Final = tuple(Signer(p, q) for p, q in _PRIMES)
BUCKET: Final = "audit-logs"
DAY: Final = datetime.fromisoformat("2026-11-23T00:00:00+00:00")


def stamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass
class Chain:
    """The digests of one trail in one account and region, written hour by hour below a folder."""

    root: Path
    account: str = "111122223333"
    region: str = "eu-central-1"
    trail: str = "audit_all"
    signer: Signer = SIGNERS[0]
    minute: int = 17
    """Digests end so many minutes after the hour."""
    suffix: str = ""
    signatures: dict[str, str] = field(default_factory=dict)
    """Object key of each digest to its signature, as S3 keeps it beside the file."""
    digests: list[str] = field(default_factory=list)
    """Object keys, the oldest first."""
    logs: list[str] = field(default_factory=list)
    _last: tuple[str, str, str] | None = None

    def key(self, kind: str, moment: datetime, name: str) -> str:
        day = moment.strftime("%Y/%m/%d")
        return f"AWSLogs/{self.account}/{kind}/{self.region}/{day}/{name}"

    def log_key(self, at: datetime, unique: str) -> str:
        name = f"{self.account}_CloudTrail_{self.region}_{at:%Y%m%dT%H%MZ}_{unique}.json.gz"
        return self.key("CloudTrail", at, name)

    def write_log(self, at: datetime, unique: str, content: bytes) -> str:
        """Write a log file; gives its object key."""
        key = self.log_key(at, unique)
        put(self.root, key, gzip.compress(content, 1))
        return key

    def hour(self, end: datetime, logs: dict[str, bytes] | None = None, *, late: dict[str, bytes] | None = None) -> str:
        """Deliver log files (unique name to content) at half of the hour before `end`, then their digest."""
        listed = [
            (self.write_log(at, unique, content), content)
            for at, files in ((end - timedelta(minutes=30), logs or {}), (end - timedelta(hours=9), late or {}))
            for unique, content in files.items()
        ]
        self.logs += [key for key, _ in listed]
        return self.digest(end, listed)

    def digest(self, end: datetime, listed: list[tuple[str, bytes]], hours: int = 1) -> str:
        """Write and sign a digest of these log files; gives its object key."""
        name = f"{self.account}_CloudTrail-Digest_{self.region}_{self.trail}_eu-west-1_{end:%Y%m%dT%H%M%SZ}"
        key = self.key("CloudTrail-Digest", end, f"{name}{self.suffix}.json.gz")
        previous = self._last or (None, None, None)
        content: dict[str, Any] = {
            "awsAccountId": self.account,
            "digestStartTime": stamp(end - timedelta(hours=hours)),
            "digestEndTime": stamp(end),
            "digestS3Bucket": BUCKET,
            "digestS3Object": key,
            "digestPublicKeyFingerprint": self.signer.fingerprint,
            "digestSignatureAlgorithm": "SHA256withRSA",
            "newestEventTime": None,
            "oldestEventTime": None,
            "previousDigestS3Bucket": BUCKET if previous[0] else None,
            "previousDigestS3Object": previous[0],
            "previousDigestHashValue": previous[1],
            "previousDigestHashAlgorithm": "SHA-256" if previous[0] else None,
            "previousDigestSignature": previous[2],
            "logFiles": [
                {
                    "s3Bucket": BUCKET,
                    "s3Object": each,
                    "hashValue": sha256(data).hexdigest(),
                    "hashAlgorithm": "SHA-256",
                }
                for each, data in listed
            ],
        }
        raw = json.dumps(content, separators=(",", ":")).encode()
        hashed = sha256(raw).hexdigest()
        text = f"{stamp(end)}\n{BUCKET}/{key}\n{hashed}\n{previous[2] or 'null'}"
        signature = self.signer.sign(text.encode()).hex()
        put(self.root, key, gzip.compress(raw, 1))
        self._last = (key, hashed, signature)
        self.signatures[key] = signature
        self.digests.append(key)
        return key

    def restart(self) -> None:
        """Begin a new chain: validation was off for a while."""
        self._last = None

    def day(self, day: datetime = DAY, hours: int = 25, files: int = 2) -> None:
        """Deliver a day: digests that end at 00:17 of the day to 00:17 of the next one, with files of one record."""
        for number in range(hours):
            end = day + timedelta(hours=number, minutes=self.minute)
            self.hour(end, {f"u{number:02}{each}": record(f"{self.account}-{number}-{each}") for each in range(files)})


def record(event_id: str) -> bytes:
    return json.dumps({"Records": [{"eventID": event_id, "eventName": "StartSession"}]}).encode()


def put(root: Path, key: str, data: bytes) -> Path:
    path = root / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def keys_document(
    *signers: Signer, signatures: dict[str, str] | None = None, fingerprints: tuple[str, ...] = ()
) -> dict[str, Any]:
    """The file of keys; `fingerprints` replaces those of the signers, so that a key is found under another's name."""
    names = fingerprints or tuple(each.fingerprint for each in signers)
    return {
        "format": 1,
        "fetched_at": "2026-11-24T06:00:00Z",
        "fetched_by": "arn:aws:iam::111122223333:user/auditor",
        "keys": [
            {"region": "eu-central-1", "fingerprint": name, "value": base64.b64encode(each.der).decode()}
            for name, each in zip(names, signers, strict=True)
        ],
        "signatures": [
            {"bucket": BUCKET, "object": key, "signature": sign} for key, sign in (signatures or {}).items()
        ],
    }


def write_keys(path: Path, document: dict[str, Any]) -> Path:
    path.write_text(json.dumps(document), encoding="utf-8")
    return path
