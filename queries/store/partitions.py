"""Time partitions: hours with calls cut into bounded runs, and the links between calls of different partitions."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.engine import paths_literal
from ssmtrail.queries.store.derive import learn_callers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from duckdb import DuckDBPyConnection

#: Hours since 1970 take so many bits: enough beyond the year 9000, after which no call counts.
_BITS: Final = 26
#: A span of more raw calls is cut in half, unless it is one hour: what is new makes one or two of them again, and what
#: is kept is not so many files that opening them is felt: a page of rows from all over takes about 1 ms a file.
MOST_CALLS: Final = 65_536
#: Row ids count within their span in so many bits.
ROW_BITS: Final = 28
_HOUR: Final = 3_600_000_000


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A run of 2^`level` hours, counted in such runs since 1970; two of them are one inside the other or apart."""

    level: int
    index: int

    @property
    def first(self) -> int:
        """The first hour since 1970, UTC."""
        return self.index << self.level

    @property
    def end(self) -> int:
        """The hour after the last."""
        return (self.index + 1) << self.level

    @property
    def number(self) -> int:
        """Smaller for a newer span, whatever else is kept."""
        return (1 << _BITS) - self.end

    @property
    def base(self) -> int:
        """The row id of its newest row: ids rise towards the oldest, whatever else is kept."""
        return self.number << ROW_BITS

    def inside(self, column: str) -> str:
        """A condition for rows whose time lies in it."""
        return within(column, self.first, self.end)


def within(column: str, first: int, end: int) -> str:
    """A condition for times between two hours since 1970."""
    return f"({column} >= make_timestamp({first * _HOUR}) AND {column} < make_timestamp({end * _HOUR}))"


def ranges(spans: Iterable[Span]) -> list[tuple[int, int]]:
    """First hours and ends of as few runs as cover the spans."""
    found: list[tuple[int, int]] = []
    for first, end in sorted((span.first, span.end) for span in spans):
        if found and found[-1][1] == first:
            found[-1] = (found[-1][0], end)
        else:
            found.append((first, end))
    return found


def spans_of(hours: Mapping[int, int], most: int) -> list[Span]:
    """The largest spans that hold no more than so many calls, the newest first, none without a call."""
    there = sorted(hours)
    totals = [0]
    for hour in there:
        totals.append(totals[-1] + hours[hour])
    return list(_cut(Span(_BITS, 0), there, totals, most))


def _cut(span: Span, there: Sequence[int], totals: Sequence[int], most: int) -> Iterator[Span]:
    first, end = bisect_left(there, span.first), bisect_left(there, span.end)
    if first == end:
        return
    if totals[end] - totals[first] <= most or not span.level:
        yield span
        return
    for index in (2 * span.index + 1, 2 * span.index):
        yield from _cut(Span(span.level - 1, index), there, totals, most)


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
