"""Sends the terminal only the cells that differ from what it shows, in as few bytes as possible."""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby, islice, repeat
from operator import itemgetter
from typing import TYPE_CHECKING, Final, TypeAlias

from rich.cells import cell_len, get_character_cell_size
from rich.color import ColorSystem
from rich.control import Control
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.app import App
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from rich.console import RenderableType
    from rich.segment import Segment
    from textual import events
    from textual.await_remove import AwaitRemove
    from textual.dom import DOMNode
    from textual.geometry import Offset
    from textual.screen import Screen

#: A cell's text with its style's SGR parameters; of a wide character the second cell has no text.
Cell: TypeAlias = "tuple[str, str]"

_STYLE: Final = itemgetter(1)
#: How many parameters follow the kind of a colour: `38;5;N` or `38;2;R;G;B` (ECMA-48 8.3.117, ITU-T T.416).
_FOLLOWING: Final = {"5": 1, "2": 3}


class Pen:
    """Writes cells; begins and ends without a style."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._codes = ""

    def write(self, x: int, y: int, cells: Sequence[Cell]) -> None:
        """Write cells, of which the first one stands in column `x` of line `y`, counted from 0."""
        self._parts.append(f"\x1b[{y + 1};{x + 1}H")
        for codes, group in groupby(cells, _STYLE):
            if codes != self._codes:
                self._parts.append(f"\x1b[{turned(self._codes, codes)}m")
                self._codes = codes
            self._parts += [text for text, _ in group]

    @property
    def text(self) -> str:
        """All that was written."""
        return "".join((*self._parts, "\x1b[0m" if self._codes else ""))


@lru_cache(maxsize=4096)
def turned(before: str, after: str) -> str:
    """SGR parameters that lead from one style to another."""
    *old, old_rest = _parsed(before)
    *new, new_rest = _parsed(after)
    if old_rest != new_rest:  # attributes are not all taken back one by one
        return f"0;{after}" if after else "0"
    colours = [now or none for was, now, none in zip(old, new, ("39", "49"), strict=True) if was != now]
    return ";".join(colours)


def _parsed(codes: str) -> tuple[str, str, tuple[str, ...]]:
    """Foreground, background, the rest."""
    foreground = background = ""
    rest: list[str] = []
    parameters = iter(codes.split(";")) if codes else iter(())
    for code in parameters:
        if code in ("38", "48"):
            kind = next(parameters)
            code = ";".join((code, kind, *islice(parameters, _FOLLOWING[kind])))
        if code.startswith("38") or _is_colour(code, 30, 90):
            foreground = code
        elif code.startswith("48") or _is_colour(code, 40, 100):
            background = code
        else:
            rest.append(code)
    return foreground, background, tuple(rest)


def _is_colour(code: str, dark: int, light: int) -> bool:
    """One of the sixteen, or the terminal's own."""
    return code.isdecimal() and (int(code) in range(dark, dark + 10) or int(code) in range(light, light + 8))


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


class SparingApp(App[int]):
    """Paints through `Painted`; anything else that writes on the terminal must make it forget."""

    def __init__(self, *, ansi_color: bool | None) -> None:
        super().__init__(ansi_color=ansi_color)
        self.painted = Painted()
        self._pointer = "default"

    def _display(self, screen: Screen[object], renderable: RenderableType | None) -> None:
        update: object = renderable
        sent = self._changes(update) if isinstance(update, CompositorUpdate) else None
        if sent is None:
            super()._display(screen, renderable)
            return
        if sent and self._driver is not None:
            self._begin_update()
            self._driver.write(sent)
            self._end_update()
            self._driver.flush()
        self.post_display_hook()

    def _changes(self, update: CompositorUpdate) -> str | None:
        if self._driver is None or self._driver.is_inline or self.is_headless or self._batch_count or not self._running:
            return None
        changes = self.painted.changes(update, self.console._color_system)  # noqa: SLF001 - as the toolkit does
        cursor = self.screen.outer_size.clamp_offset(self.cursor_position)
        # The cursor of a text field that is not typed into, perhaps not even seen, moves nothing.
        if changes is None or (not changes and not self._cursor_moved(cursor)):
            return changes
        self._previous_cursor_position = cursor
        return f"{changes}{Control.move_to(*cursor).segment.text}"

    def _cursor_moved(self, cursor: Offset) -> bool:
        return cursor != self._previous_cursor_position and isinstance(self.focused, Input)

    def _set_pointer_shape(self, shape: str) -> None:
        if shape != self._pointer:  # every new screen begins by asking for the usual one
            self._pointer = shape
            super()._set_pointer_shape(shape)

    def _prune(self, *nodes: Widget, parent: DOMNode | None = None) -> AwaitRemove:
        # The toolkit holds on to the painted lines of a thousand widgets that are gone: 40 MB after some drilling.
        for node in nodes:
            for widget in node.walk_children(Widget, with_self=True):
                widget._styles_cache.clear()  # noqa: SLF001
        return super()._prune(*nodes, parent=parent)

    def on_resize(self, event: events.Resize) -> None:
        """A terminal that changes its size moves its text about."""
        self.painted.forget()
        self.refresh()

    def action_redraw(self) -> None:
        """Draw everything again, where something else wrote on the terminal."""
        self.painted.forget()
        _ = self.refresh(layout=True)
