"""From raw calls to sessions: the SQL steps, each a statement of `queries/sql` whose rows are written to a file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from duckdb import __version__ as engine_version

from ssmtrail.queries.engine import PARQUET
from ssmtrail.queries.raw_calls import RAW_COLUMNS
from ssmtrail.queries.sql_text import literal, paths_literal, statement
from ssmtrail.queries.store.partitions import ROW_BITS
from ssmtrail.queries.store.precedence import precedence

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.trust import Trust


#: Raise the number whenever the statements or the files' columns change: derived files of another version are made
#: again. So are those of another version of the engine, whose hashes may differ.
_VERSION: Final = f"22 {engine_version}"
#: For files that answers read. Small row groups: a page of scattered rows unpacks one group a row (measured with a
#: million sessions: 32 rows in 79 ms, with 4,096 rows a group in 142 ms; writing takes a tenth longer, 2 % more space).
KEPT: Final = f"({PARQUET}, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE 2048)"
#: For the index, which counting reads whole: one row group a partition, quick to unpack.
INDEX: Final = f"({PARQUET}, COMPRESSION lz4, ROW_GROUP_SIZE 122880)"
#: Columns that the index has beside the numbers.
_MORE: Final = {"sessions": "", "calls": ", found.step, found.copy"}
#: For kept files that only the next derivation reads.
QUICK: Final = f"({PARQUET}, COMPRESSION lz4, ROW_GROUP_SIZE 16384)"
#: For files that are read once and removed (packing them with lz4 takes a fifth of the time).
TEMPORARY: Final = f"({PARQUET}, COMPRESSION uncompressed, ROW_GROUP_SIZE 16384)"
#: `row_no` is the number of the file followed by this many bits for the row in it.
_FILE_BITS: Final = 32
#: The natural orders of `ssmtrail.queries.relations`, so that unsorted answers are contiguous in the files.
_NEWEST_SESSIONS: Final = 'ORDER BY "at" DESC, key'
_NEWEST_CALLS: Final = 'ORDER BY "at" DESC, step DESC, key'
_NEWEST_DOORS: Final = 'ORDER BY "at" DESC, key'
#: Row ids of doors begin so far above those of sessions and calls of the same partition.
FIRST_DOOR: Final = 1 << (ROW_BITS - 1)
#: The columns of doors that are no texts, and all their columns in order: a file without rows is made of these alone,
#: since to ask `doors.sql` for nothing takes the engine 0.3 s.
_DOOR_TYPES: Final = {
    **dict.fromkeys(("row_id", "segment_row"), "BIGINT"),
    **dict.fromkeys(("at", "data_from", "data_to", "event_time"), "TIMESTAMP"),
    **dict.fromkeys(("visit", "copy"), "BOOLEAN"),
    "target_ids": "VARCHAR[]",
}
_DOOR_COLUMNS: Final = (
    "row_id", "key", "at", "data_from", "data_to", "event_id", "event_time", "event_name", "door", "status",
    "visit_key", "visit", "account", "region", "person", "person_evidence", "claimed_name", "source_identity",
    "person_kind", "person_id", "person_shown", "identity_arn", "identity_type", "role", "source_ip", "ip_key",
    "user_agent", "via", "target", "target_kind", "target_ids", "session_id", "session_key", "session_status",
    "kind", "detail", "address", "error_code", "error_message", "conflict", "copy", "segment", "segment_row",
)  # fmt: skip


def _no_rows(types: Mapping[str, str]) -> str:
    columns = ", ".join(f'NULL::{kind} AS "{name}"' for name, kind in types.items())
    return f"SELECT {columns} WHERE false"


def _texts(names: str) -> dict[str, str]:
    return dict.fromkeys(names.split(), "VARCHAR")


NO_DOORS: Final = _no_rows({name: _DOOR_TYPES.get(name, "VARCHAR") for name in _DOOR_COLUMNS})
#: Relations without rows, in place of statements that would find none: to plan one takes the engine 10 to 30 ms.
NO_STOPS: Final = _no_rows({**_texts("target"), "at": "TIMESTAMP"})
NO_LAUNCHES: Final = _no_rows({**_texts("account region address vpc target"), "at": "TIMESTAMP", "until": "TIMESTAMP"})
NO_NAMING: Final = _no_rows({**_texts("target name environment"), "at": "TIMESTAMP", "terminated_at": "TIMESTAMP"})
NO_CALLERS: Final = _no_rows(
    {
        **_texts("credential caller caller_kind caller_id"), "is_broker": "BOOLEAN", "contradicts": "BOOLEAN",
        "first_time": "TIMESTAMP", "last_time": "TIMESTAMP",
    }
)  # fmt: skip
NO_ISSUED: Final = _no_rows(
    {
        **_texts("access_key role_session event_id shared_id caller_key person person_kind person_id"),
        "issued_at": "TIMESTAMP", "is_broker": "BOOLEAN",
    }
)  # fmt: skip
_NO_COMMANDS: Final = _no_rows(
    {
        **_texts("eid door person person_evidence person_kind person_id claimed_name source_identity identity_arn"),
        **_texts("identity_type role source_ip ip_key user_agent via"),
        "session_no": "BIGINT", "event_time": "TIMESTAMP",
    }
)  # fmt: skip
_NO_ADDENDA: Final = _no_rows({**_texts("eid latest"), "data_from": "TIMESTAMP", "data_to": "TIMESTAMP"})
_NO_JUDGED: Final = _no_rows(
    {
        **dict.fromkeys(("row_no", "number", "repeat", "copy_no"), "BIGINT"), **_texts("call_eid conflict"),
        "first_time": "TIMESTAMP", "last_time": "TIMESTAMP",
        "known_who": "STRUCT(named VARCHAR, evidence VARCHAR, kind VARCHAR, id VARCHAR, credential VARCHAR,"
        ' session_name VARCHAR, "type" VARCHAR)',
    }
)  # fmt: skip
_NO_RAW_CALLS: Final = (
    "SELECT " + ", ".join(f"NULL::VARCHAR AS {name}" for name in RAW_COLUMNS) + ", '' AS segment, 0 AS segment_row"
    " WHERE false"
)


def derive_version(trust: Trust) -> str:
    """Names how sessions are derived: by which statements, engine, and trust in names."""
    return f"{_VERSION} {trust.digest}"


def step(name: str, **relations: str) -> str:
    """The statement `queries/sql/NAME.sql` with the relations that it reads; each is read again wherever it is used."""
    given = ", ".join(f"{relation} AS NOT MATERIALIZED ({select})" for relation, select in relations.items())
    return f"WITH {given} FROM ({statement(name)})"


def write(connection: DuckDBPyConnection, select: str, path: Path, options: str) -> str:
    """Write a statement's rows to a private Parquet file; gives the statement that reads them."""
    connection.execute(f"COPY ({select}) TO {literal(str(path))} {options}")
    path.chmod(0o600)
    return f"SELECT * FROM read_parquet({paths_literal([path])})"


def raw_calls(segments: Sequence[Path]) -> str:
    """The relation `raw_calls` over segment files: RAW_COLUMNS, the segment's name, the row in it."""
    if not segments:
        return _NO_RAW_CALLS
    return (
        f"SELECT {', '.join(RAW_COLUMNS)}, parse_filename(filename, true) AS segment, file_row_number AS segment_row"
        f" FROM read_parquet({paths_literal(segments)}, filename = true, file_row_number = true)"
    )


def index_rows(entity: Literal["sessions", "calls"], found: str, names: str, more: str = "") -> str:
    """The statement that gives sessions or calls as numbers, by `row_id`, with `more` of their columns."""
    return step("index", found=found, names=names).replace("{more}", _MORE[entity] + more)


def make_callers_table(connection: DuckDBPyConnection, issued: str, used: str) -> None:
    """Make the temporary table `callers` from the relations `issued` and `used`, see `callers.sql`."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE callers AS {step('callers', issued=issued, used=used)}")


def parsed_rows(files: Sequence[Path], condition: str = "true") -> str:
    """The relation `parsed`: the rows of files that meet a condition, each with its own `row_no`."""
    return " UNION ALL ".join(
        f"SELECT {number << _FILE_BITS}::BIGINT + file_row_number AS row_no, * EXCLUDE (file_row_number)"
        f" FROM read_parquet({paths_literal([path])}, file_row_number = true) WHERE {condition}"
        for number, path in enumerate(files)
    )


@dataclass(frozen=True, slots=True)
class Joined:
    """Statements that give joined sessions, calls and calls of other doors, in no order."""

    sessions: str
    calls: str
    doors: str
    """Empty where there are no such calls."""

    def ordered_sessions(self, first_row_id: int, condition: str = "true") -> str:
        """The sessions that meet a condition, newest first, with ascending row ids."""
        sessions = f"SELECT * EXCLUDE (session_no) FROM ({self.sessions})"
        return _ordered(sessions, condition, _NEWEST_SESSIONS, first_row_id)

    def ordered_calls(self, first_row_id: int, condition: str = "true") -> str:
        """The calls that meet a condition, newest first, with ascending row ids."""
        return _ordered(self.calls, condition, _NEWEST_CALLS, first_row_id)

    def ordered_doors(self, first_row_id: int, condition: str = "true") -> str:
        """The other doors' calls that meet a condition, newest first, with ascending row ids that no session has."""
        if not self.doors:
            return NO_DOORS
        return _ordered(self.doors, condition, _NEWEST_DOORS, first_row_id + FIRST_DOOR)


def _ordered(select: str, condition: str, order: str, first_row_id: int) -> str:
    rows = f"SELECT * FROM ({select}) WHERE {condition} {order}"
    return f"SELECT {first_row_id} + row_number() OVER () - 1 AS row_id, * FROM ({rows})"


def join_calls(connection: DuckDBPyConnection, raw: str, parsed: str, callers: str, folder: Path) -> Joined:
    """Join the relations `parsed` and `callers` to sessions, with intermediate files in a folder.

    `raw` is the relation `raw_calls` that they were parsed from; it is read for copies of a call that contradict each
    other. Each step streams through a file, so memory is bounded for any amount of calls. Raises the engine's errors.
    """
    facts = connection.execute(step("facts", parsed=parsed)).fetchall()[0]
    has_copies, has_addenda, has_doors, has_refused = facts
    addenda = step("addenda", parsed=parsed) if has_addenda else _NO_ADDENDA
    judged = _NO_JUDGED
    if has_copies:
        places = precedence(connection, raw, connection.execute(step("contradicting", parsed=parsed)).fetchall())
        found = step("judged", parsed=parsed, addenda=addenda, precedence=places)
        judged = write(connection, found, folder / "judged.parquet", TEMPORARY)
    found = step("events", parsed=parsed, callers=callers, judged=judged, addenda=addenda)
    events = write(connection, found, folder / "events.parquet", TEMPORARY)
    links = write(connection, step("links", events=events), folder / "links.parquet", TEMPORARY)
    linked = step("linked", parsed=parsed, links=links)
    commands = f"SELECT * FROM ({linked}) WHERE step = -1" if has_doors else _NO_COMMANDS
    found = step("sessions", linked=linked, commands_linked=commands)
    sessions = write(connection, found, folder / "sessions.parquet", TEMPORARY)
    calls, doors = step("calls", linked=linked, sessions=sessions), ""
    if has_doors:
        doors = step("doors", linked=linked, sessions=sessions)
        doors = write(connection, doors, folder / "doors.parquet", TEMPORARY)
    rows = sessions
    if has_refused:
        refused = step("refused", linked=linked, sessions=sessions)
        rows += f" UNION ALL BY NAME {write(connection, refused, folder / 'refused.parquet', TEMPORARY)}"
    return Joined(rows, calls, doors)


def derive_tables(connection: DuckDBPyConnection, raw: str, folder: Path, suffix: str = "", base: int = 0) -> None:
    """Make the tables `sessionsSUFFIX`, `callsSUFFIX` and `doorsSUFFIX` from a relation `raw_calls`, all of it at once.

    Their row ids begin at `base`. Raises the engine's errors.
    """
    parsed = folder / "parsed.parquet"
    used = write(connection, step("parsed", raw_calls=raw), parsed, TEMPORARY)
    used = f"SELECT DISTINCT credential, role_session, issued_at FROM ({used}) WHERE credential IS NOT NULL"
    make_callers_table(connection, step("issued", raw_calls=raw), used)
    joined = join_calls(connection, raw, parsed_rows([parsed]), "FROM temp.callers", folder)
    connection.execute(f"CREATE TABLE calls{suffix} AS {joined.ordered_calls(base)}")
    connection.execute(f"CREATE TABLE doors{suffix} AS {joined.ordered_doors(base)}")
    connection.execute("DROP TABLE callers")
    firsts = statement("firsts").replace("{earliest}", f'(SELECT min("at") FROM calls{suffix})')
    connection.execute(
        f"CREATE TABLE sessions{suffix} AS WITH sessions AS ({joined.ordered_sessions(base)}),"
        " started AS (SELECT row_id, \"at\", {'a': account, 'p': coalesce(person_id, person), 'k': person_kind,"
        " 'r': group_of(person, person_kind, role, via)} AS person_no, target AS target_no FROM sessions"
        " WHERE status = 'started'),"
        f" firsts AS ({firsts})"
        " SELECT *, row_id IN (SELECT row_id FROM firsts) AS first_ever FROM sessions"
    )
