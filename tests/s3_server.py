"""Buckets of the loopback AWS: the few operations of S3 that reading a trail needs, with their refusals."""

from __future__ import annotations

import gzip
import hashlib
import json
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Answer = tuple[int, dict[str, str], bytes]


@dataclass(slots=True)
class Stored:
    """One object."""

    data: bytes
    storage_class: str = "STANDARD"
    modified: str = "2026-11-23T12:00:00.000Z"
    is_restored: bool = False

    @property
    def etag(self) -> str:
        """As S3 makes it of an object that was written at once."""
        return f'"{hashlib.md5(self.data).hexdigest()}"'


@dataclass(slots=True)
class Buckets:
    """Objects by bucket and key, by path-style addresses."""

    region: str = "eu-central-1"
    objects: dict[str, dict[str, Stored]] = field(default_factory=dict)
    calls: Counter[str] = field(default_factory=Counter)
    """Requests by operation."""
    read: list[str] = field(default_factory=list)
    """Keys of the GETs that were answered."""
    refused: dict[str, str] = field(default_factory=dict)
    """By operation or key: the code of an error."""
    faults: dict[str, list[str]] = field(default_factory=dict)
    """By key: codes of errors for the next GETs; an empty one breaks the connection."""
    lifecycles: dict[str, str] = field(default_factory=dict)
    """By bucket: its lifecycle rules as XML."""
    deleted: set[str] = field(default_factory=set)
    """Keys in whose place is a delete marker."""
    before_get: Callable[[str], None] = lambda _: None
    """Called with the key before each GET is answered; may block."""
    _sorted: dict[str, list[str]] = field(default_factory=dict)

    def put(self, bucket: str, key: str, data: bytes, storage_class: str = "STANDARD", **more: Any) -> None:
        """Store an object."""
        self.objects.setdefault(bucket, {})[key] = Stored(data, storage_class, **more)
        self._sorted.pop(bucket, None)

    def clear(self, bucket: str) -> None:
        """Delete all objects."""
        self._sorted.pop(bucket, None)
        self.objects[bucket] = {}

    def put_records(self, bucket: str, records: Iterable[dict[str, Any]], prefix: str = "") -> list[str]:
        """Store records as CloudTrail delivers them, a file each account, region and minute; returns the keys."""
        files: dict[str, list[dict[str, Any]]] = {}
        for each in records:
            account, region, at = each["recipientAccountId"], each["awsRegion"], each["eventTime"]
            minute = f"{at[:10].replace('-', '')}T{at[11:13]}{at[14:16]}Z"
            name = f"{account}_CloudTrail_{region}_{minute}_abcdefghijklmnop.json.gz"
            folder = f"{prefix}AWSLogs/{account}/CloudTrail/{region}/{at[:10].replace('-', '/')}"
            files.setdefault(f"{folder}/{name}", []).append(each)
        for key, inside in files.items():
            self.put(bucket, key, gzip.compress(json.dumps({"Records": inside}).encode(), mtime=0))
        return sorted(files)

    def answer(self, method: str, target: str, headers: Any) -> Answer:
        """The status, headers and body of a request."""
        url = urlsplit(target)
        bucket, _, key = unquote(url.path).removeprefix("/").partition("/")
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        operation = "HeadBucket" if method == "HEAD" else "GetObject" if key else "ListObjectsV2"
        self.calls[operation] += 1
        code = self.refused.get(operation) or self.refused.get(f"{operation} {query.get('prefix', '')}")
        if bucket not in self.objects:
            code = "NoSuchBucket"
        if code:
            return self._error(code)
        region = {"x-amz-bucket-region": self.region}
        if f"/{self.region}/s3/" not in headers.get("Authorization", ""):
            return self._error("AuthorizationHeaderMalformed" if method == "GET" else "PermanentRedirect")
        if operation == "HeadBucket":
            return 200, region, b""
        if "lifecycle" in query:
            rules = self.lifecycles.get(bucket)
            return (200, {}, rules.encode()) if rules else self._error("NoSuchLifecycleConfiguration")
        return self._object(bucket, key) if key else (200, {}, self._listing(bucket, query))

    def _object(self, bucket: str, key: str) -> Answer:
        self.before_get(key)
        found = self.objects[bucket].get(key)
        codes = self.faults.get(key)
        if code := (codes.pop(0) if codes else self.refused.get(key)):
            return self._error(code)
        if found is None:
            status, headers, body = self._error("NoSuchKey")
            return status, headers | ({"x-amz-delete-marker": "true"} if key in self.deleted else {}), body
        if found.storage_class in ("GLACIER", "DEEP_ARCHIVE") and not found.is_restored:
            return self._error("InvalidObjectState")
        self.read.append(key)
        modified = datetime.fromisoformat(found.modified).strftime("%a, %d %b %Y %H:%M:%S GMT")
        return 200, {"ETag": found.etag, "Content-Encoding": "gzip", "Last-Modified": modified}, found.data

    def _error(self, code: str) -> Answer:
        status = {
            "NoSuchKey": 404,
            "NoSuchBucket": 404,
            "NoSuchLifecycleConfiguration": 404,
            "SlowDown": 503,
            "InternalError": 500,
            "ExpiredToken": 400,
        }
        body = f"<Error><Code>{code}</Code><Message>refused by the test</Message></Error>"
        return status.get(code, 403), {"x-amz-bucket-region": self.region}, body.encode()

    def _listing(self, bucket: str, query: dict[str, str]) -> bytes:
        """What ListObjectsV2 answers, with pages and folders."""
        prefix, delimiter = query.get("prefix", ""), query.get("delimiter")
        keys = self._sorted.setdefault(bucket, sorted(self.objects[bucket]))
        after = query.get("continuation-token") or query.get("start-after", "")
        contents: list[str] = []
        folders: list[str] = []
        last, more = "", False
        for key in keys[bisect_right(keys, max(after, prefix[:-1])) :]:
            if not key.startswith(prefix):
                if key > prefix:
                    break
                continue
            folder = prefix + key[len(prefix) :].partition("/")[0] + "/" if delimiter else ""
            if delimiter and "/" in key[len(prefix) :]:
                if folder not in folders and not after.startswith(folder):
                    folders.append(folder)
                continue
            if len(contents) == int(query.get("max-keys", "1000")):
                more = True
                break
            contents.append(_content(key, self.objects[bucket][key]))
            last = key
        inside = "".join(contents) + "".join(
            f"<CommonPrefixes><Prefix>{escape(each)}</Prefix></CommonPrefixes>" for each in folders
        )
        token = f"<NextContinuationToken>{escape(last)}</NextContinuationToken>" if more else ""
        return (
            '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<Name>{bucket}</Name><IsTruncated>{str(more).lower()}</IsTruncated>{token}{inside}</ListBucketResult>"
        ).encode()


def _content(key: str, found: Stored) -> str:
    restored = (
        "<RestoreStatus><IsRestoreInProgress>false</IsRestoreInProgress>"
        "<RestoreExpiryDate>2026-12-24T00:00:00.000Z</RestoreExpiryDate></RestoreStatus>"
    )
    return (
        f"<Contents><Key>{escape(key)}</Key><LastModified>{found.modified}</LastModified><ETag>{escape(found.etag)}"
        f"</ETag><Size>{len(found.data)}</Size><StorageClass>{found.storage_class}</StorageClass>"
        f"{restored if found.is_restored else ''}</Contents>"
    )
