"""The figures that stand over every screen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from queries.facts import without_zone
from queries.filters import Filter
from queries.values import Totals

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from queries.generation import Generation
    from queries.values import Measure, Scope

#: How many people, machines a table names by number; what is unknown is nobody.
PEOPLE_IN: Final = "(SELECT count(DISTINCT person) FROM known_people SEMI JOIN {table} USING (person_no))"
MACHINES_IN: Final = "(SELECT count(target) FROM known_targets SEMI JOIN {table} USING (target_no))"


def totals_of(generation: Generation, cursor: DuckDBPyConnection, scope: Scope, measure: Measure) -> Totals:
    """Of a scope, from the sums that people, machines and the matrix are made of. See `Door.totals`."""
    rows, sessions, people, machines = _figures(generation, cursor, scope, measure)
    unfiltered = rows
    if scope.filter.terms:
        unfiltered = _figures(generation, cursor, replace(scope, filter=Filter()), measure)[0]
    return Totals(rows, unfiltered, sessions, people, machines)


def _figures(
    generation: Generation, cursor: DuckDBPyConnection, scope: Scope, measure: Measure
) -> tuple[int, int, int, int]:
    """Rows, sessions, people, machines; kept, since every drill wants those of all that it drills into."""
    wanted = (without_zone(scope), measure)
    return generation.facts.view("figures", wanted, lambda: _summed(generation, cursor, scope, measure))


def _summed(
    generation: Generation, cursor: DuckDBPyConnection, scope: Scope, measure: Measure
) -> tuple[int, int, int, int]:
    table = generation.facts.summed(generation, cursor, "touched", scope)
    sums = f"coalesce(sum({measure}), 0)::BIGINT, coalesce(sum(sessions), 0)::BIGINT"
    found = cursor.execute(f"SELECT {sums}, {PEOPLE_IN}, {MACHINES_IN} FROM {table}".format(table=table)).fetchall()
    rows, sessions, people, machines = found[0]
    return rows, sessions, people, machines
