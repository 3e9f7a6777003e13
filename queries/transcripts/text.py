"""A transcript's bytes as lines of text: plain, raw, or with the screens that full-screen programs drew."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from ssmtrail.queries.errors import Cancelled
from ssmtrail.queries.transcripts.forms import RawLine, Reading, lines_of
from ssmtrail.queries.transcripts.plain import Dropped, decoded, plain_line
from ssmtrail.queries.transcripts.screens import drawn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from threading import Event

Mode = Literal["plain", "raw", "screens"]
"""`raw` keeps every control character, which whoever shows it has to make visible."""

#: Bytes of a transcript that a screen holds; the whole is written by a command.
MOST_BYTES: Final = 8_000_000


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text."""

    text: str
    """May be hostile: what shows it makes it safe."""
    at: datetime | None = None
    """When it was sent (UTC), where that is known."""


@dataclass(frozen=True, slots=True)
class Held:
    """The beginning of a transcript in memory."""

    data: bytes
    size: int | None
    """Bytes of the whole, where known."""
    is_cut: bool = False
    """Whether there is more."""


def held(chunks: Iterable[bytes], size: int | None, most: int = MOST_BYTES) -> Held:
    """The first bytes of a transcript, whole lines of them where there is more."""
    found = bytearray()
    for chunk in chunks:
        found += chunk
        if len(found) > most:
            end = found.rfind(b"\n", 0, most) + 1
            return Held(bytes(found[: end or most]), size, is_cut=True)
    return Held(bytes(found), size if size is not None else len(found))


@dataclass(slots=True)
class Written:
    """What was learnt while the lines were made."""

    reading: Reading = field(default_factory=Reading)
    dropped: Dropped = field(default_factory=Dropped)
    frames: int = 0
    """Screens of full-screen programs."""


def text_lines(chunks: Iterable[bytes], mode: Mode, written: Written, cancelled: Event) -> Iterator[Line]:
    """The lines, one by one as they are read. Raises Cancelled."""
    lines = _stoppable(lines_of(chunks, written.reading), cancelled)
    if mode == "raw":
        return (Line(decoded(line.data, written.dropped), line.at) for line in lines)
    if mode == "screens":
        return (Line(text, at) for text, at in drawn(lines, written.dropped, written, cancelled))
    return (Line(plain_line(decoded(line.data, written.dropped), written.dropped), line.at) for line in lines)


def _stoppable(lines: Iterable[RawLine], cancelled: Event) -> Iterator[RawLine]:
    """The lines until the reader has lost interest: one of a megabyte takes a second."""
    for line in lines:
        if cancelled.is_set():
            raise Cancelled
        yield line
