"""`LongText`, which shows and searches a text of very many lines, wrapped as a terminal wraps it."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias, overload

from ssmtrail.widgets.styled_lines import StyledLine, StyledLines
from ssmtrail.widgets.text import char_width

#: Gives the text beside a line, by its index: a time; of the same width for all lines.
Gutter = Callable[[int], str]
#: A row: the index of its line, and which row of the line it is.
Place: TypeAlias = tuple[int, int]
_NOTHING: Final = re.compile(r"(?!)")


def row_starts(text: str, width: int) -> array[int]:
    """Where the rows of a line begin, each of at most `width` cells; one of an empty line."""
    if text.isascii():
        return array("Q", range(0, len(text) or 1, width))
    starts, room = array("Q", (0,)), width
    for index, char in enumerate(text):
        cells = char_width(char)
        room -= cells
        if room < 0 and index > starts[-1]:
            starts.append(index)
            room = width - cells
    return starts


class _Wrapped(Sequence[StyledLine]):
    """The rows of a text, made when they are drawn."""

    def __init__(self, owner: LongText, width: int) -> None:
        self._owner = owner
        self._width = max(1, width - owner.gutter_width)
        self._ends = array("Q")
        self._starts: dict[int, array[int]] = {}
        rows = 0
        for number, text in enumerate(owner.texts):
            if text.isascii():
                rows += max(1, -(-len(text) // self._width))
            elif len(text) * 2 <= self._width or len(starts := row_starts(text, self._width)) == 1:
                rows += 1
            else:
                self._starts[number] = starts
                rows += len(starts)
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
        number, row = self.place_of(index)
        text = self._owner.texts[number]
        if number in self._starts:
            starts = self._starts[number]
            start, end = starts[row], starts[row + 1] if row + 1 < len(starts) else len(text)
        else:
            start, end = (row * self._width, (row + 1) * self._width) if text.isascii() else (0, len(text))
        return self._owner.styled(number, text[start:end], start, is_first=row == 0)

    def place_of(self, row: int) -> Place:
        """The place of a row."""
        number = bisect_right(self._ends, row)
        return number, row - self.first_row(number)

    def row_of(self, place: Place) -> int:
        """The row at a place, or the nearest."""
        number = min(max(place[0], 0), len(self._ends) - 1)
        return min(self.first_row(number) + place[1], self._ends[number] - 1)

    def first_row(self, number: int) -> int:
        """The first row of a line."""
        return self._ends[number - 1] if number else 0


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
    searched = ""
    """What is searched for in this text; empty where nothing is."""
    _gutter: Gutter | None = None
    _wanted = _NOTHING
    _hits: Sequence[int] = ()
    """Indexes of the lines that have what is searched for."""
    _hit = -1
    """The place in `_hits` of the one that was gone to."""
    _within: tuple[int, Sequence[int]] = (-1, ())
    """A line, and where in it what is searched for begins: of one line, whose rows are drawn one after another."""

    def show(self, texts: Sequence[str], gutter: Gutter | None = None, gutter_width: int = 0) -> None:
        """Show another text from its top; nothing is searched for then."""
        self.texts, self._gutter, self.gutter_width = texts, gutter, gutter_width
        self._find("")
        self.reflow()
        self.scroll_home(animate=False)

    def show_again(self, texts: Sequence[str], gutter: Gutter | None = None, gutter_width: int = 0) -> None:
        """Show the same text made anew: the place stays, and what is searched for with the hit that was gone to."""
        place, searched = self.place, self.searched
        hit = self._hits[self._hit] if self._hit >= 0 else -1
        self.show(texts, gutter, gutter_width)
        self._find(searched)
        if hit >= 0 and self._hits:
            self._hit = bisect_left(self._hits, hit) % len(self._hits)
        self.go_back_to(place)

    def clear(self) -> None:
        """Show nothing."""
        self.show(())

    def lines_for(self, width: int) -> Sequence[StyledLine]:
        """The rows, made when they are drawn."""
        return _Wrapped(self, width)

    @property
    def top(self) -> int:
        """The index of the first line on the screen."""
        return self.place[0]

    @property
    def place(self) -> Place:
        """The place of the first row on the screen."""
        return self._rows.place_of(round(self.scroll_y)) if len(self._lines) else (0, 0)

    def go_back_to(self, place: Place) -> None:
        """Scroll so that a place is the first row on the screen."""
        if len(self._lines):
            self.scroll_to(y=self._rows.row_of(place), animate=False, force=True)

    @property
    def _rows(self) -> _Wrapped:
        assert isinstance(self._lines, _Wrapped)
        return self._lines

    def go_to(self, number: int) -> None:
        """Scroll to a line, a third of the page from the top."""
        if len(self._lines):
            row = self._rows.row_of((number, 0))
            self.scroll_to(y=max(0, row - self.size.height // 3), animate=False, force=True)

    def search(self, text: str, start: int) -> tuple[int, int]:
        """Go to the first line from `start` on that has a text, ignoring case, else to the first of all.

        Returns the number of the hit, from 1, and how many lines have the text; zeros where none has.
        """
        self._find(text)
        self._hit = bisect_left(self._hits, start) - 1
        return self.step(1)

    def _find(self, text: str) -> None:
        self.searched, self._hit, self._within = text, -1, (-1, ())
        self._wanted = re.compile(re.escape(text), re.IGNORECASE) if text else _NOTHING
        self._hits = [number for number, line in enumerate(self.texts) if self._wanted.search(line)] if text else ()

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
        found, length = self._found_in(number), len(self.searched)
        for each in found[bisect_right(found, start - length) : bisect_left(found, start + len(piece))]:
            first, last = max(0, each - start), min(len(piece), each + length - start)
            line += [(piece[at:first], ""), (piece[first:last], style)]
            at = last
        return [*line, (piece[at:], "")]

    def _found_in(self, number: int) -> Sequence[int]:
        """Where in a line what is searched for begins."""
        if self._within[0] != number:
            places = (found.start() for found in self._wanted.finditer(self.texts[number])) if self.searched else ()
            self._within = number, array("Q", places)
        return self._within[1]
