"""Writing an answer in one of the formats."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.formats import csv, json, parquet, table

if TYPE_CHECKING:
    from typing import BinaryIO

    from tui.format_names import Format
    from tui.formats.rows import Rows


def write_rows(form: Format, rows: Rows, out: BinaryIO, width: int | None = None) -> tuple[str, ...]:
    """Write all rows, in UTF-8 where it is text; gives the columns for which a table of `width` cells had no room.

    Raises Cancelled or StoreError from reading the rows, OSError from writing them.
    """
    match form:
        case "json":
            json.write_array(rows, out)
        case "jsonl":
            json.write_lines(rows, out)
        case "csv":
            csv.write(rows, out)
        case "parquet":
            parquet.write(rows, out)
        case "table":
            return table.write(rows, out, width)
    return ()
