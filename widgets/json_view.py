"""`JsonView`, which shows a JSON text with indentation and colours, without changing a value."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from ssmtrail.widgets.styled_lines import StyledLine, StyledLines, wrapped
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ssmtrail.widgets.styled_lines import StyledLine

_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
_OPEN: Final = frozenset("{[")
_CLOSE: Final = frozenset("}]")
_SIGNS: Final = frozenset("{}[],:")
_INDENT: Final = 2


def json_lines(text: str) -> list[StyledLine]:
    """Return the text in lines of runs with the styles `key`, `text`, `number`, `muted`; other text unchanged."""
    if not is_json(text):
        return [[(safe(line.rstrip("\r")), "")] for line in text.split("\n")]
    return list(_split_lines(_TOKEN.findall(text)))


def is_json(text: str) -> bool:
    """Whether the text is one complete JSON value."""
    try:
        json.loads(text, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return False
    return True


def _split_lines(pieces: list[str]) -> Iterator[StyledLine]:
    depth = 0
    line: StyledLine = []
    for before, piece, after in zip(["", *pieces], pieces, [*pieces[1:], ""], strict=False):
        if piece in _CLOSE:
            depth -= 1
            if before not in _OPEN:
                yield line
                line = _margin(depth)
        line.append((safe(piece) + (" " if piece == ":" else ""), _style(piece, after)))
        if piece in _OPEN:
            depth += 1
        if piece == "," or (piece in _OPEN and after not in _CLOSE):
            yield line
            line = _margin(depth)
    yield line


def _margin(depth: int) -> StyledLine:
    return [(" " * (_INDENT * depth), "")] if depth else []


def _style(piece: str, after: str) -> str:
    if piece.startswith('"'):
        return "key" if after == ":" else "text"
    return "muted" if piece in _SIGNS else "number"


class JsonView(StyledLines):
    """Shows a record; text that is not JSON is shown unchanged."""

    DEFAULT_CSS = """
    JsonView {
        padding: 0 1;
    }
    """

    _laid_out: tuple[StyledLine, ...] = ()
    _found = -1
    """Index, among the lines before wrapping, of the last match."""
    _starts: tuple[int, ...] = ()
    """Index of the first wrapped line of each line."""

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
        """Go to the next line with this text, ignoring case, and from the last match to the first.

        Returns the line's index, -1 if no line has it. Escapes are matched as they are shown.
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
        """Return the lines, wrapped with their indent and four cells more."""
        lines: list[StyledLine] = []
        starts: list[int] = []
        for index, line in enumerate(self._laid_out):
            starts.append(len(lines))
            runs = [(text, "found") for text, _ in line] if index == self._found else line
            margin = len(line[0][0]) if line and line[0][0].isspace() else 0
            lines += wrapped(runs, width, margin + 4)
        self._starts = tuple(starts)
        return lines
