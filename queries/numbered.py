"""Filters over facts: what the dictionary can tell is asked of its few texts, not of every row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from queries.filters import Condition, clauses_of

if TYPE_CHECKING:
    from queries.filters.keys import Filtered
    from queries.values import Scope

_TARGETS: Final = (
    "SELECT target_no, target, target_kind_of(target) AS target_kind, machines.name AS target_name, environment"
    " FROM known_targets LEFT JOIN machines ON machines.instance_id = known_targets.target"
)
_STEPS: Final = (
    "SELECT unnest(['StartSession', 'ResumeSession', 'TerminateSession']) AS event_name, unnest([0, 1, 2]) AS step"
)
#: The relations that tell what a number of the facts stands for.
KNOWN: Final = {
    "person_no": "FROM known_people",
    "target_no": _TARGETS,
    "route_no": "FROM known_routes",
    "address_no": "FROM known_addresses",
    "role_no": "FROM known_roles",
    "place_no": "FROM known_places",
    "status_no": "FROM known_statuses",
    "step": _STEPS,
}
#: The number that stands for a key's columns in the facts.
_NUMBERS: Final = {
    "person": "person_no",
    "target": "target_no",
    "name": "target_no",
    "env": "target_no",
    "targetkind": "target_no",
    "kind": "route_no",
    "dest": "route_no",
    "ip": "address_no",
    "role": "role_no",
    "account": "person_no",
    "region": "place_no",
    "status": "status_no",
    "event": "step",
}
#: Keys whose column the facts have as it is.
_THERE: Final = frozenset({"hour", "day"})


class Split(NamedTuple):
    """A filter in conditions that have to hold together."""

    numbers: tuple[tuple[str, Condition], ...]
    """Over facts, with the column that each looks at."""
    texts: tuple[Condition, ...]
    """Over all columns of sessions or calls."""


def split(scope: Scope, entity: Filtered) -> Split:
    """The filter of a scope as conditions over facts, as far as they can tell. Raises FilterError."""
    numbers: list[tuple[str, Condition]] = []
    texts: list[Condition] = []
    for key, condition in clauses_of(scope.filter, entity, scope.zone):
        name = key.name if key else ""
        if name in _THERE:
            numbers.append(("at", condition))
        elif name in _NUMBERS:
            number = _NUMBERS[name]
            found = f"{number} IN (SELECT {number} FROM ({KNOWN[number]}) WHERE {condition.sql})"
            numbers.append((number, Condition(found, condition.parameters)))
        else:
            texts.append(condition)
    return Split(tuple(numbers), tuple(texts))


def narrowing(scope: Scope, columns: frozenset[str]) -> Condition | None:
    """The filter of a scope over sums that these numbers tell apart; None where it asks for more than they tell."""
    parts = split(scope, "sessions")
    if parts.texts or parts != split(scope, "calls") or any(column not in columns for column, _ in parts.numbers):
        return None
    return Condition.joined((condition for _, condition in parts.numbers), " AND ")
