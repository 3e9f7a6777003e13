"""A field to type into that shows only what may reach a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.highlighter import Highlighter
from textual.widgets import Input

from widgets.safe_text import MARKS_LIMIT, safe

if TYPE_CHECKING:
    from rich.text import Text

#: Stands for a character that `safe` would escape, so that places in the text stay places on the screen.
_HIDDEN = "?"


class SafeHighlighter(Highlighter):
    """Shows a typed or pasted text as it may be shown; the value stays what it is."""

    def highlight(self, text: Text) -> None:
        """Replace what may not reach a terminal."""
        if safe(text.plain) != text.plain:
            text.plain = _shown(text.plain)


class SafeInput(Input):
    """An `Input` for texts that may be pasted from anywhere."""

    def __init__(self, value: str | None = None, **options: Any) -> None:
        super().__init__(value, highlighter=SafeHighlighter(), **options)


def _shown(text: str) -> str:
    """The text with a sign for every character that `safe` would escape where it stands."""
    shown = ""
    for char in text:
        # A mark is judged by those before it: too many of them would pile up over other lines.
        before = shown[-MARKS_LIMIT:] if len(shown) < MARKS_LIMIT else "x" + shown[-MARKS_LIMIT:]
        shown += char if safe(before + char) == before + char else _HIDDEN
    return shown
