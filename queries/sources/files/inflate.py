"""Recognising packed data by its first bytes, and decompressing it with bounded memory."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from isal import isal_zlib

from ssmtrail.queries.sources.files.checkpoint import checkpoint

#: A JSON document is in memory whole, so this bounds a reader. CloudTrail's own files are under 50 MB.
MOST_BYTES: Final = 1 << 30
#: Deflate reaches a ratio of 1032, CloudTrail's text about 20. A huge file with more than this is a bomb.
_BOMB_RATIO: Final = 200
_BOMB_FROM: Final = 256 << 20
TOO_MUCH: Final = f"more than {MOST_BYTES >> 30} GiB decompressed, or a bomb: refused"
GZIP_MAGIC: Final = b"\x1f\x8b"
#: The start of a gzip member (RFC 1952; deflate is the only method ever defined).
_MEMBER: Final = b"\x1f\x8b\x08"
_TRAILER: Final = struct.Struct("<II")
#: Files up to this size decompress to at most 64 MiB.
_SMALL: Final = 64 << 10
_BITS: Final = 31  # a gzip header, the largest window
_SLICE: Final = 4096
#: Compressed bytes that the decompressor is given at once.
_GIVEN: Final = 256 << 10
_LEAST_STEP: Final = 4096
_ISAL_ERROR: Final[type[Exception]] = isal_zlib.error  # type: ignore[assignment]  # the stub has a value
#: The first bytes of formats. Sources: RFC 1952 (gzip), the .xz file format 1.2.1, RFC 8878 (zstd), bzip2's and
#: PKWARE's APPNOTE 4.3 (zip; an empty and a spanned archive too).
_MAGIC: Final = (
    (GZIP_MAGIC, "gzip"), (b"BZh", "bzip2"), (b"\xfd7zXZ\0", "xz"), (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"PK\x03\x04", "zip"), (b"PK\x05\x06", "zip"), (b"PK\x07\x08", "zip"),
)  # fmt: skip
#: Formats that hold other files and are not read.
_NOT_READ: Final = (
    (b"7z\xbc\xaf\x27\x1c", "7z"), (b"Rar!\x1a\x07", "rar"), (b"\x04\x22\x4d\x18", "lz4"), (b"\x1f\x9d", "compress"),
    (b"LZIP\x01", "lzip"), (b"\xff\x06\0\0sNaPpY", "snappy"), (b"-----BEGIN PGP MESSAGE", "pgp"),
)  # fmt: skip
_COMPRESSIONS: Final = frozenset({"gzip", "bzip2", "xz", "zstd"})
#: After "BZh" and a digit: the start of a block, or of the end.
_BZIP2_BLOCKS: Final = (b"1AY&SY", b"\x17rE8P\x90")
#: The second to fourth byte of a frame that zstd skips; pzstd writes one first.
_ZSTD_SKIPPED: Final = b"\x2a\x4d\x18"


class Reader(Protocol):
    """Anything that gives bytes from its beginning to its end."""

    def read1(self, size: int, /) -> bytes:
        """Up to so many bytes by one read, so that a fault costs few; none at the end."""


class TooMuch(Exception):  # noqa: N818 - an answer, not a fault
    """A file decompresses to more bytes than allowed."""


@dataclass(slots=True)
class Allowance:
    """How many bytes may still come out of a file."""

    left: int

    def spend(self, size: int) -> None:
        """Count some bytes. Raises TooMuch."""
        self.left -= size
        if self.left < 0:
            raise TooMuch


class Content(NamedTuple):
    """The text of a file as far as it could be read."""

    data: bytes
    why: str = ""
    """Why it is not complete: `truncated gzip`; empty when it is."""
    members: int = 1
    """How many compressed members followed each other."""
    ends: tuple[int, ...] = ()
    """Where the text of each gzip member ends; empty for a single one."""


def form_of(data: bytes) -> str:
    """The format of packed data by its first bytes: `gzip bzip2 xz zstd zip`; empty for anything else."""
    first = data[:1]
    if first in (b"{", b"["):
        return ""
    for magic, form in _MAGIC:
        if data.startswith(magic):
            return "" if form == "bzip2" and not data.startswith(_BZIP2_BLOCKS, 4) else form
    return "zstd" if b"\x50" <= first <= b"\x5f" and data[1:4] == _ZSTD_SKIPPED else ""


def form_not_read(data: bytes) -> str:
    """The format of packed data that is recognised but not read: `7z`; empty for anything else."""
    return next((form for magic, form in _NOT_READ if data.startswith(magic)), "")


def inflate(data: bytes, most: int = MOST_BYTES) -> Content:
    """Decompress all members of compressed data; other data is returned as it is.

    Raises TooMuch where the result has more than `most` bytes.
    """
    form = form_of(data)
    if form not in _COMPRESSIONS:
        if len(data) > most:
            raise TooMuch
        return Content(data)
    most = min(most, max(_BOMB_FROM, len(data) * _BOMB_RATIO))
    if form != "gzip":
        from ssmtrail.queries.sources.files import streams  # rarely needed

        return streams.decompress(data, form, most)
    whole = _small(data, most) if len(data) <= _SMALL else _simple(data, most)
    if whole is not None:
        return whole
    parts: list[bytes] = []
    why, ends = _members(data, most, parts)
    return Content(b"".join(parts), why, len(ends), tuple(ends) if len(ends) > 1 else ())


def beginning(data: bytes, form: str, most: int) -> bytes:
    """Up to `most` decompressed bytes of the beginning of compressed data; what comes before damage."""
    if form != "gzip":
        from ssmtrail.queries.sources.files import streams

        return streams.beginning(data, form, most)
    try:
        return isal_zlib.decompressobj(wbits=_BITS).decompress(data, most)
    except _ISAL_ERROR:
        return b""


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
    return Content(text) if data.endswith(end) and len(text) <= most else None


def _simple(data: bytes, most: int) -> Content | None:
    """Decompress one whole member at once, as nearly every file is; None where it is anything else."""
    member = isal_zlib.decompressobj(wbits=_BITS)
    try:
        text = member.decompress(data, min(_likely_size(data), most))
    except _ISAL_ERROR:
        return None
    return Content(text) if member.eof and not member.unused_data else None


def _members(data: bytes, most: int, parts: list[bytes]) -> tuple[str, list[int]]:
    """Decompress member after member into `parts`; returns why it stopped early, and where each ends in the text."""
    at = total = 0
    ends: list[int] = []
    while data.startswith(GZIP_MAGIC, at):
        before = len(parts)
        try:
            end = _member(data, at, most - total, parts)
        except _ISAL_ERROR:
            del parts[before:]
            why = _salvage(data[at:], most - total, parts)
            return why, [*ends, total + sum(map(len, parts[before:]))]
        total += sum(map(len, parts[before:]))
        ends.append(total)
        if not end:
            return "truncated gzip", ends
        at = end
    return "garbage after the gzip" if data[at:].strip(b"\0") else "", ends


def _member(data: bytes, at: int, most: int, parts: list[bytes]) -> int:
    """Decompress the member at `at` into `parts`; returns its end, 0 where it is cut. Raises TooMuch, isal's error.

    It is given data up to where the next member seems to start: isal copies what it does not use, so that giving it all
    that follows would take time by the square of the number of members.
    """
    checkpoint()
    cut = _probable_end(data, at)
    if cut - at <= _SMALL and (whole := _small(data[at:cut], most)) is not None:
        parts.append(whole.data)
        return cut
    member = isal_zlib.decompressobj(wbits=_BITS)
    view = memoryview(data)
    while at < len(data):
        checkpoint()
        cut = _probable_end(data, at)
        given: bytes | memoryview = view[at:cut]
        step = _likely_size(given)
        while True:
            step = min(step, most + 1)
            parts.append(member.decompress(given, step))
            most -= len(parts[-1])
            if most < 0:
                raise TooMuch
            given = member.unconsumed_tail
            if member.eof or (not given and len(parts[-1]) < step):
                break
            step *= 2
        at = cut
        if member.eof:
            return at - len(member.unused_data)
    return 0


def _probable_end(data: bytes, at: int) -> int:
    """Where the next member seems to begin, at most `_GIVEN` bytes away."""
    cut = data.find(_MEMBER, at + 1, at + _GIVEN)
    return min(at + _GIVEN, len(data)) if cut < 0 else cut


def _likely_size(data: bytes | memoryview) -> int:
    """One byte more than the size at the end of the gzip, within bounds, so that the result is allocated once."""
    return max(_LEAST_STEP, min(int.from_bytes(data[-4:], "little"), len(data) * _BOMB_RATIO) + 1)


def _salvage(data: bytes, most: int, parts: list[bytes]) -> str:
    """Decompress a broken member up to the break, byte by byte with zlib (isal drops its output); returns why."""
    member = zlib.decompressobj(_BITS)
    total, at, step = 0, 0, _SLICE
    while at < len(data):
        checkpoint()
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
