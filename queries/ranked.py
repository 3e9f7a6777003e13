"""Orders of lists by what the dictionary knows: its few names are put in order, not the texts of every row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from queries.engine import statement
from queries.numbered import KNOWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from queries.values import Sort

#: The relations of the dictionary, that of people with what is shown of them.
_KNOWN: Final = {**KNOWN, "person_no": statement("all_people")}
#: The number of the facts that stands for a column.
_NUMBERS: Final = {
    **dict.fromkeys(("person", "person_shown", "account"), "person_no"),
    **dict.fromkeys(("target", "target_kind", "target_name", "environment"), "target_no"),
    **dict.fromkeys(("kind", "destination"), "route_no"),
    "role": "role_no",
    "source_ip": "address_no",
    "region": "place_no",
    "status": "status_no",
    "event_name": "step",
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
            number = _NUMBERS[sort.column]
            rank = f'dense_rank() OVER (ORDER BY "{sort.column}" {direction})'
            joins.append(f"JOIN (SELECT {number}, {rank} AS rank_{place} FROM ({_KNOWN[number]})) USING ({number})")
            order.append(f"rank_{place}")
        else:
            return None
    chosen = ", ".join(f"found.{column}" for column in columns)
    order_by = ", ".join([*order, "row_id"])
    return f"SELECT {chosen} FROM {facts} AS found {' '.join(joins)} ORDER BY {order_by}"
