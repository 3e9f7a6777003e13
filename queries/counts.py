"""Counts: the matrix, usage over time, totals, and the page of a person or a machine."""

from __future__ import annotations

import json
from bisect import bisect_right
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count, groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, get_args
from zoneinfo import ZoneInfo

from ssmtrail.queries.drills import target_key
from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.filters import Filter
from ssmtrail.queries.filters.keys import KINDS, TUNNELS
from ssmtrail.queries.index import without_zone
from ssmtrail.queries.model import Question, Totals
from ssmtrail.queries.relations import NAMES, Bars, bars_of, columns_of, summary, typed, utc_time
from ssmtrail.queries.sql_text import statement
from ssmtrail.queries.times import Window
from ssmtrail.queries.views import (
    Breakdown,
    CellFacts,
    Heat,
    Machine,
    Matrix,
    MatrixOrder,
    Page,
    Part,
    PartName,
    Parts,
    Person,
    PersonId,
    Series,
    Usage,
)
from ssmtrail.queries.window_sql import Select

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.model import Measure, Row, Scope
    from ssmtrail.queries.snapshot import Snapshot
    from ssmtrail.queries.times import Unit

_numbers: Final = count(1)
_KINDS: Final[dict[Measure, str]] = {"sessions": "kinds", "calls": "call_kinds"}
_TUNNELS: Final = sum(1 << KINDS.index(kind) for kind in ("port-forward", "remote-port-forward"))
_PEOPLE: Final[dict[MatrixOrder, str]] = {
    "most": '"count" DESC, denied DESC, person_order',
    "name": "person_order",
    "last": "last_us DESC, person_order",
}
_MACHINES: Final[dict[MatrixOrder, str]] = {
    "most": '"count" DESC, denied DESC, target_order',
    "name": "coalesce(target_name, target) NULLS LAST, target_order",
    "last": "last_us DESC, target_order",
}
#: Environments stand in the same order as the machines in them.
_ENVIRONMENTS: Final[dict[MatrixOrder, str]] = {
    "most": "environment IS NULL, environment_count DESC, environment",
    "name": "environment NULLS LAST",
    "last": "environment IS NULL, environment_last_seen DESC, environment",
}


def matrix_of(
    snapshot: Snapshot,
    cursor: DuckDBPyConnection,
    scope: Scope,
    measure: Measure,
    order: MatrixOrder,
    *,
    turned: bool,
) -> Matrix:
    """The matrix of a scope; `turned` has machines down."""
    found = snapshot.index.view(
        "matrix",
        (without_zone(scope), measure, order, turned),
        lambda: _made(snapshot, cursor, scope, measure, order, turned=turned),
    )
    return replace(found, scope=scope)


def _made(
    snapshot: Snapshot, cursor: DuckDBPyConnection, scope: Scope, measure: Measure, order: MatrixOrder,
    *, turned: bool,
) -> Matrix:  # fmt: skip
    touched = snapshot.index.summed(snapshot, cursor, "touched", scope)
    name = f"matrix_{next(_numbers)}"
    against, is_against = "", "false"
    if snapshot.has_policy:
        against = f"LEFT JOIN {snapshot.index.summed(snapshot, cursor, 'against', scope)} USING (person_no, target_no)"
        is_against = "against IS NOT NULL"
    cursor.execute(
        f'CREATE TEMP TABLE {name} AS SELECT person_no, target_no, {measure} AS "count", denied, failed, last_seen,'
        f" {_KINDS[measure]} AS kinds, first_ever, {is_against} AS against FROM {touched} {against}"
        f" WHERE {measure} > 0 OR denied > 0"
    )
    try:
        found = _read(cursor, name, scope, measure, order, turned=turned)
        return replace(found, judged=snapshot.has_policy)
    finally:
        cursor.execute(f"DROP TABLE {name}")


def _read(
    cursor: DuckDBPyConnection, name: str, scope: Scope, measure: Measure, order: MatrixOrder, *, turned: bool
) -> Matrix:
    machines_order = _MACHINES[order] if turned else f"{_ENVIRONMENTS[order]}, {_MACHINES[order]}"
    people = _fetch(
        cursor, f"WITH cells AS (FROM {name}), {NAMES} {statement('matrix_people')} ORDER BY {_PEOPLE[order]}"
    )
    machines = _fetch(
        cursor, f"WITH cells AS (FROM {name}), {NAMES} {statement('matrix_machines')} ORDER BY {machines_order}"
    )
    down, across = ("target_no", "person_no") if turned else ("person_no", "target_no")
    downs, acrosses = (machines, people) if turned else (people, machines)
    cells = statement("matrix_cells").format(tunnels=_TUNNELS, down=down, across=across)
    packed = [""] * len(downs)
    found = cursor.execute(
        f"WITH cells AS (FROM {name}), downs AS ({_PLACES}), acrosses AS ({_PLACES}) {cells}",
        [[row[0] for row in downs], [row[0] for row in acrosses]],
    ).fetchall()
    for place, text in found:
        packed[place] = text
    figures = _fetch(cursor, f'SELECT count(*), coalesce(max("count"), 0) FROM {name}')[0]
    total, denied, failed = (sum(row[place] for row in people) for place in (7, 8, 9))
    return Matrix(
        scope, measure, order, turned, tuple(map(_person, people)), tuple(map(_machine, machines)),
        total, denied, failed, figures[1], figures[0], tuple(packed),
    )  # fmt: skip


#: Numbers in their order, as number and place.
_PLACES: Final = (
    "SELECT unnest(numbers) AS number, unnest(range(len(numbers))) AS place FROM (SELECT ?::BIGINT[] AS numbers)"
)


def _fetch(cursor: DuckDBPyConnection, sql: str, parameters: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
    return cursor.execute(sql, list(parameters)).fetchall()


def _person(row: tuple[Any, ...]) -> Person:
    _, account, person, kind, user, behind, label, number, denied, failed, last_us = row
    return Person(PersonId(account, person, kind, user, behind), label, number, denied, failed, last_us)


def _machine(row: tuple[Any, ...]) -> Machine:
    _, target, name, environment, number, denied, failed, last_us, *_ = row
    return Machine(target, name, environment, number, denied, failed, last_us)


def cell_of(
    snapshot: Snapshot, cursor: DuckDBPyConnection, scope: Scope, who: PersonId, target: str | None
) -> CellFacts:
    """The numbers of one cell; all zeros where it is empty."""
    touched = snapshot.index.summed(snapshot, cursor, "touched", scope)
    found = _fetch(
        cursor,
        "SELECT sessions, calls, denied, failed, first_seen, last_seen, kinds, call_kinds, first_ever,"
        f" {_against(snapshot, cursor, scope)} AS against FROM {touched} AS touched"
        f" JOIN (SELECT person_no FROM known_people WHERE {IS_PERSON}) USING (person_no)"
        " JOIN known_targets USING (target_no) WHERE target IS NOT DISTINCT FROM ?",
        (*is_person(who), target),
    )
    if not found:
        return CellFacts(0, 0, 0, 0, None, None, (), first_ever=False)
    sessions, calls, denied, failed, first_seen, last_seen, kinds, call_kinds, first_ever, against = found[0]
    bits = kinds or call_kinds or 0
    named = tuple(kind for number, kind in enumerate(KINDS) if bits >> number & 1)
    return CellFacts(
        sessions, calls, denied, failed, utc_time(first_seen), utc_time(last_seen), named,
        first_ever=bool(first_ever), against=against or 0,
    )  # fmt: skip


def _against(snapshot: Snapshot, cursor: DuckDBPyConnection, scope: Scope) -> str:
    """How many sessions of a row of `touched` the access policy does not allow."""
    if not snapshot.has_policy:
        return "0"
    table = snapshot.index.summed(snapshot, cursor, "against", scope)
    return (
        f"(SELECT against FROM {table} AS judged WHERE judged.person_no = touched.person_no"
        " AND judged.target_no = touched.target_no)"
    )


#: Parts that a bar shows by themselves, people and machines that are named beside the heat map.
MOST_PARTS: Final = 5
MOST_NAMED: Final = 5
#: In the order of the index's parts, see `_with_part`.
PERSON_KINDS: Final = (
    "iam-user", "root", "identity-center", "federated", "role-session", "service", "unknown",
)  # fmt: skip
_EVENTS: Final = ("StartSession", "ResumeSession", "TerminateSession")
#: Both kinds of port forwarding are one part, as `kind:tunnel` is in the filter language.
_TUNNEL_BITS: Final = tuple(1 << KINDS.index(kind) for kind in TUNNELS)
_TUNNEL: Final = sum(_TUNNEL_BITS)
#: Parts that there can be, where they are few: these are counted without a look at which are largest.
_FEW: Final[dict[Breakdown, tuple[int, ...]]] = {
    "kind": (_TUNNEL, *(1 << place for place in range(len(KINDS)) if 1 << place not in _TUNNEL_BITS)),
    "call": tuple(range(len(_EVENTS))),
    "personkind": tuple(range(1, len(PERSON_KINDS) + 1)),
}
#: The number that identifies a part of a bar.
_PARTS: Final[dict[Breakdown, str]] = {
    "none": "NULL::BIGINT",
    "kind": f"CASE WHEN kind_bit IN {_TUNNEL_BITS} THEN {_TUNNEL} ELSE kind_bit END",
    "person": "person_no",
    "instance": "target_no",
    "call": "step",
}


def usage_of(
    snapshot: Snapshot, cursor: DuckDBPyConnection, scope: Scope, measure: Measure, unit: Unit, breakdown: Breakdown
) -> Usage:
    """The bars of a scope. Raises UsageError for too many of them, for call names of sessions."""
    if breakdown == "call" and measure == "sessions":
        raise UsageError("Sessions have no names of calls: count calls to tell them apart.")
    bars = bars_of(snapshot, cursor, scope, unit)
    counted = _counted(snapshot, cursor, scope, measure)
    series = tuple(_series(cursor, counted, bars, breakdown))
    denied, failed = (_counted(snapshot, cursor, scope, "sessions", f"status_no = {number}") for number in (2, 3))
    zone = ZoneInfo(scope.zone)
    return Usage(
        scope, measure, unit, breakdown,
        tuple(start.replace(tzinfo=UTC).astimezone(zone) for start in bars.starts),
        series,
        tuple(sum(counts) for counts in zip(*(each.counts for each in series), strict=True)) or (0,) * len(bars.starts),
        _bars(cursor, denied, bars),
        _before(snapshot, cursor, scope, measure, unit, len(bars.starts)),
        _bars(cursor, failed, bars),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Only:
    """One person or machine by its number in the index, which finds its rows at once."""

    column: str
    number: int


def heat_of(
    snapshot: Snapshot, cursor: DuckDBPyConnection, scope: Scope, measure: Measure, only: Only | None = None
) -> Heat:
    """The heat map of a scope, with whom and what it has most of; of one person or machine that is on their page."""
    counted = _counted(snapshot, cursor, scope, measure)
    if only:
        counted = Select(f"(SELECT * FROM {counted.sql} WHERE {only.column} = {only.number})", counted.parameters)
    found = _run(cursor, counted, statement("heat"), (scope.zone,))
    counts = [[0] * 24 for _ in range(7)]
    for weekday, hour, size in found:
        counts[weekday - 1][hour] = size
    if only:
        return Heat(scope, measure, tuple(map(tuple, counts)), (), ())
    touched = snapshot.index.summed(snapshot, cursor, "touched", scope)
    people = _most(cursor, touched, measure, "people", "person_no", _PERSON, "person_order")
    machines = _most(cursor, touched, measure, "targets", "target_no", _MACHINE, "target_order")
    return Heat(scope, measure, tuple(map(tuple, counts)), people, machines)


_ACCOUNTS: Final = "SELECT *, dense_rank() OVER (ORDER BY account NULLS LAST) AS account_no FROM known_people"
_PERSON: Final = "to_json([account, person, behind, person_kind, person_id])::VARCHAR, person_shown"
_MACHINE: Final = "to_json([target])::VARCHAR, coalesce(target_name, target, 'unknown')"


def _most(
    cursor: DuckDBPyConnection, touched: str, measure: Measure, names: str, number: str, shown: str, order: str
) -> tuple[tuple[str, str, int], ...]:
    sums = f"SELECT {number}, sum({measure})::BIGINT AS size FROM {touched} GROUP BY {number}"
    found = cursor.execute(
        f"WITH {NAMES} SELECT {shown}, size FROM ({sums}) JOIN {names} USING ({number}) WHERE size > 0"
        f" ORDER BY size DESC, {order} LIMIT {MOST_NAMED}"
    ).fetchall()
    return tuple((key, label, size) for key, label, size in found)


def _counted(
    snapshot: Snapshot, cursor: DuckDBPyConnection, scope: Scope, measure: Measure, sessions: str = "started",
    *, kept: bool = False,
) -> Select:  # fmt: skip
    """The rows of the index that count by a measure."""
    rows = snapshot.index.rows(snapshot, cursor, measure, scope, kept=kept)
    condition = sessions if measure == "sessions" else "true"
    return Select(f"(SELECT * FROM {rows.sql} WHERE {condition})", rows.parameters)


def _bars(cursor: DuckDBPyConnection, counted: Select, bars: Bars) -> tuple[int, ...]:
    """A count a bucket."""
    found = _parts_of_bars(cursor, Select(_with_part(counted.sql, "none"), counted.parameters), bars, [])
    return found.get(None, (0,) * len(bars.starts))


def _series(cursor: DuckDBPyConnection, counted: Select, bars: Bars, breakdown: Breakdown) -> Iterable[Series]:
    """The parts in the order of their size; one empty part where there is nothing."""
    nothing = (0,) * len(bars.starts)
    if breakdown == "none":
        yield Series(None, "", _bars(cursor, counted, bars))
        return
    rows = Select(_with_part(counted.sql, breakdown), counted.parameters)
    few = _FEW.get(breakdown)
    parts = few or _largest(cursor, rows, breakdown)
    found = _parts_of_bars(cursor, rows, bars, parts)
    ordered = sorted((part for part in parts if part in found), key=lambda part: -sum(found[part]))
    for part in ordered[:MOST_PARTS]:
        yield Series(*_named(cursor, breakdown, part), found[part])
    others = [found[part] for part in (*ordered[MOST_PARTS:], None) if part in found]
    if others or not ordered:
        yield Series(None, "other", tuple(map(sum, zip(nothing, *others, strict=True))))


#: What breaks ties between parts of the same size: their names, where their numbers have no order.
_PART_ORDERS: Final[dict[Breakdown, str]] = {
    "person": "(SELECT person_order FROM people WHERE person_no = part)",
    "instance": "(SELECT target_order FROM targets WHERE target_no = part)",
}


def _largest(cursor: DuckDBPyConnection, rows: Select, breakdown: Breakdown) -> list[int]:
    sizes = (
        f"WITH {NAMES} SELECT part, size FROM (SELECT part, count(*) AS size FROM {rows.sql} GROUP BY part)"
        f" ORDER BY size DESC, {_PART_ORDERS.get(breakdown, 'part')} LIMIT {MOST_PARTS}"
    )
    return [part for part, _ in cursor.execute(sizes, list(rows.parameters)).fetchall()]


def _with_part(rows: str, breakdown: Breakdown) -> str:
    if breakdown == "account":
        return f'(SELECT "at", account_no AS part FROM {rows} JOIN ({_ACCOUNTS}) USING (person_no))'
    if breakdown == "personkind":
        part = f"list_position({list(PERSON_KINDS)}, person_kind)"
        return f'(SELECT "at", {part} AS part FROM {rows} JOIN known_people USING (person_no))'
    return f'(SELECT "at", {_PARTS[breakdown]} AS part FROM {rows})'


def _parts_of_bars(
    cursor: DuckDBPyConnection, rows: Select, bars: Bars, parts: Sequence[int]
) -> dict[int | None, tuple[int, ...]]:
    """A count a bucket of each of these parts, of all others together as None."""
    given = "step AS (SELECT ? AS seconds), parts AS (SELECT unnest(?::BIGINT[]) AS part)"
    sql = f"WITH counted AS NOT MATERIALIZED {rows.sql}, {given} FROM ({statement('breakdown')})"
    # A bucket is found by its slot here: there are few of both, and joining them takes the engine longer.
    counts: dict[int | None, list[int]] = {}
    for slot, part, size in cursor.execute(sql, [*rows.parameters, bars.seconds, list(parts)]).fetchall():
        if part not in counts:
            counts[part] = [0] * len(bars.starts)
        counts[part][bisect_right(bars.begins, slot) - 1] += size
    return {part: tuple(found) for part, found in counts.items()}


def _named(cursor: DuckDBPyConnection, breakdown: Breakdown, part: int) -> tuple[str, str]:
    """Key and label of a part."""
    match breakdown:
        case "kind" if part == _TUNNEL:
            return json.dumps("tunnel"), "tunnel"
        case "kind":
            sql = "SELECT to_json(kind)::VARCHAR, kind FROM known_routes WHERE kind_bit = ? LIMIT 1"
        case "account":
            sql = f"SELECT coalesce(to_json(account)::VARCHAR, 'null'), coalesce(account, 'unknown') FROM ({_ACCOUNTS})"
            sql += " WHERE account_no = ? LIMIT 1"
        case "person":
            sql = f"WITH {NAMES} SELECT {_PERSON} FROM people WHERE person_no = ?"
        case "instance":
            sql = f"WITH {NAMES} SELECT {_MACHINE} FROM targets WHERE target_no = ?"
        case "personkind":
            return json.dumps(PERSON_KINDS[part - 1]), PERSON_KINDS[part - 1].replace("-", " ")
        case _:
            return json.dumps(_EVENTS[part]), _EVENTS[part]
    key, label = cursor.execute(sql, [part]).fetchall()[0]
    return key, label


def _before(
    snapshot: Snapshot, cursor: DuckDBPyConnection, scope: Scope, measure: Measure, unit: Unit, buckets: int
) -> tuple[int | None, ...]:
    """Totals of the period before from what is kept, which costs no scan; None where nothing is kept."""
    window = scope.window
    if window.start is None or window.end is None:
        return ()
    try:
        earlier = replace(scope, window=window.shifted(-1, scope.zone))
    except UsageError:
        return ()
    bars = bars_of(snapshot, cursor, earlier, unit)
    everything = replace(earlier, window=Window(), filter=type(scope.filter)())
    rows = snapshot.index.rows(snapshot, cursor, "calls", everything, kept=True)
    first = cursor.execute(f'SELECT min("at") FROM {rows.sql}').fetchall()[0][0]
    if not bars.starts or first is None:
        return ()
    counted = _counted(snapshot, cursor, earlier, measure, kept=True)
    counts = _bars(cursor, counted, bars)[:buckets]
    starts = bars.starts[:buckets]
    ends = [*starts[1:], (earlier.window.end or datetime.max.replace(tzinfo=UTC)).replace(tzinfo=None)]
    known = [size if end > first else None for size, end in zip(counts, ends, strict=True)]
    return (*known, *(None for _ in range(buckets - len(known))))


def _run(cursor: DuckDBPyConnection, counted: Select, body: str, parameters: tuple[object, ...]) -> list[Any]:
    sql = f"WITH counted AS NOT MATERIALIZED {counted.sql} {body}"
    return cursor.execute(sql, [*counted.parameters, *parameters]).fetchall()


#: The row of the dictionary that is a person, with the parameters of `is_person`.
IS_PERSON: Final = (
    "account IS NOT DISTINCT FROM ? AND person_kind = ? AND coalesce(person_id, person) IS NOT DISTINCT FROM ?"
    " AND behind IS NOT DISTINCT FROM ?"
)


def is_person(who: PersonId) -> tuple[str | None, ...]:
    """The parameters of `IS_PERSON`."""
    return who.account, who.kind, who.id or who.person, who.behind


#: How many people and machines a table names by number; unknown ones do not count.
PEOPLE_IN: Final = "(SELECT count(DISTINCT person) FROM known_people SEMI JOIN {table} USING (person_no))"
MACHINES_IN: Final = "(SELECT count(target) FROM known_targets SEMI JOIN {table} USING (target_no))"


def totals_of(snapshot: Snapshot, cursor: DuckDBPyConnection, scope: Scope, measure: Measure) -> Totals:
    """Of a scope, from the sums that people, machines and the matrix are made of. See `Trail.totals`."""
    rows, sessions, people, machines = _figures(snapshot, cursor, scope, measure)
    unfiltered = rows
    if scope.filter.terms:
        unfiltered = _figures(snapshot, cursor, replace(scope, filter=Filter()), measure)[0]
    return Totals(rows, unfiltered, sessions, people, machines)


def _figures(
    snapshot: Snapshot, cursor: DuckDBPyConnection, scope: Scope, measure: Measure
) -> tuple[int, int, int, int]:
    """Rows, sessions, people, machines; kept, since every drill wants those of all that it drills into."""
    wanted = (without_zone(scope), measure)
    return snapshot.index.view("figures", wanted, lambda: _summed(snapshot, cursor, scope, measure))


def _summed(
    snapshot: Snapshot, cursor: DuckDBPyConnection, scope: Scope, measure: Measure
) -> tuple[int, int, int, int]:
    table = snapshot.index.summed(snapshot, cursor, "touched", scope)
    sums = f"coalesce(sum({measure}), 0)::BIGINT, coalesce(sum(sessions), 0)::BIGINT"
    found = cursor.execute(f"SELECT {sums}, {PEOPLE_IN}, {MACHINES_IN} FROM {table}".format(table=table)).fetchall()
    rows, sessions, people, machines = found[0]
    return rows, sessions, people, machines


#: Parts of one name that a page has.
MOST_PAGE_PARTS: Final = 8
#: A user of an account acts without a role.
_NONE: Final[dict[PartName, str]] = {"role": "no role"}


def person_page(snapshot: Snapshot, cursor: DuckDBPyConnection, who: PersonId, scope: Scope, measure: Measure) -> Page:
    """A person in a scope. Raises UsageError where the scope has nothing of them."""
    row = _row(snapshot, cursor, Question("people", scope, measure=measure), who.key)
    sql = f"SELECT person_no FROM known_people WHERE {IS_PERSON}"
    only = Only("person_no", cursor.execute(sql, list(is_person(who))).fetchall()[0][0])
    return _page(snapshot, cursor, Question("people", scope, measure=measure), row, only)


def instance_page(
    snapshot: Snapshot, cursor: DuckDBPyConnection, target: str | None, scope: Scope, measure: Measure
) -> Page:
    """A machine in a scope. Raises UsageError where the scope has nothing of it."""
    row = _row(snapshot, cursor, Question("instances", scope, measure=measure), target_key(target))
    sql = "SELECT target_no FROM known_targets WHERE target IS NOT DISTINCT FROM ?"
    only = Only("target_no", cursor.execute(sql, [target]).fetchall()[0][0])
    return _page(snapshot, cursor, Question("instances", scope, measure=measure), row, only)


def _page(snapshot: Snapshot, cursor: DuckDBPyConnection, question: Question, row: Row, only: Only) -> Page:
    scope, measure = question.scope, question.measure
    heat = heat_of(snapshot, cursor, scope, measure, only)
    return Page(columns_of(question.name), row, heat, _parts(snapshot, cursor, question, only))


def _parts(snapshot: Snapshot, cursor: DuckDBPyConnection, question: Question, only: Only) -> tuple[Parts, ...]:
    indexed = snapshot.index.both(snapshot, cursor, question.scope)
    wanted = f"{only.column} = {only.number}"
    asked = statement("parts").format(only=wanted, measure=question.measure, most=MOST_PAGE_PARTS)
    found = cursor.execute(f"WITH {indexed.sql} FROM ({asked})", list(indexed.parameters)).fetchall()
    by_name = {name: list(rows) for name, rows in groupby(found, itemgetter(0))}
    return tuple(
        Parts(name, tuple(_part(*row[:7]) for row in rows), rows[0][7])
        for name in get_args(PartName)
        if (rows := by_name.get(name))
    )


def _part(
    name: PartName, value: str | None, sessions: int, calls: int, denied: int, failed: int, last_seen: datetime
) -> Part:
    label = _NONE.get(name, "unknown") if value is None else value
    return Part(json.dumps(value, ensure_ascii=False), label, sessions, calls, denied, failed, utc_time(last_seen))


def _row(snapshot: Snapshot, cursor: DuckDBPyConnection, question: Question, key: str) -> Row:
    columns, rows = columns_of(question.name), summary(snapshot, cursor, question)
    names = ", ".join(f'"{name}"' for name in columns)
    found = cursor.execute(f"SELECT {names} FROM ({rows.sql}) WHERE key = ?", [*rows.parameters, key]).fetchall()
    if not found:
        raise UsageError("There is nothing of it in this window and filter any more.")
    return tuple(map(typed, found[0]))
