"""Orders of lists by what the dictionary knows: its few names are put in order, not the texts of every row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ssmtrail.queries.sql_text import statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ssmtrail.queries.model import Sort


_TARGETS: Final = (
    "SELECT target_no, target, target_kind_of(target) AS target_kind, latest.name AS target_name, environment,"
    " names AS target_names, names_text AS target_names_text FROM known_targets"
    " LEFT JOIN (FROM machines WHERE until = 'infinity') AS latest ON latest.instance_id = known_targets.target"
)


_STEPS: Final = (
    "SELECT unnest(['StartSession', 'ResumeSession', 'TerminateSession']) AS event_name, unnest([0, 1, 2]) AS step"
)

#: The relations that name what a number of the index stands for.
KNOWN: Final = {
    "person_no": "SELECT person_no, account, person_kind, person_id, person FROM known_people WHERE len(names) = 0"
    " UNION ALL SELECT person_no, account, person_kind, person_id, unnest(names) FROM known_people",
    "target_no": _TARGETS,
    "route_no": "FROM known_routes",
    "address_no": "FROM known_addresses",
    "role_no": "FROM known_roles",
    "place_no": "FROM known_places",
    "status_no": "FROM known_statuses",
    "step": _STEPS,
}


#: The relations of the dictionary, that of people with what is shown of them.
_RANK_NAMES: Final = {**KNOWN, "person_no": statement("all_people")}


#: The index number of a column.
_RANK_NUMBERS: Final = {
    **dict.fromkeys(("person", "person_shown", "person_kind", "person_id", "account"), "person_no"),
    **dict.fromkeys(("target", "target_kind", "target_name", "environment"), "target_no"),
    **dict.fromkeys(("kind", "destination"), "route_no"),
    "role": "role_no",
    "source_ip": "address_no",
    "region": "place_no",
    "status": "status_no",
    "event_name": "step",
}


#: Columns whose values depend on the time of a row.
_BY_TIME: Final = frozenset({"target_name", "environment"})
#: Columns that the index have as they are.
_RANK_COLUMNS: Final = {"at": '"at"', "event_time": '"at"', "first_ever": "first_ever"}


def ranked(
    sorts: Sequence[Sort], indexed: str, columns: Sequence[str] = ("row_id",), *, names_change: bool = False
) -> str | None:
    """Columns of the index, whose row ids are in the natural order, sorted; None where a column is not in the index.

    Where `names_change`, names and environments are not those of the dictionary at all times.
    """
    joins, order = [], []
    if names_change and any(sort.column in _BY_TIME for sort in sorts):
        return None
    for place, sort in enumerate(sorts):
        direction = f"{'DESC' if sort.descending else 'ASC'} NULLS LAST"
        if sort.column in _RANK_COLUMNS:
            order.append(f"{_RANK_COLUMNS[sort.column]} {direction}")
        elif sort.column in _RANK_NUMBERS:
            number = _RANK_NUMBERS[sort.column]
            rank = f'dense_rank() OVER (ORDER BY "{sort.column}" {direction})'
            joins.append(
                f"JOIN (SELECT {number}, {rank} AS rank_{place} FROM ({_RANK_NAMES[number]})) USING ({number})"
            )
            order.append(f"rank_{place}")
        else:
            return None
    chosen = ", ".join(f"found.{column}" for column in columns)
    order_by = ", ".join([*order, "row_id"])
    return f"SELECT {chosen} FROM {indexed} AS found {' '.join(joins)} ORDER BY {order_by}"
