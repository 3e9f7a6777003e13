"""The last guard before the terminal: no control character passes, wherever it came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.filter import LineFilter

from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from textual.color import Color


class ControlCharacterBelt(LineFilter):
    """Replaces what a terminal would obey; texts are made safe where they enter, so it should find nothing."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Segments without control characters, of the same number of cells wherever nothing was found."""
        return [segment if _clean(segment) else Segment(safe(segment.text), segment.style) for segment in segments]


def _clean(segment: Segment) -> bool:
    return segment.control is not None or segment.text.isprintable()
