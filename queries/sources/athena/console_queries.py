"""The console queries (calls, pairs, usage) as SQL for Athena, with filters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from ipaddress import IPv6Address
from typing import TYPE_CHECKING, Any, Final

from ssmtrail.queries.errors import FilterError, UsageError
from ssmtrail.queries.filters.keys import VERDICT_KEYS, WORD_COLUMNS
from ssmtrail.queries.filters.language import alternative_terms
from ssmtrail.queries.filters.matches import (
    Address,
    Between,
    Compare,
    Days,
    Exact,
    Hours,
    Match,
    Network,
    Text,
    Unknown,
)
from ssmtrail.queries.model import NOT_IN_TABLE, ConsoleSql
from ssmtrail.queries.raw_calls import RAW_COLUMNS, SESSION_CALLS
from ssmtrail.queries.sources.athena import literals
from ssmtrail.queries.sources.athena.ddl import columns
from ssmtrail.queries.sources.athena.statements import MOST_BYTES, conditions, filled, issuing, selected, target_kind_of
from ssmtrail.queries.sources.athena.tables import described
from ssmtrail.queries.trust import DEFAULT_TRUST

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ssmtrail.queries.filters import Filter, Key, Term
    from ssmtrail.queries.model import ConsoleQueryName, Scope
    from ssmtrail.queries.sources.athena.tables import Table
    from ssmtrail.queries.times import Unit, Window
    from ssmtrail.queries.trust import Trust

#: Columns of what is known of machines by their tags and by the inventory, which this SQL does not look at.
_INVENTORY: Final = frozenset({"environment", "target_names", "name_source"})
#: Columns that the SQL cannot have, and why.
_LACKED: Final = (
    (_INVENTORY, "comes from tags or the inventory, which this SQL does not look at"),
    (VERDICT_KEYS, "comes from the access policy, which Athena does not have"),
    (frozenset({"integrity"}), "is proved of files, and rows of a table are none"),
    (frozenset({"conflict"}), "is found by comparing the copies of a call, which this SQL does not do"),
)
#: Columns of calls with another name in the SQL.
_RENAMED: Final = {"at": "event_time", "status": "outcome", "target_kind": target_kind_of("target")}
#: Columns of the session or the person, which need the steps that link calls.
_LINKED: Final = frozenset(
    {
        "person", "person_shown", "person_evidence", "person_kind", "person_id", "claimed_name",
        "target", "target_kind", "kind", "document", "destination", "reason",
    }
)  # fmt: skip
#: Keys for which a call may match although its row in the list of sessions does not: a refused resume or end has no
#: destination and no reason of its own there.
_ROWS_DIFFER: Final = frozenset({"status", "eventid", "dest", "reason"})
_MAPPED_FIRST: Final = "00000000000000000000ffff00000000"
_MAPPED_LAST: Final = "00000000000000000000ffffffffffff"
_ADDRESS: Final = "TRY_CAST(source_ip AS ipaddress)"


@dataclass(frozen=True, slots=True)
class FilterConditions:
    """A filter as SQL conditions."""

    clauses: tuple[str, ...] = ()
    """Conditions that must all hold."""
    notes: tuple[str, ...] = ()
    """Sentences about terms that were left out."""
    needs_links: bool = False
    """Whether a column is used that needs the session or the caller behind a role."""
    sessions_agree: bool = True
    """Whether a start call matches exactly if its session does."""


def filter_conditions(filter: Filter, zone: str, *, leave_out: bool = False) -> FilterConditions:  # noqa: A002 - the field's name
    """The filter as conditions on the step `calls`. Raises FilterError for a term without SQL.

    With `leave_out`, terms that need names or environments are left out with a note instead.
    """
    terms, notes = _supported(filter.terms, leave_out=leave_out)
    clauses = [_any(_term(term, zone) for term in alternatives) for alternatives in alternative_terms(terms)]
    # Unknown values do not match the negated term, so their rows stay.
    clauses += [f"NOT coalesce({_term(term, zone)}, false)" for term in terms if term.negated]
    used = {column for term in terms for column in _term_columns(term)}
    agree = all(term.key and term.key.name not in _ROWS_DIFFER for term in terms)
    return FilterConditions(tuple(clauses), notes, bool(used & _LINKED), agree)


def _supported(terms: Iterable[Term], *, leave_out: bool) -> tuple[list[Term], tuple[str, ...]]:
    kept, notes = [], []
    for term in terms:
        if term.key and not term.key.calls:
            raise FilterError(
                f"{term.key.name}: is known of sessions only, not of calls.", term.position, len(term.text)
            )
        lacks = next((why for columns, why in _LACKED if term.key and set(term.key.calls) <= columns), None)
        if term.key is None or lacks is None:
            kept.append(term)
            continue
        message = f"{term.key.name}: {lacks}"
        if not leave_out:
            raise FilterError(f"{message}: remove it to query Athena.", term.position, len(term.text))
        notes.append(f"Left out: {term.text} ({message}).")
    if any(_may_match_inventory(term) for term in kept):
        notes.append("Names and environments of machines are not searched: this SQL does not look at tags.")
    return kept, tuple(notes)


def _may_match_inventory(term: Term) -> bool:
    """Whether a machine's name could match too; exact and unknown values are compared with the first column only."""
    texts = any(not isinstance(match, Exact | Unknown) for match in term.matches)
    return texts and not _INVENTORY.isdisjoint(_all_columns(term))


def _all_columns(term: Term) -> tuple[str, ...]:
    return term.key.calls if term.key else WORD_COLUMNS["calls"]


def _term_columns(term: Term) -> tuple[str, ...]:
    return tuple(column for column in _all_columns(term) if column not in _INVENTORY)


def _term(term: Term, zone: str) -> str:
    columns = _term_columns(term)
    if term.key is None:
        return _any(
            _like(_sql(column), match.parts) for match in term.matches if isinstance(match, Text) for column in columns
        )
    return _any(_match(term.key, match, columns, zone) for match in term.matches)


def _match(key: Key, match: Match, columns: tuple[str, ...], zone: str) -> str:
    column = _sql(columns[0])
    match match:
        case Unknown():
            return f"({column} IS NULL OR {column} = 'unknown')" if "unknown" in key.choices else f"{column} IS NULL"
        case Text(parts):
            if key.name == "status" and tuple(part.casefold() for part in parts) == ("started",):
                parts = ("ok",)
            return _any(_like(_sql(name), parts) for name in columns)
        case Exact(text):
            return f"{column} = {literals.text(text)}"
        case Address(text, address):
            return _any((f"{_ADDRESS} = {_address(address)}", _like(column, (text,))))
        case Network():
            return _network(match)
        case Hours(hours):
            return f"hour({_clock(column, zone)}) IN ({', '.join(map(str, hours))})"
        case Days(days):
            return f"day_of_week({_clock(column, zone)}) IN ({', '.join(map(str, days))})"
        case Between() | Compare():  # of lengths and counts, which calls lack
            raise FilterError(f"{key.name}: is known of sessions only, not of calls.", 0)


def _like(sql: str, parts: tuple[str, ...]) -> str:
    if parts == ("", ""):
        return f"{sql} IS NOT NULL"
    if len(parts) == 1:
        return f"lower({sql}) = lower({literals.text(parts[0])})"
    if not any(sign in part for part in parts for sign in "%_\\"):
        return f"lower({sql}) LIKE lower({literals.text('%'.join(parts))})"
    escaped = (part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") for part in parts)
    return f"lower({sql}) LIKE lower({literals.text('%'.join(escaped))}) ESCAPE '\\'"


def _network(network: Network) -> str:
    inside = f"{_ADDRESS} BETWEEN {_address(network.first)} AND {_address(network.last)}"
    if not network.without_ipv4:
        return inside
    return f"({inside} AND {_ADDRESS} NOT BETWEEN {_address(_MAPPED_FIRST)} AND {_address(_MAPPED_LAST)})"


def _address(key: str) -> str:
    """An address from 32 hexadecimal digits; IPv4 in dotted form."""
    address = IPv6Address(int(key, 16))
    return f"CAST({literals.text(str(address.ipv4_mapped or address))} AS ipaddress)"


def _clock(sql: str, zone: str) -> str:
    return sql if zone == "UTC" else f"{sql} AT TIME ZONE {literals.text(zone)}"


def _sql(column: str) -> str:
    return _RENAMED.get(column, column)


def _any(alternatives: Iterable[str]) -> str:
    found = list(alternatives)
    return found[0] if len(found) == 1 else f"({' OR '.join(found)})"


#: Columns of each result, in order. Times are ISO 8601 text in UTC, a bucket has its zone's offset, counts are bigint.
COLUMNS: Final[dict[ConsoleQueryName, tuple[str, ...]]] = {
    "calls": (
        "event_id", "event_time", "event_name", "person", "person_evidence", "claimed_name", "source_identity",
        "person_kind", "person_id", "identity_arn", "resource_arn", "target", "session_id", "source_ip", "account",
        "region", "error_code", "error_message", "user_agent", "via",
    ),
    "pairs": (
        "person", "person_kind", "person_id", "behind", "target", "account", "sessions", "calls", "denied", "failed",
        "first_seen", "last_seen",
    ),
    "usage": ("bucket", "sessions", "calls", "denied", "failed"),
}  # fmt: skip
#: Columns that identify a row of a result.
KEYS: Final[dict[ConsoleQueryName, tuple[str, ...]]] = {
    "calls": ("event_id",),
    "pairs": ("account", "person", "person_kind", "person_id", "behind", "target"),
    "usage": ("bucket",),
}
#: Passes from the access key of a call back to a person: three follow a chain of seven roles.
_ROUNDS: Final = 3
#: Columns of counts that the rows of the list of sessions decide.
_OF_ROWS: Final = frozenset({"sessions", "denied", "failed"})
#: Columns that sessions without a start extend.
_SEEN: Final = frozenset({"first_seen", "last_seen"})
_PEOPLE_NOTES: Final = (
    (
        "People behind roles are found by access key, through at most seven roles: the full answer looks further, knows"
        " records without a key by role session, and takes who ran ECS Exec from its own record."
    ),
    "Copies of a call that contradict each other count once and are not marked.",
)
_GAPS: Final = "IF(responseelements IS NULL, 1, 0) + IF(requestparameters IS NULL, 1, 0)"
_CONTENT: Final = (
    "eventtime, eventname, requestparameters, responseelements, errorcode, errormessage, sourceipaddress, useragent,"
    " useridentity_arn, useridentity_accesskeyid"
)
#: Raw columns that no console query uses.
_NEEDLESS: Final = frozenset(
    {
        "requestid", "eventversion", "sessioncredentialfromconsole", "useridentity_mfaauthenticated",
        "additionaleventdata", "serviceeventdetails",
        "useridentity_identityprovider", "useridentity_creationdate", "useridentity_onbehalfof_storearn",
        "useridentity_credentialid", "useridentity_inscopeof", "useridentity_invokedbydelegate",
        "useridentity_ec2roledelivery", "redacted", "record", "file", "folder_day",
        "position", "content_id",
    }
)  # fmt: skip
_NEEDED: Final = tuple(column for column in RAW_COLUMNS if column not in _NEEDLESS)
_DAY: Final = timedelta(days=1)
_BEST_FIRST: Final = "PARTITION BY account, region, session, session_number ORDER BY source_rank, event_time, step, eid"


@dataclass(frozen=True, slots=True)
class ConsoleQuery:
    """A console query; it names the table once, as a second scan would be paid too."""

    sql: str
    name: ConsoleQueryName
    columns: tuple[str, ...]
    """Columns of the result, in order."""
    keys: tuple[str, ...]
    """Columns that identify a row, to compare with the local answer."""
    compared: tuple[str, ...]
    """Columns whose values must equal the local engine's under this filter."""
    first_day: date | None
    last_day: date | None
    """First and last day that it reads, both included; None if it reads all days or the table has none."""
    notes: tuple[str, ...] = ()
    """Sentences about what the SQL leaves out; they are comments in the SQL too."""


def console_query(
    table: Table, name: ConsoleQueryName, scope: Scope, *,
    unit: Unit = "day", look_around_days: int = 1, leave_out: bool = False, today: date | None = None,
    trust: Trust = DEFAULT_TRUST,
) -> ConsoleQuery:  # fmt: skip
    """A console query for a table; it counts calls by the same rules for copies, people and sessions as locally.

    It reads the folder days of the window with look-around, plus one day at the end. `usage` has no rows for buckets
    without calls. `leave_out` leaves out filter terms that need names or environments, with a note; `today` bounds a
    window without an end. Raises FilterError for a term without SQL, UsageError if the table needs values or the SQL
    would be too long for Athena.
    """
    if table.needs:
        raise UsageError(f"{table.name} needs values for its partition column {table.needs[0]}.")
    filtered = filter_conditions(scope.filter, scope.zone, leave_out=leave_out)
    around = scope.window.look_around(look_around_days)
    days = _folder_days(table, around, today or datetime.now(UTC).date())
    linked = name != "usage" or filtered.needs_links
    sql = _with(_steps(table, around, days, trust, linked=linked), _answer(name, scope, filtered, unit))
    notes = (*filtered.notes, *_unbounded(table, days), *(_people_notes(table, trust) if linked else ()))
    text = "\n".join((*_heading(name, scope, days, notes), sql))
    if len(text.encode()) > MOST_BYTES:
        raise UsageError(f"This SQL is longer than Athena accepts ({MOST_BYTES:,} bytes): shorten the filter.")
    without = _SEEN if filtered.sessions_agree else _SEEN | _OF_ROWS
    compared = tuple(column for column in COLUMNS[name] if column not in without)
    return ConsoleQuery(text, name, COLUMNS[name], KEYS[name], compared, *days, notes)


def _folder_days(table: Table, around: Window, today: date) -> tuple[date | None, date | None]:
    """First and last day to read; the folder of the next day has late events."""
    if table.days is None:
        return None, None
    first = around.start.astimezone(UTC).date() if around.start else table.reach(today)[0]
    last = (around.end - timedelta(microseconds=1)).astimezone(UTC).date() if around.end else today
    return (first, last + _DAY) if first else (None, None)


def _people_notes(table: Table, trust: Trust) -> tuple[str, ...]:
    brokers = "The source identities of the brokers in the configuration are not believed before the caller here."
    lacking = tuple(warning for warning in table.warnings if warning.startswith(NOT_IN_TABLE))
    return (*_PEOPLE_NOTES, *((brokers,) if trust.source_identity_from else ()), *lacking)


def _steps(
    table: Table, around: Window, days: tuple[date | None, date | None], trust: Trust, *, linked: bool
) -> dict[str, str]:
    """The common table expressions, each read by the next one only, so that the table is scanned once."""
    steps = {"raw_calls": _raw_calls(table, around, days, linked=linked), "extracted": filled("extracted")}
    steps["identified"] = filled("identified", tool_names=literals.text(trust.tool_name_pattern))
    steps["parsed"] = filled("parsed")
    rows, caller = _with_callers(steps) if linked else ("parsed", "CAST(NULL AS array(varchar))")
    steps["classified"] = filled("classified", rows=rows)
    steps["events"] = filled("events")
    steps["deduplicated"] = filled("deduplicated", caller=caller, gaps=_GAPS, content=_CONTENT)
    if linked:
        steps["persons"] = filled("persons")
        steps["numbered"] = filled("numbered")
        steps["linked"] = filled("linked", best_first=_BEST_FIRST)
    columns = filled("linked_columns") if linked else "own_target"
    steps["calls"] = filled("calls", rows="linked" if linked else "deduplicated", linked_columns=columns)
    return steps


def _with_callers(steps: dict[str, str]) -> tuple[str, str]:
    """Add the passes that find the callers behind access keys; returns the last step and the caller of a call."""
    rows, persons, key = "parsed", ["caller"], "credential"
    for number in range(1, _ROUNDS + 1):
        person = _first(persons)
        parts = {"round": str(number), "rows": rows, "key": key, "person": person}
        steps[f"with_key_issuers_{number}"] = filled("with_key_issuers", **parts)
        steps[f"callers_{number}"] = filled("callers", **parts)
        rows, persons = f"callers_{number}", [*persons, f"caller_{number}"]
        key = f"IF({_first(persons)} IS NULL, caller_key_{number})"
    return rows, _first(persons)


def _first(columns: list[str]) -> str:
    return columns[0] if len(columns) == 1 else f"coalesce({', '.join(columns)})"


def _raw_calls(table: Table, around: Window, days: tuple[date | None, date | None], *, linked: bool) -> str:
    calls = (
        f"({table['eventsource']} = 'ssm.amazonaws.com' AND {table['eventname']} IN"
        f" ({literals.texts(sorted(SESSION_CALLS, key=('StartSession', 'ResumeSession', 'TerminateSession').index))}))"
    )
    token = f"({table['eventsource']} = 'ssm.amazonaws.com' AND {table['eventname']} = 'GetAccessToken')"
    visit = (
        f"({table['eventsource']} = 'ecs.amazonaws.com' AND {table['eventname']} = 'ExecuteCommand'"
        f" AND coalesce({table['errorcode']}, '') = '')"
    )
    linking = (calls, visit, token, issuing(table))
    wanted = "(\n    " + "\n    OR ".join(linking) + "\n  )" if linked else calls
    where = "\n  AND ".join((*conditions(table, *days), *table.time.within(around.start, around.end), wanted))
    return f"SELECT\n{selected(table, _NEEDED)}\nFROM {table.qualified}\nWHERE {where}"


def _answer(name: ConsoleQueryName, scope: Scope, filtered: FilterConditions, unit: Unit) -> str:
    bounds = [
        f"event_time {sign} {literals.moment(moment)}"
        for sign, moment in ((">=", scope.window.start), ("<", scope.window.end))
        if moment
    ]
    wanted = "\n  AND ".join((*bounds, *filtered.clauses)) or "TRUE"
    parts = {"unit": literals.text(unit), "zone": literals.text(scope.zone)} if name == "usage" else {}
    return filled(f"answer_{name}", wanted=wanted, **parts)


def _with(steps: dict[str, str], answer: str) -> str:
    return "WITH " + ",\n".join(f"{step} AS (\n{sql}\n)" for step, sql in steps.items()) + f"\n{answer}"


def _heading(
    name: ConsoleQueryName, scope: Scope, days: tuple[date | None, date | None], notes: tuple[str, ...]
) -> tuple[str, ...]:
    """Comment lines: the query, its window and filter, and the notes."""
    filter_ = f" · {scope.filter.text}" if scope.filter.text else ""
    read = f" · partitions from {days[0]} to {days[1]}" if days[0] else ""
    return tuple(
        literals.comment(line) for line in (f"{name} · {scope.window.label(scope.zone)}{filter_}{read}", *notes)
    )


def _unbounded(table: Table, days: tuple[date | None, date | None]) -> tuple[str, ...]:
    if table.days and not days[0]:
        return ("The window has no beginning: every partition of the table is read.",)
    return () if table.days else tuple(warning for warning in table.warnings if "scans" in warning)


#: The table's name in the documentation. Source: "Create a table for CloudTrail logs in Athena using partition
#: projection", Athena User Guide.
PLACEHOLDER: Final = "cloudtrail_logs"
_NOTE: Final = (
    f"This source is not an Athena table: {PLACEHOLDER} stands for a table with the documented columns and one "
    "partition column, timestamp, with values like 2026/11/23. Replace it by the name of yours."
)


def with_table_notes(query: ConsoleQuery, table: Table) -> ConsoleSql:
    """The SQL of a query with the table's warnings and the query's notes."""
    notes = (*table.warnings, *(note for note in query.notes if note not in table.warnings))
    return ConsoleSql(query.sql, table.qualified, notes)


def placeholder_sql(
    name: ConsoleQueryName,
    scope: Scope,
    *,
    unit: Unit = "day",
    look_around_days: int = 1,
    trust: Trust = DEFAULT_TRUST,
) -> ConsoleSql:
    """A console query over the documented table, for sources without a table. Raises FilterError."""
    table = documented()
    query = console_query(
        table, name, scope, unit=unit, look_around_days=look_around_days, leave_out=True, trust=trust
    )  # fmt: skip
    found = with_table_notes(query, table)
    return ConsoleSql(found.sql, found.table, (_NOTE, *found.notes), is_placeholder=True)


def documented() -> Table:
    """The table of CloudTrail's documentation, with one partition per day and no database."""
    metadata: dict[str, Any] = {
        "Name": PLACEHOLDER,
        "TableType": "EXTERNAL_TABLE",
        "Columns": [{"Name": name, "Type": type_} for name, type_ in columns(documented=True)],
        "PartitionKeys": [{"Name": "timestamp", "Type": "string"}],
        "Parameters": {"projection.enabled": "true", "projection.timestamp.type": "date",
                       "projection.timestamp.format": "yyyy/MM/dd"},
    }  # fmt: skip
    return described(metadata, "", "")
