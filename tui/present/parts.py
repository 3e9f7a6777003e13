"""A sentence in parts of which the least needed go first where it is narrow."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from textual.content import Content

from widgets.safe_text import shorten_middle

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a sentence, with what leads to it; the text is safe."""

    text: str
    style: str = ""
    rank: int = 0
    """Parts of the highest rank go first; those of rank 0 stay."""
    shrinks: int = 0
    """Cells that it may be shortened to in its middle, where that is enough; 0 for not at all."""


def whole(parts: Iterable[Part]) -> str:
    """All of it."""
    return "".join(part.text for part in parts)


def fitted(parts: Sequence[Part], width: int, ascii_only: bool = False) -> Content:
    """As much of it as `width` cells have room for."""
    left = list(parts)
    while _width(left) > width and (rank := max((part.rank for part in left), default=0)):
        left = [part for part in left if part.rank < rank]
    return Content.assemble(*((part.text, part.style) for part in _shrunk(left, width, ascii_only)))


def _shrunk(parts: list[Part], width: int, ascii_only: bool) -> list[Part]:
    """With the longest of those that may be shortened shortened first."""
    over = _width(parts) - width
    for place in sorted(range(len(parts)), key=lambda place: -_cells(parts[place])):
        part = parts[place]
        if over <= 0 or not part.shrinks:
            continue
        room = max(part.shrinks, _cells(part) - over)
        shorter = replace(part, text=shorten_middle(part.text, room, ascii_only))
        over -= _cells(part) - _cells(shorter)
        parts[place] = shorter
    return parts


def _width(parts: Iterable[Part]) -> int:
    return sum(map(_cells, parts))


def _cells(part: Part) -> int:
    return Content(part.text).cell_length
