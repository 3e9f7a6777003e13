"""The embedded engine: what it holds in memory."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, cast

import duckdb
import pytest

from ssmtrail.queries.engine import PACKED, connect, cursor_of, interruptible, pack, reading_once

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from duckdb import DuckDBPyConnection

ROWS = 300_000
_HELD = "SELECT memory_usage_bytes FROM duckdb_memory() WHERE tag = ?"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[DuckDBPyConnection]:
    connection = connect(tmp_path)
    connection.execute(f"CREATE TABLE {PACKED}.numbers AS SELECT range AS n, range % 7 AS person FROM range({ROWS})")
    yield connection
    connection.close()


def held(connection: DuckDBPyConnection, tag: str = "IN_MEMORY_TABLE") -> int:
    return int(connection.execute(_HELD, [tag]).fetchall()[0][0])


def sums(connection: DuckDBPyConnection) -> list[tuple[int, int]]:
    return connection.execute(f"SELECT person, sum(n) FROM {PACKED}.numbers GROUP BY ALL ORDER BY ALL").fetchall()


def test_packed_tables_take_a_third_and_say_the_same(engine: DuckDBPyConnection) -> None:
    before, said = held(engine), sums(engine)
    pack(engine)
    assert held(engine) < before / 3
    assert sums(engine) == said


def test_footers_of_what_is_read_once_are_not_kept(engine: DuckDBPyConnection, tmp_path: Path) -> None:
    for name in ("once", "often"):
        engine.execute(f"COPY {PACKED}.numbers TO '{tmp_path}/{name}.parquet' (ROW_GROUP_SIZE 2048)")

    def kept_after(name: str) -> int:
        assert engine.execute(f"SELECT count(*) FROM '{tmp_path}/{name}.parquet'").fetchall() == [(ROWS,)]
        return held(engine, "OBJECT_CACHE")

    with reading_once(engine):
        once = kept_after("once")
    assert kept_after("often") > 100 * max(once, 1)


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


class Closed:
    """A connection that another thread has closed."""

    def __init__(self) -> None:
        self.asked = threading.Event()

    def interrupt(self) -> None:
        self.asked.set()
        raise duckdb.ConnectionException("Connection Error: Connection already closed!")


def test_a_closed_connection_is_interrupted_without_an_error() -> None:
    connection, cancelled, failed = Closed(), threading.Event(), list[object]()
    before, threading.excepthook = threading.excepthook, failed.append
    try:
        with interruptible(cast("DuckDBPyConnection", connection), cancelled):
            cancelled.set()
            assert connection.asked.wait(10)
    finally:
        threading.excepthook = before
    assert failed == []
