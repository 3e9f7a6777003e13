"""Texts for the clipboard: exact values, made safe for pasting."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ssmtrail.tui.frame.lists_text import exact
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ssmtrail.tui.frame.lists_text import ColumnSpec, Record


def cell_text(column: ColumnSpec, row: Record) -> str:
    """The whole value of a cell; times in ISO 8601 UTC."""
    return safe(exact(column.value(row)))


def row_text(columns: Iterable[ColumnSpec], row: Record) -> str:
    """The values that an export of these columns has, with tabs between, such as a machine's id beside its name."""
    names = dict.fromkeys(name for column in columns for name in column.exports)
    return "\t".join(safe(exact(row.raw(name))) for name in names)


def copied_words(text: str, *, exports: bool = True) -> str:
    """The message after a copy. Whether the terminal took it cannot be known.

    `exports` says whether the view can write it to a file instead.
    """
    shown = " ".join(text.split())
    shown = shown if len(shown) <= 40 else shown[:37] + "..."
    return f"copied {shown or 'nothing, the cell is empty'}" + (
        "  (if it did not arrive: e exports)" if shown and exports else ""
    )
