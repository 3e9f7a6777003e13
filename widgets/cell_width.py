"""How many terminal cells a safe text takes.

Agrees with `rich.cells.cell_len`, which Textual lays out by, for every text that `safe_text.safe` lets through
(a test compares them, character by character). For other text the figures are meaningless.
"""

from __future__ import annotations

from functools import lru_cache
from unicodedata import category, east_asian_width


@lru_cache(4096)
def char_width(char: str) -> int:
    """Cells of one character: 0 for a mark that sits on its base, 2 for a wide one, else 1."""
    if category(char).startswith("M"):
        return 0
    return 2 if east_asian_width(char) in "WF" else 1


def cell_width(text: str) -> int:
    """Cells of a text."""
    return len(text) if text.isascii() else sum(map(char_width, text))


def take_left(text: str, width: int) -> str:
    """The longest beginning that takes at most `width` cells; marks stay with their base."""
    if text.isascii():
        return text[: max(0, width)]
    room = width
    for index, char in enumerate(text):
        room -= char_width(char)
        if room < 0:
            return text[:index]
    return text


def take_right(text: str, width: int) -> str:
    """The longest end that takes at most `width` cells and does not begin with a mark."""
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
