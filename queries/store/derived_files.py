"""Derived files on disk: their manifest and the counts kept beside them."""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import msgspec
from isal import isal_zlib

from ssmtrail.queries.errors import StoreError
from ssmtrail.queries.store.atomic import make_private_folder, write_private
from ssmtrail.queries.store.partitions import Span

if TYPE_CHECKING:
    from pathlib import Path

_NAME: Final = "parts.json"
_MAGIC: Final = b"PAR1"


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """A file as it was written."""

    size: int
    checksum: int
    """CRC-32."""


class Part(msgspec.Struct, frozen=True, array_like=True):
    """The sessions and calls of a span; its files bear its name."""

    name: str
    level: int
    index: int
    sessions: int
    calls: int
    first: int | None
    """When its first call was, microseconds since 1970."""

    @property
    def span(self) -> Span:
        """Where its rows lie in time."""
        return Span(self.level, self.index)


class Manifest(msgspec.Struct, frozen=True):
    """All of a set, parts newest first."""

    version: str
    parts: list[Part]
    files: dict[str, Kept]
    hours: dict[str, dict[int, int]]
    """How many raw calls each hour since 1970 has, by segment: immutable like it."""


def kept_file(path: Path) -> Kept:
    """What is remembered of a file."""
    data = path.read_bytes()
    return Kept(len(data), isal_zlib.crc32(data))


def is_sound(path: Path, kept: Kept) -> bool:
    """Whether a file is, to the byte, what was written."""
    try:
        return kept_file(path) == kept
    except OSError:
        return False


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write it, with a last line that tells whether it is whole. Raises StoreError."""
    body = msgspec.json.encode(manifest)
    write_private(folder / _NAME, b"%b\n%08x" % (body, isal_zlib.crc32(body)))


def read_manifest(folder: Path, version: str) -> Manifest | None:
    """The manifest of a folder; None where it is damaged or of another version."""
    try:
        body, _, checksum = (folder / _NAME).read_bytes().rpartition(b"\n")
        if int(checksum, 16) != isal_zlib.crc32(body):
            return None
        manifest = msgspec.json.decode(body, type=Manifest)
    except (OSError, ValueError, msgspec.MsgspecError):
        return None
    return manifest if manifest.version == version else None


def is_whole(folder: Path, manifest: Manifest) -> bool:
    """Whether every file is there in its size, by a look at its two ends; damage inside shows when it is read."""
    return all(_has_ends(folder / name, kept.size) for name, kept in manifest.files.items())


def _has_ends(path: Path, size: int) -> bool:
    try:
        with path.open("rb", buffering=0) as file:
            begins = file.read(4)
            file.seek(-4, os.SEEK_END)
            return (begins, file.read(), file.tell()) == (_MAGIC, _MAGIC, size)
    except OSError:
        return False


def take_over(source: Path, target: Path) -> bool:
    """Give a file a second name; copy it where the file system knows no links. Whether it is there now."""
    try:
        os.link(source, target)
    except FileNotFoundError:  # swept by another process
        return False
    except OSError:
        with suppress(OSError):
            shutil.copyfile(source, target)
            target.chmod(0o600)
            return True
        return False
    return True


#: Counts that are kept of one set of files, the newest.
_MOST: Final = 64


class Counted(msgspec.Struct, frozen=True, array_like=True):
    """What a list of all sessions, or calls, of a window has."""

    key: str
    """Which list."""
    rows: int
    sessions: int
    people: int
    machines: int
    runs: tuple[tuple[int, int], ...] | None
    """Where its rows lie side by side, see `Stretch`; None where they do not."""


def recall(folder: Path, key: str) -> Counted | None:
    """What was counted before; None where nobody did, or it cannot be read."""
    try:
        counted = msgspec.json.decode(_path(folder, key).read_bytes(), type=Counted)
    except (OSError, ValueError):  # the parser's errors are ValueErrors
        return None
    return counted if counted.key == key else None


def remember(folder: Path, counted: Counted) -> None:
    """Keep what was counted; where that cannot be, it is counted again next time."""
    with suppress(StoreError, OSError):
        if folder.parent.is_dir():  # else the set is swept already
            make_private_folder(folder)
            write_private(_path(folder, counted.key), msgspec.json.encode(counted))
            for old in sorted(folder.glob("[0-9a-f]*.json"), key=lambda path: path.stat().st_mtime)[:-_MOST]:
                old.unlink(missing_ok=True)


def _path(folder: Path, key: str) -> Path:
    return folder / f"{hashlib.sha256(key.encode()).hexdigest()[:16]}.json"
