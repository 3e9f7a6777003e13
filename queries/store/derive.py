"""From raw calls to sessions: the statements, run over whatever calls belong together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from duckdb import __version__ as engine_version

from queries.engine import literal, paths_literal, statement
from queries.raw import RAW_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from duckdb import DuckDBPyConnection

#: Raised whenever the statements or the files' columns change; derived files of another version are made again, as are
#: those of another engine: its hashes may be others.
DERIVE_VERSION: Final = f"6 {engine_version}"

#: Small row groups: a page of rows from all over unpacks one a row (measured with a million sessions: 60 rows in 54 ms,
#: with 16,384 rows a group in 100 ms; counting distinct people takes 47 ms, not 27).
KEPT: Final = "(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE 4096)"
QUICK: Final = "(FORMAT parquet, COMPRESSION lz4, ROW_GROUP_SIZE 16384)"
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


def derive_tables(connection: DuckDBPyConnection, raw: str, folder: Path, suffix: str = "", base: int = 0) -> None:
    """Make the tables `sessionsSUFFIX`, `callsSUFFIX` of a `raw_calls` relation, all of it at once.

    Their row ids begin at `base`. Raises the engine's errors.
    """
    learn_callers(connection, step("issued", raw_calls=raw))
    parsed = parse_file(connection, raw, folder / "parsed.parquet")
    sessions, calls = join_files(connection, parsed, folder)
    connection.execute("DROP TABLE callers")
    numbered = f"SELECT {base} + file_row_number AS row_id, * EXCLUDE (file_row_number"
    connection.execute(f"CREATE TABLE calls{suffix} AS {numbered}) FROM ({calls})")
    firsts = statement("firsts").replace("{earliest}", f'(SELECT min("at") FROM calls{suffix})')
    part = statement("part_firsts")
    connection.execute(
        f"CREATE TABLE sessions{suffix} AS WITH sessions AS ({numbered}, session_no) FROM ({sessions})),"
        f" part_firsts AS ({part}), firsts AS ({firsts})"
        " SELECT *, row_id IN (SELECT row_id FROM firsts) AS first_ever FROM sessions"
    )


def learn_callers(connection: DuckDBPyConnection, issued: str) -> None:
    """Make the table `callers`, which `join_files` reads, from a relation `issued`."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE callers AS {step('callers', issued=issued)}")


def parse_file(connection: DuckDBPyConnection, raw: str, path: Path) -> str:
    """Write what each record of `raw_calls` says by itself; gives the statement that reads it again."""
    return write(connection, step("parsed", raw_calls=raw), path, QUICK)


def join_files(connection: DuckDBPyConnection, parsed: str, folder: Path) -> tuple[str, str]:
    """Write `sessions.parquet` and `calls.parquet`, newest first, from `parsed` and the table `callers`.

    Every step streams through a file: memory stays bounded whatever is joined. Gives the statements that read them.
    Raises the engine's errors.
    """
    events = write(connection, step("events", parsed=parsed), folder / "events.parquet", QUICK)
    linked = write(connection, step("linked", events=events), folder / "linked.parquet", QUICK)
    sessions = f"{step('sessions', linked=linked)} {_NEWEST_SESSIONS}"
    sessions = write(connection, sessions, folder / "sessions.parquet", QUICK)
    calls = f"{step('calls', linked=linked, sessions=sessions)} {_NEWEST_CALLS}"
    calls = write(connection, calls, folder / "calls.parquet", QUICK)
    for name in ("events", "linked"):
        (folder / f"{name}.parquet").unlink()
    return sessions, calls


def step(name: str, **relations: str) -> str:
    """A statement of `queries/sql` over the relations that it reads; they are read again wherever they are named."""
    given = ", ".join(f"{relation} AS NOT MATERIALIZED ({select})" for relation, select in relations.items())
    return f"WITH {given} FROM ({statement(name)})"


def write(connection: DuckDBPyConnection, select: str, path: Path, form: str) -> str:
    """Write a statement's rows; gives the statement that reads them again."""
    connection.execute(f"COPY ({select}) TO {literal(str(path))} {form}")
    path.chmod(0o600)
    return f"SELECT *, file_row_number FROM read_parquet({paths_literal([path])})"
