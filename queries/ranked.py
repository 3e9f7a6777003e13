"""Orders of lists by what the dictionary knows: its few names are put in order, not the texts of every row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from queries.engine import statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from queries.values import Sort

_TARGETS: Final = f"SELECT *, target_kind_of(target) AS target_kind FROM ({statement('all_targets')})"
_STEPS: Final = (
    "SELECT unnest(['StartSession', 'ResumeSession', 'TerminateSession']) AS event_name, unnest([0, 1, 2]) AS step"
)
#: The number of the facts that stands for a column, and the relation that has both.
_NUMBERS: Final = {
    **dict.fromkeys(("person", "person_shown", "account"), ("person_no", statement("all_people"))),
    **dict.fromkeys(("target", "target_kind", "target_name", "environment"), ("target_no", _TARGETS)),
    **dict.fromkeys(("kind", "destination"), ("route_no", "FROM known_routes")),
    "role": ("role_no", "FROM known_roles"),
    "source_ip": ("address_no", "FROM known_addresses"),
    "region": ("place_no", "FROM known_places"),
    "status": ("status_no", "FROM known_statuses"),
    "event_name": ("step", _STEPS),
}
#: Columns that the facts have as they are.
_THERE: Final = {"at": '"at"', "event_time": '"at"', "first_ever": "first_ever"}


def ranked(sorts: Sequence[Sort], facts: str, columns: Sequence[str] = ("row_id",)) -> str | None:
    """Columns of facts, whose row ids are in the natural order, sorted; None where it takes more than they tell."""
    joins, order = [], []
    for place, sort in enumerate(sorts):
        direction = f"{'DESC' if sort.descending else 'ASC'} NULLS LAST"
        if sort.column in _THERE:
            order.append(f"{_THERE[sort.column]} {direction}")
        elif sort.column in _NUMBERS:
            number, known = _NUMBERS[sort.column]
            rank = f'dense_rank() OVER (ORDER BY "{sort.column}" {direction})'
            joins.append(f"JOIN (SELECT {number}, {rank} AS rank_{place} FROM ({known})) USING ({number})")
            order.append(f"rank_{place}")
        else:
            return None
    chosen = ", ".join(f"found.{column}" for column in columns)
    order_by = ", ".join([*order, "row_id"])
    return f"SELECT {chosen} FROM {facts} AS found {' '.join(joins)} ORDER BY {order_by}"
