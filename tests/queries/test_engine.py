"""The embedded engine: what it holds in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from queries.engine import PACKED, connect, cursor_of, pack

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from duckdb import DuckDBPyConnection

ROWS = 300_000
_HELD = "SELECT memory_usage_bytes FROM duckdb_memory() WHERE tag = 'IN_MEMORY_TABLE'"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[DuckDBPyConnection]:
    connection = connect(tmp_path)
    connection.execute(f"CREATE TABLE {PACKED}.numbers AS SELECT range AS n, range % 7 AS person FROM range({ROWS})")
    yield connection
    connection.close()


def held(connection: DuckDBPyConnection) -> int:
    return int(connection.execute(_HELD).fetchall()[0][0])


def sums(connection: DuckDBPyConnection) -> list[tuple[int, int]]:
    return connection.execute(f"SELECT person, sum(n) FROM {PACKED}.numbers GROUP BY ALL ORDER BY ALL").fetchall()


def test_packed_tables_take_a_third_and_say_the_same(engine: DuckDBPyConnection) -> None:
    before, said = held(engine), sums(engine)
    pack(engine)
    assert held(engine) < before / 3
    assert sums(engine) == said


def test_what_is_written_meanwhile_is_kept(engine: DuckDBPyConnection) -> None:
    reader, writer = cursor_of(engine), cursor_of(engine)
    reader.execute(f"BEGIN; FROM {PACKED}.numbers LIMIT 1")
    writer.execute(f"BEGIN; INSERT INTO {PACKED}.numbers VALUES (1, 100)")
    pack(engine)
    writer.execute("COMMIT")
    reader.execute("COMMIT")
    pack(engine)
    assert sums(engine)[-1] == (100, 1)
    assert len(sums(engine)) == 8
