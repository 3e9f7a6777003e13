"""How much it is used, when: bars in parts, the period before, weekdays by hours."""

from __future__ import annotations

import json
from bisect import bisect_right
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from queries.engine import statement
from queries.errors import UsageError
from queries.filters.keys import KINDS, TUNNELS
from queries.questions import NAMES, Bars, Select, bars_of
from queries.views import Breakdown, Heat, Series, Usage
from queries.window import Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from duckdb import DuckDBPyConnection

    from queries.generation import Generation
    from queries.values import Measure, Scope, Unit

#: Parts that a bar shows by themselves, people and machines that are named beside the heat map.
MOST_PARTS: Final = 5
MOST_NAMED: Final = 5
_EVENTS: Final = ("StartSession", "ResumeSession", "TerminateSession")
#: Both kinds of port forwarding are one part, as `kind:tunnel` is in the filter language.
_TUNNEL_BITS: Final = tuple(1 << KINDS.index(kind) for kind in TUNNELS)
_TUNNEL: Final = sum(_TUNNEL_BITS)
#: Parts that there can be, where they are few: these are counted without a look at which are largest.
_FEW: Final[dict[Breakdown, tuple[int, ...]]] = {
    "kind": (_TUNNEL, *(1 << place for place in range(len(KINDS)) if 1 << place not in _TUNNEL_BITS)),
    "call": tuple(range(len(_EVENTS))),
}
#: What tells the parts of a bar, as a number.
_PARTS: Final[dict[Breakdown, str]] = {
    "none": "NULL::BIGINT",
    "kind": f"CASE WHEN kind_bit IN {_TUNNEL_BITS} THEN {_TUNNEL} ELSE kind_bit END",
    "person": "person_no",
    "instance": "target_no",
    "call": "step",
}


def usage_of(
    generation: Generation, cursor: DuckDBPyConnection, scope: Scope, measure: Measure, unit: Unit, breakdown: Breakdown
) -> Usage:
    """The bars of a scope. Raises UsageError for too many of them, for call names of sessions."""
    if breakdown == "call" and measure == "sessions":
        raise UsageError("Sessions have no names of calls: count calls to tell them apart.")
    bars = bars_of(generation, cursor, scope, unit)
    counted = _counted(generation, cursor, scope, measure)
    series = tuple(_series(cursor, counted, bars, breakdown))
    refused = _counted(generation, cursor, scope, "sessions", "NOT started")
    zone = ZoneInfo(scope.zone)
    return Usage(
        scope, measure, unit, breakdown,
        tuple(start.replace(tzinfo=UTC).astimezone(zone) for start in bars.starts),
        series,
        tuple(sum(counts) for counts in zip(*(each.counts for each in series), strict=True)) or (0,) * len(bars.starts),
        _bars(cursor, refused, bars),
        _before(generation, cursor, scope, measure, unit, len(bars.starts)),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Only:
    """One person or machine by its number in the facts, which finds its rows at once."""

    column: str
    number: int


def heat_of(
    generation: Generation, cursor: DuckDBPyConnection, scope: Scope, measure: Measure, only: Only | None = None
) -> Heat:
    """The heat map of a scope, with whom and what it has most of; of one person or machine that is on their page."""
    counted = _counted(generation, cursor, scope, measure)
    if only:
        counted = Select(f"(SELECT * FROM {counted.sql} WHERE {only.column} = {only.number})", counted.parameters)
    found = _run(cursor, counted, statement("heat"), (scope.zone,))
    counts = [[0] * 24 for _ in range(7)]
    for weekday, hour, size in found:
        counts[weekday - 1][hour] = size
    if only:
        return Heat(scope, measure, tuple(map(tuple, counts)), (), ())
    touched = generation.facts.summed(generation, cursor, "touched", scope)
    people = _most(cursor, touched, measure, "people", "person_no", _PERSON, "person_order")
    machines = _most(cursor, touched, measure, "targets", "target_no", _MACHINE, "target_order")
    return Heat(scope, measure, tuple(map(tuple, counts)), people, machines)


_ACCOUNTS: Final = "SELECT *, dense_rank() OVER (ORDER BY account NULLS LAST) AS account_no FROM known_people"
_PERSON: Final = "to_json([account, person, role])::VARCHAR, person_shown"
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
    generation: Generation, cursor: DuckDBPyConnection, scope: Scope, measure: Measure, sessions: str = "started",
    *, kept: bool = False,
) -> Select:  # fmt: skip
    """The facts that count by a measure."""
    rows = generation.facts.rows(generation, cursor, measure, scope, kept=kept)
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
    found = _parts_of_bars(cursor, rows, bars, few or _largest(cursor, rows))
    ordered = sorted((part for part in found if part is not None), key=lambda part: (-sum(found[part]), part))
    for part in ordered[:MOST_PARTS]:
        yield Series(*_named(cursor, breakdown, part), found[part])
    others = [found[part] for part in (*ordered[MOST_PARTS:], None) if part in found]
    if others or not ordered:
        yield Series(None, "other", tuple(map(sum, zip(nothing, *others, strict=True))))


def _largest(cursor: DuckDBPyConnection, rows: Select) -> list[int]:
    sizes = f"SELECT part, count(*) AS size FROM {rows.sql} GROUP BY part ORDER BY size DESC, part LIMIT {MOST_PARTS}"
    return [part for part, _ in cursor.execute(sizes, list(rows.parameters)).fetchall()]


def _with_part(rows: str, breakdown: Breakdown) -> str:
    if breakdown == "account":
        return f'(SELECT "at", account_no AS part FROM {rows} JOIN ({_ACCOUNTS}) USING (person_no))'
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
        case _:
            return json.dumps(_EVENTS[part]), _EVENTS[part]
    key, label = cursor.execute(sql, [part]).fetchall()[0]
    return key, label


def _before(
    generation: Generation, cursor: DuckDBPyConnection, scope: Scope, measure: Measure, unit: Unit, buckets: int
) -> tuple[int | None, ...]:
    """Totals of the period before from what is kept, which costs no scan; None where nothing is kept."""
    window = scope.window
    if window.start is None or window.end is None:
        return ()
    try:
        earlier = replace(scope, window=window.shifted(-1, scope.zone))
    except UsageError:
        return ()
    bars = bars_of(generation, cursor, earlier, unit)
    everything = replace(earlier, window=Window(), filter=type(scope.filter)())
    rows = generation.facts.rows(generation, cursor, "calls", everything, kept=True)
    first = cursor.execute(f'SELECT min("at") FROM {rows.sql}').fetchall()[0][0]
    if not bars.starts or first is None:
        return ()
    counted = _counted(generation, cursor, earlier, measure, kept=True)
    counts = _bars(cursor, counted, bars)[:buckets]
    starts = bars.starts[:buckets]
    ends = [*starts[1:], (earlier.window.end or datetime.max.replace(tzinfo=UTC)).replace(tzinfo=None)]
    known = [size if end > first else None for size, end in zip(counts, ends, strict=True)]
    return (*known, *(None for _ in range(buckets - len(known))))


def _run(cursor: DuckDBPyConnection, counted: Select, body: str, parameters: tuple[object, ...]) -> list[Any]:
    sql = f"WITH counted AS NOT MATERIALIZED {counted.sql} {body}"
    return cursor.execute(sql, [*counted.parameters, *parameters]).fetchall()
