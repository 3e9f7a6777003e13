"""The first line of every screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.reactive import reactive
from textual.widget import Widget

from ssmtrail.tui.frame.text import Heading, header_line

if TYPE_CHECKING:
    from textual.content import Content

    from ssmtrail.tui.signs import Signs


class HeaderLine(Widget):
    """Source, window with its zone, totals."""

    DEFAULT_CSS = "HeaderLine { height: 1; }"

    heading: reactive[Heading] = reactive(Heading())
    """What it says."""

    def __init__(self, signs: Signs) -> None:
        super().__init__()
        self._signs = signs

    def render(self) -> Content:
        """The line for the width at hand."""
        return header_line(self.heading, self.size.width, self._signs)
