"""The bytes of a log file, decompressed within bounds."""

from __future__ import annotations

import os
import stat
import struct
import zlib
from typing import Final, NamedTuple

from isal import isal_zlib

NOT_REGULAR: Final = "not a regular file"
GZIP_MAGIC: Final = b"\x1f\x8b"
#: A JSON document is held whole, so this bounds a reader's memory. CloudTrail's own files are under 50 MB.
MOST_BYTES: Final = 1 << 30
#: Deflate reaches 1032 times; CloudTrail's text about 20 times. What is both huge and denser than this is a bomb.
_BOMB_RATIO: Final = 200
_BOMB_FROM: Final = 256 << 20
TOO_MUCH: Final = f"more than {MOST_BYTES >> 30} GiB decompressed, or a bomb: refused"
#: How a member begins. Source: RFC 1952; no other method than deflate was ever defined.
_MEMBER: Final = b"\x1f\x8b\x08"
_TRAILER: Final = struct.Struct("<II")
#: No more than 64 MiB can come of it.
_SMALL: Final = 64 << 10
_BITS: Final = 31  # a gzip header, the largest window
_SLICE: Final = 4096
_FLAGS: Final = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_LEAST_STEP: Final = 4096


#: The stub declares it as a value.
_ISAL_ERROR: Final[type[Exception]] = isal_zlib.error  # type: ignore[assignment]


class TooMuch(Exception):  # noqa: N818 - an answer, not a fault
    """A file holds more bytes than a reader may hold."""


class Content(NamedTuple):
    """The text of a file as far as it could be read."""

    data: bytes
    why: str
    """Why it is not whole: `truncated gzip`; empty when it is."""


def read_bytes(path: str) -> tuple[bytes, os.stat_result, str]:
    """A regular file's bytes, its status when it was opened, and what is wrong with them; never waits for a pipe.

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
    """Decompress what begins like gzip, all members of it; anything else is given back as it is.

    `most` is the largest result in bytes; more raises TooMuch.
    """
    if not data.startswith(GZIP_MAGIC):
        if len(data) > most:
            raise TooMuch
        return Content(data, "")
    most = min(most, max(_BOMB_FROM, len(data) * _BOMB_RATIO))
    simple = _small if len(data) <= _SMALL else _simple
    return simple(data, most) or _careful(data, most)


def _small(data: bytes, most: int) -> Content | None:
    """Decompress one whole member that cannot become large, without an object for its state: that takes longer.

    What follows a member is passed over in silence, so there must be nothing: no beginning of another one, and at the
    end the size and checksum of this one.
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
    """Decompress one whole member at once, as nearly every file is; None when it is anything else."""
    member = isal_zlib.decompressobj(wbits=_BITS)
    try:
        text = member.decompress(data, min(_likely_size(data), most))
    except _ISAL_ERROR:
        return None
    return Content(text, "") if member.eof and not member.unused_data else None


def _careful(data: bytes, most: int) -> Content:
    """Decompress whatever there is."""
    parts: list[bytes] = []
    why = _members(data, most, parts)
    return Content(b"".join(parts), why)


def _members(data: bytes, most: int, parts: list[bytes]) -> str:
    """Decompress member after member into `parts`; gives the reason why it stopped early, or nothing."""
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
    """Decompress one member into `parts`; whether its end was there. Raises TooMuch, the decompressor's error."""
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
    """One byte more than the gzip says at its end that it holds, within reason: so the result is allocated once."""
    return max(_LEAST_STEP, min(int.from_bytes(data[-4:], "little"), len(data) * _BOMB_RATIO) + 1)


def _salvage(data: bytes, most: int, parts: list[bytes]) -> str:
    """What a broken member gives before the break: the fast decompressor drops what it had, zlib can go by bytes."""
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
