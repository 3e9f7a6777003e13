"""`LongText`, which shows and searches a text of very many lines, wrapped as a terminal wraps it."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, overload

from ssmtrail.widgets.styled_lines import StyledLine, StyledLines
from ssmtrail.widgets.text import cell_width, take_left

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Gives the text beside a line, by its index: a time; of the same width for all lines.
Gutter = Callable[[int], str]
_NOTHING: Final = re.compile(r"(?!)")


def rows_of(text: str, width: int) -> Iterator[str]:
    """The pieces of a line, each of at most `width` cells; one of an empty line."""
    if text.isascii():
        for start in range(0, len(text) or 1, width):
            yield text[start : start + width]
        return
    while True:
        piece = take_left(text, width) or text[:1]
        yield piece
        text = text[len(piece) :]
        if not text:
            return


class _Wrapped(Sequence[StyledLine]):
    """The rows of a text, made when they are drawn."""

    def __init__(self, owner: LongText, width: int) -> None:
        self._owner = owner
        self._width = max(1, width - owner.gutter_width)
        self._ends = array("Q")
        rows = 0
        for text in owner.texts:
            if text.isascii():
                rows += max(1, -(-len(text) // self._width))
            elif cell_width(text) <= self._width:
                rows += 1
            else:
                rows += sum(1 for _ in rows_of(text, self._width))
            self._ends.append(rows)

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    @overload
    def __getitem__(self, index: int) -> StyledLine: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[StyledLine]: ...
    def __getitem__(self, index: int | slice) -> StyledLine | Sequence[StyledLine]:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        number = bisect_right(self._ends, index)
        row = index - self.first_row(number)
        pieces = list(rows_of(self._owner.texts[number], self._width))
        start = sum(map(len, pieces[:row]))
        return self._owner.styled(number, pieces[row], start, is_first=row == 0)

    def first_row(self, number: int) -> int:
        """The first row of a line."""
        return self._ends[number - 1] if number else 0

    def line_at(self, row: int) -> int:
        """The line that a row is of."""
        return bisect_right(self._ends, row)


class LongText(StyledLines):
    """Lines of safe text, each with a text beside it where there is a gutter."""

    DEFAULT_CSS = """
    LongText {
        padding: 0 1;
    }
    """

    texts: Sequence[str] = ()
    """The lines; safe."""
    gutter_width = 0
    _gutter: Gutter | None = None
    _wanted = _NOTHING
    _hits: Sequence[int] = ()
    """Indexes of the lines that have what is searched for."""
    _hit = -1
    """The place in `_hits` of the one that was gone to."""

    def show(self, texts: Sequence[str], gutter: Gutter | None = None, gutter_width: int = 0) -> None:
        """Show another text from its top; nothing is searched for then."""
        self.texts, self._gutter, self.gutter_width = texts, gutter, gutter_width
        self._wanted, self._hits, self._hit = _NOTHING, (), -1
        self.reflow()
        self.scroll_home(animate=False)

    def clear(self) -> None:
        """Show nothing."""
        self.show(())

    def lines_for(self, width: int) -> Sequence[StyledLine]:
        """The rows, made when they are drawn."""
        return _Wrapped(self, width)

    @property
    def top(self) -> int:
        """The index of the first line on the screen."""
        return self._rows.line_at(round(self.scroll_y)) if len(self._lines) else 0

    @property
    def _rows(self) -> _Wrapped:
        assert isinstance(self._lines, _Wrapped)
        return self._lines

    def go_to(self, number: int) -> None:
        """Scroll to a line, a third of the page from the top."""
        if len(self._lines):
            row = self._rows.first_row(min(max(number, 0), len(self.texts) - 1))
            self.scroll_to(y=max(0, row - self.size.height // 3), animate=False, force=True)

    def search(self, text: str, start: int) -> tuple[int, int]:
        """Go to the first line from `start` on that has a text, ignoring case, else to the first of all.

        Returns the number of the hit, from 1, and how many lines have the text; zeros where none has.
        """
        self._wanted = re.compile(re.escape(text), re.IGNORECASE) if text else _NOTHING
        self._hits = [number for number, line in enumerate(self.texts) if self._wanted.search(line)]
        after = next((place for place, number in enumerate(self._hits) if number >= start), 0)
        self._hit = after - 1
        return self.step(1)

    def step(self, by: int) -> tuple[int, int]:
        """Go to the next hit, or the one before; round the ends."""
        if not self._hits:
            self._hit = -1
            self.refresh()
            return 0, 0
        self._hit = (self._hit + by) % len(self._hits)
        self.go_to(self._hits[self._hit])
        self.refresh()
        return self._hit + 1, len(self._hits)

    def styled(self, number: int, piece: str, start: int, *, is_first: bool) -> StyledLine:
        """The runs of a piece of a line that begins at the character `start`."""
        line: StyledLine = []
        if self._gutter is not None:
            line.append((self._gutter(number) if is_first else " " * self.gutter_width, "muted"))
        at = 0
        style = "found" if self._hit >= 0 and self._hits[self._hit] == number else "accent"
        for found in self._wanted.finditer(self.texts[number]):
            first, last = max(0, found.start() - start), min(len(piece), found.end() - start)
            if first < last:
                line += [(piece[at:first], ""), (piece[first:last], style)]
                at = last
        return [*line, (piece[at:], "")]
