"""Segments: immutable Parquet files of raw calls, each with a manifest of what it covers."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final, overload
from uuid import uuid4

import msgspec
from isal import isal_zlib

from ssmtrail.queries.engine import PARQUET
from ssmtrail.queries.errors import StoreError
from ssmtrail.queries.raw_calls import EXTRACTION_SET, RAW_COLUMNS, SCHEMA_VERSION
from ssmtrail.queries.sql_text import literal, paths_literal
from ssmtrail.queries.store.atomic import store_errors, write_private
from ssmtrail.queries.store.parcels import Covers
from ssmtrail.queries.store.spans import Span, merged
from ssmtrail.queries.store.units import DayCopy, Unit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.store.parcels import FileCover

#: Small row groups, so that all cores write and memory is reused (measured: 52,000 calls in 0.16 s, with 20,480 rows a
#: group in 0.24 s, with 2,048 in 0.21 s; the file is 2 % larger than with 20,480).
_OPTIONS: Final = f"({PARQUET}, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE 8192)"
#: Bytes read at a time for a checksum: 260 MB take 35 ms, read whole 150 ms.
_PIECE: Final = 1 << 18
#: The pattern of our names; other files in the folder are left alone.
_NAME: Final = "[0-9a-f]" * 16
_COLUMNS: Final = "{" + ", ".join(f"{name}: 'VARCHAR'" for name in RAW_COLUMNS) + "}"
#: Between the path of an archive and the name of a file in it.
MEMBER: Final = "!"
#: The start of a path that is not ASCII; one letter for each byte follows.
_OTHER: Final = "\0"
#: Bytes; DuckDB allocates twice as much for each thread. Sources refuse records that make longer lines.
_LONGEST_LINE: Final = 16 * 1024 * 1024


class _Copy(msgspec.Struct, frozen=True, omit_defaults=True):
    """`DayCopy` on disk."""

    units: list[tuple[date, str, str]]
    asked_at: datetime
    bytes: int = 0
    queries: tuple[str, ...] = ()
    price: float | None = None
    partition: dict[str, tuple[str, ...]] = {}
    cut_from: tuple[str, ...] = ()


class _Manifest(msgspec.Struct, frozen=True, omit_defaults=True):
    """A manifest on disk. Files are stored column by column: small and quick to read even for 100,000 files.

    Later versions may add fields with a default: fields that are not known are ignored.
    """

    schema: int
    """Version of the columns of the rows."""
    extraction: int
    """The set of records that was looked for."""
    calls: int
    size: int
    """Bytes of the Parquet file; 0 where there is none."""
    checksum: int
    """CRC-32 of the Parquet file."""
    records: int
    source: str = ""
    """Kind of the source: `files`, `athena`."""
    copy: _Copy | None = None
    spans: list[tuple[str, str, str, datetime, datetime, datetime]] = []
    paths: list[str] = []
    sizes: list[int] = []
    mtimes: list[int] = []
    ctimes: list[int] = []
    inodes: list[int] = []
    sha256s: bytes = b""
    """32 bytes a file, zeros where unknown."""
    folder_days: list[str] = []
    first_days: list[str] = []
    last_days: list[str] = []
    file_calls: list[int] = []
    unreadable: dict[str, str] = {}
    kinds: dict[str, str] = {}
    notes: dict[str, str] = {}


_MANIFEST: Final = msgspec.json.Decoder(_Manifest)


@dataclass(frozen=True, slots=True)
class Segment:
    """Stored raw calls, and the covers of the files or the copy of the day that they came from."""

    name: str
    path: Path
    """The Parquet file; it exists where `calls` is not 0."""
    files: Covers
    calls: int
    records: int
    checksum: int = 0
    """CRC-32 of the Parquet file."""
    source: str = ""
    """Kind of the source: `files`, `athena`."""
    copy: DayCopy | None = None
    """What it covers, where the source is one of days."""
    schema: int = SCHEMA_VERSION
    """Version of the columns of its rows."""
    extraction: int = EXTRACTION_SET
    """The set of records that was looked for, see `ssmtrail.queries.raw_calls`."""
    spans: tuple[Span, ...] = ()
    """What it covers, where the source is CloudTrail's event history."""

    @property
    def manifest(self) -> Path:
        """The file that makes the segment complete: written last, removed first."""
        return self.path.with_suffix(".json")

    @property
    def is_sound(self) -> bool:
        """Whether every byte of the Parquet file is as it was written."""
        return not self.calls or _checksum(self.path) == self.checksum


def write_segment(
    connection: DuckDBPyConnection,
    folder: Path,
    select: str | None,
    files: Sequence[FileCover] = (),
    records: int = 0,
    *,
    source: str = "",
    copy: DayCopy | None = None,
    extraction: int = EXTRACTION_SET,
    spans: tuple[Span, ...] = (),
) -> Segment:
    """Write the rows of a statement that gives RAW_COLUMNS (None for no rows), then the manifest.

    A kill leaves no incomplete segment. Raises StoreError where the disk is full or cannot be written.
    """
    path = folder / f"{uuid4().hex[:16]}.parquet"
    calls, checksum = write_rows(connection, select, path) if select else (0, 0)
    segment = Segment(
        path.stem, path, Covers.of(files), calls, records, checksum, source, copy, SCHEMA_VERSION, extraction, spans
    )
    write_private(segment.manifest, _encode(segment))
    return segment


def files_of(segments: Iterable[Segment]) -> dict[str, tuple[int, int, int, int]]:
    """The path of each stored file, with its identity: size, mtime, ctime, inode."""
    stored: dict[str, tuple[int, int, int, int]] = {}
    for segment in segments:
        files = segment.files
        identities = zip(files.sizes, files.mtimes, files.column("ctimes"), files.column("inodes"), strict=True)
        stored.update(zip(files.paths, identities, strict=True))
    return stored


def spans_of(segments: Iterable[Segment]) -> tuple[Span, ...]:
    """The stretches of time that segments cover."""
    return merged(span for segment in segments for span in segment.spans)


def rewrite_manifest(segment: Segment, *, files: Covers | None = None, spans: tuple[Span, ...] = ()) -> Segment:
    """The segment with other covers of the same files, or other spans, written whole or not at all.

    Raises StoreError.
    """
    changed = replace(segment, files=files or segment.files, spans=spans)
    write_private(changed.manifest, _encode(changed))
    return changed


def write_rows(connection: DuckDBPyConnection, select: str, path: Path) -> tuple[int, int]:
    """Write a Parquet file unless there are no rows; returns the number of rows and the checksum. Raises StoreError."""
    temporary = path.with_name(f".{path.name}")
    with store_errors("the store cannot be written"):
        try:
            copied = connection.execute(f"COPY ({select}) TO {literal(str(temporary))} {_OPTIONS}").fetchall()
            calls = int(copied[0][0])
            checksum = _checksum(temporary) if calls else 0
            if calls:
                temporary.chmod(0o600)
                temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    return calls, checksum


def select_lines(rows: Sequence[Path]) -> str:
    """The statement that reads the JSON lines of parcels."""
    return (
        f"SELECT * FROM read_json({paths_literal(rows)}, format = 'newline_delimited',"
        f" columns = {_COLUMNS}, maximum_object_size = {_LONGEST_LINE})"
    )


def select_without(segment: Segment, gone: frozenset[str]) -> str:
    """The statement that reads a segment's rows except those of some files and of the members of such archives."""
    names = ", ".join(literal(path) for path in sorted(gone))
    return (
        f"SELECT * FROM read_parquet({paths_literal([segment.path])})"
        f" WHERE file NOT IN ({names}) AND split_part(file, {literal(MEMBER)}, 1) NOT IN ({names})"
    )


def segments_in(folder: Path) -> Iterator[Segment]:
    """The complete segments of a folder, by name.

    Damaged ones are removed, and those of files that an older version wrote. Days of an older version have its `schema`
    and fewer columns. Raises StoreError where a newer version wrote one.
    """
    for manifest in manifests_in(folder):
        segment = _decode(manifest)
        if segment is None:
            _remove(manifest)
        else:
            yield segment


def manifests_in(folder: Path) -> list[Path]:
    """The paths of the manifests of a folder, by name."""
    return sorted(folder.glob(f"{_NAME}.json"))


def sweep_segments(folder: Path, before: float) -> None:
    """Remove files without a manifest that were last changed before a POSIX time: a killed process left them."""
    for path in (*folder.glob(f"{_NAME}.parquet"), *folder.glob(f".{_NAME}.*")):
        if not path.with_suffix(".json").exists() and _changed_at(path) < before:
            _remove(path)


def drop_segment(segment: Segment) -> None:
    """Remove a segment; a process that has its file open can read on."""
    _remove(segment.manifest)
    _remove(segment.path)


def _remove(path: Path) -> None:
    with suppress(OSError):  # another process was quicker
        path.unlink()


def _changed_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return math.inf


def _checksum(path: Path) -> int:
    checksum, piece = 0, memoryview(bytearray(_PIECE))
    try:
        with path.open("rb", buffering=0) as file:
            while size := file.readinto(piece):
                checksum = isal_zlib.crc32(piece[:size], checksum)
    except OSError:
        return -1
    return checksum


def _encode(segment: Segment) -> bytes:
    """A manifest as bytes: JSON, and a last line with its checksum."""
    files, copy = segment.files, segment.copy
    body = msgspec.json.encode(
        _Manifest(
            schema=segment.schema,
            extraction=segment.extraction,
            calls=segment.calls,
            size=segment.path.stat().st_size if segment.calls else 0,
            checksum=segment.checksum,
            records=segment.records,
            source=segment.source,
            copy=None if copy is None else _Copy(
                [(unit.day, unit.account, unit.region) for unit in copy.units], copy.asked_at, copy.bytes,
                copy.queries, copy.price, dict(copy.partition), copy.cut_from,
            ),
            spans=[(s.account, s.region, s.name, s.start, s.end, s.asked_at) for s in segment.spans],
            paths=[portable_path(path) for path in files.paths],
            sizes=[*files.sizes],
            mtimes=[*files.mtimes],
            ctimes=[*files.ctimes],
            inodes=[*files.inodes],
            sha256s=_packed(files.sha256s),
            folder_days=[*files.folder_days],
            first_days=[*files.first_days],
            last_days=[*files.last_days],
            file_calls=[*files.calls],
            unreadable=_by_text(files.unreadable),
            kinds=_by_text(files.kinds),
            notes=_by_text(files.notes),
        )
    )  # fmt: skip
    return checked(body)


def checked(body: bytes) -> bytes:
    """A text with a last line that has its CRC-32."""
    return b"%b\n%08x" % (body, isal_zlib.crc32(body))


def unchecked(data: bytes) -> bytes:
    """The text that `checked` was given. Raises ValueError where it is not the same."""
    body, _, checksum = data.rpartition(b"\n")
    if int(checksum, 16) != isal_zlib.crc32(body):
        raise ValueError("another checksum")
    return body


def _decode(manifest: Path) -> Segment | None:
    try:
        kept = _MANIFEST.decode(unchecked(manifest.read_bytes()))
        path = manifest.with_suffix(".parquet")
        if kept.schema > SCHEMA_VERSION or kept.extraction > EXTRACTION_SET:
            raise StoreError(
                f"A newer version of ssmtrail wrote what is kept in {manifest.parents[1]}. Use the newer version, or "
                "another folder: SSMTRAIL_CACHE."
            )
        is_old = (kept.schema, kept.extraction) != (SCHEMA_VERSION, EXTRACTION_SET)
        if is_old and kept.copy is None and not kept.spans:
            return None  # reading files again costs nothing
        if kept.calls and path.stat().st_size != kept.size:
            return None
        return _segment(path, kept)
    except (OSError, ValueError, RecursionError, msgspec.MsgspecError):
        return None


def _segment(path: Path, kept: _Manifest) -> Segment:
    """The segment of a manifest. Raises ValueError where its columns differ in length."""
    columns = (kept.sizes, kept.mtimes, kept.folder_days, kept.first_days, kept.last_days, kept.file_calls)
    more = (kept.ctimes, kept.inodes, Digests(kept.sha256s))
    if any(len(column) != len(kept.paths) for column in columns) or any(
        len(column) not in (0, len(kept.paths)) for column in more
    ):
        raise ValueError("columns of different lengths")
    paths = [local_path(path) for path in kept.paths] if _OTHER in "".join(kept.paths) else kept.paths
    unreadable, kinds, notes = map(_by_index, (kept.unreadable, kept.kinds, kept.notes))
    files = Covers(paths, *columns, unreadable, *more, kinds, notes)
    found = kept.copy
    copy = None if found is None else DayCopy(
        tuple(Unit(*each) for each in found.units), found.asked_at.astimezone(UTC), found.bytes, found.queries,
        found.price, found.partition, found.cut_from,
    )  # fmt: skip
    if copy is not None and len({unit.day for unit in copy.units}) != 1:
        raise ValueError("not of one day")
    spans = tuple(Span(*each[:3], *(moment.astimezone(UTC) for moment in each[3:])) for each in kept.spans)
    return Segment(
        path.stem, path, files, kept.calls, kept.records, kept.checksum, kept.source, copy, kept.schema,
        kept.extraction, spans,
    )  # fmt: skip


_DIGEST: Final = 32


@dataclass(frozen=True, slots=True)
class Digests(Sequence[str]):
    """SHA-256 digests of files as they are stored, one after another; as hex, empty where unknown."""

    packed: bytes

    def __len__(self) -> int:
        return len(self.packed) // _DIGEST

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        at = range(len(self))[index] * _DIGEST
        digest = self.packed[at : at + _DIGEST]
        return digest.hex() if any(digest) else ""


def _packed(digests: Sequence[str]) -> bytes:
    if isinstance(digests, Digests):
        return digests.packed
    return bytes.fromhex("".join(digest or "0" * 2 * _DIGEST for digest in digests)) if any(digests) else b""


def _by_text(texts: Mapping[int, str]) -> dict[str, str]:
    return {str(index): text for index, text in texts.items()}


def _by_index(texts: Mapping[str, str]) -> dict[int, str]:
    return {int(index): text for index, text in texts.items()}


def portable_path(path: str) -> str:
    """A path of any bytes as text for JSON."""
    return path if path.isascii() else _OTHER + os.fsencode(path).decode("latin-1")


def local_path(text: str) -> str:
    """The path of a text of `portable_path`."""
    return os.fsdecode(text[1:].encode("latin-1")) if text.startswith(_OTHER) else text
