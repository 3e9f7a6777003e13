"""What the terminal shows, so that only what differs is sent to it."""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len, get_character_cell_size
from rich.color import ColorSystem
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.strip import Strip

from tui.pen import Pen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.segment import Segment
    from textual._compositor import CompositorUpdate

    from tui.pen import Cell

#: Equal cells between two changes that are sent again rather than passed over: moving the cursor takes as much.
_GAP: Final = 8


class Painted:
    """The cells of a terminal.

    The toolkit sends every region that it touches whole, and on the way to a new screen the same lines several times:
    layout settles in steps. Compared with what is there already most of it need not be sent, which over a slow line
    is what one waits for.
    """

    def __init__(self) -> None:
        self._lines: dict[int, list[Cell | None]] = {}
        self._width = 0

    def forget(self) -> None:
        """Know nothing: all that comes is sent."""
        self._lines.clear()

    def changes(self, update: CompositorUpdate, color_system: ColorSystem | None) -> str | None:
        """What must be sent for this update, empty where nothing must; None where it is none that can be compared."""
        if isinstance(update, LayoutUpdate):
            self._fit(update.region.right)
            pieces = _of_layout(update)
        elif isinstance(update, ChopsUpdate):
            pieces = _of_chops(update)
        else:
            self.forget()
            return None
        system = color_system or ColorSystem.TRUECOLOR
        pen = Pen()
        for x, y, segments in pieces:
            self._change(pen, x, y, _cells(segments, system))
        return pen.text

    def _fit(self, width: int) -> None:
        if width != self._width:
            self._width = width
            self.forget()

    def _change(self, pen: Pen, x: int, y: int, new: list[Cell]) -> None:
        line = self._lines.setdefault(y, [])
        end = x + len(new)
        if len(line) < end:
            line += repeat(None, end - len(line))
        old = line[x:end]
        if old != new:
            line[x:end] = new
            for first, last in _runs(old, new):
                pen.write(x + first, y, new[first:last])


def _of_layout(update: LayoutUpdate) -> Iterator[tuple[int, int, Iterable[Segment]]]:
    for y, strips in enumerate(update.strips, update.region.y):
        yield update.region.x, y, (segment for strip in strips for segment in strip)


def _of_chops(update: ChopsUpdate) -> Iterator[tuple[int, int, Iterable[Segment]]]:
    """The parts of lines that are to be painted, as the toolkit would paint them."""
    for y, x1, x2 in update.spans:
        for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            if strip is None or x > x2 or end <= x1:
                continue
            whole = x2 > x >= x1 and end <= x2
            yield x, y, strip if whole else strip.crop(0, min(end, x2) - x)


def _cells(segments: Iterable[Segment], system: ColorSystem) -> list[Cell]:
    cells: list[Cell] = []
    for text, style, control in segments:
        if control is not None:
            continue
        codes = "" if style is None else Strip.render_ansi(style, system) if style._ansi is None else style._ansi  # noqa: SLF001
        if text.isascii() or cell_len(text) == len(text):
            cells += zip(text, repeat(codes))
        else:
            cells += _wide_cells(text, codes)
    return cells


def _wide_cells(text: str, codes: str) -> Iterator[Cell]:
    """Characters of no width stay with the one that they follow; at the beginning there is none."""
    held = ""
    width = 0
    for character in text:
        size = get_character_cell_size(character)
        if size and width:
            yield from ((held, codes), *repeat(("", codes), width - 1))
            held, width = "", 0
        held += character
        width += size
    if width:
        yield from ((held, codes), *repeat(("", codes), width - 1))


def _runs(old: Sequence[Cell | None], new: Sequence[Cell]) -> list[tuple[int, int]]:
    """Where something differs, as ranges of columns.

    Terminals do not agree on how wide every character is: where one is not of one cell the whole line is sent anew,
    so that what follows stands where the toolkit would put it.
    """
    if any(cell is not None and len(cell[0]) != 1 for cells in (old, new) for cell in cells):
        return [(0, len(new))]
    runs: list[tuple[int, int]] = []
    for column, (was, now) in enumerate(zip(old, new, strict=True)):
        if was == now:
            continue
        if runs and column - runs[-1][1] <= _GAP:
            runs[-1] = (runs[-1][0], column + 1)
        else:
            runs.append((column, column + 1))
    return runs
