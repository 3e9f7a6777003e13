"""Answers as exact data: JSON and Parquet."""

from __future__ import annotations

import json
import shutil
import tempfile
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ssmtrail.queries.errors import StoreError
from ssmtrail.queries.relations import COLUMN_TYPES
from ssmtrail.tui.formats.rows import texts_of
from ssmtrail.tui.formats.text import time_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.model import Row, Value
    from ssmtrail.tui.formats.rows import Rows


def write_array(rows: Rows, out: BinaryIO) -> None:
    """One array of objects, an object a line."""
    before = b"[\n"
    for text in _pieces(rows, ",\n"):
        out.write(before)
        out.write(text)
        before = b",\n"
    out.write(b"[]\n" if before == b"[\n" else b"\n]\n")


def write_lines(rows: Rows, out: BinaryIO) -> None:
    """An object a line."""
    out.writelines(text + b"\n" for text in _pieces(rows, "\n"))


def _pieces(rows: Rows, between: str) -> Iterator[bytes]:
    for piece in rows.lines("json"):
        yield between.join(texts_of(piece, partial(_object, rows.columns))).encode()


def _object(columns: tuple[str, ...], row: Row) -> str:
    values = {name: _value(value) for name, value in zip(columns, row, strict=True)}
    text = json.dumps(values, ensure_ascii=False, allow_nan=False)
    return text if text.isascii() and text.isprintable() else "".join(map(_escaped, text))


def _value(value: Value) -> Value | list[str]:
    if isinstance(value, datetime):
        return time_text(value)
    return list(value) if isinstance(value, tuple) else value


def _escaped(char: str) -> str:
    """A JSON escape for a character that does not print: C1, bidi controls, lone surrogates."""
    if char.isprintable():
        return char
    code = ord(char)
    if code < 0x10000:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"


def write_parquet(rows: Rows, out: BinaryIO) -> None:
    """All rows; times are UTC instants, `event_ids`, `roles` lists of text. Raises StoreError."""
    import duckdb

    with tempfile.TemporaryDirectory(prefix="ssmtrail-") as scratch:
        try:
            # In a file, not in memory: there may be a million rows.
            connection = duckdb.connect(str(Path(scratch) / "rows.duckdb"))
            try:
                made = _written(connection, rows, Path(scratch) / "rows.parquet")
            finally:
                connection.close()
        except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
            raise StoreError(f"The Parquet file cannot be made: {str(error).splitlines()[0]}") from error
        with made.open("rb") as file:
            shutil.copyfileobj(file, out)


def _written(connection: DuckDBPyConnection, rows: Rows, path: Path) -> Path:
    types = [COLUMN_TYPES.get(name, "VARCHAR") for name in rows.columns]
    connection.execute("SET TimeZone = 'UTC'")
    columns = ", ".join(f'"{name}" {kind}' for name, kind in zip(rows.columns, types, strict=True))
    connection.execute(f"CREATE TABLE answer ({columns})")
    # One statement a page, with a list for each column: row by row takes a hundred times as long.
    values = ", ".join(f"unnest(?::{'TIMESTAMP' if kind == 'TIMESTAMPTZ' else kind}[])" for kind in types)
    for page in filter(None, rows.pages()):
        connection.execute(f"INSERT INTO answer SELECT {values}", _by_column(page))
    connection.execute("COPY answer TO $path (FORMAT parquet, COMPRESSION zstd)", {"path": str(path)})
    return path


def _by_column(page: tuple[Row, ...]) -> list[list[object]]:
    return [[_parquet_value(value) for value in column] for column in zip(*page, strict=True)]


def _parquet_value(value: Value) -> object:
    match value:
        case datetime():
            return value.astimezone(UTC).replace(tzinfo=None)
        case tuple():
            return [_parquet_value(part) for part in value]
        case str():
            # Parquet's text is UTF-8, which has no lone surrogates.
            return value.encode("utf-8", "replace").decode() if not value.isascii() else value
        case _:
            return value
