"""From raw calls to sessions: the three statements, run over segments or over a part of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from queries.engine import paths_literal, statement
from queries.raw import RAW_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from duckdb import DuckDBPyConnection

#: Raised whenever the statements or the files' columns change; derived files of another version are made again.
DERIVE_VERSION: Final = 1

_NO_RAW_CALLS: Final = (
    "SELECT " + ", ".join(f"NULL::VARCHAR AS {name}" for name in RAW_COLUMNS) + ", '' AS segment, 0 AS segment_row"
    " WHERE false"
)


def raw_calls(segments: Sequence[Path]) -> str:
    """The relation `raw_calls` over segment files: RAW_COLUMNS, the segment's name, the row in it."""
    if not segments:
        return _NO_RAW_CALLS
    return (
        f"SELECT {', '.join(RAW_COLUMNS)}, parse_filename(filename, true) AS segment, file_row_number AS segment_row"
        f" FROM read_parquet({paths_literal(segments)}, filename = true, file_row_number = true)"
    )


def derive_tables(connection: DuckDBPyConnection, raw: str, suffix: str = "") -> None:
    """Make the tables `sessions` and `calls` (with a suffix) from a `raw_calls` relation, in the engine's memory."""
    with_events = f"WITH raw_calls AS ({raw}) SELECT * FROM ({statement('events')})"
    connection.execute(f"CREATE OR REPLACE TEMP TABLE events AS {with_events}")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE linked AS {statement('linked')}")
    connection.execute("DROP TABLE events")
    connection.execute(f"CREATE OR REPLACE TABLE sessions{suffix} AS {statement('sessions')}")
    connection.execute(
        f"CREATE OR REPLACE TABLE calls{suffix} AS WITH sessions AS (FROM sessions{suffix}) {statement('calls')}"
    )
    connection.execute("DROP TABLE linked")
