"""Cutting a damaged or unusual JSON text into its elements, with time bounded for any text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

#: A whole string (it cannot contain a raw line end), a bracket, the quote of a string without an end, or an object at
#: the start of a line.
_TOKEN: Final = re.compile(rb'"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"|\n\{|[][{}]|"', re.DOTALL)
_SCALAR: Final = re.compile(rb'"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"|-?[\d.eE+-]+|true|false|null|NaN|-?Infinity', re.DOTALL)
#: The start of a container of records: `{"Records":[`, `{"Events":[` of `lookup-events`, a bare array.
_OPENING: Final = re.compile(rb'\{\s*"(?:Records|Events)"\s*:\s*\[|\[')
_BETWEEN: Final = re.compile(rb"[\s,]*")
_DEEPER: Final = {b"\n{": 1, b"{": 1, b"[": 1, b"}": -1, b"]": -1}
#: Give up after scanning this many lengths of the text in lines that turn out to be broken.
_MOST_PASSES: Final = 4


class Broken(Exception):  # noqa: N818 - a place, not a fault
    """The text is not JSON at byte `at`, or ends too early."""

    def __init__(self, at: int, seen: int) -> None:
        super().__init__(at)
        self.at = at
        self.seen = seen
        """How far the text was scanned to find out."""


def each_element(data: bytes, take: Callable[[int, int], bool], broken: Callable[[int], None]) -> None:
    """Call `take(start, end)` for each element: items of containers at the top of the text, and other values there.

    `take` returns whether the element is sound JSON. `broken(at)` is called for each place where something was skipped:
    the first line of a broken value at the top; everything after a broken container.
    """
    at, spent = 0, 0
    while (at := _skip(data, at)) < len(data):
        opening = _OPENING.match(data, at)
        try:
            at = _items(data, opening, take, broken) if opening else _value(data, at, take)
        except Broken as error:
            broken(error.at)
            spent += error.seen - at
            line = data.find(b"\n", at) + 1
            if opening or not line or spent > _MOST_PASSES * len(data):
                return
            at = line


def _value(data: bytes, at: int, take: Callable[[int, int], bool]) -> int:
    """Take a value at the top; returns its end. A line that starts with an object ends the value before it."""
    end = _end(data, at, line_ends=True)
    if not take(at, end):
        raise Broken(at, end)
    return end


def _items(
    data: bytes, opening: re.Match[bytes], take: Callable[[int, int], bool], broken: Callable[[int], None]
) -> int:
    """Take the items of a container; returns its end."""
    at = opening.end()
    while (at := _skip(data, at)) < len(data):
        if data[at : at + 1] == b"]":
            return at + 1 if opening[0] == b"[" else _close(data, at + 1, 1, at, line_ends=False)
        end = _end(data, at, line_ends=False)
        if not take(at, end):
            broken(at)
        at = end
    raise Broken(at, at)


def _end(data: bytes, at: int, *, line_ends: bool) -> int:
    """The end of the value that starts at `at`. Raises Broken."""
    if data[at : at + 1] in (b"{", b"["):
        return _close(data, at, 0, at, line_ends=line_ends)
    scalar = _SCALAR.match(data, at)
    if not scalar:
        raise Broken(at, at)
    return scalar.end()


def _close(data: bytes, at: int, depth: int, begin: int, *, line_ends: bool) -> int:
    """The end of the brackets opened from `at` on, and of `depth` opened before. Raises Broken with `begin`."""
    for token in _TOKEN.finditer(data, at):
        text = token[0]
        depth += _DEEPER.get(text, 0)
        if depth <= 0 and text in (b"}", b"]"):
            return token.end()
        if text == b'"' or (line_ends and text == b"\n{"):
            raise Broken(begin, token.end())
    raise Broken(begin, len(data))


def _skip(data: bytes, at: int) -> int:
    found = _BETWEEN.match(data, at)
    return found.end() if found else at
