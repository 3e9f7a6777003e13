"""Answers as a table for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tui.formats.cells import plain_text
from widgets.cell_width import cell_width
from widgets.safe_text import safe, shorten_end, shorten_middle

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import BinaryIO

    from queries.values import Row
    from tui.formats.rows import Rows

_NUMBERS: Final = frozenset(
    {"resumes", "sessions", "calls", "denied", "length_seconds", "people", "targets", "source_ips"}
)
#: Shown first where not all columns have room.
_FIRST: Final = (
    *("bucket", "event_time", "started_at", "event_name", "person", "target", "target_name"),
    *("people", "targets", "sessions", "calls", "denied", "kind", "status", "error_code", "destination", "source_ip"),
    *("ended_at", "reason", "role", "first_seen", "last_seen", "account", "region"),
)
#: No column is wider than this in a terminal.
_WIDEST: Final = 30
#: Nor is one padded to more than this in a file: one long value would make every other row as long.
_WIDEST_PADDED: Final = 200
_GAP: Final = "  "


def write(rows: Rows, out: BinaryIO, width: int | None = None) -> tuple[str, ...]:
    """A line of names, then a line a row, columns aligned; gives the columns that had no room in `width` cells.

    Without a width nothing is cut; a value of more than 200 cells shifts what follows it.
    The rows are read twice, so that they need not be in memory.
    """
    widths = [len(name) for name in rows.columns]
    for row in rows:
        for number, text in enumerate(_texts(row)):
            widths[number] = max(widths[number], min(cell_width(text), _WIDEST_PADDED))
    shown = list(range(len(rows.columns))) if width is None else _fitting(rows.columns, widths, width)
    chosen = [(rows.columns[number], number, widths[number]) for number in shown]
    cut = width is not None
    out.write(_line(chosen, rows.columns, cut=cut))
    for row in rows:
        out.write(_line(chosen, list(_texts(row)), cut=cut))
    return tuple(name for number, name in enumerate(rows.columns) if number not in shown)


def _texts(row: Row) -> Sequence[str]:
    return [safe(plain_text(value)) for value in row]


def _fitting(columns: tuple[str, ...], widths: list[int], width: int) -> list[int]:
    """The columns that fit, the most telling first; `widths` is narrowed to what they get."""
    room = width + len(_GAP)
    found: list[int] = []
    for number in sorted(range(len(columns)), key=lambda number: _rank(columns[number])):
        widths[number] = min(widths[number], max(_WIDEST, len(columns[number])), width)
        if widths[number] + len(_GAP) > room:
            break
        room -= widths[number] + len(_GAP)
        found.append(number)
    return found


def _rank(name: str) -> int:
    return _FIRST.index(name) if name in _FIRST else len(_FIRST)


def _line(chosen: list[tuple[str, int, int]], texts: Sequence[str], *, cut: bool) -> bytes:
    cells = [_cell(texts[number], width, right=name in _NUMBERS, cut=cut) for name, number, width in chosen]
    return (_GAP.join(cells).rstrip() + "\n").encode()


def _cell(text: str, width: int, *, right: bool, cut: bool) -> str:
    if cut and cell_width(text) > width:
        # A blank means several words, of which the first ones tell most; an identifier differs at both of its ends.
        text = shorten_end(text, width) if " " in text else shorten_middle(text, width)
    padding = " " * (width - cell_width(text))
    return padding + text if right else text + padding
