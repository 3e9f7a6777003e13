"""The columns of a list that the user chose: those that the list has, and other fields of the question."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal

from ssmtrail.tui.frame.lists_text import ColumnSpec, account_cell, exact, several
from ssmtrail.tui.text import count
from ssmtrail.widgets.table import Column
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ssmtrail.queries.model import QuestionName
    from ssmtrail.tui.frame.lists_text import Display, Record
    from ssmtrail.widgets.table import Cell, RowsTable, TableRow

#: Begins the key of a column that the list itself does not have.
_FIELD: Final = "field "
#: Cells of fields that are neither times nor numbers.
_WIDTHS: Final = {
    "account": 12, "region": 14, "status": 8, "person_kind": 15, "person_evidence": 15, "end_evidence": 10,
    "name_source": 8, "target_kind": 11, "environment": 6, "source_ip": 15, "severity": 8,
}  # fmt: skip
_TEXT: Final = 20
_NUMBER: Final = 9
_WIDEST: Final = 60
#: Words of headings that are no words.
_SHORT: Final = {"id": "ID", "ids": "IDs", "ip": "IP", "ips": "IPs", "arn": "ARN"}


def headings_of(own: Sequence[ColumnSpec]) -> Mapping[str, str]:
    """Columns of the answer by the names of a list's own columns: `machine`, `from`, `length`."""
    found: dict[str, str] = {}
    for entry in own:
        if entry.column.label:
            for word in (entry.key, entry.column.label.casefold().replace(" ", "_"), entry.source):
                _ = found.setdefault(word, entry.source)
    return found


def chosen_columns(
    question: QuestionName, names: Sequence[str], own: Sequence[ColumnSpec], display: Display
) -> Sequence[ColumnSpec]:
    """The columns of a list; without names its own ones."""
    if not names:
        return own
    by_source = {entry.source: entry for entry in reversed(own) if entry.column.label}
    found = [by_source.get(name) or _field_column(question, name, display) for name in names]
    return [replace(entry, column=replace(entry.column, fixed=True)) for entry in found]


def _field_column(question: QuestionName, name: str, display: Display) -> ColumnSpec:
    """A column for a field that the list does not have."""
    from ssmtrail.queries.relations import COLUMN_TYPES  # imported late: imports cost start-up time

    label = " ".join(_SHORT.get(word, word) for word in name.split("_"))
    label, kind = label[0].upper() + label[1:], COLUMN_TYPES.get(name, "VARCHAR")
    if kind == "TIMESTAMPTZ":
        column = Column(_FIELD + name, label, display.clock.width)
    elif kind in ("BIGINT", "DOUBLE"):
        column = Column(_FIELD + name, label, max(_NUMBER, len(label)), right=True)
    else:
        is_long = name not in _WIDTHS
        shorten: Literal["end", "middle"] = "middle" if name.endswith(("_id", "_ids", "_arn")) else "end"
        width = max(len(label), _WIDTHS.get(name, _TEXT))
        column = Column(
            _FIELD + name, label, width, flex=int(is_long), shorten=shorten, max_width=_WIDEST if is_long else None
        )
    return ColumnSpec(column, sort=name, source=name, filter=_filter_key(question, name))


def _filter_key(question: QuestionName, name: str) -> str:
    """The key of the filter language that looks at a column first; empty where none does."""
    from ssmtrail.queries.filters.keys import KEYS  # as above

    if question not in ("sessions", "calls", "doors", "visits", "findings"):
        question = "sessions"
    return next((key.name for key in KEYS if key.columns(question)[:1] == (name,)), "")


def widened(table: RowsTable, widths: dict[str, int]) -> bool:
    """Make the column under a table's cursor as wide as what is seen of it, or take that back; whether it changed."""
    under = table.column_under_cursor
    if under is None:
        return False
    if widths.pop(under.key, None) is None:
        wanted = table.width_wanted(under.key)
        if wanted <= table.width_of(under.key):
            return False
        widths[under.key] = wanted
    table.widths = dict(widths)
    return True


def with_fields(
    rows: Sequence[TableRow], records: Sequence[Record], listed: Sequence[ColumnSpec], display: Display
) -> Sequence[TableRow]:
    """The rows with the cells of fields that the list itself does not have."""
    fields = [entry for entry in listed if entry.key.startswith(_FIELD)]
    if not fields:
        return rows
    return [
        replace(row, cells={**row.cells, **{entry.key: field_cell(record, entry.source, display) for entry in fields}})
        for row, record in zip(rows, records, strict=True)
    ]


def field_cell(record: Record, name: str, display: Display) -> Cell:
    """A field as a cell; an unknown one is blank."""
    value = record.raw(name)
    if value is None or value in ("", ()):
        return ""
    if isinstance(value, datetime):
        return display.clock.row(value)
    if isinstance(value, tuple):
        return several(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return count(int(value))
    if name == "account":
        return account_cell(str(value), display.accounts)
    return safe(exact(value))
