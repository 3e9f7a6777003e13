"""One JSON text, laid out to be read."""

from __future__ import annotations

from widgets.json_lines import json_lines
from widgets.styled_lines import StyledLine, StyledLines, wrapped


class JsonView(StyledLines):
    """Shows a record; text that is no JSON is shown as it is."""

    DEFAULT_CSS = """
    JsonView {
        padding: 0 1;
    }
    """

    _laid_out: tuple[StyledLine, ...] = ()
    _found = -1
    """Index, among the laid out lines, of the last match."""
    _starts: tuple[int, ...] = ()
    """Where each laid out line begins, after wrapping."""

    def show(self, text: str) -> None:
        """Show another text."""
        self._laid_out = tuple(json_lines(text))
        self._found = -1
        self.reflow()
        self.scroll_home(animate=False)

    def clear(self) -> None:
        """Show nothing."""
        self.show("")

    def find(self, text: str) -> int:
        """Go to the next line with this text, whatever its case, round to the first after the last.

        Returns the line's index, -1 when no line has it. Escapes are matched as they are shown.
        """
        wanted = text.casefold()
        count = len(self._laid_out)
        order = [(self._found + 1 + step) % count for step in range(count)] if wanted else []
        found = [i for i in order if wanted in "".join(run[0] for run in self._laid_out[i]).casefold()]
        self._found = found[0] if found else -1
        self.reflow()
        if found:
            self.scroll_to(y=max(0, self._starts[self._found] - self.size.height // 3), animate=False, force=True)
        return self._found

    def lines_for(self, width: int) -> list[StyledLine]:
        """The laid out lines, wrapped with their own indent and a little more."""
        lines: list[StyledLine] = []
        starts: list[int] = []
        for index, line in enumerate(self._laid_out):
            starts.append(len(lines))
            runs = [(text, "found") for text, _ in line] if index == self._found else line
            margin = len(line[0][0]) if line and line[0][0].isspace() else 0
            lines += wrapped(runs, width, margin + 4)
        self._starts = tuple(starts)
        return lines
