"""The header line: source, window, totals, as much of them as fits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content

from tui.present.words import plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from queries.values import Totals
    from tui.present.signs import Signs


@dataclass(frozen=True, slots=True)
class Heading:
    """What the header says; all texts are safe."""

    source: str = ""
    window: str = ""
    totals: tuple[str, ...] = ()
    """The most telling first; the last ones go first where it is narrow."""


def totals_texts(totals: Totals | None, measure: str) -> tuple[str, ...]:
    """`1,284 sessions`, `41 people`, `187 machines`."""
    if totals is None:
        return ()
    first = plural(totals.rows, "call") if measure == "calls" else plural(totals.sessions, "session")
    return (first, plural(totals.people, "person", "people"), plural(totals.machines, "machine"))


def header_line(heading: Heading, width: int, signs: Signs) -> Content:
    """The line in exactly `width` cells: source at the left, window in the middle, totals at the right."""
    for name in ("ssmtrail  ", ""):
        for shown in range(len(heading.totals), -1, -1):
            right = f" {signs.dot} ".join(heading.totals[:shown])
            if _fits(name, heading, right, width):
                return _line(name, heading, right, width)
    return _line("", heading, "", width)


def _fits(name: str, heading: Heading, right: str, width: int) -> bool:
    parts = [Content(name + heading.source).cell_length, Content(heading.window).cell_length, len(right)]
    return sum(parts) + 2 * 3 <= width


def _line(name: str, heading: Heading, right: str, width: int) -> Content:
    left = Content.assemble(" ", (name, "bold $accent"), heading.source)
    middle = Content(heading.window)
    room = width - left.cell_length - middle.cell_length - len(right) - 1
    before = max(2, room // 2) if right else max(2, room)
    gap = max(0, room - before)
    return _joined((left, " " * before, middle, " " * gap, right, " "))


def _joined(parts: Sequence[Content | str]) -> Content:
    return Content.assemble(*parts)
