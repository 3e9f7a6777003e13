"""Decompressing bzip2, xz and zstd, and reading compressed streams of any size."""

from __future__ import annotations

import bz2
import lzma
import sys
import zlib
from typing import TYPE_CHECKING, Final, Protocol

from isal import igzip, isal_zlib

from ssmtrail.queries.sources.files.checkpoint import checkpoint
from ssmtrail.queries.sources.files.inflate import Content, TooMuch, form_of

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import IO

    from ssmtrail.queries.sources.files.inflate import Reader

_ISAL_ERROR: Final[type[Exception]] = isal_zlib.error  # type: ignore[assignment]  # the stub has a value
#: What the libraries raise for damaged data, and for an end that comes too early (EOFError).
FAULTS: Final[tuple[type[Exception], ...]] = (
    OSError, EOFError, ValueError, MemoryError, zlib.error, lzma.LZMAError, zstd.ZstdError, _ISAL_ERROR,
)  # fmt: skip
#: Memory that an xz file may ask for; `xz -9` needs 65 MiB.
_XZ_MEMORY: Final = 256 << 20
#: Bytes that are decompressed at once: what comes before a corrupt byte is kept up to this.
_PIECE: Final = 16 << 10


def beginning(data: bytes, form: str, most: int) -> bytes:
    """See `inflate.beginning`."""
    try:
        return _PACKERS[form]().decompress(data, most)
    except FAULTS:
        return b""


def stream_of(form: str, file: IO[bytes]) -> Reader:
    """A reader of what a compressed file contains; reading may raise any of FAULTS."""
    if form == "gzip":
        return igzip.IGzipFile(fileobj=file)  # type: ignore[no-untyped-call]
    if form == "bzip2":
        return bz2.BZ2File(file)
    return lzma.LZMAFile(file, format=lzma.FORMAT_XZ) if form == "xz" else zstd.ZstdFile(file)


class _Decompressor(Protocol):
    """What the standard library's incremental decompressors share."""

    @property
    def eof(self) -> bool:
        """Whether the end of the stream was reached."""

    @property
    def needs_input(self) -> bool:
        """Whether more data has to be given to get more."""

    @property
    def unused_data(self) -> bytes:
        """Data after the end."""

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """Decompress some data."""


def _xz() -> _Decompressor:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)


_PACKERS: Final[Mapping[str, Callable[[], _Decompressor]]] = {
    "bzip2": bz2.BZ2Decompressor,
    "xz": _xz,
    "zstd": zstd.ZstdDecompressor,
}


def decompress(data: bytes, form: str, most: int) -> Content:
    """Decompress stream after stream of bzip2, xz or zstd. Raises TooMuch for more than `most` bytes."""
    parts: list[bytes] = []
    members, at, left = 0, 0, most
    while form_of(data[at : at + 16]) == form:
        members += 1
        stream = _PACKERS[form]()
        try:
            at, left = _stream(stream, data, at, left, parts)
        except FAULTS as error:
            memory = "memory" in str(error).lower()
            why = f"{form} that needs too much memory: refused" if memory else f"corrupt {form}"
            return Content(b"".join(parts), why, members)
        if not stream.eof:
            return Content(b"".join(parts), f"truncated {form}", members)
    why = f"garbage after the {form}" if data[at:].strip(b"\0") else ""
    return Content(b"".join(parts), why, members)


def _stream(stream: _Decompressor, data: bytes, at: int, left: int, parts: list[bytes]) -> tuple[int, int]:
    """Decompress one stream from `at` on into `parts`, at most `left` bytes; returns where it ends, and what is left.

    Raises TooMuch, its errors.
    """
    while not stream.eof and (at < len(data) or not stream.needs_input):
        checkpoint()
        piece = data[at : at + _PIECE] if stream.needs_input else b""
        at += len(piece)
        parts.append(stream.decompress(piece, left + 1))
        left -= len(parts[-1])
        if left < 0:
            raise TooMuch
    return at - len(stream.unused_data), left
