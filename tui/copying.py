"""What a copy holds: the exact value, made safe for wherever it is pasted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ssmtrail.tui.views.lists_text import exact
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ssmtrail.tui.views.lists_text import ColumnSpec, Record


def cell_text(column: ColumnSpec, row: Record) -> str:
    """The value that a cell stands for: whole, times in ISO 8601 UTC."""
    return safe(exact(column.value(row)))


def row_text(columns: Iterable[ColumnSpec], row: Record) -> str:
    """What an export of these columns holds, with tabs between: a machine's id stands beside its name."""
    names = dict.fromkeys(name for column in columns for name in column.exports)
    return "\t".join(safe(exact(row.raw(name))) for name in names)


def copied_words(text: str, *, exports: bool = True) -> str:
    """What to say of a copy; the terminal may have dropped it, which nobody can see from here.

    `exports` says whether the screen can write it to a file instead.
    """
    shown = " ".join(text.split())
    shown = shown if len(shown) <= 40 else shown[:37] + "..."
    return f"copied {shown or 'nothing, the cell is empty'}" + (
        "  (if it did not arrive: e exports)" if shown and exports else ""
    )
