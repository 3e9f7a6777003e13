"""The line that shows when the data was read, how far a fetch is, or a passing message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from ssmtrail.tui.frame.text import progress_line, running

if TYPE_CHECKING:
    from textual.timer import Timer

    from ssmtrail.queries.model import Progress
    from ssmtrail.tui.signs import Signs

#: Seconds that a passing message stays.
SPOKEN: Final = 6.0


class ProvenanceLine(Widget):
    """One line; a passing message hides the progress, the progress hides the provenance."""

    DEFAULT_CSS = (
        "ProvenanceLine { height: 1; padding: 0 1; color: $text-muted; text-wrap: nowrap; text-overflow: ellipsis; }"
    )

    provenance: reactive[str] = reactive("")
    """Where the view comes from."""
    warning: reactive[str] = reactive("")
    """What keeps the answer from being whole; at the right, in amber."""
    failure: reactive[str] = reactive("")
    """Why the source cannot be read; replaces the provenance, in red."""
    progress: reactive[Progress | None] = reactive(None)
    """How far a fetch is."""
    word: reactive[tuple[str, str]] = reactive(("", ""))
    """What just happened, with a style; goes away on its own."""

    def __init__(self, signs: Signs) -> None:
        super().__init__()
        self._signs = signs
        self._hush: Timer | None = None

    def say(self, text: str, style: str = "$text") -> None:
        """Show a passing message; the text is safe."""
        if self._hush is not None:
            self._hush.stop()
        self.word = (text, style)
        self._hush = self.set_timer(SPOKEN, self._fall_silent)

    def _fall_silent(self) -> None:
        self.word = ("", "")

    def render(self) -> Content:
        """The line for the width at hand."""
        left = self._left()
        room = self.size.width - left.cell_length
        warning = f" {self._signs.bad} {self.warning} (U)"
        if not self.warning or room < len(warning):
            return left
        return Content.assemble(left, " " * (room - len(warning)), (warning, "$text-warning"))

    def _left(self) -> Content:
        text, style = self.word
        if text:
            return Content.styled(text, style)
        if self.failure:
            return Content.styled(f"{self._signs.bad} {self.failure}", "$text-error")
        if self.progress is not None and running(self.progress):
            return self._progress(self.progress)
        return Content(self.provenance)

    def _progress(self, progress: Progress) -> Content:
        line, hint = progress_line(progress, self._signs, self.size.width)
        return Content.assemble((line, "$text-accent"), hint)
