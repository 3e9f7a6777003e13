"""Reading and decompressing a log file, with bounded memory."""

from __future__ import annotations

import os
import stat
import struct
import zlib
from typing import Final, NamedTuple

from isal import isal_zlib

NOT_REGULAR: Final = "not a regular file"
GZIP_MAGIC: Final = b"\x1f\x8b"
#: A JSON document is in memory whole, so this bounds a reader. CloudTrail's own files are under 50 MB.
MOST_BYTES: Final = 1 << 30
#: Deflate reaches a ratio of 1032, CloudTrail's text about 20. A huge file with more than this is a bomb.
_BOMB_RATIO: Final = 200
_BOMB_FROM: Final = 256 << 20
TOO_MUCH: Final = f"more than {MOST_BYTES >> 30} GiB decompressed, or a bomb: refused"
#: The start of a gzip member (RFC 1952; deflate is the only method ever defined).
_MEMBER: Final = b"\x1f\x8b\x08"
_TRAILER: Final = struct.Struct("<II")
#: Files up to this size decompress to at most 64 MiB.
_SMALL: Final = 64 << 10
_BITS: Final = 31  # a gzip header, the largest window
_SLICE: Final = 4096
_FLAGS: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_LEAST_STEP: Final = 4096
_ISAL_ERROR: Final[type[Exception]] = isal_zlib.error  # type: ignore[assignment]  # the stub has a value


class TooMuch(Exception):  # noqa: N818 - an answer, not a fault
    """A file decompresses to more bytes than allowed."""


class Content(NamedTuple):
    """The text of a file as far as it could be read."""

    data: bytes
    why: str
    """Why it is not complete: `truncated gzip`; empty when it is."""


def read_bytes(path: str) -> tuple[bytes, os.stat_result, str]:
    """The bytes of a regular file, its status when opened, and what is wrong with it. Never waits for a pipe.

    Raises OSError.
    """
    handle = os.open(path, _FLAGS)
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            return b"", status, NOT_REGULAR
        if status.st_size > MOST_BYTES:
            return b"", status, TOO_MUCH
        data = os.read(handle, status.st_size + 1)
        while len(data) < status.st_size and (more := os.read(handle, status.st_size + 1 - len(data))):
            data += more
        return data, status, "" if len(data) == status.st_size else "changed while being read"
    finally:
        os.close(handle)


def inflate(data: bytes, most: int = MOST_BYTES) -> Content:
    """Decompress all members of gzip data; other data is returned as it is.

    Raises TooMuch where the result has more than `most` bytes.
    """
    if not data.startswith(GZIP_MAGIC):
        if len(data) > most:
            raise TooMuch
        return Content(data, "")
    most = min(most, max(_BOMB_FROM, len(data) * _BOMB_RATIO))
    whole = _small(data, most) if len(data) <= _SMALL else _simple(data, most)
    if whole is not None:
        return whole
    parts: list[bytes] = []
    why = _members(data, most, parts)
    return Content(b"".join(parts), why)


def _small(data: bytes, most: int) -> Content | None:
    """Decompress one small, whole member without a state object, which is quicker; None where it is anything else.

    isal ignores data after a member, so this checks that there is none: no start of another member, and the size and
    checksum of this one at the end.
    """
    if data.find(_MEMBER, 1) > 0:
        return None
    try:
        text = isal_zlib.decompress(data, _BITS, min(_likely_size(data), most))
    except _ISAL_ERROR:
        return None
    end = _TRAILER.pack(isal_zlib.crc32(text), len(text))
    return Content(text, "") if data.endswith(end) and len(text) <= most else None


def _simple(data: bytes, most: int) -> Content | None:
    """Decompress one whole member at once, as nearly every file is; None where it is anything else."""
    member = isal_zlib.decompressobj(wbits=_BITS)
    try:
        text = member.decompress(data, min(_likely_size(data), most))
    except _ISAL_ERROR:
        return None
    return Content(text, "") if member.eof and not member.unused_data else None


def _members(data: bytes, most: int, parts: list[bytes]) -> str:
    """Decompress member after member into `parts`; returns why it stopped early, or an empty text."""
    while data.startswith(GZIP_MAGIC):
        member, before = isal_zlib.decompressobj(wbits=_BITS), len(parts)
        try:
            whole = _member(member, data, most, parts)
        except _ISAL_ERROR:
            del parts[before:]
            return _salvage(data, most - sum(map(len, parts)), parts)
        if not whole:
            return "truncated gzip"
        data = member.unused_data
    return "garbage after the gzip" if data.strip(b"\0") else ""


def _member(member: isal_zlib.Decompress, data: bytes, most: int, parts: list[bytes]) -> bool:
    """Decompress one member into `parts`; returns whether it was complete. Raises TooMuch, the decompressor's error."""
    step = _likely_size(data)
    while not member.eof:
        step = min(step, most + 1 - sum(map(len, parts)))
        if not step:
            raise TooMuch
        parts.append(member.decompress(data, step))
        data = member.unconsumed_tail
        if not data and len(parts[-1]) < step:
            break
        step *= 2
    if sum(map(len, parts)) > most:
        raise TooMuch
    return member.eof


def _likely_size(data: bytes) -> int:
    """One byte more than the size at the end of the gzip, within bounds, so that the result is allocated once."""
    return max(_LEAST_STEP, min(int.from_bytes(data[-4:], "little"), len(data) * _BOMB_RATIO) + 1)


def _salvage(data: bytes, most: int, parts: list[bytes]) -> str:
    """Decompress a broken member up to the break, byte by byte with zlib (isal drops its output); returns why."""
    member = zlib.decompressobj(_BITS)
    total, at, step = 0, 0, _SLICE
    while at < len(data):
        before = member.copy()
        try:
            parts.append(member.decompress(data[at : at + step]))
        except zlib.error as error:
            if step == 1:
                return "gzip checksum is wrong" if "check" in str(error) else f"corrupt gzip at byte {at}"
            member, step = before, 1
            continue
        at += step
        total += len(parts[-1])
        if total > most:
            raise TooMuch
    return "corrupt gzip"
