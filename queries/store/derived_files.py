"""A set of derived files on disk: the manifest that makes it whole, its checks, and sharing files between sets."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import msgspec
from isal import isal_zlib

from ssmtrail.queries.store.atomic import write_private
from ssmtrail.queries.store.partitions import Partition

if TYPE_CHECKING:
    from pathlib import Path

_NAME: Final = "parts.json"
_MAGIC: Final = b"PAR1"


class FileState(msgspec.Struct, frozen=True, array_like=True):
    """The size and checksum of a file as it was written."""

    size: int
    checksum: int
    """CRC-32."""


class Part(msgspec.Struct, frozen=True, array_like=True):
    """The derived sessions and calls of one partition; `name` is in the names of its files."""

    name: str
    level: int
    index: int
    sessions: int
    calls: int
    first: int | None
    """Time of its first call, microseconds since 1970."""

    @property
    def partition(self) -> Partition:
        """The time that it covers."""
        return Partition(self.level, self.index)


class Manifest(msgspec.Struct, frozen=True):
    """The content of a set of derived files; parts newest first."""

    version: str
    parts: list[Part]
    files: dict[str, FileState]
    hours: dict[str, dict[int, int]]
    """Raw calls by segment and hour since 1970. A segment never changes, so these numbers do not either."""
    names: dict[str, list[str]]
    """Source and name of the calls of each segment: `ssm.amazonaws.com StartSession`."""


_MANIFEST: Final = msgspec.json.Decoder(Manifest)


def file_state(path: Path) -> FileState:
    """The state of a file now. Raises OSError."""
    data = path.read_bytes()
    return FileState(len(data), isal_zlib.crc32(data))


def is_sound(path: Path, state: FileState) -> bool:
    """Whether every byte of a file is as it was written."""
    try:
        return file_state(path) == state
    except OSError:
        return False


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write the manifest, its last line a checksum of the rest. Raises StoreError."""
    body = msgspec.json.encode(manifest)
    write_private(folder / _NAME, b"%b\n%08x" % (body, isal_zlib.crc32(body)))


def read_manifest(folder: Path, version: str) -> Manifest | None:
    """The manifest of a folder; None where it is missing, damaged or of another version."""
    try:
        body, _, checksum = (folder / _NAME).read_bytes().rpartition(b"\n")
        if int(checksum, 16) != isal_zlib.crc32(body):
            return None
        manifest = _MANIFEST.decode(body)
    except (OSError, ValueError, msgspec.MsgspecError):
        return None
    return manifest if manifest.version == version else None


def is_whole(folder: Path, manifest: Manifest) -> bool:
    """Whether every file has its size and both of Parquet's magic marks; damage inside shows when a file is read."""
    return all(_has_ends(folder / name, state.size) for name, state in manifest.files.items())


def _has_ends(path: Path, size: int) -> bool:
    try:
        with path.open("rb", buffering=0) as file:
            begins = file.read(4)
            file.seek(-4, os.SEEK_END)
            return (begins, file.read(), file.tell()) == (_MAGIC, _MAGIC, size)
    except OSError:
        return False


def share_file(source: Path, target: Path) -> bool:
    """Hard-link a file, or copy it where the file system has no links. Gives whether `target` exists now."""
    try:
        os.link(source, target)
    except FileNotFoundError:  # removed by another process
        return False
    except OSError:
        with suppress(OSError):
            shutil.copyfile(source, target)
            target.chmod(0o600)
            return True
        return False
    return True
