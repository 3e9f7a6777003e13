"""What full-screen programs drew, by a terminal emulator that is an optional dependency: pyte."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Protocol

from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.transcripts.plain import Dropped, decoded, plain_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

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
#: A number that would keep pyte busy.
_HUGE: Final = re.compile(r"\d{5,}")
_COLUMNS: Final = (80, 300)
_LINES: Final = (24, 100)
#: Characters that are drawn before the screen is looked at.
_CHUNK: Final = 4_096
#: Screens of one transcript that are shown.
_MOST_FRAMES: Final = 500
#: Characters of one program's run that are looked at.
_MOST_TEXT: Final = 4_000_000


class Counting(Protocol):
    """Counts screens."""

    frames: int


def is_possible() -> bool:
    """Whether the emulator is installed."""
    from importlib.util import find_spec

    return find_spec("pyte") is not None


def drawn(lines: Iterable[RawLine], dropped: Dropped, counting: Counting) -> Iterator[tuple[str, datetime | None]]:
    """Plain lines, and in place of what a full-screen program printed the screens that it drew.

    Raises UsageError where pyte is missing.
    """
    if not is_possible():
        raise UsageError("Full-screen programs are drawn by pyte, which is missing: install ssmtrail[screens].")
    program: list[str] | None = None
    held = 0
    for line in lines:
        text = decoded(line.data, dropped)
        while True:
            found = (_END if program is not None else _BEGIN).search(text)
            if found is None:
                break
            before, text = text[: found.start()], text[found.end() :]
            if program is None:
                if before.strip():
                    yield plain_line(before, dropped), line.at
                program, held = [], 0
            else:
                program.append(before)
                yield from ((each, line.at) for each in _frames("\r\n".join(program), counting))
                program = None
        if program is None:
            yield plain_line(text, dropped), line.at
        elif held < _MOST_TEXT:
            program.append(text)
            held += len(text) + 2
    if program is not None:
        yield from ((each, None) for each in _frames("\r\n".join(program), counting))


def _frames(text: str, counting: Counting) -> Iterator[str]:
    """The screens that differ, each below a line that names it."""
    import pyte

    columns, height = _size(text)
    screen = pyte.Screen(columns, height)
    stream = pyte.Stream(screen)
    text = _HUGE.sub("9999", _UNKNOWN.sub("", text))
    shown: list[str] = []
    for chunk in _chunks(text):
        try:
            stream.feed(chunk)
        except Exception:  # noqa: BLE001 - pyte fails in many ways on sequences that no program prints
            stream = pyte.Stream(screen)
        found = [line.rstrip() for line in screen.display]
        while found and not found[-1]:
            del found[-1]
        if not found or found == shown:
            continue
        shown = found
        counting.frames += 1
        if counting.frames > _MOST_FRAMES:
            if counting.frames == _MOST_FRAMES + 1:
                yield f"--- more than {_MOST_FRAMES} screens: the rest is not drawn; raw has everything ---"
            continue
        yield f"--- screen {counting.frames} of a full-screen program, {columns} x {height} or less ---"
        yield from found
        yield "---"


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
