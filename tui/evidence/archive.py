"""Zip files whose bytes depend on their members alone, with the hash of each member; and what is wrong with one."""

from __future__ import annotations

import hashlib
import re
import stat
import struct
import zipfile
import zlib
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.errors import Cancelled, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from threading import Event
    from typing import BinaryIO

#: The member that has the hashes of all others, as `sha256sum` writes and checks them.
SUMS: Final = "SHA256SUMS"
#: The first moment that a zip can name: no member says when it was made.
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_LEVEL: Final = 6
_PIECE: Final = 1 << 20
#: Session ids have the signs `+=,@` too.
_SAFE: Final = re.compile(r"[A-Za-z0-9_.+=,@-]+(?:/[A-Za-z0-9_.+=,@-]+)*")
_LINE: Final = re.compile(r"([0-9a-f]{64})  (\S+)")
_LOCAL: Final = struct.Struct("<4sBBHHHHIIIHH")
_CENTRAL: Final = struct.Struct("<4sBBBBHHHHIIIHHHHHII")
_END: Final = struct.Struct("<4sHHHHIIH")
_UNIX: Final = 3
_MODE: Final = (stat.S_IFREG | 0o600) << 16
_DATE: Final = 1 << 5 | 1
_ZIP64_FROM: Final = 1 << 30
#: Deflate packs at most about 1,032 bytes into one.
_RATIO: Final = 1_100
_LENGTHS: Final = struct.Struct("<HH")
_LENGTHS_AT: Final = 26
#: The most bytes that a member may unpack to: more is a bomb.
MOST_BYTES: Final = 16 << 30


#: What reading a damaged member raises.
UNREADABLE: Final[tuple[type[Exception], ...]] = (
    zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, RuntimeError, KeyError, struct.error
)  # fmt: skip


def file_sha256(path: Path) -> str:
    """The hash of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sums_of(members: Mapping[str, Path]) -> bytes:
    """The content of `SUMS`."""
    return "".join(f"{file_sha256(path)}  {name}\n" for name, path in sorted(members.items())).encode()


def write_archive(members: Mapping[str, Path], out: BinaryIO, cancelled: Event | None = None) -> None:
    """Write files as the members of a zip, by name, without their times and modes. Raises OSError, Cancelled."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
        for name, path in sorted(members.items()):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = _UNIX
            entry.external_attr = _MODE
            entry.file_size = path.stat().st_size  # decides about ZIP64
            with path.open("rb") as source, archive.open(entry, "w") as target:
                while piece := source.read(_PIECE):
                    if cancelled is not None and cancelled.is_set():
                        raise Cancelled
                    target.write(piece)


def opened_archive(path: Path) -> zipfile.ZipFile:
    """A zip file for reading. Raises SourceError."""
    try:
        return zipfile.ZipFile(path)
    except FileNotFoundError as error:
        raise SourceError(f"There is no file {path}.") from error
    except UNREADABLE as error:
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
    try:
        is_as_written = _is_as_written(archive, size)
    except struct.error:  # a number that no header can hold, or a header that is cut
        is_as_written = False
    if not is_as_written:
        yield "there are bytes that belong to no member, or a member's header is changed"
    if SUMS not in names:
        yield f"{SUMS} is missing"
        return
    yield from _hash_faults(archive, names)


def _hash_faults(archive: zipfile.ZipFile, names: list[str]) -> Iterator[str]:
    try:
        member_sha256(archive, SUMS)  # its content may be whole although its packed bytes are not
    except UNREADABLE as error:
        yield f"{SUMS} is damaged: {error}"
        return
    sums: dict[str, str] = {}
    for line in _sum_lines(archive):
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
        except UNREADABLE as error:
            yield f"{name} is damaged: {error}"


def _sum_lines(archive: zipfile.ZipFile) -> list[str]:
    """The lines of `SUMS`. Names may have every other character that ends a line somewhere."""
    text = read_member(archive, SUMS).decode("utf-8", "replace").removesuffix("\n")
    return text.split("\n") if text else []


def sums_in(archive: zipfile.ZipFile) -> dict[str, str]:
    """Member to hash, as `SUMS` says."""
    lines = map(_LINE.fullmatch, _sum_lines(archive))
    return {line[2]: line[1] for line in lines if line}


def _is_as_written(archive: zipfile.ZipFile, size: int) -> bool:
    """Whether every byte that belongs to no content is as `write_archive` writes it.

    Sources: APPNOTE 4.3.7 (local file header), 4.3.12 (central directory), 4.3.16 (its end).
    """
    file = archive.fp
    assert file is not None
    entries = archive.infolist()
    largest = max((max(entry.file_size, entry.compress_size, entry.header_offset) for entry in entries), default=0)
    if _ZIP64_FROM <= largest < size * _RATIO:
        return _is_dense(archive, size)
    at, directory = 0, b""
    for entry in entries:
        name = entry.filename.encode()
        common = (20, 0, 0, zipfile.ZIP_DEFLATED, 0, _DATE, entry.CRC, entry.compress_size, entry.file_size, len(name))
        header = _LOCAL.pack(b"PK\3\4", *common, 0) + name
        file.seek(at)
        if entry.header_offset != at or file.read(len(header)) != header:
            return False
        directory += _CENTRAL.pack(b"PK\1\2", 20, _UNIX, *common, 0, 0, 0, 0, _MODE, at) + name
        at += len(header) + entry.compress_size
    end = _END.pack(b"PK\5\6", 0, 0, len(entries), len(entries), len(directory), at, 0)
    file.seek(at)
    return file.read() == directory + end


def _is_dense(archive: zipfile.ZipFile, size: int) -> bool:
    """Whether the members of a very large zip follow each other to the directory, which is the last."""
    file = archive.fp
    assert file is not None
    at = 0
    for entry in sorted(archive.infolist(), key=lambda entry: entry.header_offset):
        file.seek(at + _LENGTHS_AT)
        name, extra = _LENGTHS.unpack(file.read(_LENGTHS.size))
        if entry.header_offset != at:
            return False
        at += _LOCAL.size + name + extra + entry.compress_size
    file.seek(archive.start_dir)
    rest = file.read()
    return at == archive.start_dir and at + len(rest) == size and rest.rfind(b"PK\5\6") == len(rest) - _END.size


def member_sha256(archive: zipfile.ZipFile, name: str) -> str:
    """The hash of a member's content. Raises what reading it raises, ValueError for a bomb or a stream without an end.

    It reads the packed bytes itself: `ZipFile` does not look at what follows the last byte of the content.
    """
    entry = archive.getinfo(name)
    file, stream, found = archive.fp, zlib.decompressobj(-zlib.MAX_WBITS), hashlib.sha256()
    assert file is not None
    file.seek(entry.header_offset + _LENGTHS_AT)
    lengths = sum(_LENGTHS.unpack(file.read(_LENGTHS.size)))
    file.seek(entry.header_offset + _LOCAL.size + lengths)
    left, size, packed = entry.compress_size, 0, b""
    is_full = False  # then more may come out although all went in
    while packed or left or (is_full and not stream.eof):
        if not packed and left:
            packed = file.read(min(left, _PIECE))
            left -= len(packed) or left
        content = stream.decompress(packed, _PIECE)
        packed = stream.unconsumed_tail
        is_full = len(content) == _PIECE
        size += len(content)
        if size > MOST_BYTES:
            raise ValueError("it unpacks to more than is allowed")
        found.update(content)
    if not stream.eof or stream.unused_data or size != entry.file_size:
        raise ValueError("its packed bytes do not end where its content does")
    return found.hexdigest()


def read_member(archive: zipfile.ZipFile, name: str, most: int = 64 << 20) -> bytes:
    """The content of a small member; what is more than so many bytes is left out. Empty where it cannot be read."""
    try:
        with archive.open(name) as member:
            return member.read(most)
    except UNREADABLE:
        return b""
