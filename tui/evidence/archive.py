"""Zip files whose bytes depend on their members alone, with the hash of each member; and what is wrong with one."""

from __future__ import annotations

import hashlib
import re
import stat
import struct
import zipfile
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from typing import BinaryIO

#: The member that has the hashes of all others, as `sha256sum` writes and checks them.
SUMS: Final = "SHA256SUMS"
#: The first moment that a zip can name: no member says when it was made.
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_LEVEL: Final = 6
_PIECE: Final = 1 << 20
_SAFE: Final = re.compile(r"[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)*")
_LINE: Final = re.compile(r"([0-9a-f]{64})  (\S+)")
_HEADER: Final = 30
_LENGTHS: Final = struct.Struct("<HH")
_LENGTHS_AT: Final = 26
#: The most bytes that a member may unpack to: more is a bomb.
MOST_BYTES: Final = 16 << 30


def file_sha256(path: Path) -> str:
    """The hash of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sums_of(members: Mapping[str, Path]) -> bytes:
    """The content of `SUMS`."""
    return "".join(f"{file_sha256(path)}  {name}\n" for name, path in sorted(members.items())).encode()


def write_archive(members: Mapping[str, Path], out: BinaryIO) -> None:
    """Write files as the members of a zip, by name, without their times and modes. Raises OSError."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
        for name, path in sorted(members.items()):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = (stat.S_IFREG | 0o600) << 16
            entry.file_size = path.stat().st_size  # decides about ZIP64
            with path.open("rb") as source, archive.open(entry, "w") as target:
                while piece := source.read(_PIECE):
                    target.write(piece)


def opened_archive(path: Path) -> zipfile.ZipFile:
    """A zip file for reading. Raises SourceError."""
    try:
        return zipfile.ZipFile(path)
    except FileNotFoundError as error:
        raise SourceError(f"There is no file {path}.") from error
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise SourceError(f"{path} is no zip file that can be read.") from error


def faults_of(archive: zipfile.ZipFile, size: int) -> Iterator[str]:
    """What is wrong with a pack, a sentence each; `size` is that of the file in bytes."""
    entries = archive.infolist()
    names = [entry.filename for entry in entries]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"{name} is there more than once"
    for entry in entries:
        if not _SAFE.fullmatch(entry.filename) or ".." in entry.filename.split("/"):
            yield f"{entry.filename} is no name of a member"
        elif entry.flag_bits & 1:
            yield f"{entry.filename} is encrypted"
    if archive.comment or not _is_dense(archive, size):
        yield "there are bytes that belong to no member"
    if SUMS not in names:
        yield f"{SUMS} is missing"
        return
    yield from _hash_faults(archive, names)


def _hash_faults(archive: zipfile.ZipFile, names: list[str]) -> Iterator[str]:
    sums: dict[str, str] = {}
    for line in read_member(archive, SUMS).decode("utf-8", "replace").splitlines():
        found = _LINE.fullmatch(line)
        if found is None or found[2] in sums:
            yield f"{SUMS} has a line that is none of its own: {line[:100]}"
            continue
        sums[found[2]] = found[1]
    for name in sorted(sums.keys() - set(names)):
        yield f"{name} is missing"
    for name in sorted(set(names) - sums.keys() - {SUMS}):
        yield f"{name} was added: {SUMS} does not name it"
    for name in sorted(sums.keys() & set(names)):
        try:
            if member_sha256(archive, name) != sums[name]:
                yield f"{name} is changed: its hash is not that of {SUMS}"
        except (zipfile.BadZipFile, OSError, EOFError, ValueError, RuntimeError) as error:
            yield f"{name} is damaged: {error}"


def sums_in(archive: zipfile.ZipFile) -> dict[str, str]:
    """Member to hash, as `SUMS` says."""
    lines = map(_LINE.fullmatch, read_member(archive, SUMS).decode("utf-8", "replace").splitlines())
    return {line[2]: line[1] for line in lines if line}


def _is_dense(archive: zipfile.ZipFile, size: int) -> bool:
    """Whether the members follow each other from the first byte to the directory, and nothing follows that."""
    file = archive.fp
    assert file is not None
    at = 0
    for entry in sorted(archive.infolist(), key=lambda entry: entry.header_offset):
        if entry.header_offset != at:
            return False
        file.seek(at + _LENGTHS_AT)
        name, extra = _LENGTHS.unpack(file.read(_LENGTHS.size))
        at += _HEADER + name + extra + entry.compress_size
        if entry.flag_bits & 8:
            return False  # sizes behind the data: not as we write
    if at != archive.start_dir:
        return False
    file.seek(archive.start_dir)
    rest = file.read()
    return archive.start_dir + len(rest) == size and rest.rfind(b"PK\5\6") == len(rest) - 22


def member_sha256(archive: zipfile.ZipFile, name: str) -> str:
    """The hash of a member's content. Raises what reading it raises, ValueError for a bomb."""
    found = hashlib.sha256()
    size = 0
    with archive.open(name) as member:
        while piece := member.read(_PIECE):
            size += len(piece)
            if size > MOST_BYTES:
                raise ValueError("it unpacks to more than is allowed")
            found.update(piece)
    return found.hexdigest()


def read_member(archive: zipfile.ZipFile, name: str, most: int = 64 << 20) -> bytes:
    """The content of a small member; what is more than so many bytes is left out. Empty where it cannot be read."""
    try:
        with archive.open(name) as member:
            return member.read(most)
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, RuntimeError, KeyError, NotImplementedError):
        return b""
