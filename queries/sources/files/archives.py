"""The regular files in a zip or tar archive, whatever its author put into it; nothing is ever written to disk."""

from __future__ import annotations

import io
import stat
import struct
import tarfile
import zipfile
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from ssmtrail.queries.sources.files import streams
from ssmtrail.queries.sources.files.inflate import MOST_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

    from ssmtrail.queries.sources.files.inflate import Allowance, Reader

#: What the libraries raise for damaged or hostile archives.
_ODD: Final = (OverflowError, LookupError, RuntimeError, AttributeError, struct.error, zipfile.BadZipFile)
FAULTS: Final[tuple[type[Exception], ...]] = (*streams.FAULTS, *_ODD, tarfile.TarError)
_BLOCK: Final = tarfile.BLOCKSIZE
#: Bytes of a stream that are remembered, more than `tarfile` reads ahead.
_REMEMBERED: Final = 4 * tarfile.RECORDSIZE
#: Bytes of a member that are read at once, and lost where the archive ends within them.
PIECE: Final = 4 << 10
_ENCRYPTED: Final = 0x1
_UNIX_MODE: Final = 16
#: The header before each member. Source: PKWARE's APPNOTE 6.3, "Local file header".
_ZIP_HEADER: Final = struct.Struct("<4sHHHHHIIIHH")
_ZIP_MARK: Final = b"PK\x03\x04"
_ZIP_UTF8: Final = 0x800
#: The most bytes between a member and the next header: a data descriptor, and the mark itself.
_ZIP_BETWEEN: Final = 28


class Member(NamedTuple):
    """A file in an archive."""

    name: str
    """Its path there; hostile text, surrogate escapes included. Empty where the archive itself is meant."""
    file: Reader | None
    """Valid until the next member; None where it cannot be read."""
    why: str = ""


def zip_members(file: IO[bytes], allowance: Allowance) -> Iterator[Member]:
    """The regular files of a zip archive; reading one may raise any of FAULTS. Raises TooMuch.

    Where the directory at its end is missing, they are found by their own headers.
    """
    try:
        archive = zipfile.ZipFile(file)
    except FAULTS:
        yield from _without_directory(file, allowance)
        yield Member("", None, "truncated or corrupt zip")
        return
    try:
        with archive:
            for entry in archive.infolist():
                if entry.is_dir() or stat.S_ISLNK(entry.external_attr >> _UNIX_MODE):
                    continue
                yield from _zip_member(archive, entry)
    except FAULTS:
        yield Member("", None, "corrupt zip")


def _without_directory(file: IO[bytes], allowance: Allowance) -> Iterator[Member]:
    """The deflated and stored members at the beginning of a zip archive, one header after the other."""
    file.seek(0)
    while len(head := file.read(_ZIP_HEADER.size)) == _ZIP_HEADER.size:
        mark, _, flags, method, _, _, _, packed, _, length, extra = _ZIP_HEADER.unpack(head)
        if mark != _ZIP_MARK or flags & _ENCRYPTED or method not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            return
        name = file.read(length).decode("utf-8" if flags & _ZIP_UTF8 else "cp437", "replace")
        at = file.tell() + extra
        file.seek(at)
        if method == zipfile.ZIP_STORED:
            if not name.endswith("/"):
                yield Member(name, io.BytesIO(file.read(min(packed, MOST_BYTES))))
            file.seek(at + packed)
            continue
        inside = _Deflated(file)
        if not name.endswith("/"):
            yield Member(name, inside)
        while not inside.is_over:
            try:
                allowance.spend(len(inside.read1(PIECE)))
            except FAULTS:
                return
        behind = file.tell()
        found = file.read(_ZIP_BETWEEN).find(_ZIP_MARK)  # sizes may stand between
        file.seek(behind + max(0, found))


class _Deflated:
    """A deflated member of a zip archive, read from where the file stands."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._stream = zlib.decompressobj(-zlib.MAX_WBITS)
        self.is_over = False
        """Whether its end was reached; the file then stands behind it."""

    def read1(self, size: int, /) -> bytes:
        """Up to so many bytes; none at the end. Raises EOFError where the archive ends before."""
        while not self.is_over:
            packed = self._stream.unconsumed_tail or self._file.read(PIECE)
            data = self._stream.decompress(packed, size)
            if self._stream.eof:
                self._file.seek(-len(self._stream.unused_data), io.SEEK_CUR)
                self.is_over = True
            if data:
                return data
            if not packed:
                raise EOFError
        return b""


def _zip_member(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[Member]:
    if entry.flag_bits & _ENCRYPTED:
        yield Member(entry.filename, None, "encrypted")
        return
    try:
        file = archive.open(entry)
    except NotImplementedError:
        yield Member(entry.filename, None, "packed by a method that is not read")
        return
    except FAULTS:
        yield Member(entry.filename, None, "corrupt zip")
        return
    with file:
        yield Member(entry.filename, file)  # type: ignore[arg-type]  # it has `read1`


def is_tar_header(block: bytes) -> bool:
    """Whether a block is the header of a tar archive, its checksum included."""
    try:
        tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
    except (tarfile.HeaderError, ValueError):
        return False
    return True


def tar_members(file: Reader, allowance: Allowance) -> Iterator[Member]:
    """The regular files of a tar archive, read as a stream; reading one may raise any of FAULTS. Raises TooMuch."""
    stream = _Stream(file, allowance)
    try:
        # A stream cannot seek back, so no header makes the library read in circles.
        with tarfile.open(fileobj=stream, mode="r|", errors="surrogateescape") as archive:  # type: ignore[call-overload]
            yield from _tar_entries(archive)
            why = stream.end(archive.offset)
    except FAULTS as error:
        why = stream.why or ("truncated tar" if _is_early_end(error) else "corrupt tar")
    if why:
        yield Member("", None, why)


def _is_early_end(error: Exception) -> bool:
    return isinstance(error, EOFError) or "unexpected end" in str(error)


def _tar_entries(archive: tarfile.TarFile) -> Iterator[Member]:
    while (entry := archive.next()) is not None:
        archive.members.clear()  # type: ignore[attr-defined]  # the library keeps all entries of a stream
        if entry.isreg() and entry.size >= 0:
            yield Member(entry.name, archive.extractfile(entry))  # type: ignore[arg-type]  # it has `read1`


@dataclass(slots=True)
class _Stream:
    """What `tarfile` reads from: counts the bytes, and remembers the last ones."""

    _file: Reader
    _allowance: Allowance
    why: str = ""
    """Why the stream ended early."""
    _count: int = 0
    _last: bytearray = field(default_factory=bytearray)

    def read(self, size: int) -> bytes:
        """Up to so many bytes; none after a fault, so that what came before it is used."""
        try:
            data = b"" if self.why else self._file.read1(size)
        except FAULTS as error:
            self.why = "truncated archive" if _is_early_end(error) else "corrupt archive"
            return b""
        self._allowance.spend(len(data))
        self._count += len(data)
        self._last += data
        del self._last[:-_REMEMBERED]
        return data

    def end(self, at: int) -> str:
        """Why the header at this byte, where the archive ended, is no proper end; empty if it is one."""
        if self.why:
            return self.why
        rest = bytes(self._last[len(self._last) - (self._count - at) :]) if at < self._count else b""
        if len(rest) < _BLOCK:
            return "truncated tar"
        if rest[:_BLOCK].strip(b"\0"):
            return "corrupt tar"
        while rest:
            if rest.strip(b"\0"):
                return "data behind the end of the tar"
            rest = self.read(_BLOCK)
        return ""


def take(file: Reader, most: int | None, allowance: Allowance) -> tuple[bytes, str]:
    """Up to so many bytes (None is all) of a member, as far as it is sound, and why not more. Raises TooMuch."""
    parts: list[bytes] = []
    left = allowance.left + 1 if most is None else most
    try:
        while left and (part := file.read1(min(left, PIECE))):
            parts.append(part)
            left -= len(part)
            allowance.spend(len(part))
    except FAULTS as error:
        return b"".join(parts), "truncated" if _is_early_end(error) else "corrupt"
    return b"".join(parts), ""
