"""Buckets in memory, with the few operations of S3 that Athena's clients need."""

from __future__ import annotations

import hashlib
import threading
from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Stored:
    """One object; large ones stay files."""

    data: bytes | Path
    storage_class: str = "STANDARD"
    restored: bool = False
    """Whether a copy restored from Glacier is ready."""

    @property
    def restore_status(self) -> str:
        """The restore status in a listing of an archived object."""
        return (
            (
                "<RestoreStatus><IsRestoreInProgress>false</IsRestoreInProgress>"
                "<RestoreExpiryDate>2026-12-24T00:00:00.000Z</RestoreExpiryDate></RestoreStatus>"
            )
            if self.restored
            else ""
        )

    @property
    def size(self) -> int:
        """Bytes."""
        return self.data.stat().st_size if isinstance(self.data, Path) else len(self.data)

    @property
    def etag(self) -> str:
        """Changes with the content."""
        content = str(self.data).encode() if isinstance(self.data, Path) else self.data
        return f'"{hashlib.md5(content).hexdigest()}"'


@dataclass(slots=True)
class Buckets:
    """All objects by bucket and key."""

    objects: dict[str, dict[str, Stored]] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    """By bucket; grows with every change."""
    scale: int = 1
    """Bytes that a listing tells for each byte."""
    _ordered: dict[str, tuple[int, list[str]]] = field(default_factory=dict)
    """The keys in order, by bucket, with the version that they are of."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def put(
        self, bucket: str, key: str, data: bytes | Path, storage_class: str = "STANDARD", *, restored: bool = False
    ) -> None:
        """Store an object."""
        with self.lock:
            self.objects.setdefault(bucket, {})[key] = Stored(data, storage_class, restored)
            self.versions[bucket] = self.versions.get(bucket, 0) + 1

    def get(self, bucket: str, key: str) -> Stored | None:
        """An object, where there is one."""
        with self.lock:
            return self.objects.get(bucket, {}).get(key)

    def delete(self, bucket: str, key: str) -> None:
        """Remove an object."""
        with self.lock:
            self.objects.get(bucket, {}).pop(key, None)
            self.versions[bucket] = self.versions.get(bucket, 0) + 1

    def version_of(self, bucket: str) -> int:
        """Grows with every change of the bucket."""
        with self.lock:
            return self.versions.get(bucket, 0)

    def keys(self, bucket: str, prefix: str) -> Sequence[str]:
        """The keys below a prefix, in order."""
        with self.lock:
            version, ordered = self._ordered.get(bucket, (-1, []))
            if version != self.versions.get(bucket, 0) or len(ordered) != len(self.objects.get(bucket, {})):
                ordered = sorted(self.objects.get(bucket, {}))
                self._ordered[bucket] = self.versions.get(bucket, 0), ordered
            first = bisect_left(ordered, prefix)
            return ordered[first : bisect_left(ordered, f"{prefix}\U0010ffff", first)]

    def listing(self, bucket: str, query: dict[str, str]) -> bytes:
        """What `ListObjectsV2` answers, with pages."""
        prefix, after = query.get("prefix", ""), query.get("continuation-token", query.get("start-after", ""))
        most = int(query.get("max-keys", "1000"))
        keys = [key for key in self.keys(bucket, prefix) if key > after]
        page, more = keys[:most], len(keys) > most
        now = datetime(2026, 11, 23, tzinfo=UTC).isoformat().replace("+00:00", ".000Z")
        contents = "".join(
            f"<Contents><Key>{escape(key)}</Key><LastModified>{now}</LastModified><ETag>{escape(found.etag)}</ETag>"
            f"<Size>{found.size * self.scale}</Size><StorageClass>{found.storage_class}</StorageClass>"
            f"{found.restore_status}</Contents>"
            for key in page
            if (found := self.get(bucket, key)) is not None
        )
        token = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if more else ""
        return (
            '<?xml version="1.0" encoding="UTF-8"?>'
            '<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
            f"<Name>{escape(bucket)}</Name><Prefix>{escape(prefix)}</Prefix><KeyCount>{len(page)}</KeyCount>"
            f"<MaxKeys>{most}</MaxKeys><IsTruncated>{'true' if more else 'false'}</IsTruncated>{token}{contents}"
            "</ListBucketResult>"
        ).encode()
