"""Rows as lines of CSV or JSON that the engine spells: a hundred thousand take it 50 ms, Python a second."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ssmtrail.queries.relations import COLUMN_TYPES
from ssmtrail.queries.sql_text import literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ssmtrail.queries.model import Spelling

#: The macro that spells the values of a type, after `csv_` or `json_`; see `queries/sql/macros.sql`.
_MACROS: Final = {"VARCHAR": "text", "BIGINT": "number", "TIMESTAMPTZ": "time", "VARCHAR[]": "list"}


def spelled(spelling: Spelling, columns: Sequence[str]) -> str | None:
    """SQL of one text a row: its line, or NULL where a value needs more care than the engine takes.

    None where it cannot spell a column at all, or where a line of CSV could be empty.
    """
    types = [COLUMN_TYPES.get(name, "VARCHAR") for name in columns]
    if len(columns) < 2 or not set(types) <= _MACROS.keys():
        return None
    values = [f'{spelling}_{_MACROS[kind]}("{name}")' for name, kind in zip(columns, types, strict=True)]
    if spelling == "csv":
        return " || ',' || ".join(values)
    names = [f'"{name}": ' for name in columns]
    pairs = [f"{literal(name)} || {value}" for name, value in zip(names, values, strict=True)]
    return "'{' || " + " || ', ' || ".join(pairs) + " || '}'"
