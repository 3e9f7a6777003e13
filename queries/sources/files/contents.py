"""The texts in a log file, found by content: its own, decompressed, or those of the members of an archive."""

from __future__ import annotations

import hashlib
import io
import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from ssmtrail.queries.errors import Cancelled
from ssmtrail.queries.sources.files.inflate import (
    GZIP_MAGIC,
    MOST_BYTES,
    TOO_MUCH,
    Allowance,
    Content,
    TooMuch,
    beginning,
    form_not_read,
    form_of,
    inflate,
)
from ssmtrail.queries.sources.files.kinds import SPECIAL_FILE, looks_like_records, may_hold_records

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from threading import Event

    from ssmtrail.queries.sources.base import Identity
    from ssmtrail.queries.sources.files.inflate import Reader

#: The first look: a file that shows nothing of records in so many bytes is read no further.
LOOK: Final = 256 << 10
#: Text that shows whether JSON begins.
_GLIMPSE: Final = 4 << 10
#: Layers of compressions and archives: a zip of tars of gzipped files has three.
_DEPTH: Final = 4
_TOO_DEEP: Final = f"packed more than {_DEPTH} times"
_ARCHIVES: Final = frozenset({"zip", "tar"})
#: Bytes that may come out of an archive for one of its own. CloudTrail's text has a ratio of 20.
_ARCHIVE_RATIO: Final = 40
#: The mark in the header of a tar archive. Source: POSIX, "ustar Interchange Format".
_TAR_AT: Final = 257
_TAR_MAGIC: Final = b"ustar"
_TAR_BLOCK: Final = 512
_BUFFER: Final = 256 << 10
_CHANGED: Final = "changed while being read"
_FLAGS: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


class Text(NamedTuple):
    """A text that may hold records."""

    data: bytes
    why: str = ""
    """Why it is not complete: `truncated gzip`; empty when it is."""
    member: str = ""
    """Its path in the archive; empty for the file itself. Hostile text, surrogate escapes included."""
    gzip_members: int = 0
    """How many gzip members it was joined from; 0 where it was not gzipped."""
    ends: tuple[int, ...] = ()
    """Where the text of each of several gzip members ends."""


@dataclass(slots=True)
class LogFile:
    """An opened file of any kind, of which the first bytes are read."""

    status: os.stat_result
    """When it was opened."""
    data: bytes = b""
    """The content where `is_whole`, else its first `LOOK` bytes."""
    why: str = ""
    """What is wrong with it."""
    is_whole: bool = False
    _handle: int | None = None

    @classmethod
    def open(cls, path: str) -> LogFile:
        """Open a file and read its first bytes; close it afterwards. Never waits for a pipe. Raises OSError."""
        handle = os.open(path, _FLAGS)
        try:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                os.close(handle)
                return cls(status, why=SPECIAL_FILE)
            file = cls(status, _read(handle, min(status.st_size, LOOK)), _handle=handle)
        except OSError:
            os.close(handle)
            raise
        if status.st_size <= LOOK:
            file._settle()
        return file

    def sha256(self) -> str:
        """The hash of the content on disk, in hexadecimal; empty where it was not read whole."""
        return hashlib.sha256(self.data).hexdigest() if self.is_whole else ""

    def close(self) -> None:
        """Close the file."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def read_rest(self) -> None:
        """Read the file to its end. Raises OSError."""
        if self._handle is not None:
            self.data += _read(self._handle, self.status.st_size - len(self.data))
            self._settle()

    def stream(self) -> io.BufferedReader:
        """The file from its beginning, to be closed by the caller. Raises OSError."""
        assert self._handle is not None
        os.lseek(self._handle, 0, os.SEEK_SET)
        return io.BufferedReader(io.FileIO(self._handle, closefd=False), _BUFFER)

    def _settle(self) -> None:
        self.close()
        self.is_whole = len(self.data) == self.status.st_size
        self.why = "" if self.is_whole else _CHANGED


def sha256_of(file: io.FileIO, identity: Identity, cancelled: Event) -> str:
    """The hash of a file's content in hexadecimal; empty where it has another identity. Raises OSError, Cancelled."""
    status = os.fstat(file.fileno())
    if (status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino) != identity:
        return ""
    found, piece = hashlib.sha256(), memoryview(bytearray(_BUFFER))
    while size := file.readinto(piece):
        if cancelled.is_set():
            raise Cancelled
        found.update(piece[:size])
    return found.hexdigest()


def _read(handle: int, size: int) -> bytes:
    """So many bytes and one more, to see whether the file has grown; fewer at its end. Raises OSError."""
    data = os.read(handle, size + 1)
    while len(data) < size and (more := os.read(handle, size + 1 - len(data))):
        data += more
    return data


def texts(file: LogFile, most: int = MOST_BYTES) -> Iterable[Text]:
    """The texts in a file that may hold records; none where a first look at each shows nothing of them.

    Raises TooMuch for more than `most` bytes where that is below the limit of a worker process, here or at a text.
    """
    if file.is_whole:  # nearly every file is JSON, once compressed or not at all: without the machinery for others
        data, why, members, ends = Content(file.data, members=0)
        if data.startswith(GZIP_MAGIC):
            try:
                data, why, members, ends = inflate(data, most)
            except TooMuch:
                return _any_texts(file, most)
        if data[:1] in (b"{", b"[") and may_hold_records(data):
            return (Text(data, why, "", members, ends),)
    return () if file.why == SPECIAL_FILE else _any_texts(file, most)


def _any_texts(file: LogFile, most: int) -> Iterator[Text]:
    """See `texts`."""
    allowance = Allowance(most if most < MOST_BYTES else max(most, file.status.st_size * _ARCHIVE_RATIO))
    try:
        if file.is_whole or file.why:
            yield from _unpacked(Text(file.data, file.why), _DEPTH, allowance)
        else:
            yield from _of_large(file, allowance)
    except TooMuch:
        if most < MOST_BYTES:
            raise
        layers, text = _look(file.data)
        if not text or looks_like_records(text, damaged=True) or _ARCHIVES.intersection(layers):
            yield Text(b"", TOO_MUCH)
    except OSError as error:
        yield Text(b"", (error.strerror or "cannot be read").lower())


def _of_large(file: LogFile, allowance: Allowance) -> Iterator[Text]:
    """The texts of a file of which only the first bytes are read. Raises TooMuch, OSError."""
    layers, text = _look(file.data)
    last = layers[-1] if layers else ""
    if last == "tar" or layers == ["zip"]:
        from ssmtrail.queries.sources.files.streams import stream_of  # rarely needed

        with file.stream() as stream:
            packed: Reader = stream
            for form in layers[:-1]:
                packed = stream_of(form, packed)  # type: ignore[arg-type]  # they only read
            yield from _members(last, packed, Text(b""), _DEPTH - len(layers), allowance)
    elif last in _ARCHIVES or not text or may_hold_records(text) or form_not_read(text):
        if file.status.st_size > MOST_BYTES:
            raise TooMuch
        file.read_rest()
        yield from _unpacked(Text(file.data, file.why), _DEPTH, allowance)


def _look(data: bytes) -> tuple[list[str], bytes]:
    """The formats that lie around a text, the outermost first, and the beginning of the text or archive inside."""
    layers: list[str] = []
    while len(layers) < _DEPTH and (form := _form(data)):
        layers.append(form)
        if form in _ARCHIVES:
            break
        glimpse = beginning(data, form, _GLIMPSE)
        data = glimpse if _form(glimpse) == "tar" or may_hold_records(glimpse) else beginning(data, form, LOOK)
    return layers, data


def _form(data: bytes) -> str:
    if (form := form_of(data)) or data[_TAR_AT : _TAR_AT + len(_TAR_MAGIC)] != _TAR_MAGIC:
        return form
    from ssmtrail.queries.sources.files.archives import is_tar_header

    return "tar" if is_tar_header(data[:_TAR_BLOCK]) else ""


def _unpacked(outer: Text, depth: int, allowance: Allowance) -> Iterator[Text]:
    """The texts in bytes that may be packed in several layers. Raises TooMuch."""
    data = outer.data
    form = _form(data)
    if not form:
        if form := form_not_read(data):
            yield Text(b"", f"{form}, which is not read", outer.member)
        elif may_hold_records(data if len(data) <= LOOK else data[:LOOK]):
            yield outer
    elif not depth:
        yield Text(b"", _TOO_DEEP, outer.member)
    elif form in _ARCHIVES:
        yield from _members(form, io.BytesIO(data), outer, depth - 1, allowance)
    else:
        content = inflate(data, min(MOST_BYTES, allowance.left))
        allowance.spend(len(content.data))
        inner = outer._replace(data=content.data, why=outer.why or content.why)
        if form == "gzip":
            inner = inner._replace(gzip_members=content.members, ends=content.ends)
        yield from _unpacked(inner, depth - 1, allowance)


def _members(form: str, file: Reader, outer: Text, depth: int, allowance: Allowance) -> Iterator[Text]:
    """The texts in the members of an archive. Raises TooMuch."""
    from ssmtrail.queries.sources.files.archives import take, tar_members, zip_members

    found = zip_members(file, allowance) if form == "zip" else tar_members(file, allowance)  # type: ignore[arg-type]
    for member in found:
        name = "!".join(filter(None, (outer.member, member.name)))
        if member.file is None:
            yield Text(b"", member.why, name)
            continue
        data, why = take(member.file, LOOK, allowance)
        layers, text = _look(data)
        if not why and len(data) == LOOK:
            if not (_ARCHIVES.intersection(layers) or not text or may_hold_records(text) or form_not_read(text)):
                continue
            rest, why = take(member.file, None, allowance)
            data += rest
        yield from _unpacked(Text(data, why, name), depth, allowance)
    if outer.why:
        yield Text(b"", outer.why, outer.member)
