"""What ties the calls of a span to calls elsewhere: sessions that run on, repeats, addenda, keys given out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from queries.engine import paths_literal
from queries.store.derive import learn_callers

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from duckdb import DuckDBPyConnection

_IDS: Final = ("session", "event", "original")
_CROSSING: Final = " UNION ALL ".join(
    f"SELECT id FROM ({rows}) GROUP BY id HAVING min(span) <> max(span)"
    for rows in (
        "SELECT session AS id, span FROM keys WHERE session IS NOT NULL",
        "SELECT event AS id, span FROM keys UNION ALL SELECT original, span FROM keys WHERE original IS NOT NULL",
    )
)
_TRAVELLERS: Final = "SELECT * FROM keys WHERE " + " OR ".join(f"{name} IN (FROM ids)" for name in _IDS)
_THEIR_IDS: Final = " UNION ".join(f"SELECT {name} AS id FROM travellers WHERE {name} IS NOT NULL" for name in _IDS)
#: What is of a span's calls, and is not in it. `home` is the span where it is.
_OUTSIDERS: Final = """
WITH parts AS (SELECT unnest(?::BIGINT[]) AS number, unnest(?::BIGINT[]) AS part),
members AS (SELECT part, travellers.* FROM travellers JOIN parts ON travellers.rowid = parts.number)
SELECT DISTINCT touched.span AS span, members.span AS home, segment, segment_row, access_key
FROM members JOIN (SELECT DISTINCT part, span FROM members) AS touched USING (part) WHERE touched.span <> members.span
"""
_PRINT: Final = "count(*) || ' ' || bit_xor(print) || ' ' || sum(print)"


def tie(connection: DuckDBPyConnection, keys: Sequence[Path]) -> dict[int, str]:
    """Make the tables `outsiders`, `callers` from the key files of all spans.

    Gives, by the span's number, a text that changes whenever what its calls are tied to does; none where
    that is nothing.
    """
    read = f"read_parquet({paths_literal(keys)})"
    connection.execute(f"CREATE OR REPLACE TEMP VIEW keys AS SELECT * FROM {read} WHERE event IS NOT NULL")
    issued = f"SELECT access_key, issued_at, caller_key, person FROM {read} WHERE event IS NULL"
    learn_callers(connection, issued)
    _find_outsiders(connection)
    prints = connection.execute(
        f"SELECT span, {_PRINT} FROM (SELECT span, hash(segment, segment_row) AS print FROM outsiders) GROUP BY span"
    ).fetchall()
    found: dict[int, str] = dict(prints)
    for span, text in _prints_of_callers(connection):
        found[span] = f"{found.get(span, '')}; {text}"
    return found


def untie(connection: DuckDBPyConnection) -> None:
    """Drop what `tie` made."""
    for table in ("outsiders", "callers", "travellers", "ids"):
        connection.execute(f"DROP TABLE IF EXISTS {table}")
    connection.execute("DROP VIEW IF EXISTS keys")


def _prints_of_callers(connection: DuckDBPyConnection) -> list[tuple[int, str]]:
    return connection.execute(
        f"""SELECT span, {_PRINT} FROM (
            SELECT span, hash(access_key, caller, first_time, last_time) AS print
            FROM (
                SELECT span, access_key FROM keys WHERE access_key IS NOT NULL
                UNION SELECT span, access_key FROM outsiders
            )
            JOIN callers USING (access_key)
        ) GROUP BY span"""
    ).fetchall()


def _find_outsiders(connection: DuckDBPyConnection) -> None:
    """Follow what crosses spans to all that it is tied to, in its own span too: the whole of it decides together."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE ids AS {_CROSSING}")
    known, now = 0, _count(connection, "ids")
    connection.execute(f"CREATE OR REPLACE TEMP TABLE travellers AS {_TRAVELLERS} LIMIT 0")
    while now > known:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE travellers AS {_TRAVELLERS}")
        connection.execute(f"CREATE OR REPLACE TEMP TABLE ids AS {_THEIR_IDS}")
        known, now = now, _count(connection, "ids")
    rows = connection.execute(f"SELECT rowid, {', '.join(_IDS)} FROM travellers").fetchall()
    connection.execute(
        f"CREATE OR REPLACE TEMP TABLE outsiders AS {_OUTSIDERS}", [[row[0] for row in rows], _parts(rows)]
    )


def _count(connection: DuckDBPyConnection, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0])


def _parts(rows: Sequence[tuple[int, int | None, int | None, int | None]]) -> list[int]:
    """A number for each row, the same for those that ids tie together, directly or by way of others."""
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
