"""A JSON text laid out in lines without changing one of its values.

The text is cut into tokens, never rebuilt from parsed values: numbers keep all their digits, strings their escapes,
objects the order of their keys and keys that are there twice.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from widgets.safe_text import safe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from widgets.styled_lines import StyledLine

_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')
_OPEN: Final = frozenset("{[")
_CLOSE: Final = frozenset("}]")
_SIGNS: Final = frozenset("{}[],:")
_INDENT: Final = 2


def json_lines(text: str) -> list[StyledLine]:
    """The text in lines of runs styled `key`, `text`, `number` and `muted`; as it is when it is no JSON."""
    if not is_json(text):
        return [[(safe(line.rstrip("\r")), "")] for line in text.split("\n")]
    return list(_laid_out(_TOKEN.findall(text)))


def is_json(text: str) -> bool:
    """Whether the text is one whole JSON value that can be laid out."""
    try:
        json.loads(text, parse_int=str, parse_float=str)
    except (ValueError, RecursionError):
        return False
    return True


def _laid_out(pieces: list[str]) -> Iterator[StyledLine]:
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
