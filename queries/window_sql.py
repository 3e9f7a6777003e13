"""SQL conditions of windows: rows inside, rows that rest on calls outside, and the rows of a window put together."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.sql_text import statement, timestamp
from ssmtrail.queries.times import Window

if TYPE_CHECKING:
    from datetime import datetime

    from ssmtrail.queries.model import Entity


@dataclass(frozen=True, slots=True)
class Select:
    """A statement with its parameters."""

    sql: str
    parameters: tuple[object, ...] = ()


def with_stops(sessions: str, stops: str) -> str:
    """A relation of sessions with the first stop of their machine after their last sign of life as a bound."""
    stop = 'stops."at"'
    bounds = (
        f"found.status IN ('started', 'orphan', 'reported-only')"
        f" AND coalesce({stop} < least(found.ended_at, found.latest_end), {stop} IS NOT NULL)"
    )
    return (
        f"(SELECT found.* REPLACE (CASE WHEN {bounds} THEN {stop} ELSE found.latest_end END AS latest_end,"
        f" CASE WHEN {bounds} THEN 'machine-stop' ELSE found.latest_end_by END AS latest_end_by)"
        f' FROM (SELECT *, coalesce(alive_at, "at") AS alive_last FROM {sessions}) AS found'
        f" ASOF LEFT JOIN {stops} AS stops ON found.target = stops.target AND found.alive_last <= {stop})"
    )


#: All names that a machine ever had, as a list and as one text.
ALL_NAMES: Final = "machines.names AS target_names, machines.names_text AS target_names_text"
#: The join that gives `ALL_NAMES` of rows `found`.
LATEST_NAMES: Final = (
    "LEFT JOIN machines ON machines.instance_id = found.target AND machines.until = TIMESTAMP 'infinity'"
)
_NAMED: Final = (
    "machines.name AS target_name, coalesce(machines.name_source, 'none') AS name_source, machines.environment"
    " AS environment, coalesce(machines.environment_source, 'none') AS environment_source,"
    f" machines.terminated_at AS terminated_at, {ALL_NAMES}"
)
_NO_VERDICT: Final = (
    ", NULL::VARCHAR AS policy, NULL::VARCHAR AS rule, NULL::VARCHAR AS policy_why, NULL::VARCHAR AS approval"
)


_APPROVED: Final = (
    ", approval_of(found.person, found.person_id, found.account, found.role, found.target, machines.name,"
    ' found."at") AS approved'
)


def with_names(entity: Entity, relation: str, people: str = "", *, judged: bool = True) -> str:
    """A relation with the names of its targets at their time, sessions also with the verdicts of the access policy.

    Sessions and calls also say what digests prove of their log files, see `ssmtrail.queries.proving`.

    `people` is a statement that gives all known names: rows then say whether they claim the name of another person.
    Without a policy `judged` may be false: the statement for no verdict would double the time to plan a page.
    """
    claims = (
        f", coalesce(claimed_name <> person AND claimed_name IN ({people}), false) AS claims_other" if people else ""
    )
    has_verdicts = entity == "sessions"
    verdicts = (_APPROVED if judged else _NO_VERDICT) if has_verdicts else ""
    integrity = ", integrity_of(found.key) AS integrity" if entity in {"sessions", "calls"} else ""
    named = (
        f"(SELECT found.*, {_NAMED}{claims}{verdicts}{integrity} FROM {relation} AS found LEFT JOIN machines"
        ' ON machines.instance_id = found.target AND found."at" >= machines.since AND found."at" < machines.until)'
    )
    return statement("verdicts").replace("{sessions}", named) if has_verdicts and judged else named


def cut(window: Window, rows: str, patch: str, local: str) -> str:
    """SQL of the rows of a window: of `rows` the `local` ones, for the others `patch`; all where that is empty."""
    base = f"{rows} WHERE {inside(window)}"
    if not patch:
        return f"(SELECT * FROM {base})"
    return f"(SELECT * FROM {base} AND {local} UNION ALL BY NAME SELECT * FROM {patch} WHERE {inside(window)})"


def inside(window: Window, column: str = '"at"') -> str:
    """The condition of rows whose time is in the window."""
    bounds = [f"{column} >= {timestamp(window.start)}"] if window.start else []
    bounds += [f"{column} < {timestamp(window.end)}"] if window.end else []
    return " AND ".join(bounds) or "true"


def local_to(around: Window) -> str:
    """Rows that rest on nothing outside."""
    bounds = [f"data_from >= {timestamp(around.start)}"] if around.start else []
    bounds += [f"data_to < {timestamp(around.end)}"] if around.end else []
    return "(" + (" AND ".join(bounds) or "true") + ")"


def touching(around: Window) -> str:
    """Rows that rest on something inside: another version of a call may be, where the call that counts is not."""
    bounds = [f"data_to >= {timestamp(around.start)}"] if around.start else []
    bounds += [f"data_from < {timestamp(around.end)}"] if around.end else []
    return " AND ".join(bounds) or "true"


def moments(first: datetime, last: datetime) -> Window:
    """From one moment to another, both included; the engine's have no zone and are UTC."""
    start, end = (moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC) for moment in (first, last))
    return Window(start, end + timedelta(microseconds=1))
