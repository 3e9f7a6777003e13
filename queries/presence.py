"""Who was on which machine at a moment: what is certain, and what is possible."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ssmtrail.queries.sql_text import statement, timestamp
from ssmtrail.queries.window_sql import Select, with_names

if TYPE_CHECKING:
    from datetime import datetime, timedelta


def stays(sessions: str, calls: str, possible: timedelta) -> str:
    """SQL of the rows of `stays.sql`, from all columns of sessions and calls; lasts `possible` after a sign of life."""
    found = statement("stays").replace("{possible}", f"to_seconds({possible.total_seconds()})")
    named = with_names("sessions", sessions)
    given = f"sessions AS NOT MATERIALIZED {named}, calls AS NOT MATERIALIZED (FROM {calls})"
    return f"(WITH {given} FROM ({found}))"


def present(rows: Select, moment: datetime) -> Select:
    """The rows of `stays` that are there at a moment, with `presence`: `certain` or `possible`."""
    at = timestamp(moment)
    certain = f"{at} BETWEEN certain_from AND certain_until"
    return Select(
        f"SELECT * REPLACE (stay_key AS key), CASE WHEN {certain} THEN 'certain' ELSE 'possible' END AS presence"
        f" FROM {rows.sql} WHERE {at} BETWEEN possible_from AND possible_until",
        rows.parameters,
    )
