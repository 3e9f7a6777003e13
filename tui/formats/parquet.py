"""Answers as Parquet with typed columns."""

from __future__ import annotations

import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from queries.columns import COLUMN_TYPES
from queries.errors import StoreError

if TYPE_CHECKING:
    from typing import BinaryIO

    from duckdb import DuckDBPyConnection

    from queries.values import Row, Value
    from tui.formats.rows import Rows


def write(rows: Rows, out: BinaryIO) -> None:
    """All rows; times are UTC instants, `event_ids`, `roles` lists of text. Raises StoreError."""
    import duckdb

    with tempfile.TemporaryDirectory(prefix="ssmtrail-") as scratch:
        try:
            # In a file: a million rows need not be in memory.
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
    # A list a column and one statement a page: row by row takes a hundred times as long.
    values = ", ".join(f"unnest(?::{'TIMESTAMP' if kind == 'TIMESTAMPTZ' else kind}[])" for kind in types)
    for page in filter(None, rows.pages()):
        connection.execute(f"INSERT INTO answer SELECT {values}", _by_column(page))
    connection.execute("COPY answer TO $path (FORMAT parquet, COMPRESSION zstd)", {"path": str(path)})
    return path


def _by_column(page: tuple[Row, ...]) -> list[list[object]]:
    return [[_value(value) for value in column] for column in zip(*page, strict=True)]


def _value(value: Value) -> object:
    match value:
        case datetime():
            return value.astimezone(UTC).replace(tzinfo=None)
        case tuple():
            return [_value(part) for part in value]
        case str():
            # Parquet's text is UTF-8, which has no lone surrogates.
            return value.encode("utf-8", "replace").decode() if not value.isascii() else value
        case _:
            return value
