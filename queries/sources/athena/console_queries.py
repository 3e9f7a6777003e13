"""The console queries (calls, pairs, usage) as SQL for Athena, with filters."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.model import ConsoleSql
from ssmtrail.queries.raw_calls import MACHINE_NAME_PATTERN, RAW_COLUMNS, SESSION_CALLS
from ssmtrail.queries.sources.athena import filter_sql, literals
from ssmtrail.queries.sources.athena.ddl import COLUMNS as TABLE_COLUMNS
from ssmtrail.queries.sources.athena.statements import MOST_BYTES, assumed, conditions, filled, selected
from ssmtrail.queries.sources.athena.tables import described

if TYPE_CHECKING:
    from ssmtrail.queries.model import FoundingName, Scope
    from ssmtrail.queries.sources.athena.tables import Table
    from ssmtrail.queries.times import Unit, Window

#: Columns of each answer, in order. Times are ISO 8601 text in UTC, a bucket has its zone's offset, counts are bigint.
COLUMNS: Final[dict[FoundingName, tuple[str, ...]]] = {
    "calls": (
        "event_id", "event_time", "event_name", "person", "identity_arn", "resource_arn", "target", "session_id",
        "source_ip", "account", "region", "error_code", "error_message", "user_agent",
    ),
    "pairs": ("person", "role", "target", "account", "sessions", "calls", "denied", "first_seen", "last_seen"),
    "usage": ("bucket", "sessions", "calls", "denied"),
}  # fmt: skip
#: Columns that tell the rows of an answer apart.
KEYS: Final[dict[FoundingName, tuple[str, ...]]] = {
    "calls": ("event_id",),
    "pairs": ("account", "person", "role", "target"),
    "usage": ("bucket",),
}
#: Steps from the access key of a call back to a person: three passes follow a chain of seven roles.
_ROUNDS: Final = 3
#: Raw columns that no founding question looks at.
_NEEDLESS: Final = frozenset(
    {
        "requestid", "eventversion", "sessioncredentialfromconsole", "useridentity_mfaauthenticated",
        "useridentity_issuer_arn", "record", "file", "folder_day",
    }
)  # fmt: skip
_NEEDED: Final = tuple(column for column in RAW_COLUMNS if column not in _NEEDLESS)
_DAY: Final = timedelta(days=1)
_SPEAKER: Final = "PARTITION BY account, region, session, session_number ORDER BY speaks, event_time, step, eid"


@dataclass(frozen=True, slots=True)
class Founding:
    """A founding question, ready for the console; it names the table once, for a second time would be paid again."""

    sql: str
    name: FoundingName
    columns: tuple[str, ...]
    """Of the answer, in order."""
    keys: tuple[str, ...]
    """Columns that tell rows apart, for comparing with the local answer row by row."""
    compared: tuple[str, ...]
    """Columns whose values are the local engine's too, under this filter."""
    first_day: date | None
    last_day: date | None
    """Days that it reads, both included; None where it reads all or the table has none."""
    notes: tuple[str, ...] = ()
    """What it cannot say, in sentences; they stand in the SQL as comments too."""


def founding(
    table: Table, name: FoundingName, scope: Scope, *,
    unit: Unit = "day", look_around_days: int = 1, leave_out: bool = False, today: date | None = None,
) -> Founding:  # fmt: skip
    """A founding question for a table, counting calls, with the local engine's rules for repeats, persons and sessions.

    It reads the folder days from the first of the window, looked around, to the last plus one. Buckets without calls
    are not among the rows of `usage`. `leave_out` drops terms of the filter that need the inventory, noting it; `today`
    bounds a window that is open at its end. Raises FilterError where a term cannot be said, UsageError where the table
    needs values or the text would be longer than Athena takes.
    """
    if table.needs:
        raise UsageError(f"{table.name} needs values for its partition column {table.needs[0]}.")
    said = filter_sql.said(scope.filter, scope.zone, leave_out=leave_out)
    around = scope.window.look_around(look_around_days)
    days = _folder_days(table, around, today or datetime.now(UTC).date())
    linked = name != "usage" or said.needs_links
    sql = _with(_steps(table, around, days, linked=linked), _answer(name, scope, said, unit))
    notes = (*said.notes, *_unbounded(table, days))
    text = "\n".join((*_heading(name, scope, days, notes), sql))
    if len(text.encode()) > MOST_BYTES:
        raise UsageError(f"This SQL is longer than Athena takes ({MOST_BYTES:,} bytes): shorten the filter.")
    compared = COLUMNS[name] if said.sessions_agree else tuple(
        column for column in COLUMNS[name] if column not in {"sessions", "denied", "first_seen", "last_seen"}
    )  # fmt: skip
    return Founding(text, name, COLUMNS[name], KEYS[name], compared, *days, notes)


def _folder_days(table: Table, around: Window, today: date) -> tuple[date | None, date | None]:
    """First and last day to read: late events lie in the folder of the next day."""
    if table.days is None:
        return None, None
    first = around.start.astimezone(UTC).date() if around.start else table.reach(today)[0]
    last = (around.end - timedelta(microseconds=1)).astimezone(UTC).date() if around.end else today
    return (first, last + _DAY) if first else (None, None)


def _steps(table: Table, around: Window, days: tuple[date | None, date | None], *, linked: bool) -> dict[str, str]:
    """The common table expressions, each read by the next one only, so that the table is scanned once."""
    steps = {"raw_calls": _raw_calls(table, around, days, linked=linked), "told": filled("told")}
    steps["parsed"] = filled("parsed", machine_names=literals.text(MACHINE_NAME_PATTERN))
    rows, person = _with_callers(steps) if linked else ("parsed", "CAST(NULL AS varchar)")
    steps["once"] = filled("once", rows=rows, person=person)
    steps["judged"] = filled("judged")
    steps["events"] = filled("events")
    if linked:
        steps["numbered"] = filled("numbered")
        steps["linked"] = filled("linked", speaker=_SPEAKER)
    columns = filled("linked_columns") if linked else "own_target"
    steps["calls"] = filled("calls", rows="linked" if linked else "events", linked_columns=columns)
    return steps


def _with_callers(steps: dict[str, str]) -> tuple[str, str]:
    """Add the passes that find who is behind access keys; what they give, and the person in it."""
    rows, persons, asked = "parsed", ["named"], "access_key"
    for number in range(1, _ROUNDS + 1):
        person = _first(persons)
        parts = {"round": str(number), "rows": rows, "asked": asked, "person": person}
        steps[f"asked_{number}"] = filled("asked", **parts)
        steps[f"behind_{number}"] = filled("behind", **parts)
        rows, persons = f"behind_{number}", [*persons, f"behind_{number}"]
        asked = f"IF({_first(persons)} IS NULL, next_{number})"
    return rows, _first([*persons, "service"])


def _first(columns: list[str]) -> str:
    return columns[0] if len(columns) == 1 else f"coalesce({', '.join(columns)})"


def _raw_calls(table: Table, around: Window, days: tuple[date | None, date | None], *, linked: bool) -> str:
    calls = (
        f"({table['eventsource']} = 'ssm.amazonaws.com' AND {table['eventname']} IN"
        f" ({literals.texts(sorted(SESSION_CALLS, key=('StartSession', 'ResumeSession', 'TerminateSession').index))}))"
    )
    wanted = f"(\n    {calls}\n    OR {assumed(table)}\n  )" if linked else calls
    where = "\n  AND ".join((*conditions(table, *days), *table.time.within(around.start, around.end), wanted))
    return f"SELECT\n{selected(table, _NEEDED)}\nFROM {table.qualified}\nWHERE {where}"


def _answer(name: FoundingName, scope: Scope, said: filter_sql.Said, unit: Unit) -> str:
    bounds = [
        f"event_time {sign} {literals.moment(moment)}"
        for sign, moment in ((">=", scope.window.start), ("<", scope.window.end))
        if moment
    ]
    wanted = "\n  AND ".join((*bounds, *said.clauses)) or "TRUE"
    parts = {"unit": literals.text(unit), "zone": literals.text(scope.zone)} if name == "usage" else {}
    return filled(f"answer_{name}", wanted=wanted, **parts)


def _with(steps: dict[str, str], answer: str) -> str:
    return "WITH " + ",\n".join(f"{step} AS (\n{sql}\n)" for step, sql in steps.items()) + f"\n{answer}"


def _heading(
    name: FoundingName, scope: Scope, days: tuple[date | None, date | None], notes: tuple[str, ...]
) -> tuple[str, ...]:
    """Comments: what is asked, what could not be said."""
    filter_ = f" · {scope.filter.text}" if scope.filter.text else ""
    read = f" · partitions from {days[0]} to {days[1]}" if days[0] else ""
    return tuple(
        literals.comment(line) for line in (f"{name} · {scope.window.label(scope.zone)}{filter_}{read}", *notes)
    )


def _unbounded(table: Table, days: tuple[date | None, date | None]) -> tuple[str, ...]:
    if table.days and not days[0]:
        return ("The window has no beginning: every partition of the table is read.",)
    return () if table.days else tuple(warning for warning in table.warnings if "scans" in warning)


#: What the documentation calls the table. Source: "Create a table for CloudTrail logs in Athena using partition
#: projection", Athena User Guide.
PLACEHOLDER: Final = "cloudtrail_logs"
_NOTE: Final = (
    f"This source is no table of Athena's: {PLACEHOLDER} stands for one with the documented columns and one partition "
    "column, timestamp, written like 2026/11/23. Put the name of yours."
)


def console_sql(
    table: Table, name: FoundingName, scope: Scope, *, unit: Unit = "day", look_around_days: int = 1
) -> ConsoleSql:
    """A founding question about a table; what needs the inventory is left out, with a note.

    Raises FilterError where a term of the filter cannot be said, UsageError where the table needs values.
    """
    asked = founding(table, name, scope, unit=unit, look_around_days=look_around_days, leave_out=True)
    notes = (*table.warnings, *(note for note in asked.notes if note not in table.warnings))
    return ConsoleSql(asked.sql, table.qualified, notes)


def placeholder_sql(name: FoundingName, scope: Scope, *, unit: Unit = "day", look_around_days: int = 1) -> ConsoleSql:
    """The same for whoever has no table yet. Raises FilterError."""
    found = console_sql(documented(), name, scope, unit=unit, look_around_days=look_around_days)
    return ConsoleSql(found.sql, found.table, (_NOTE, *found.notes), is_placeholder=True)


def documented() -> Table:
    """CloudTrail's documented table with a partition a day, under its usual name, in whichever database is chosen."""
    metadata: dict[str, Any] = {
        "Name": PLACEHOLDER,
        "TableType": "EXTERNAL_TABLE",
        "Columns": [{"Name": name, "Type": type_} for name, type_ in _columns()],
        "PartitionKeys": [{"Name": "timestamp", "Type": "string"}],
        "Parameters": {"projection.enabled": "true", "projection.timestamp.type": "date",
                       "projection.timestamp.format": "yyyy/MM/dd"},
    }  # fmt: skip
    return described(metadata, "", "")


def _columns() -> list[tuple[str, str]]:
    """Those of our own DDL but for the identity of the source, which the documented ones lack."""
    lines = re.split(r",\n {4}(?=\w)", TABLE_COLUMNS.strip())
    split = (line.split(" ", 1) for line in lines)
    return [(name, re.sub(r"\s+", "", type_).replace("sourceidentity:string,", "")) for name, type_ in split]
