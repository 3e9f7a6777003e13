"""Makes text from a log safe for terminals and files, and measures and cuts text in cells."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final
from unicodedata import category, east_asian_width


@lru_cache(4096)
def char_width(char: str) -> int:
    """Return the width of a character: 0 for a combining mark, 2 for a wide character, else 1."""
    if category(char).startswith("M"):
        return 0
    return 2 if east_asian_width(char) in "WF" else 1


def cell_width(text: str) -> int:
    """Return the width of a text in cells."""
    return len(text) if text.isascii() else sum(map(char_width, text))


def take_left(text: str, width: int) -> str:
    """Return the longest beginning of at most `width` cells; marks stay with their base character."""
    if text.isascii():
        return text[: max(0, width)]
    room = width
    for index, char in enumerate(text):
        room -= char_width(char)
        if room < 0:
            return text[:index]
    return text


def take_right(text: str, width: int) -> str:
    """Return the longest end of at most `width` cells that does not begin with a mark."""
    if text.isascii():
        return text[len(text) - width :] if 0 < width < len(text) else text if width > 0 else ""
    room, start = width, len(text)
    for index in range(len(text) - 1, -1, -1):
        cells = char_width(text[index])
        room -= cells
        if room < 0:
            break
        if cells:
            start = index
    return text[start:]


#: Combining marks that may follow one base character; more are escaped. Written languages need up to three.
MARKS_LIMIT: Final = 3

#: Characters that `str.isprintable` accepts although they are invisible, or terminals disagree on their width.
_DECEPTIVE: Final = re.compile(
    "["
    "\u034f\u115f\u1160-\u11ff\u17b4\u17b5\u3164\uffa0\ud7b0-\ud7ff"  # joiners, fillers, Hangul vowels and finals alone
    "\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef"  # variation selectors
    "\u2800\ufffc"  # empty Braille cell, object replacement
    "\u268a-\u268f\u2630-\u2637\u4dc0-\u4dff\U0001d300-\U0001d356\U0001d360-\U0001d376"  # wide since Unicode 16
    "\U0001f1e6-\U0001f1ff\U0001f3fb-\U0001f3ff"  # halves of flags, skin tones
    "]"
)
_PORT: Final = re.compile(r":\d{1,5}$")
_SHORT: Final = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}
_FORMULA_STARTS: Final = tuple("=+-@\uff1d\uff0b\uff0d\uff20")


def safe(text: str) -> str:
    """Return the text on one line with control, invisible and ambiguous characters escaped; idempotent."""
    if text.isascii() and text.isprintable():
        return text
    shown: list[str] = []
    pile = MARKS_LIMIT  # a mark at the beginning would combine with the character before the text
    for char in text:
        kind = _kind(char)
        pile = pile + 1 if kind == "mark" else 0
        shown.append(_escaped(char) if kind == "unsafe" or pile > MARKS_LIMIT else char)
    return "".join(shown)


def safe_json(text: str) -> str:
    """Return a JSON text that is safe to paste and still the same JSON: escapes are JSON's own (`\\u001b`).

    Line feeds between its parts are kept.
    """
    if text.isascii() and text.replace("\n", "").isprintable():
        return text
    return "".join(character if character == "\n" or safe(character) == character else _escape_json(character)
                   for character in text)  # fmt: skip


def _escape_json(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))


def safe_lines(text: str) -> str:
    """Apply `safe` to each line; line feeds are kept."""
    return "\n".join(map(safe, text.split("\n")))


def defuse_cell(text: str) -> str:
    """Return a text for a CSV cell: safe, and never a formula in a spreadsheet.

    A text that begins, after white space, with `= + - @` or their full-width forms, or with a tab, a carriage return
    or a line feed, gets an apostrophe in front. Do not pass real numbers. Source: OWASP, "CSV Injection".
    """
    risky = text.startswith(("\t", "\r", "\n")) or text.lstrip().startswith(_FORMULA_STARTS)
    return "'" + safe(text) if risky else safe(text)


def shorten_end(text: str, width: int, ascii_only: bool = False) -> str:
    """Return a safe text in at most `width` cells; a cut end is marked by `…` (ASCII: `..`)."""
    if cell_width(text) <= width:
        return text
    sign = _sign(width, ascii_only)
    return take_left(text, width - len(sign)) + sign


def shorten_middle(text: str, width: int, ascii_only: bool = False) -> str:
    """Return a safe text in at most `width` cells, a cut middle replaced by `…` (ASCII: `..`): `i-0ab1…c4`."""
    if cell_width(text) <= width:
        return text
    sign = _sign(width, ascii_only)
    room = max(0, width - len(sign))
    end = take_right(text, room // 3)
    return take_left(text, room - cell_width(end)) + sign + end


def shorten_host(text: str, width: int, ascii_only: bool = False) -> str:
    """Return a safe `host:port` in at most `width` cells; the host is cut, the port is not: `orders.clu…:5432`."""
    port = _PORT.search(text)
    if cell_width(text) <= width or port is None:
        return shorten_middle(text, width, ascii_only)
    room = width - len(port[0])
    return shorten_end(text[: port.start()], room, ascii_only) + port[0] if room > 0 else take_right(port[0], width)


def _sign(width: int, ascii_only: bool) -> str:
    return (".." if ascii_only else "…")[: max(0, width)]


@lru_cache(4096)
def _kind(char: str) -> str:
    """Return `unsafe`, `mark` (a combining mark) or `plain`."""
    if not char.isprintable() or _DECEPTIVE.match(char):
        return "unsafe"
    return "mark" if category(char).startswith("M") else "plain"


def _escaped(char: str) -> str:
    code = ord(char)
    if code < 0x100:
        return _SHORT.get(char, f"\\x{code:02x}")
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
