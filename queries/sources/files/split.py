"""Cutting a damaged or unusual JSON text into its elements, without trusting any of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

#: Strings whole (a raw line end cannot be in one), brackets, or a quote that opens a string without an end.
_TOKEN: Final = re.compile(rb'"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"|[][{}]|"', re.DOTALL)
_SCALAR: Final = re.compile(rb'"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"|-?[\d.eE+-]+|true|false|null|NaN|-?Infinity', re.DOTALL)
#: What lies around records: `{"Records":[`, `{"Events":[` of `lookup-events`, a bare array.
_OPENING: Final = re.compile(rb'\{\s*"(?:Records|Events)"\s*:\s*\[|\[')
_BETWEEN: Final = re.compile(rb"[\s,]*")
_LINE: Final = re.compile(rb"\n")
_DEEPER: Final = {b"{": 1, b"[": 1, b"}": -1, b"]": -1}
#: Lines that may be given up before the rest of the text is.
_MOST_BROKEN_LINES: Final = 200


class Broken(Exception):  # noqa: N818 - a place, not a fault
    """A text that goes wrong at a byte: it ends too early, or what stands there cannot stand there."""

    def __init__(self, at: int) -> None:
        super().__init__(at)
        self.at = at


def each_element(data: bytes, take: Callable[[int, int], bool], broken: Callable[[int], None]) -> None:
    """Hand over the elements of a text: the items of containers at its top, and the other values there.

    `take(start, end)` says whether that element is sound JSON; `broken(at)` is told each place where reading went on
    only after giving something up. A broken value at the top costs its first line, a broken container all that follows
    in the text.
    """
    at, lines = 0, 0
    while (at := _skip(data, at)) < len(data):
        try:
            opening = _OPENING.match(data, at)
            if opening:
                at = _items(data, opening, take, broken)
                continue
            end = element_end(data, at)
            if take(at, end):
                at = end
                continue
            raise Broken(at)
        except Broken as error:
            broken(error.at)
            lines += 1
            line = None if opening or lines > _MOST_BROKEN_LINES else _LINE.search(data, at)
            if not line:
                return
            at = line.end()


def element_end(data: bytes, at: int) -> int:
    """Where the value that begins at `at` ends. Raises Broken."""
    if data[at] not in b"{[":
        scalar = _SCALAR.match(data, at)
        if not scalar:
            raise Broken(at)
        return scalar.end()
    return _close(data, at, 0, at)


def _items(
    data: bytes, opening: re.Match[bytes], take: Callable[[int, int], bool], broken: Callable[[int], None]
) -> int:
    """Hand over the items of a container; gives the place behind it."""
    at = opening.end()
    while (at := _skip(data, at)) < len(data):
        if data[at] == 0x5D:  # ]
            return _close(data, at + 1, 1, at) if opening[0] != b"[" else at + 1
        end = element_end(data, at)
        if not take(at, end):
            broken(at)
        at = end
    raise Broken(at)


def _close(data: bytes, at: int, depth: int, begin: int) -> int:
    """Where brackets opened since `at`, and `depth` before, are all closed. Raises Broken with `begin`."""
    for token in _TOKEN.finditer(data, at):
        step = _DEEPER.get(token[0], 0)
        depth += step
        if step < 0 and depth <= 0:
            return token.end()
        if token[0] == b'"':
            break
    raise Broken(begin)


def _skip(data: bytes, at: int) -> int:
    found = _BETWEEN.match(data, at)
    return found.end() if found else at
