"""Makes the findings of a window: what the rules look at, what each rule hits, and the findings that these come to.

Rules compare a day with the days before it, as far as these are kept; nothing is ever fetched for them.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.filters import Filter, compile_filter
from ssmtrail.queries.findings.catalog import RULES
from ssmtrail.queries.policy.access import VIOLATIONS
from ssmtrail.queries.policy.verdict_sql import inline
from ssmtrail.queries.sql_text import literal, statement, timestamp
from ssmtrail.queries.times import Window
from ssmtrail.queries.window_sql import inside, with_names

if TYPE_CHECKING:
    from collections.abc import Iterable

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.findings.catalog import Rule
    from ssmtrail.queries.model import Entity
    from ssmtrail.queries.snapshot import Snapshot
    from ssmtrail.queries.thresholds import FindingSettings

#: Days before a window that rules may compare with.
HISTORY_DAYS: Final = 90
#: Beginning of the sort key of IPv4 addresses, see `ip_key`.
_MAPPED: Final = "00000000000000000000ffff"
#: The network of an address.
_NET: Final = f"CASE WHEN starts_with(ip_key, '{_MAPPED}') THEN left(ip_key, 30) ELSE left(ip_key, 12) END"
#: Whose times say which days have records.
_DATED: Final[tuple[Entity, ...]] = ("sessions", "doors")
_TABLES: Final = ("hits", "act_rows", "whole", "people", "own_accounts", "catalog", "accepted", "recorded")


@dataclass(frozen=True, slots=True)
class Silent:
    """A rule that found nothing because it could not look, at all or on some days."""

    rule: str
    why: str


def findings_of(snapshot: Snapshot, cursor: DuckDBPyConnection, window: Window) -> str:
    """The table of all findings of a window, with every column of the question; kept with the snapshot."""

    def make(table: str) -> None:
        try:
            _make(snapshot, cursor, window, table)
        finally:
            _drop(cursor)

    return snapshot.index.kept(cursor, ("findings", window), make)


def _drop(cursor: DuckDBPyConnection) -> None:
    import duckdb

    with suppress(duckdb.InterruptException):  # the cursor's tables go with it
        for name in ("acts", "seen_calls"):
            cursor.execute(f"DROP VIEW IF EXISTS temp.{name}")
        for name in _TABLES:
            cursor.execute(f"DROP TABLE IF EXISTS temp.{name}")


def _make(snapshot: Snapshot, cursor: DuckDBPyConnection, window: Window, table: str) -> None:
    given = snapshot.findings
    _values(cursor, "own_accounts", ("account",), [(account,) for account in given.accounts])
    _values(cursor, "accepted", ("finding_id",), [(finding,) for finding in given.accepted])
    rules = [(rule.id, rule.severity, rule.why, rule.harmless, _history(rule, given)) for rule in RULES]
    _values(cursor, "catalog", ("rule", "severity", "why", "harmless", "history_days"), rules)
    _look(snapshot, cursor, window, given)
    cursor.execute("CREATE TEMP TABLE hits (rule VARCHAR, id BIGINT, thing VARCHAR, said VARCHAR, severity VARCHAR)")
    for rule in RULES:
        if _can_look(rule, snapshot):
            body = _with_numbers(statement(f"findings/{rule.id}"), given)
            cursor.execute(
                f"INSERT INTO temp.hits BY NAME SELECT {literal(rule.id)} AS rule, hit.* FROM ({body}) AS hit"
            )
    rows = snapshot.relation(cursor, "sessions", window, marked=False)
    hit = "SELECT key FROM temp.hits JOIN temp.acts USING (id) WHERE source = 'session' AND asked"
    cursor.execute(
        f"CREATE TEMP TABLE whole AS SELECT key, event_ids, region, person_shown FROM {rows} WHERE key IN ({hit})"
    )
    cursor.execute(f"CREATE TABLE {table} AS {statement('findings')}")


def _history(rule: Rule, given: FindingSettings) -> str:
    """So many days before a day are compared, as text."""
    return str(getattr(given.thresholds, rule.history)) if rule.history else "0"


def _can_look(rule: Rule, snapshot: Snapshot) -> bool:
    if rule.id in snapshot.findings.thresholds.off:
        return False
    return (rule.need != "policy" or snapshot.has_policy) and (
        rule.need != "accounts" or bool(snapshot.findings.accounts)
    )


def _look(snapshot: Snapshot, cursor: DuckDBPyConnection, window: Window, given: FindingSettings) -> None:
    """Make the tables that the rules read."""
    cursor.execute(f"CREATE TEMP TABLE recorded AS {_recorded(snapshot, cursor, window)}")
    doors = with_names("doors", snapshot.relation(cursor, "doors", window, marked=False))
    calls = snapshot.relation(cursor, "calls", window, marked=False)
    cursor.execute(f"CREATE TEMP TABLE people AS {snapshot.people}")
    arn = "identity_arn" if given.accounts else "NULL::VARCHAR"  # wanted by one rule
    parts = {"net": _NET, "known_network": _known_network(given), "arn": arn}
    acts = _replaced(statement("findings_acts"), parts)
    roots = with_names("calls", f"(SELECT * FROM {calls} WHERE step > 0 AND person_kind = 'root' AND NOT copy)")
    cursor.execute(
        f"CREATE TEMP TABLE act_rows AS WITH sessions AS NOT MATERIALIZED (FROM {_sessions(snapshot, cursor, window)}),"
        f" doors AS NOT MATERIALIZED (SELECT *, true AS asked FROM {doors}),"
        f" root_calls AS NOT MATERIALIZED (SELECT *, true AS asked FROM {roots}) FROM ({acts})"
    )
    cursor.execute(statement("findings_view"))
    cursor.execute(f"CREATE TEMP VIEW seen_calls AS FROM {calls}")


def _sessions(snapshot: Snapshot, cursor: DuckDBPyConnection, window: Window) -> str:
    """The sessions of a window with their verdicts, and those before it, which are compared with."""
    rows = snapshot.relation(cursor, "sessions", window, marked=False)
    judged = with_names("sessions", rows, judged=snapshot.has_policy)
    if window.start is None:
        return f"(SELECT *, true AS asked FROM {judged})"
    before = with_names("sessions", _history_rows(snapshot, window), judged=False)
    return f"(SELECT *, true AS asked FROM {judged} UNION ALL BY NAME SELECT *, false AS asked FROM {before})"


def _recorded(snapshot: Snapshot, cursor: DuckDBPyConnection, window: Window) -> str:
    """The days with records, of the window and before it."""
    times = " UNION ALL ".join(
        f'SELECT "at" FROM {rows}'
        for rows in (
            _history_rows(snapshot, window),
            *(snapshot.relation(cursor, entity, window, marked=False) for entity in _DATED),
        )
    )
    return f"WITH times AS ({times}) {_with_numbers(statement('findings_days'), snapshot.findings)}"


def _history_rows(snapshot: Snapshot, window: Window) -> str:
    if window.start is None:
        return f"(SELECT * FROM {snapshot.file('sessions')} WHERE false)"
    history = Window(window.start - timedelta(days=HISTORY_DAYS), window.start)
    return f"(SELECT * FROM {snapshot.file('sessions', history, marked=False)} WHERE {inside(history)})"


def _known_network(given: FindingSettings) -> str:
    if not given.thresholds.networks:
        return "false"
    known = compile_filter(Filter(f"ip:{','.join(given.thresholds.networks)}"), "sessions")
    return f"coalesce({inline(known)}, false)"


def _values(cursor: DuckDBPyConnection, table: str, columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    cursor.execute(f"CREATE TEMP TABLE {table} ({', '.join(f'{name} VARCHAR' for name in columns)})")
    if rows := list(rows):
        cursor.executemany(f"INSERT INTO temp.{table} VALUES ({', '.join('?' for _ in columns)})", rows)


def _with_numbers(sql: str, given: FindingSettings) -> str:
    """A statement with the thresholds that it names; they are numbers, checked when they were read."""
    numbers = {
        each.name: str(value)
        for each in fields(given.thresholds)
        if isinstance(value := getattr(given.thresholds, each.name), int | float)
    }
    whys = " ".join(f"WHEN {literal(why)} THEN {literal(words)}" for why, words in VIOLATIONS.items())
    words = {"net": _NET, "known_network": _known_network(given), "why_words": f"CASE policy_why {whys} END"}
    return _replaced(sql, {**numbers, **words, "mapped": _MAPPED})


def _replaced(sql: str, parts: dict[str, str]) -> str:
    for name, text in parts.items():
        sql = sql.replace(f"{{{name}}}", text)
    return sql


def silent_rules(snapshot: Snapshot, cursor: DuckDBPyConnection, window: Window) -> tuple[Silent, ...]:
    """The rules that could not look, or not on every day of a window, and why."""
    found = [
        Silent(rule.id, _MISSING[rule.need])
        for rule in RULES
        if rule.need in _MISSING and not _can_look(rule, snapshot)
    ]
    off = snapshot.findings.thresholds.off
    found = [each for each in found if each.rule not in off] + [
        Silent(rule, "switched off in [findings]") for rule in off
    ]
    found += [Silent(rule, _UNSEARCHED) for rule in snapshot.findings.unsearched if rule not in off]
    found += [
        Silent(rule.id, why)
        for rule in RULES
        if rule.id not in off and (why := _too_early(snapshot, cursor, window, rule))
    ]
    order = [rule.id for rule in RULES]
    return tuple(sorted(found, key=lambda each: order.index(each.rule)))


_UNSEARCHED: Final = "event history is not searched for such calls"
_MISSING: Final = {"policy": "there is no access policy", "accounts": "[accounts] names no account"}


def _too_early(snapshot: Snapshot, cursor: DuckDBPyConnection, window: Window, rule: Rule) -> str:
    if rule.need not in ("history", "week"):
        return ""
    days = recorded_days(snapshot, cursor, window)
    needed = snapshot.findings.thresholds.baseline_days if rule.need == "history" else 7
    late = [day.ready if rule.need == "history" else day.week_kept for day in days]
    if all(late):
        return ""
    ready = next((day for day, is_ready in zip(days, late, strict=True) if is_ready), None)
    has = f"fewer than {needed} days of records before"
    return f"{has} {ready.day}" if ready else f"{has} each day"


@dataclass(frozen=True, slots=True)
class RecordedDay:
    """A UTC day of a window with records, and whether what was kept before it is enough to compare with."""

    day: date
    ready: bool
    week_kept: bool


def recorded_days(snapshot: Snapshot, cursor: DuckDBPyConnection, window: Window) -> tuple[RecordedDay, ...]:
    """The days with records of a window, in order."""

    def found() -> tuple[RecordedDay, ...]:
        recorded = _recorded(snapshot, cursor, window)
        asked = f"day >= CAST({timestamp(window.start)} AS DATE)" if window.start else "true"
        rows = cursor.execute(f"SELECT day, ready, week_kept FROM ({recorded}) WHERE {asked} ORDER BY day").fetchall()
        return tuple(RecordedDay(*row) for row in rows)

    return snapshot.index.view("rows", ("recorded", window), found)
