"""Answers as CSV (RFC 4180): made safe for people, spreadsheets."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from typing import TYPE_CHECKING

from tui.formats.cells import plain_text
from tui.formats.rows import texts_of
from widgets.safe_text import defuse_cell

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import BinaryIO

    from queries.values import Row, Value
    from tui.formats.rows import Rows


def write(rows: Rows, out: BinaryIO) -> None:
    """A header, then a line a row; unknown is an empty field, several texts are separated by blanks."""
    out.write(lines([rows.columns]))
    out.writelines("\r\n".join(texts_of(piece, _line)).encode() + b"\r\n" for piece in rows.lines("csv"))


def lines(rows: Iterable[Iterable[str | int | float]]) -> bytes:
    """Lines of fields that are safe already."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _line(row: Row) -> str:
    return lines([[field(value) for value in row]]).decode().removesuffix("\r\n")


def field(value: Value) -> str | int | float:
    """A value as a safe field."""
    # Numbers stay numbers: -1 is no formula.
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value
    return plain_text(value) if isinstance(value, datetime) else defuse_cell(plain_text(value))
