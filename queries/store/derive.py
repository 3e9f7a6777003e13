"""From raw calls to sessions: the statements, run over calls that belong together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from duckdb import __version__ as engine_version

from ssmtrail.queries.engine import PARQUET, literal, paths_literal, statement
from ssmtrail.queries.raw_calls import RAW_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from duckdb import DuckDBPyConnection


#: Raised whenever the statements or the files' columns change; derived files of another version are made again, as are
#: those of another engine: its hashes may be others.
DERIVE_VERSION: Final = f"7 {engine_version}"


#: Small row groups: a page of rows from all over unpacks one a row (measured with a million sessions: 32 rows in 79 ms,
#: with 4,096 rows a group in 142 ms; the facts take 1.05 s, not 0.9, writing a tenth longer, the files 2 % more room).
KEPT: Final = f"({PARQUET}, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE 2048)"


QUICK: Final = f"({PARQUET}, COMPRESSION lz4, ROW_GROUP_SIZE 16384)"


#: For what is written to be read once more and is gone then (packed with lz4 a fifth of the time goes into that).
PASSING: Final = f"({PARQUET}, COMPRESSION uncompressed, ROW_GROUP_SIZE 16384)"


#: Rows of a file of parsed calls are numbered in so many bits, above them the files.
_FILE_BITS: Final = 32


#: The natural orders of `ssmtrail.queries.relations`, so that unsorted answers are stretches of the files.
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
    parse_file(connection, raw, folder / "parsed.parquet")
    joined = join_files(connection, numbered_rows([folder / "parsed.parquet"]), "FROM temp.callers", folder)
    connection.execute(f"CREATE TABLE calls{suffix} AS {joined.ordered_calls(base)}")
    connection.execute("DROP TABLE callers")
    firsts = statement("firsts").replace("{earliest}", f'(SELECT min("at") FROM calls{suffix})')
    part = statement("part_firsts")
    connection.execute(
        f"CREATE TABLE sessions{suffix} AS WITH sessions AS ({joined.ordered_sessions(base)}),"
        f" part_firsts AS ({part}), firsts AS ({firsts})"
        " SELECT *, row_id IN (SELECT row_id FROM firsts) AS first_ever FROM sessions"
    )


def learn_callers(connection: DuckDBPyConnection, issued: str) -> None:
    """Make the temporary table `callers` from a relation `issued`."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE callers AS {step('callers', issued=issued)}")


def parse_file(connection: DuckDBPyConnection, raw: str, path: Path) -> None:
    """Write what each record of `raw_calls` says by itself."""
    write(connection, step("parsed", raw_calls=raw), path, PASSING)


def numbered_rows(files: Sequence[Path], inside: str = "true") -> str:
    """The relation `parsed`: rows of some files that meet a condition, each with a `row_no` of its own."""
    return " UNION ALL ".join(
        f"SELECT {number << _FILE_BITS}::BIGINT + file_row_number AS row_no, * EXCLUDE (file_row_number)"
        f" FROM read_parquet({paths_literal([path])}, file_row_number = true) WHERE {inside}"
        for number, path in enumerate(files)
    )


@dataclass(frozen=True, slots=True)
class Joined:
    """Statements that give sessions and calls which were joined with each other, in no order."""

    sessions: str
    calls: str

    def ordered_sessions(self, base: int, inside: str = "true") -> str:
        """The sessions that meet a condition, newest first, row ids beginning at `base`."""
        return _ordered(f"SELECT * EXCLUDE (session_no) FROM ({self.sessions})", inside, _NEWEST_SESSIONS, base)

    def ordered_calls(self, base: int, inside: str = "true") -> str:
        """The same of calls."""
        return _ordered(self.calls, inside, _NEWEST_CALLS, base)


def _ordered(select: str, inside: str, order: str, base: int) -> str:
    rows = f"SELECT * FROM ({select}) WHERE {inside} {order}"
    return f"SELECT {base} + row_number() OVER () - 1 AS row_id, * FROM ({rows})"


def join_files(connection: DuckDBPyConnection, parsed: str, callers: str, folder: Path) -> Joined:
    """Join the relations `parsed`, `callers`, by way of files in a folder.

    Every step streams through a file: memory stays bounded whatever is joined. What parsed calls say at length is not
    written again. Raises the engine's errors.
    """
    events = write(connection, step("events", parsed=parsed, callers=callers), folder / "events.parquet", PASSING)
    links = write(connection, step("links", events=events), folder / "links.parquet", PASSING)
    linked = step("linked", parsed=parsed, links=links)
    sessions = write(connection, step("sessions", linked=linked), folder / "sessions.parquet", PASSING)
    return Joined(sessions, step("calls", linked=linked, sessions=sessions))


def step(name: str, **relations: str) -> str:
    """A statement of `queries/sql` over the relations that it reads; they are read again wherever they are named."""
    given = ", ".join(f"{relation} AS NOT MATERIALIZED ({select})" for relation, select in relations.items())
    return f"WITH {given} FROM ({statement(name)})"


def write(connection: DuckDBPyConnection, select: str, path: Path, form: str) -> str:
    """Write a statement's rows; gives the statement that reads them again."""
    connection.execute(f"COPY ({select}) TO {literal(str(path))} {form}")
    path.chmod(0o600)
    return f"SELECT * FROM read_parquet({paths_literal([path])})"
