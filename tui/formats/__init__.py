"""The formats in which an answer leaves the tool."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ssmtrail.tui.formats import data, text
from ssmtrail.tui.formats.rows import Rows
from ssmtrail.tui.formats.text import write_grid

if TYPE_CHECKING:
    from typing import BinaryIO

    from ssmtrail.tui.format_names import Format

__all__ = ["Rows", "write_grid", "write_rows"]


def write_rows(form: Format, rows: Rows, out: BinaryIO, width: int | None = None) -> tuple[str, ...]:
    """Write all rows, in UTF-8 where it is text; gives the columns for which a table of `width` cells had no room.

    Raises Cancelled or StoreError from reading the rows, OSError from writing them.
    """
    match form:
        case "json":
            data.write_array(rows, out)
        case "jsonl":
            data.write_lines(rows, out)
        case "csv":
            text.write_csv(rows, out)
        case "parquet":
            data.write_parquet(rows, out)
        case "table":
            return text.write_table(rows, out, width)
    return ()
