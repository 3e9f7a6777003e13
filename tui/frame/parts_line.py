"""One line that says as much as it has room for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.reactive import reactive
from textual.widget import Widget

from ssmtrail.tui.text import Part, fitted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.content import Content


class PartsLine(Widget):
    """A sentence whose less needed parts go where it is narrow."""

    DEFAULT_CSS = "PartsLine { height: 1; }"

    parts: reactive[Sequence[Part]] = reactive(())
    """What it says."""

    def __init__(self, *, ascii_only: bool, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._ascii_only = ascii_only

    def render(self) -> Content:
        """The line for the width at hand."""
        return fitted(self.parts, self.content_size.width, self._ascii_only)
