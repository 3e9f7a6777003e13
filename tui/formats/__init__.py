"""The formats of answers, and `write_rows`, which writes all of them. Writers are imported when they are used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias, get_args

if TYPE_CHECKING:
    from typing import BinaryIO

    from ssmtrail.tui.formats.rows import Rows

Format: TypeAlias = Literal["table", "json", "jsonl", "csv", "parquet"]
FORMATS: Final[tuple[Format, ...]] = get_args(Format)


def write_rows(form: Format, rows: Rows, out: BinaryIO, width: int | None = None) -> tuple[str, ...]:
    """Write all rows, text in UTF-8; gives the columns that a table of `width` cells leaves out.

    Raises Cancelled or StoreError from reading the rows, OSError from writing them.
    """
    from ssmtrail.tui.formats import data, text

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
