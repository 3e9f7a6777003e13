"""Questions as SQL: which relation, which rows, which columns, in which order."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from math import gcd
from typing import TYPE_CHECKING, Final, cast

from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.filters import Filter, compile_filter
from ssmtrail.queries.findings.making import findings_of
from ssmtrail.queries.model import QuestionName, Sort
from ssmtrail.queries.presence import present, stays
from ssmtrail.queries.ranks import ranked
from ssmtrail.queries.sql_text import statement
from ssmtrail.queries.times import buckets
from ssmtrail.queries.window_sql import ALL_NAMES, LATEST_NAMES, Select, with_names

if TYPE_CHECKING:
    from collections.abc import Sequence
    from zoneinfo import ZoneInfo

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.model import Entity, Question, QuestionName, Scope, Value
    from ssmtrail.queries.snapshot import Snapshot
    from ssmtrail.queries.times import Unit

#: Questions whose answers lie in memory whole.
COUNTED: Final[frozenset[QuestionName]] = frozenset(
    {"pairs", "usage", "people", "instances", "tunnels", "as-of", "findings"}
)

#: Lists that the index does not have, which are counted from their files.
UNINDEXED: Final[frozenset[str]] = frozenset({"doors", "visits"})

#: Stable: names and order are a contract (README, "Fields").
FIELDS: Final[dict[QuestionName, tuple[str, ...]]] = {
    "sessions": (
        "at", "session_id", "account", "region", "person", "person_evidence", "claimed_name", "source_identity",
        "person_kind", "person_id", "identity_arn", "identity_type", "role", "source_ip", "user_agent", "via",
        "target", "target_kind", "target_name", "name_source", "environment", "kind", "document", "command",
        "destination", "reason", "started_at", "alive_at", "ended_at", "end_evidence", "latest_end", "latest_end_by",
        "ended_by", "resumes",
        "access_type", "status", "error_code", "event_ids", "outside", "conflict",
        "policy", "rule", "policy_why", "integrity",
    ),
    "calls": (
        "event_id", "event_time", "event_name", "person", "person_evidence", "claimed_name", "source_identity",
        "person_kind", "person_id", "identity_arn", "resource_arn", "target", "session_id", "source_ip", "account",
        "region", "error_code", "error_message", "user_agent", "via", "conflict",
    ),
    "pairs": (
        "person", "person_kind", "person_id", "target", "target_name", "account", "sessions", "calls", "denied",
        "failed", "first_seen", "last_seen",
    ),
    "usage": ("bucket", "sessions", "calls", "denied", "failed"),
    "people": (
        "person", "person_kind", "person_id", "account", "roles", "targets", "sessions", "calls", "denied", "failed",
        "source_ips", "first_seen", "last_seen",
    ),
    "instances": (
        "target", "target_name", "environment", "target_kind", "account", "region", "people", "sessions", "calls",
        "denied", "failed", "first_seen", "last_seen",
    ),
    "tunnels": ("destination", "kind", "people", "targets", "sessions", "first_seen", "last_seen"),
    "doors": (
        "at", "door", "person", "person_evidence", "person_kind", "target", "target_name", "account", "region",
        "session_id", "detail", "status", "event_id",
    ),
    "visits": (
        "at", "door", "kind", "person", "person_evidence", "person_kind", "target", "target_name", "account", "region",
        "session_id", "detail", "status", "event_id",
    ),
    "findings": (
        "finding_id", "rule", "severity", "person", "person_kind", "target", "account", "region", "at", "sessions",
        "calls", "summary", "why", "harmless", "event_ids", "baseline_from", "baseline_to", "status",
    ),
    "as-of": (
        "person", "person_evidence", "person_kind", "target", "target_name", "account", "region", "session_id", "kind",
        "started_at", "alive_at", "ended_at", "latest_end", "end_evidence", "presence",
    ),
}  # fmt: skip

#: What screens say of a visit beside its fields.
_SEEN: Final = (
    "person_shown", "person_id", "claimed_name", "source_identity", "identity_arn", "identity_type", "role",
    "source_ip", "user_agent", "via", "target_kind", "environment",
    "target_ids",  # all machines that the call names
    "session_key",  # key of the session that it opened, where one is in the data
    "error_code", "error_message", "conflict",
)  # fmt: skip
#: For screens only; may change with any version.
SCREEN_COLUMNS: Final[dict[QuestionName, tuple[str, ...]]] = {
    "sessions": (
        "key",  # text, unique in the answer: the first call's event id
        "length_seconds",  # how long it was, see `length_bound`; None where nothing is known
        "length_bound",  # `exact`, `most`, `least`; None where `length_seconds` is
        "person_shown",  # person, or `unknown behind ROLE`, `unknown via SERVICE`
        "error_message",
        "mfa",  # "true", "false" or None as recorded
        "from_console",  # "true", "false" or None as recorded
        "is_default_port",  # True where the call named no port, so that the document's counts
        "is_omitted",  # True where CloudTrail left the call's parameters out
        "claims_other",  # True where `claimed_name` is the name of another person in the data
        "first_ever",  # True when no earlier session of this person on this target is in the data
        "environment_source",  # how the environment is known, in the words of `name_source`
        "target_names",  # all names that the machine is known to have had, None where none is
        "terminated_at",  # when the machine was terminated, where a record says so
        "approval",  # ticket, approver and times of the approval that covers its start
    ),
    "calls": (
        "key",  # the event id
        "at",  # = event_time
        "status",  # the call's own: `ok`, `denied`, `failed`
        "target_kind",
        "target_name",
        "name_source",
        "environment",
        "kind",
        "document",
        "destination",
        "reason",
        "role",
        "identity_type",
        "person_shown",
        "session_key",  # key of the session's row, None for a call that belongs to none
        "copy",  # True of a copy that contradicts the one that counts
        "claims_other",  # as of sessions
        "integrity",  # of its session
    ),
    "pairs": ("key", "person_shown", "environment", "behind", "terminated_at"),
    "usage": (),
    "people": ("key", "person_shown", "behind"),  # the role, or the service, of an unknown person, else None
    "instances": ("key", "terminated_at"),
    "tunnels": ("key", "calls", "denied", "failed"),
    "doors": (
        "key",  # the event id
        "visit",  # True of a granted call that is a visit of its own: counted where other answers name other doors
        "visit_key",  # key of the row that stands for the visit that the call is part of
        "event_name",
        *_SEEN,
        "session_status",  # of the session that it opened: `started` (counted as a session), `orphan`
        "copy",
    ),
    "visits": (
        "key",  # of the session's row, or of the door's
        "event_name",  # None of a session
        *_SEEN,
        "event_ids",
        "destination",
        "reason",
        "document",
        "command",
        "started_at",
        "alive_at",
        "ended_at",
        "end_evidence",
        "ended_by",
        "length_seconds",
        "length_bound",
        "resumes",
    ),
    "as-of": ("key", "session_key", "person_shown", "role"),
    "findings": (
        "key",  # the finding's id
        "person_shown",
        "person_id",
        "target_name",
        "environment",
        "role",
        "denied",
        "severity_no",  # from 1, the most severe
        "alike",  # findings of the same rule in the window
    ),
}

_TIMES: Final = (
    "started_at",
    "ended_at",
    "event_time",
    "first_seen",
    "last_seen",
    "bucket",
    "at",
    "alive_at",
    "latest_end",
    "terminated_at",
    "baseline_from",
    "baseline_to",
)
#: The engine's types of columns that are no texts (`VARCHAR`).
COLUMN_TYPES: Final[dict[str, str]] = {
    **dict.fromkeys(_TIMES, "TIMESTAMPTZ"),
    **dict.fromkeys(
        ("resumes", "sessions", "calls", "denied", "failed", "people", "targets", "source_ips", "severity_no", "alike"),
        "BIGINT",
    ),
    "length_seconds": "DOUBLE",
    **dict.fromkeys(("first_ever", "is_default_port", "is_omitted", "copy", "claims_other", "visit"), "BOOLEAN"),
    **dict.fromkeys(("event_ids", "roles", "target_ids", "target_names"), "VARCHAR[]"),
}


def columns_of(name: QuestionName) -> tuple[str, ...]:
    """All columns of a question, the stable ones first."""
    return FIELDS[name] + SCREEN_COLUMNS[name]


#: The order of a question without a wish, and what breaks the ties of every other order.
_NATURAL: Final[dict[QuestionName, str]] = {
    "sessions": '"at" DESC, key',
    "calls": '"at" DESC, step DESC, key',
    "doors": '"at" DESC, key',
    "visits": '"at" DESC, key',
    "pairs": "{measure} DESC, person_order, target_order",
    "usage": "bucket",
    "people": "{measure} DESC, person_order",
    "instances": "{measure} DESC, target_order",
    "tunnels": "{measure} DESC, destination NULLS LAST, kind",
    "as-of": 'presence, "at" DESC, key',
    "findings": "status = 'accepted', severity_no, alike, \"at\" DESC, key",
}
#: The names behind the numbers of the index, as relations for WITH.
NAMES: Final = f"people AS ({statement('all_people')}), targets AS ({statement('all_targets')})"
#: The sums of the index that each question is made of.
_SUMS: Final[dict[QuestionName, tuple[str, ...]]] = {
    "pairs": ("touched",),
    "people": ("touched", "habits"),
    "instances": ("touched", "placed"),
    "tunnels": ("tunnelled",),
}
#: Worth making before anybody asks, the slowest of the first views last.
PREPARED: Final = ("touched", "placed", "tunnelled", "habits")
#: Columns of sessions and calls that are looked up beside their files: for an order by others that is left out.
_NOT_IN_FILES: Final = frozenset(
    {
        "target_name", "name_source", "environment", "environment_source", "target_names", "terminated_at",
        "first_ever", "latest_end", "latest_end_by", "claims_other", "policy", "rule", "policy_why",
        "integrity", "approval",
    }
)  # fmt: skip
#: What is kept of a list's rows that the index finds.
_FOUND: Final = ("row_id", "person_no", "target_no", "started")
_PAIR_NUMBERS: Final = ("person_no", "target_no", "sessions", "calls", "denied", "failed", "first_seen", "last_seen")


def scoped(
    snapshot: Snapshot, connection: DuckDBPyConnection, entity: Entity, scope: Scope, *, marked: bool = True,
    people: str = "",
) -> Select:  # fmt: skip
    """All rows of a scope with every column of `columns_of`, and `row_id`; without `first_ever` unless `marked`.

    `claims_other` is there where `people` gives all known names.
    """
    rows = snapshot.relation(connection, entity, scope.window, marked=marked)
    rows = snapshot.bounded(entity, rows, scope.window) if marked else rows
    if entity == "calls":
        rows = snapshot.judged(connection, entity, rows, scope, people)
    else:
        rows = with_names(entity, rows, people, judged=snapshot.has_policy)
    condition = compile_filter(scope.filter, entity, scope.zone)
    return Select(f"(SELECT * FROM {rows} WHERE {condition.sql})", condition.parameters)


def is_natural(question: Question) -> bool:
    """Whether the answer's order is that of the files: newest first."""
    return question.sort in ((), (Sort("at", descending=True),))


def order_of(question: Question, *, natural: str = "") -> str:
    """The total order of an answer; `natural` is its natural order where rows have an id of their own.

    Raises UsageError for a column that the question does not have.
    """
    wishes = [_sort_key(question.name, sort) for sort in question.sort]
    return ", ".join([*wishes, natural or _NATURAL[question.name].format(measure=question.measure)])


def _sort_key(name: QuestionName, sort: Sort) -> str:
    if sort.column not in columns_of(name):
        raise UsageError(f"{name} cannot be sorted by {sort.column!r}: there is no such column")
    return f'"{sort.column}" {"DESC" if sort.descending else "ASC"} NULLS LAST'


def listing(snapshot: Snapshot, connection: DuckDBPyConnection, entity: Entity, question: Question) -> Select:
    """The row ids of a list of sessions or calls, in order."""
    by_row_id = _by_row_id(snapshot, connection, entity, question)
    order = order_of(question, natural=by_row_id)
    if entity in UNINDEXED:
        rows = scoped(snapshot, connection, entity, question.scope, people=_people_for(snapshot, question))
        return Select(f"SELECT row_id FROM {rows.sql} ORDER BY {order}", rows.parameters)
    indexed = snapshot.index.listed(snapshot, connection, entity, question.scope, question.sort) if by_row_id else None
    if indexed and (in_order := _ranked(snapshot, question, indexed)):
        return Select(in_order, indexed.parameters)
    if question.scope.filter.terms or any(sort.column in _NOT_IN_FILES for sort in question.sort):
        rows = scoped(snapshot, connection, entity, question.scope, people=_people_for(snapshot, question))
        return Select(f"SELECT row_id FROM {rows.sql} ORDER BY {order}", rows.parameters)
    found = snapshot.relation(connection, entity, question.scope.window, marked=False)
    return Select(f"SELECT row_id FROM {found} ORDER BY {order}")


def _ranked(
    snapshot: Snapshot, question: Question, indexed: Select, columns: Sequence[str] = ("row_id",)
) -> str | None:
    return ranked(question.sort, indexed.sql, columns, names_change=snapshot.names_change)


def _people_for(snapshot: Snapshot, question: Question) -> str:
    """The known names, where the order needs them."""
    return snapshot.people if any(sort.column == "claims_other" for sort in question.sort) else ""


def _by_row_id(snapshot: Snapshot, connection: DuckDBPyConnection, entity: Entity, question: Question) -> str:
    """`row_id` where all rows are those of the files, whose ids are in the natural order; else nothing."""
    if entity == "visits":
        return ""
    around = question.scope.window.look_around(snapshot.look_around_days)
    return "" if snapshot.patch(connection, around, entity) else "row_id"


def found_listing(snapshot: Snapshot, connection: DuckDBPyConnection, question: Question, indexed: Select) -> Select:
    """The row ids of a list whose rows the index finds, in order, with what its totals are made of."""
    found = f"(SELECT {', '.join(_FOUND)} FROM {indexed.sql})"
    entity, window = cast("Entity", question.name), question.scope.window
    by_row_id = _by_row_id(snapshot, connection, entity, question)
    if is_natural(question) and by_row_id:
        return Select(f"SELECT * FROM {found} ORDER BY row_id", indexed.parameters)
    order = f"ORDER BY {order_of(question, natural=by_row_id)}"
    if by_row_id and (in_order := _ranked(snapshot, question, indexed, _FOUND)):
        return Select(in_order, indexed.parameters)
    rows = with_names(
        entity,
        snapshot.relation(connection, entity, window),
        _people_for(snapshot, question),
        judged=snapshot.has_policy,
    )
    return Select(f"SELECT numbers.* FROM {found} AS numbers JOIN {rows} USING (row_id) {order}", indexed.parameters)


def summary(snapshot: Snapshot, connection: DuckDBPyConnection, question: Question) -> Select:
    """The whole of a question that counts, in order; of pairs the numbers alone, which `named_pairs` names."""
    if question.name == "usage":
        return _bars(snapshot, connection, question)
    if question.name == "as-of":
        return _present(snapshot, connection, question)
    if question.name == "findings":
        table = findings_of(snapshot, connection, question.scope.window)
        condition = compile_filter(question.scope.filter, "findings", question.scope.zone)
        named = f"(SELECT found.*, {ALL_NAMES} FROM {table} AS found {LATEST_NAMES})"
        return Select(
            f"SELECT * FROM {named} WHERE {condition.sql} ORDER BY {order_of(question)}", condition.parameters
        )
    sums = (
        f"{name} AS (FROM {snapshot.index.summed(snapshot, connection, name, question.scope)})"
        for name in _SUMS[question.name]
    )
    columns = ", ".join(_PAIR_NUMBERS) if question.name == "pairs" else "*"
    rows = f"SELECT {columns} FROM ({statement(question.name)}) ORDER BY {order_of(question)}"
    return Select(f"WITH {NAMES}, {', '.join(sums)} {rows}")


def _present(snapshot: Snapshot, connection: DuckDBPyConnection, question: Question) -> Select:
    scope = question.scope
    sessions = snapshot.relation(connection, "sessions", scope.window, marked=False)
    sessions = snapshot.bounded("sessions", sessions, scope.window)
    calls = snapshot.around(connection, "calls", scope.window)
    condition = compile_filter(scope.filter, "sessions", scope.zone)
    found = stays(sessions, calls, timedelta(hours=question.possible_hours))
    rows = Select(f"(SELECT * FROM {found} WHERE {condition.sql})", condition.parameters)
    there = present(rows, question.moment or datetime.now(UTC))
    return Select(f"SELECT * FROM ({there.sql}) ORDER BY {order_of(question)}", there.parameters)


def _bars(snapshot: Snapshot, connection: DuckDBPyConnection, question: Question) -> Select:
    rows = snapshot.index.both(snapshot, connection, question.scope)
    bars = bars_of(snapshot, connection, question.scope, question.unit)
    given = "buckets AS (SELECT unnest(?::TIMESTAMP[]) AS bucket), step AS (SELECT ? AS seconds)"
    usage = f"SELECT * FROM ({statement('usage')}) ORDER BY {order_of(question)}"
    return Select(f"WITH {rows.sql}, {given} {usage}", (*rows.parameters, list(bars.starts), bars.seconds))


def named_pairs(table: str, condition: str) -> str:
    """Rows of a table of pairs with their names and `position`."""
    rows = f"SELECT rowid AS position, * FROM {table}"
    return f"(WITH {NAMES}, touched AS ({rows} WHERE {condition}) {statement('pairs')})"


@dataclass(frozen=True, slots=True)
class Bars:
    """Where bars begin: there may be thousands, which take longer to tell than to fill."""

    starts: tuple[datetime, ...] = ()
    """As UTC without a zone."""
    seconds: int = 1
    """So many that every start is a whole number of them: rows are counted by these, then by bars."""
    begins: tuple[int, ...] = ()
    """The starts as numbers of these, since 1970."""


def bars_of(snapshot: Snapshot, connection: DuckDBPyConnection, scope: Scope, unit: Unit) -> Bars:
    """All bars of a scope; where the window is open, as far as the data of any filter go. Raises UsageError."""
    start, end = scope.window.start, scope.window.end
    if start is None or end is None:
        first, last = _reach(snapshot, connection, scope)
        if first is None or last is None:
            return Bars()
        start, end = start or first, end or last + timedelta(microseconds=1)
    return _bars_between(start, end, unit, scope.zone) if start < end else Bars()


# A look at them counts three times: what there is, what was refused, the period before; the next one the same.
@lru_cache(maxsize=8)
def _bars_between(start: datetime, end: datetime, unit: Unit, zone: str) -> Bars:
    starts = buckets(start, end, unit, zone)
    times = [int(moment.timestamp()) for moment in starts]
    seconds = gcd(*times) or 1
    return Bars(
        tuple(moment.replace(tzinfo=None) for moment in starts), seconds, tuple(time // seconds for time in times)
    )


def _reach(snapshot: Snapshot, connection: DuckDBPyConnection, scope: Scope) -> tuple[datetime | None, datetime | None]:
    calls = snapshot.index.rows(snapshot, connection, "calls", replace(scope, filter=Filter()))
    first, last = connection.execute(f'SELECT min("at"), max("at") FROM {calls.sql}').fetchall()[0]
    return utc(first), utc(last)


def utc_time(moment: datetime) -> datetime:
    """A moment of the engine, which knows no zones, as what it is: UTC."""
    return moment.replace(tzinfo=UTC)


def utc(moment: datetime | None) -> datetime | None:
    """The same where there may be none."""
    return None if moment is None else utc_time(moment)


def typed(value: object, zone: ZoneInfo | None = None) -> Value:
    """A value of the engine as a value of an answer: UTC times, tuples for lists."""
    if isinstance(value, datetime):
        moment = value.replace(tzinfo=UTC)
        return moment.astimezone(zone) if zone else moment
    if isinstance(value, list):
        return tuple(value)
    return cast("Value", value)
