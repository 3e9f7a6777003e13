"""A text that is made for the width at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

if TYPE_CHECKING:
    from collections.abc import Callable

    Maker: TypeAlias = Callable[[int], Content]


class Fitted(Widget):
    """Asks for its text whenever it is drawn."""

    make: reactive[Maker | None] = reactive(None)
    """Makes the text, safe, for so many cells."""

    def render(self) -> Content:
        """The text for the width at hand."""
        return Content("") if self.make is None else self.make(self.size.width)
