"""An engine that is connected beside other work."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING

from queries.engine import close_when_idle

if TYPE_CHECKING:
    from collections.abc import Callable

    from duckdb import DuckDBPyConnection


class SoonEngine:
    """An engine that is connected in a thread of its own: that takes 40 ms, and a folder can be listed meanwhile."""

    def __init__(self, connect: Callable[[], DuckDBPyConnection]) -> None:
        self._connection: Future[DuckDBPyConnection] = Future()
        # The interpreter waits for it when it ends, as it has to: the engine does not like to be cut off.
        threading.Thread(target=self._connect, args=(connect,), name="connect").start()

    def __call__(self) -> DuckDBPyConnection:
        """The connection, as soon as it is there. Raises what connecting raised."""
        return self._connection.result()

    def close(self) -> None:
        """Close it where it could be connected; what works on it has to end first."""
        if self._connection.exception() is None:
            close_when_idle(self._connection.result())

    def _connect(self, connect: Callable[[], DuckDBPyConnection]) -> None:
        try:
            self._connection.set_result(connect())
        except BaseException as error:  # noqa: BLE001 - raised where the connection is needed
            self._connection.set_exception(error)
