"""The matrix: people down, machines across, read from the store in one go."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING, Any, Final

from queries.engine import statement
from queries.facts import without_zone
from queries.filters.keys import KINDS
from queries.questions import NAMES, utc_time
from queries.views import CellFacts, Machine, Matrix, MatrixOrder, Person, PersonId

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from queries.generation import Generation
    from queries.values import Measure, Scope

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
    generation: Generation,
    cursor: DuckDBPyConnection,
    scope: Scope,
    measure: Measure,
    order: MatrixOrder,
    *,
    turned: bool,
) -> Matrix:
    """The matrix of a scope; `turned` has machines down."""
    found = generation.facts.view(
        "matrix",
        (without_zone(scope), measure, order, turned),
        lambda: _made(generation, cursor, scope, measure, order, turned=turned),
    )
    return replace(found, scope=scope)


def _made(
    generation: Generation, cursor: DuckDBPyConnection, scope: Scope, measure: Measure, order: MatrixOrder,
    *, turned: bool,
) -> Matrix:  # fmt: skip
    touched = generation.facts.summed(generation, cursor, "touched", scope)
    name = f"matrix_{next(_numbers)}"
    cursor.execute(
        f'CREATE TEMP TABLE {name} AS SELECT person_no, target_no, {measure} AS "count", denied, last_seen,'
        f" {_KINDS[measure]} AS kinds, first_ever FROM {touched} WHERE {measure} > 0 OR denied > 0"
    )
    try:
        return _read(cursor, name, scope, measure, order, turned=turned)
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
    return Matrix(
        scope, measure, order, turned, tuple(map(_person, people)), tuple(map(_machine, machines)),
        sum(row[5] for row in people), sum(row[6] for row in people), figures[1], figures[0], tuple(packed),
    )  # fmt: skip


#: Numbers in their order, as number and place.
_PLACES: Final = (
    "SELECT unnest(numbers) AS number, unnest(range(len(numbers))) AS place FROM (SELECT ?::UINTEGER[] AS numbers)"
)


def _fetch(cursor: DuckDBPyConnection, sql: str, parameters: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
    return cursor.execute(sql, list(parameters)).fetchall()


def _person(row: tuple[Any, ...]) -> Person:
    _, account, person, role, label, number, denied, last_us = row
    return Person(PersonId(account, person, role), label, number, denied, last_us)


def _machine(row: tuple[Any, ...]) -> Machine:
    _, target, name, environment, number, denied, last_us, *_ = row
    return Machine(target, name, environment, number, denied, last_us)


def cell_of(
    generation: Generation, cursor: DuckDBPyConnection, scope: Scope, who: PersonId, target: str | None
) -> CellFacts:
    """What one line tells of a cell; all zeros where there is none."""
    touched = generation.facts.summed(generation, cursor, "touched", scope)
    found = _fetch(
        cursor,
        f"SELECT sessions, calls, denied, first_seen, last_seen, kinds, call_kinds, first_ever FROM {touched}"
        " JOIN known_people USING (person_no) JOIN known_targets USING (target_no)"
        " WHERE account IS NOT DISTINCT FROM ? AND person IS NOT DISTINCT FROM ? AND role IS NOT DISTINCT FROM ?"
        " AND target IS NOT DISTINCT FROM ?",
        (who.account, who.person, who.role, target),
    )
    if not found:
        return CellFacts(0, 0, 0, None, None, (), first_ever=False)
    sessions, calls, denied, first_seen, last_seen, kinds, call_kinds, first_ever = found[0]
    bits = kinds or call_kinds or 0
    named = tuple(kind for number, kind in enumerate(KINDS) if bits >> number & 1)
    return CellFacts(
        sessions, calls, denied, utc_time(first_seen), utc_time(last_seen), named, first_ever=bool(first_ever)
    )
