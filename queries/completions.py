"""The values that a filter key has in the data, to complete a filter that is typed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ssmtrail.queries.filters.keys import LIST_COLUMNS
from ssmtrail.queries.relations import scoped
from ssmtrail.queries.sql_text import statement

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.filters.keys import Key
    from ssmtrail.queries.model import Entity, Scope
    from ssmtrail.queries.snapshot import Snapshot

#: Columns of which no two rows share a value.
_UNIQUE: Final = frozenset({"event_id", "event_ids"})


def values_of(
    snapshot: Snapshot, cursor: DuckDBPyConnection, entity: Entity, scope: Scope, key: Key, start: str, most: int
) -> tuple[tuple[str, int], ...]:
    """Values that begin so, with their rows in the scope; none for a key of numbers or times. See `Trail.values`."""
    columns = [column for column in key.columns(entity) if column not in _UNIQUE]
    if not columns or key.reading not in {"text", "choice", "address"}:
        return ()
    rows = scoped(snapshot, cursor, entity, scope)
    listed = ", ".join(
        f'coalesce("{column}", [])' if column in LIST_COLUMNS else f'["{column}"::VARCHAR]' for column in columns
    )
    sql = statement("values").format(columns=listed, rows=rows.sql)
    return tuple(cursor.execute(sql, [*rows.parameters, start, most]).fetchall())
