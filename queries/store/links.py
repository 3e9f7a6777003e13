"""Links between calls of different partitions, so that each partition can be joined by itself.

Calls are linked by a session id, an event id, the id that copies in several accounts share, the id of an original
that an addendum replaces, or because they may be one visit through another door on both sides of a full hour. A
partition is joined together with every call elsewhere that is linked to one of its own, directly or through others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ssmtrail.queries.sql_text import paths_literal
from ssmtrail.queries.store.derive import make_callers_table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from duckdb import DuckDBPyConnection

_IDS: Final = ("session", "event", "original", "shared", "visit")
#: Ids that occur in more than one partition.
_CROSSING_IDS: Final = " UNION ALL ".join(
    f"SELECT id FROM ({rows}) WHERE id IS NOT NULL GROUP BY id HAVING min(partition_no) <> max(partition_no)"
    for rows in (
        "SELECT session AS id, partition_no FROM keys",
        "SELECT shared AS id, partition_no FROM keys",
        "SELECT visit AS id, partition_no FROM keys",
        "SELECT unnest([event, original]) AS id, partition_no FROM keys",
    )
)
_CROSSING_CALLS: Final = "SELECT * FROM keys WHERE " + " OR ".join(f"{name} IN (FROM crossing_ids)" for name in _IDS)
_THEIR_IDS: Final = " UNION ".join(f"SELECT {name} AS id FROM crossing_calls WHERE {name} IS NOT NULL" for name in _IDS)
#: For each partition the calls of others that are linked to its own; `home_no` is the partition of such a call.
_LINKED_CALLS: Final = """
WITH groups AS (SELECT unnest(?::BIGINT[]) AS number, unnest(?::BIGINT[]) AS group_no),
members AS (SELECT group_no, crossing_calls.* FROM crossing_calls JOIN groups ON crossing_calls.rowid = groups.number)
SELECT DISTINCT touched.partition_no AS partition_no, members.partition_no AS home_no, segment, segment_row, access_key
FROM members JOIN (SELECT DISTINCT group_no, partition_no FROM members) AS touched USING (group_no)
WHERE touched.partition_no <> members.partition_no
"""
#: Equal for equal sets of hashes, in any order.
_FINGERPRINT: Final = "count(*) || ' ' || bit_xor(print) || ' ' || sum(print)"
_LINK_FINGERPRINTS: Final = f"""
SELECT partition_no, {_FINGERPRINT}
FROM (SELECT partition_no, hash(segment, segment_row) AS print FROM linked_calls) GROUP BY partition_no
"""
_CALLER_FINGERPRINTS: Final = f"""
SELECT partition_no, {_FINGERPRINT}
FROM (
    SELECT partition_no,
        hash(access_key, caller, caller_kind, caller_id, is_broker, contradicts, first_time, last_time) AS print
    FROM (
        SELECT partition_no, access_key FROM keys WHERE access_key IS NOT NULL
        UNION SELECT partition_no, access_key FROM linked_calls
    ) JOIN callers ON callers.credential = access_key
) GROUP BY partition_no
"""


def make_link_tables(connection: DuckDBPyConnection, key_files: Sequence[Path]) -> dict[int, str]:
    """Make the temporary tables `linked_calls` and `callers` from the key files (`keys.sql`) of all partitions.

    Gives, by the partition's number, a text that changes whenever something elsewhere changes that its calls depend on;
    a partition that depends on nothing elsewhere has none.
    """
    files = f"read_parquet({paths_literal(key_files)})"
    connection.execute(f"CREATE OR REPLACE TEMP VIEW keys AS SELECT * FROM {files} WHERE event IS NOT NULL")
    make_callers_table(
        connection,
        f"SELECT * FROM {files} WHERE event IS NULL",
        "SELECT DISTINCT access_key AS credential, role_session, issued_at FROM keys WHERE access_key IS NOT NULL",
    )
    _find_linked_calls(connection)
    fingerprints: dict[int, str] = dict(connection.execute(_LINK_FINGERPRINTS).fetchall())
    for number, text in connection.execute(_CALLER_FINGERPRINTS).fetchall():
        fingerprints[number] = f"{fingerprints.get(number, '')}; {text}"
    return fingerprints


def drop_link_tables(connection: DuckDBPyConnection) -> None:
    """Drop what `make_link_tables` made."""
    for table in ("linked_calls", "callers", "crossing_calls", "crossing_ids"):
        connection.execute(f"DROP TABLE IF EXISTS {table}")
    connection.execute("DROP VIEW IF EXISTS keys")


def _find_linked_calls(connection: DuckDBPyConnection) -> None:
    """Follow ids from call to call until no new ones are found, also inside a partition."""

    def count_ids() -> int:
        return int(connection.execute("SELECT count(*) FROM crossing_ids").fetchall()[0][0])

    connection.execute(f"CREATE OR REPLACE TEMP TABLE crossing_ids AS {_CROSSING_IDS}")
    known, found = 0, count_ids()
    connection.execute(f"CREATE OR REPLACE TEMP TABLE crossing_calls AS {_CROSSING_CALLS} LIMIT 0")
    while found > known:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE crossing_calls AS {_CROSSING_CALLS}")
        connection.execute(f"CREATE OR REPLACE TEMP TABLE crossing_ids AS {_THEIR_IDS}")
        known, found = found, count_ids()
    rows = connection.execute(f"SELECT rowid, {', '.join(_IDS)} FROM crossing_calls").fetchall()
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE linked_calls AS {_LINKED_CALLS}", [[row[0] for row in rows], _groups(rows)]
    )


def _groups(rows: Sequence[tuple[int, int | None, int | None, int | None, int | None, int | None]]) -> list[int]:
    """A group number for each row; rows with a common id, directly or through other rows, share it (union-find)."""
    parents: dict[int, int] = {}

    def root(item: int) -> int:
        parent = parents.setdefault(item, item)
        while parent != item:
            parents[item] = parents.setdefault(parent, parent)
            item, parent = parent, parents[parent]
        return item

    for _, *ids in rows:
        first, *others = (each for each in ids if each is not None)
        for other in others:
            parents[root(other)] = root(first)
    numbers: dict[int, int] = {}
    return [numbers.setdefault(root(row[2] or 0), len(numbers)) for row in rows]
