"""From raw calls to sessions: the three statements, run over segments or over a part of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from queries.engine import literal, paths_literal, statement
from queries.raw import RAW_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from duckdb import DuckDBPyConnection

#: Raised whenever the statements or the files' columns change; derived files of another version are made again.
DERIVE_VERSION: Final = 3

#: Small row groups: a page of a sorted answer touches many of them (measured: 16,384 rows, 5 ms a page of 200).
_KEPT: Final = "(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE 16384)"
_QUICK: Final = "(FORMAT parquet, COMPRESSION lz4)"
#: The natural orders of `queries.questions`, so that unsorted answers are stretches of the files.
_NEWEST_SESSIONS: Final = 'ORDER BY "at" DESC, key'
_NEWEST_CALLS: Final = 'ORDER BY "at" DESC, step DESC, key'

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


def derive_files(connection: DuckDBPyConnection, raw: str, folder: Path) -> None:
    """Write `sessions.parquet` and `calls.parquet`, newest first, from a `raw_calls` relation.

    Every step streams through a file: memory stays bounded whatever is joined. Raises the engine's errors.
    """
    connection.execute(f"CREATE OR REPLACE TEMP TABLE callers AS {_step('callers', raw_calls=raw)}")
    parsed = _write(connection, _step("parsed", raw_calls=raw), folder / "parsed.parquet", _QUICK)
    events = _write(connection, _step("events", parsed=parsed), folder / "events.parquet", _QUICK)
    linked = _write(connection, _step("linked", events=events), folder / "linked.parquet", _QUICK)
    sessions = f"{_step('sessions', linked=linked)} {_NEWEST_SESSIONS}"
    sessions = _write(connection, sessions, folder / "sessions.parquet", _KEPT)
    calls = f"{_step('calls', linked=linked, sessions=sessions)} {_NEWEST_CALLS}"
    _write(connection, calls, folder / "calls.parquet", _KEPT)
    connection.execute("DROP TABLE callers")
    for name in ("parsed", "events", "linked"):
        (folder / f"{name}.parquet").unlink()


def _step(name: str, **relations: str) -> str:
    """A statement of `queries/sql` over the relations that it reads; they are read again wherever they are named."""
    given = ", ".join(f"{relation} AS NOT MATERIALIZED ({select})" for relation, select in relations.items())
    return f"WITH {given} FROM ({statement(name)})"


def _write(connection: DuckDBPyConnection, select: str, path: Path, form: str) -> str:
    """Write a statement's rows; gives the statement that reads them again."""
    connection.execute(f"COPY ({select}) TO {literal(str(path))} {form}")
    path.chmod(0o600)
    return f"SELECT *, file_row_number FROM read_parquet({paths_literal([path])})"
