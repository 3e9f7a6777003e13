"""Sends the terminal only the cells that changed, in as few bytes as possible."""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby, islice, repeat
from operator import itemgetter
from typing import TYPE_CHECKING, Final, TypeAlias

from rich.cells import cell_len, get_character_cell_size
from rich.color import ColorSystem
from textual._compositor import ChopsUpdate, LayoutUpdate
from textual.strip import Strip

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.segment import Segment
    from textual._compositor import CompositorUpdate

#: A cell's text with its SGR parameters; the second cell of a wide character has no text.
Cell: TypeAlias = "tuple[str, str]"

_STYLE: Final = itemgetter(1)
#: How many parameters follow the kind of a colour: `38;5;N` or `38;2;R;G;B` (ECMA-48 8.3.117, ITU-T T.416).
_COLOUR_PARAMETERS: Final = {"5": 1, "2": 3}
#: Unchanged cells between two changes that are sent again: moving the cursor takes as many bytes.
_GAP: Final = 8


class CellWriter:
    """Collects the bytes that write cells; begins and ends without a style."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._codes = ""

    def write(self, x: int, y: int, cells: Sequence[Cell]) -> None:
        """Write cells from column `x` of line `y` on, both counted from 0."""
        self._parts.append(f"\x1b[{y + 1};{x + 1}H")
        for codes, group in groupby(cells, _STYLE):
            if codes != self._codes:
                self._parts.append(f"\x1b[{style_change(self._codes, codes)}m")
                self._codes = codes
            self._parts += [text for text, _ in group]

    @property
    def text(self) -> str:
        """All that was written, with the style reset at the end."""
        return "".join((*self._parts, "\x1b[0m" if self._codes else ""))


@lru_cache(maxsize=4096)
def style_change(before: str, after: str) -> str:
    """Return the shortest SGR parameters that change one style into another."""
    *old_colours, old_attributes = _parse_sgr(before)
    *new_colours, new_attributes = _parse_sgr(after)
    if old_attributes != new_attributes:  # not every attribute can be taken back alone
        return f"0;{after}" if after else "0"
    defaults = ("39", "49")
    return ";".join(
        new or default for old, new, default in zip(old_colours, new_colours, defaults, strict=True) if old != new
    )


def _parse_sgr(codes: str) -> tuple[str, str, tuple[str, ...]]:
    """Return foreground, background and attributes of SGR parameters."""
    foreground = background = ""
    attributes: list[str] = []
    parameters = iter(codes.split(";")) if codes else iter(())
    for code in parameters:
        if code in ("38", "48"):
            kind = next(parameters)
            code = ";".join((code, kind, *islice(parameters, _COLOUR_PARAMETERS[kind])))
        if code.startswith("38") or _is_colour(code, 30, 90):
            foreground = code
        elif code.startswith("48") or _is_colour(code, 40, 100):
            background = code
        else:
            attributes.append(code)
    return foreground, background, tuple(attributes)


def _is_colour(code: str, dark: int, light: int) -> bool:
    """Whether a parameter is one of the sixteen colours or the terminal's own colour."""
    return code.isdecimal() and (int(code) in range(dark, dark + 10) or int(code) in range(light, light + 8))


class CellPainter:
    """A copy of the terminal's cells, which finds out what an update of Textual's changes.

    Textual sends every region that it touches whole, and on the way to a new screen the same lines several times,
    because its layout settles in steps. Most of those cells are on the terminal already; over a slow line the user
    would wait for them.
    """

    def __init__(self) -> None:
        self._lines: dict[int, list[Cell | None]] = {}
        self._width = 0

    def forget(self) -> None:
        """Forget all cells, so that the next updates are sent whole."""
        self._lines.clear()

    def whole(self, height: int, instead: tuple[int, str]) -> str:
        """The bytes that paint all cells of a screen anew, with another text on one line, in the line's first style."""
        writer = CellWriter()
        for y in range(height):
            line = [cell or (" ", "") for cell in self._lines.get(y, ())]
            if y == instead[0] and line:
                text = instead[1][: len(line)].ljust(len(line))
                line = [(character, line[0][1]) for character in text]
            if line:
                writer.write(0, y, line)
        return writer.text

    def changes(self, update: CompositorUpdate, color_system: ColorSystem | None) -> str | None:
        """Return the bytes to send for an update, empty if nothing changes; None for an unknown kind of update."""
        if isinstance(update, LayoutUpdate):
            if update.region.right != self._width:
                self._width = update.region.right
                self.forget()
            pieces = _pieces_of_layout(update)
        elif isinstance(update, ChopsUpdate):
            pieces = _pieces_of_chops(update)
        else:
            self.forget()
            return None
        writer = CellWriter()
        for x, y, segments in pieces:
            self._change(writer, x, y, _cells(segments, color_system or ColorSystem.TRUECOLOR))
        return writer.text

    def _change(self, writer: CellWriter, x: int, y: int, new: list[Cell]) -> None:
        line = self._lines.setdefault(y, [])
        end = x + len(new)
        if len(line) < end:
            line += repeat(None, end - len(line))
        old = line[x:end]
        if old != new:
            line[x:end] = new
            for first, last in _changed_ranges(old, new):
                writer.write(x + first, y, new[first:last])


def _pieces_of_layout(update: LayoutUpdate) -> Iterator[tuple[int, int, Iterable[Segment]]]:
    """Column, line and segments of the whole screen."""
    for y, strips in enumerate(update.strips, update.region.y):
        yield update.region.x, y, (segment for strip in strips for segment in strip)


def _pieces_of_chops(update: ChopsUpdate) -> Iterator[tuple[int, int, Iterable[Segment]]]:
    """Column, line and segments of the parts of lines that Textual would send."""
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
    """Cells of a text with wide or combining characters; a combining one shares the cell of the character before."""
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


def _changed_ranges(old: Sequence[Cell | None], new: Sequence[Cell]) -> list[tuple[int, int]]:
    """Return the ranges of columns to send.

    Terminals do not agree on the width of every character. A piece with a character that is not one cell wide is sent
    whole, so that what follows is placed where Textual expects it.
    """
    if any(cell is not None and len(cell[0]) != 1 for cells in (old, new) for cell in cells):
        return [(0, len(new))]
    ranges: list[tuple[int, int]] = []
    for column, (before, after) in enumerate(zip(old, new, strict=True)):
        if before == after:
            continue
        if ranges and column - ranges[-1][1] <= _GAP:
            ranges[-1] = (ranges[-1][0], column + 1)
        else:
            ranges.append((column, column + 1))
    return ranges
