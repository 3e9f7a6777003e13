"""What full-screen programs drew, by a terminal emulator that is an optional dependency: pyte."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Protocol

from ssmtrail.queries.errors import Cancelled, UsageError
from ssmtrail.queries.transcripts.plain import Dropped, decoded, plain_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from threading import Event

    from ssmtrail.queries.transcripts.forms import RawLine

#: Where a program takes and gives back the whole screen. Source: "XTerm Control Sequences", private modes.
_BEGIN: Final = re.compile(r"\x1b\[\?(?:47|1047|1049)h")
_END: Final = re.compile(r"\x1b\[\?(?:47|1047|1049)l")
#: A screen that is about to be drawn anew.
_CLEAR: Final = re.compile(r"(?=\x1b\[H\x1b\[2?J|\x1b\[2J)")
_PLACE: Final = re.compile(r"\x1b\[(\d{1,4});(\d{1,4})[Hf]")
_REGION: Final = re.compile(r"\x1b\[1?;?(\d{1,4})r")
#: Sequences that pyte 0.8 prints as text or fails on.
_UNKNOWN: Final = re.compile(
    r"\x1b\[(?:[<>=][0-9;]*[a-zA-Z]|\?[0-9;]*\$[a-z])|\x1b[P^_X\]][^\x07\x1b]{0,4096}(?:\x07|\x1b\\)"
)
#: The characters of a control sequence before its last one, and a number in it that would keep pyte busy.
_GIVEN: Final = re.compile(r"(?:\x1b\[|\x9b)[0-?]+")
_HUGE: Final = re.compile(r"\d{5,}")
_COLUMNS: Final = (80, 300)
_LINES: Final = (24, 100)
#: Characters that are drawn before the screen is looked at.
_CHUNK: Final = 4_096
#: Screens of one transcript that are shown.
_MOST_FRAMES: Final = 500
#: Places of the cursor that a program saved; pyte would keep every one.
_MOST_SAVED: Final = 16
#: Characters of one program's run that are looked at.
_MOST_TEXT: Final = 4_000_000


class Counting(Protocol):
    """Counts screens."""

    frames: int


def is_possible() -> bool:
    """Whether the emulator is installed."""
    from importlib.util import find_spec

    return find_spec("pyte") is not None


def drawn(
    lines: Iterable[RawLine], dropped: Dropped, counting: Counting, cancelled: Event
) -> Iterator[tuple[str, datetime | None]]:
    """Plain lines, and in place of what a full-screen program printed the screens that it drew.

    Raises UsageError where pyte is missing, Cancelled.
    """
    if not is_possible():
        raise UsageError("Full-screen programs are drawn by pyte, which is missing: install ssmtrail[screens].")
    program: _Program | None = None
    for line in lines:
        text, at = decoded(line.data, dropped), 0
        while found := (_END if program is not None else _BEGIN).search(text, at):
            before, at = text[at : found.start()], found.end()
            if program is None:
                if before.strip():
                    yield plain_line(before, dropped), line.at
                program = _Program()
            else:
                program.add(before)
                yield from ((each, line.at) for each in program.screens(counting, cancelled))
                program = None
        if program is None:
            yield plain_line(text[at:], dropped), line.at
        else:
            program.add(text[at:])
    if program is not None:
        yield from ((each, None) for each in program.screens(counting, cancelled))


class _Program:
    """What a full-screen program printed, up to a bound."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._length = 0
        self._passed_over = 0

    def add(self, text: str) -> None:
        """Add a line."""
        if self._length < _MOST_TEXT:
            self._texts.append(text)
            self._length += len(text) + 2
        else:
            self._passed_over += len(text)

    def screens(self, counting: Counting, cancelled: Event) -> Iterator[str]:
        """The lines of its screens. Raises Cancelled."""
        yield from _frames("\r\n".join(self._texts), counting, cancelled)
        if self._passed_over:
            yield f"--- {self._passed_over:,} more characters of this program are not drawn; raw has everything ---"


def _frames(text: str, counting: Counting, cancelled: Event) -> Iterator[str]:
    """The screens that differ, each below a line that names it. Raises Cancelled."""
    import pyte

    if cancelled.is_set():
        raise Cancelled
    if not text.strip():
        return
    columns, height = _size(text)
    screen = pyte.Screen(columns, height)
    stream = pyte.Stream(screen)
    shown: list[str] = []
    for chunk in _chunks(_bounded(text)):
        if cancelled.is_set():
            raise Cancelled
        if counting.frames >= _MOST_FRAMES:
            yield f"--- {_MOST_FRAMES} screens are drawn: what follows of this program is not; raw has everything ---"
            return
        try:
            stream.feed(chunk)
        except Exception:  # noqa: BLE001 - pyte fails in many ways on sequences that no program prints
            stream = pyte.Stream(screen)
        del screen.savepoints[:-_MOST_SAVED]
        found = [line.rstrip() for line in screen.display]
        while found and not found[-1]:
            del found[-1]
        if not found or found == shown:
            continue
        shown = found
        counting.frames += 1
        yield f"--- screen {counting.frames} of a full-screen program, {columns} x {height} or less ---"
        yield from found
        yield "---"


def _bounded(text: str) -> str:
    """The text without the sequences that pyte does not know, and without huge numbers in the others."""
    return _GIVEN.sub(lambda given: _HUGE.sub("9999", given[0]), _UNKNOWN.sub("", text))


def _size(text: str) -> tuple[int, int]:
    """The size of the terminal, which is not recorded, by the places that the program wrote to."""
    places = _PLACE.findall(text)
    rows = [int(row) for row, _ in places] + [int(row) for row in _REGION.findall(text)]
    columns = [int(column) for _, column in places]
    return (
        max(_COLUMNS[0], *(column for column in [0, *columns] if column <= _COLUMNS[1])),
        max(_LINES[0], *(row for row in [0, *rows] if row <= _LINES[1])),
    )


def _chunks(text: str) -> Iterator[str]:
    """Pieces after each of which the screen is looked at: before it is cleared, and every few thousand characters."""
    for part in _CLEAR.split(text):
        for start in range(0, len(part), _CHUNK):
            yield part[start : start + _CHUNK]
