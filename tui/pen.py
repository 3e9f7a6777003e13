"""Text and style as sequences for a terminal, as few bytes as they can be."""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby, islice
from operator import itemgetter
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

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
