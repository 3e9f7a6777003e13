"""One session with its calls, one call with its record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from queries.columns import columns_of
from queries.engine import cursor_of, run
from queries.errors import UsageError
from queries.questions import with_names
from queries.stored_answer import typed
from queries.values import CallDetail, Row, Scope, SessionDetail

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from duckdb import DuckDBPyConnection

    from queries.generation import Generation

_CALL_COLUMNS: Final = (
    "key", "event_time", "event_name", "step", "status", "error_code", "person", "source_ip", "proves_life",
    "segment", "segment_row",
)  # fmt: skip
#: A session without a known end is possibly open for so long after its start or its last proof of life.
POSSIBLE_HOURS: Final = 24


def session_detail(
    connection: DuckDBPyConnection, generation: Generation, key: str, scope: Scope, possible_hours: int = POSSIBLE_HOURS
) -> SessionDetail:
    """The session whose row has this key, joined as the scope's window joins. Raises UsageError when there is none."""
    columns = columns_of("sessions")
    rows = with_names(generation.relation(cursor_of(connection), "sessions", scope.window))
    chosen = ", ".join(f'"{name}"' for name in columns)
    found = run(connection, f"SELECT {chosen} FROM {rows} WHERE key = ?", [key])
    if not found:
        raise UsageError("this session is not in the window any more")
    row = tuple(typed(value) for value in found[0])
    relation = generation.around(cursor_of(connection), "calls", scope.window)
    calls = run(
        connection,
        f"SELECT {', '.join(_CALL_COLUMNS)} FROM {relation} WHERE session_key = ? ORDER BY event_time, step, key",
        [key],
    )
    return SessionDetail(
        columns, row, _with_notes(connection, generation, calls), _nearby(connection, rows, key, possible_hours)
    )


def call_detail(connection: DuckDBPyConnection, generation: Generation, key: str, scope: Scope) -> CallDetail:
    """One call with its record. Raises UsageError when there is none."""
    relation = generation.relation(cursor_of(connection), "calls", scope.window)
    calls = run(connection, f"SELECT {', '.join(_CALL_COLUMNS)} FROM {relation} WHERE key = ?", [key])
    if not calls:
        raise UsageError("this call is not in the window any more")
    return _with_notes(connection, generation, calls)[0]


def _nearby(connection: DuckDBPyConnection, rows: str, key: str, possible_hours: int) -> int:
    """Other sessions on the same machine that were open, certainly or possibly, when this one started."""
    possible = f"INTERVAL {possible_hours} HOUR"
    found = run(
        connection,
        f"""WITH found AS {rows}, this AS (SELECT * FROM found WHERE key = ?)
        SELECT count(*) FROM found, this
        WHERE found.target = this.target AND found.key <> this.key AND found.status = 'started'
          AND found.end_evidence <> 'no-shell' AND found.started_at <= this."at"
          AND coalesce(found.ended_at, coalesce(found.alive_at, found.started_at) + {possible}) >= this."at" """,
        [key],
    )
    return cast("int", found[0][0])


def _with_notes(connection: DuckDBPyConnection, generation: Generation, calls: Sequence[Row]) -> tuple[CallDetail, ...]:
    details: list[CallDetail] = []
    ended = False
    for call in calls:
        fields: dict[str, Any] = dict(zip(_CALL_COLUMNS, call, strict=True))
        details.append(_detail(connection, generation, fields, _note(fields, ended=ended)))
        ended = ended or (fields["step"] == 2 and fields["status"] == "ok")
    return tuple(details)


def _note(call: dict[str, Any], *, ended: bool) -> str:
    if call["status"] != "ok":
        return "" if call["step"] == 0 else "not granted: neither an end nor proof of life"
    if call["step"] == 2:
        return "ended again: the first end counts" if ended else ""
    if call["step"] == 1 and not call["proves_life"]:
        return "answered without a token: the session was probably over"
    return "after its end" if call["step"] == 1 and ended else ""


def _detail(connection: DuckDBPyConnection, generation: Generation, call: dict[str, Any], note: str) -> CallDetail:
    record, file = _record(connection, generation, call["segment"], call["segment_row"])
    return CallDetail(
        event_id=call["key"],
        event_time=cast("datetime", typed(call["event_time"])),
        event_name=call["event_name"],
        outcome=call["error_code"] or "ok",
        person=call["person"],
        source_ip=call["source_ip"],
        record=record or "{}",
        exact=record is not None,
        file=file,
        note=note,
    )


def _record(
    connection: DuckDBPyConnection, generation: Generation, segment: str, row: int
) -> tuple[str | None, str | None]:
    raw = generation.derived.raw_calls([segment])
    found = run(connection, f"SELECT record, file FROM ({raw}) WHERE segment_row = ?", [row])
    if not found:
        return None, None
    record, file = found[0][0], found[0][1]
    return cast("str | None", record), cast("str | None", file)
