"""Visits through other doors than Session Manager, counted apart from sessions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ssmtrail.queries.filters import without_foreign
from ssmtrail.queries.relations import scoped

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.model import Scope
    from ssmtrail.queries.snapshot import Snapshot


def other_doors(snapshot: Snapshot, cursor: DuckDBPyConnection, scope: Scope) -> tuple[tuple[str, int], ...]:
    """The doors of a scope with their visits, the most first; terms that doors cannot have are left out."""
    if not snapshot.has_doors(cursor):
        return ()
    kept = replace(scope, filter=without_foreign(scope.filter, "doors"))
    rows = scoped(snapshot, cursor, "doors", kept, marked=False)
    found = cursor.execute(
        f"SELECT door, count(*) AS visits FROM {rows.sql} WHERE visit GROUP BY door ORDER BY visits DESC, door",
        list(rows.parameters),
    ).fetchall()
    return tuple((door, visits) for door, visits in found)
