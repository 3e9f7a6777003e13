"""`parallel`: works beside each other, their order, errors and cancelling."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from ssmtrail.queries.engine import connect
from ssmtrail.queries.errors import Cancelled, StoreError
from ssmtrail.queries.store.build import parallel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from duckdb import DuckDBPyConnection

ENDLESS = "SELECT count(*) FROM range(1000000) AS a, range(1000000) AS b WHERE a.range * b.range % 7 = 1"


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[DuckDBPyConnection]:
    made = connect(tmp_path)
    yield made
    made.close()


def counting(number: int, met: threading.Barrier) -> Callable[[DuckDBPyConnection], int]:
    def work(cursor: DuckDBPyConnection) -> int:
        met.wait(timeout=10)
        return int(cursor.execute(f"SELECT {number} FROM range(1) WHERE known('') IS NULL").fetchall()[0][0])

    return work


def test_two_run_at_a_time_with_results_in_order(connection: DuckDBPyConnection) -> None:
    met = threading.Barrier(2)
    assert parallel(connection, [counting(number, met) for number in range(4)], threading.Event()) == [0, 1, 2, 3]


def test_the_error_of_a_failing_work_is_raised(connection: DuckDBPyConnection, tmp_path: Path) -> None:
    damaged = tmp_path / "damaged.parquet"
    damaged.write_bytes(b"PAR1 no, this is none PAR1")

    def failing(cursor: DuckDBPyConnection) -> None:
        cursor.execute(f"FROM read_parquet('{damaged}')")

    with pytest.raises(StoreError):
        parallel(connection, [lambda cursor: None, failing, lambda cursor: None], threading.Event())


def test_cancelling_ends_all_works(connection: DuckDBPyConnection) -> None:
    cancelled = threading.Event()

    def endless(cursor: DuckDBPyConnection) -> None:
        cancelled.set()
        cursor.execute(ENDLESS)

    with pytest.raises(Cancelled):
        parallel(connection, [endless, endless, endless], cancelled)
