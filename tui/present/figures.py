"""The figures of a page: how it comes in kinds, roles, addresses, accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tui.present.counted import count_columns, counts, denied_column, number_cell, seen
from tui.present.record import Record
from tui.present.words import count
from widgets.rows_table import Column, TableRow
from widgets.safe_text import safe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from queries.values import Measure
    from queries.views import Page, Part, PartName, Parts
    from tui.present.signs import Signs
    from tui.present.times import Clock
    from widgets.rows_table import Cell

_LABELS: Final[dict[PartName, str]] = {"kind": "kind", "role": "role", "address": "from", "account": "account"}
#: Row keys beside `kind:"shell"`, which is the name of a part and its key.
WHOLE, OTHERS, REST = "whole", "others", "rest"


def figure_columns(clock: Clock, measure: Measure) -> Sequence[Column]:
    """What a figure is of, then its numbers, that by which is measured first."""
    numbers = (*count_columns(measure), denied_column())
    return (
        Column("what", "", 8),
        Column("value", "", 14, flex=1, max_width=40),
        *(entry.column for entry in numbers),
        Column("last_seen", "Last seen", clock.width, priority=3),
    )


def figure_rows(page: Page, others: tuple[str, str], clock: Clock, signs: Signs) -> list[TableRow]:
    """All together, the other side (its column, its name), then a row a part."""
    row = Record.of(page.columns, page.row)
    number = row.number(others[0])
    return [
        _row(WHOLE, "all", "", row, clock, signs),
        TableRow(OTHERS, {"what": (others[1], "muted"), "value": number_cell(number)}),
        *(found for parts in page.parts if _tells(parts) for found in _rows(parts, clock, signs)),
    ]


def _tells(parts: Parts) -> bool:
    """One account alone stands in the title already."""
    return parts.name != "account" or parts.known > 1


def _rows(parts: Parts, clock: Clock, signs: Signs) -> Iterator[TableRow]:
    for number, part in enumerate(parts.largest):
        label = "" if number else _LABELS[parts.name]
        yield _row(f"{parts.name}:{part.key}", label, _value(parts, part, signs), _record(part), clock, signs)
    if rest := parts.known - len(parts.largest):
        yield TableRow(f"{REST}:{parts.name}", {"value": (f"and {count(rest)} more", "muted")})


def _value(parts: Parts, part: Part, signs: Signs) -> Cell:
    unknown = part.key == "null" and parts.name != "role"
    return (f"{signs.unsure} {safe(part.label)}", "warn") if unknown else safe(part.label)


def _record(part: Part) -> Record:
    return Record({name: getattr(part, name) for name in ("sessions", "calls", "denied", "last_seen")})


def _row(key: str, what: str, value: Cell, row: Record, clock: Clock, signs: Signs) -> TableRow:
    cells = {"what": (what, "muted"), "value": value, **counts(row, signs), **seen(row, clock)}
    return TableRow(key, cells)
