"""Who is on a machine at a moment, as far as the record tells."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from queries.engine import statement
from queries.questions import utc_time
from queries.views import AsOf, PersonId, Presence, Stay

if TYPE_CHECKING:
    from datetime import datetime

    from duckdb import DuckDBPyConnection

    from queries.generation import Generation
    from queries.values import Scope

#: How far to both sides of the moment sessions are read, so that a cursor can move without asking again.
REACH: Final = timedelta(hours=36)


def presence(stay: Stay, moment: datetime) -> Presence:
    """Whether somebody was on the machine: certain from the start to the proven end or the last proof of life.

    After a last proof of life it is possible for as long as the answer says, never longer. Both ends count: times are
    of whole seconds.
    """
    if stay.began <= moment <= stay.certain_until:
        return "certain"
    return "possible" if stay.began <= moment <= stay.possible_until else "no"


def as_of(
    generation: Generation, cursor: DuckDBPyConnection, target: str, moment: datetime, scope: Scope, possible: timedelta
) -> AsOf:
    """All sessions on a machine about a moment, whatever the filter; joined as the scope's window joins.

    What began before the window's look-around is not seen.
    """
    first, last = moment - REACH, moment + REACH
    found = cursor.execute(
        f"WITH found AS {generation.around(cursor, 'sessions', scope.window)} FROM ({statement('as_of')})",
        {
            "target": target,
            "first": first.replace(tzinfo=None),
            "last": last.replace(tzinfo=None),
            "possible": possible,
        },
    ).fetchall()
    read = scope.window.look_around(generation.look_around_days)
    return AsOf(target, moment, first, last, possible, tuple(map(_stay, found)), read)


def _stay(row: tuple[Any, ...]) -> Stay:
    key, account, person, role, label, kind, began, certain, until, evidence, orphan = row
    who = PersonId(account, person, role)
    return Stay(key, who, label, kind, utc_time(began), utc_time(certain), utc_time(until), evidence, orphan=orphan)
