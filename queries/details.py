"""One session with its calls, one call with its record, and who was on a machine at a moment."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, cast

from ssmtrail.queries.chain import chain_of
from ssmtrail.queries.engine import cursor_of, run
from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.filters import Filter
from ssmtrail.queries.model import POSSIBLE_HOURS, CallDetail, ChainLink, Row, Scope, SessionDetail
from ssmtrail.queries.presence import stays
from ssmtrail.queries.relations import columns_of, typed, utc
from ssmtrail.queries.sql_text import literal, timestamp
from ssmtrail.queries.views import AsOf, PersonId, Presence, Stay
from ssmtrail.queries.window_sql import moments

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.model import Scope
    from ssmtrail.queries.snapshot import Snapshot

_CALL_COLUMNS: Final = (
    "key", "event_id", "event_time", "event_name", "step", "status", "error_code", "person", "source_ip", "proves_life",
    "segment", "segment_row", "copy", "conflict",
)  # fmt: skip
_KEY: Final = _CALL_COLUMNS.index("key")
#: So many rows of a machine are read one by one; for more, the column of all machines.
_FEW: Final = 1_000


def session_detail(
    connection: DuckDBPyConnection,
    snapshot: Snapshot,
    key: str,
    scope: Scope,
    at: datetime | None = None,
    possible_hours: int = POSSIBLE_HOURS,
) -> SessionDetail:
    """The session whose row has this key, joined as the scope's window joins. Raises UsageError when there is none.

    `at` is where its row is looked for first.
    """
    chosen = (*columns_of("sessions"), "data_from", "data_to")
    number = snapshot.row_number(connection, "sessions", scope.window, key, at)
    if number is None:
        raise UsageError("this session is not in the window any more")
    this = snapshot.rows_of(cursor_of(connection), "sessions", scope.window, [number])
    this = snapshot.named("sessions", this, scope.window)
    row = dict(zip(chosen, run(connection, f"SELECT {_listed(chosen)} FROM {this}")[0], strict=True))
    calls = run(
        connection,
        # They all lie within what the session rests on, so that few rows are read. The row of a refused resume or end
        # has the key of this call, which belongs to the session that it aimed at.
        f"""SELECT {_listed(_CALL_COLUMNS)} FROM {_calls(connection, snapshot, row, scope)}
        WHERE (session_key = ? OR key = ?) AND "at" BETWEEN ? AND ? ORDER BY event_time, step, key""",
        [key, key, row["data_from"], row["data_to"]],
    )
    own = next((call for call in calls if call[_KEY] == key), None)
    return SessionDetail(
        columns_of("sessions"),
        tuple(typed(row[name]) for name in columns_of("sessions")),
        _with_notes(connection, snapshot, calls),
        _nearby(connection, snapshot, row, scope, possible_hours),
        _chain(connection, snapshot, scope, own, row) if own and row["status"] != "orphan" else (),
    )


def _chain(
    connection: DuckDBPyConnection, snapshot: Snapshot, scope: Scope, call: Row, row: Mapping[str, Any]
) -> tuple[ChainLink, ...]:  # fmt: skip
    fields: dict[str, Any] = dict(zip(_CALL_COLUMNS, call, strict=True))
    if row["person_evidence"] == "identity":  # nothing to follow: that spares planning the statements
        at = cast("datetime", typed(fields["event_time"]))
        return (ChainLink(fields["event_id"], at, fields["event_name"], row["person"], row["person_kind"]),)
    place = (fields["segment"], fields["segment_row"])
    return chain_of(connection, snapshot, scope.window, *place, fields["event_id"])


def call_detail(connection: DuckDBPyConnection, snapshot: Snapshot, key: str, scope: Scope) -> CallDetail:
    """One call with its record. Raises UsageError when there is none."""
    relation = snapshot.relation(cursor_of(connection), "calls", scope.window)
    calls = run(connection, f"SELECT {_listed(_CALL_COLUMNS)} FROM {relation} WHERE key = ?", [key])
    if not calls and (door := _door(connection, snapshot, key, scope)) is not None:
        return door
    if not calls:
        raise UsageError("this call is not in the window any more")
    return _with_notes(connection, snapshot, calls)[0]


_DOOR_COLUMNS: Final = (
    "key", "event_time", "event_name", "error_code", "person", "source_ip", "segment", "segment_row", "door", "detail",
)  # fmt: skip


def _door(connection: DuckDBPyConnection, snapshot: Snapshot, key: str, scope: Scope) -> CallDetail | None:
    """A call of another door with its record; None where there is none."""
    relation = snapshot.relation(cursor_of(connection), "doors", scope.window)
    found = run(connection, f"SELECT {_listed(_DOOR_COLUMNS)} FROM {relation} WHERE key = ?", [key])
    if not found:
        return None
    fields: dict[str, Any] = dict(zip(_DOOR_COLUMNS, found[0], strict=True))
    return replace(_detail(connection, snapshot, fields, fields["detail"] or ""), door=fields["door"])


def _listed(columns: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in columns)


def _calls(connection: DuckDBPyConnection, snapshot: Snapshot, this: Mapping[str, Any], scope: Scope) -> str:
    near = moments(this["data_from"], this["data_to"])
    return snapshot.around(cursor_of(connection), "calls", scope.window, near)


def _nearby(
    connection: DuckDBPyConnection, snapshot: Snapshot, this: Mapping[str, Any], scope: Scope, possible_hours: int
) -> int:
    """Other sessions on the same machine that were open, certainly or possibly, when this one started.

    It is compared with values, not with a row of the same statement: the files then give the few rows of one machine,
    where a join holds all rows of all machines.
    """
    if this["target"] is None:
        return 0
    before = snapshot.bounded("sessions", _before(connection, snapshot, this, scope), scope.window)
    found = run(
        connection,
        f"""SELECT count(*) FROM {before}
        WHERE target = ? AND started_at <= ? AND key <> ? AND status = 'started'
          AND least(ended_at, latest_end, alive_at + INTERVAL {possible_hours} HOUR) >= ?""",
        [this["target"], this["at"], this["key"], this["at"]],
        once=True,
    )
    return cast("int", found[0][0])


def _before(connection: DuckDBPyConnection, snapshot: Snapshot, this: Mapping[str, Any], scope: Scope) -> str:
    """SQL of rows among which are all earlier sessions on its machine; few where the index identifies them."""
    machine = replace(scope, filter=Filter().keep("target", this["target"], exact=True))
    cursor = cursor_of(connection)
    if (indexed := snapshot.index.listed(snapshot, cursor, "sessions", machine)) is not None:
        numbers = f'SELECT row_id FROM {indexed.sql} WHERE "at" <= ? LIMIT {_FEW + 1}'
        found = run(connection, numbers, [*indexed.parameters, this["at"]])
        if len(found) <= _FEW:
            return snapshot.rows_of(cursor, "sessions", scope.window, [cast("int", number) for (number,) in found])
    return snapshot.relation(cursor, "sessions", scope.window, marked=False)


def _with_notes(connection: DuckDBPyConnection, snapshot: Snapshot, calls: Sequence[Row]) -> tuple[CallDetail, ...]:
    details: list[CallDetail] = []
    ended = False
    for call in calls:
        fields: dict[str, Any] = dict(zip(_CALL_COLUMNS, call, strict=True))
        details.append(_detail(connection, snapshot, fields, _note(fields, ended=ended)))
        ended = ended or (fields["step"] == 2 and fields["status"] == "ok" and not fields["copy"])
    return tuple(details)


def _note(call: dict[str, Any], *, ended: bool) -> str:
    if call["copy"]:
        return f"another copy of one call, with another {_several(call['conflict'])}: it does not count"
    return _meaning(call, ended=ended)


def _several(conflict: str | None) -> str:
    return " and ".join((conflict or "").split(","))


def _meaning(call: dict[str, Any], *, ended: bool) -> str:
    if call["status"] != "ok":
        return "" if call["step"] == 0 else "not granted: neither an end nor proof of life"
    if call["step"] == 2:
        return "ended again: the first end counts" if ended else ""
    if call["step"] == 1 and not call["proves_life"]:
        return "answered without a token: the session was probably over"
    return "after its end" if call["step"] == 1 and ended else ""


def _detail(connection: DuckDBPyConnection, snapshot: Snapshot, call: dict[str, Any], note: str) -> CallDetail:
    record, file = _record(connection, snapshot, call["segment"], call["segment_row"])
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
    connection: DuckDBPyConnection, snapshot: Snapshot, segment: str, row: int
) -> tuple[str | None, str | None]:
    raw = snapshot.derived.raw_calls([segment])
    found = run(connection, f"SELECT record, file FROM ({raw}) WHERE segment_row = ?", [row])
    if not found:
        return None, None
    record, file = found[0][0], found[0][1]
    return cast("str | None", record), cast("str | None", file)


#: How far to both sides of the moment sessions are read, so that a cursor can move without asking again.
REACH: Final = timedelta(hours=36)


def presence(stay: Stay, moment: datetime) -> Presence:
    """Whether a person was on the machine, see `stays.sql`. Both ends count: times are of whole seconds."""
    if stay.certain_from and stay.certain_until and stay.certain_from <= moment <= stay.certain_until:
        return "certain"
    return "possible" if stay.possible_from <= moment <= stay.possible_until else "no"


def as_of(
    snapshot: Snapshot, cursor: DuckDBPyConnection, target: str, moment: datetime, scope: Scope, possible: timedelta,
    *, covered: bool,
) -> AsOf:  # fmt: skip
    """All sessions on a machine about a moment, ignoring the filter; joined as the scope's window joins.

    What began before the window's look-around is not seen.
    """
    first, last = moment - REACH, moment + REACH
    on_it = f"target = {literal(target)}"
    sessions = f"(SELECT * FROM {snapshot.around(cursor, 'sessions', scope.window)} WHERE {on_it})"
    sessions = snapshot.bounded("sessions", sessions, scope.window)
    calls = f"(SELECT * FROM {snapshot.around(cursor, 'calls', scope.window)} WHERE {on_it})"
    found = cursor.execute(
        f"SELECT stay_key, account, person, person_kind, person_id, group_of(person, person_kind, role, via),"
        f' person_shown, kind, coalesce(resumed_at, "at") AS began, certain_from, certain_until, possible_from,'
        f" possible_until, end_evidence, status = 'orphan', session_key, outside"
        f" FROM {stays(sessions, calls, possible)}"
        f" WHERE possible_from < {timestamp(last)} AND possible_until >= {timestamp(first)} ORDER BY began, stay_key"
    ).fetchall()
    read = scope.window.look_around(snapshot.look_around_days)
    return AsOf(target, moment, first, last, possible, tuple(map(_stay, found)), covered, read)


def _stay(row: tuple[Any, ...]) -> Stay:
    key, account, person, person_kind, number, behind, label, kind, *times, evidence, orphan, session_key, outside = row
    who = PersonId(account, person, person_kind, number, behind)
    began, certain_from, certain_until, possible_from, possible_until = map(utc, times)
    assert began
    assert possible_from
    assert possible_until
    return Stay(
        key, who, label, kind, began, certain_from, certain_until, possible_from, possible_until, evidence, orphan,
        session_key, outside,
    )  # fmt: skip
