"""Statements that run beside others: most are too small to keep every processor busy."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, TypeVar

from queries.engine import cursor_of, interruptible

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence

    from duckdb import DuckDBPyConnection

_Result = TypeVar("_Result")
#: So many at a time: each takes memory.
_ABREAST: Final = 2


def abreast(
    connection: DuckDBPyConnection,
    works: Sequence[Callable[[DuckDBPyConnection], _Result]],
    cancelled: threading.Event,
) -> list[_Result]:
    """What each work gives; none may read temporary tables, since each of several gets a cursor of its own.

    Raises what the first one that failed raised; of several Cancelled, StoreError for the engine's errors.
    """

    def run(work: Callable[[DuckDBPyConnection], _Result]) -> _Result:
        cursor = cursor_of(connection)
        try:
            with interruptible(cursor, cancelled):
                return work(cursor)
        finally:
            cursor.close()

    if len(works) < _ABREAST:
        return [work(connection) for work in works]
    with ThreadPoolExecutor(_ABREAST, "store") as pool:
        return list(pool.map(run, works))
