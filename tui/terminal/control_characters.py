"""A line filter that removes control characters from everything that is sent to the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.segment import Segment
from textual.filter import LineFilter

from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from textual.color import Color


class ControlCharacterFilter(LineFilter):
    """The second line of defence: text is made safe where it enters the screens, so this should change nothing."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the segments with their control characters escaped; clean segments are returned unchanged."""
        return [segment if _is_clean(segment) else Segment(safe(segment.text), segment.style) for segment in segments]


def _is_clean(segment: Segment) -> bool:
    return segment.control is not None or segment.text.isprintable()
