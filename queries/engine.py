"""The embedded engine: DuckDB connections, the statements of `queries/sql`, and how to interrupt them."""

from __future__ import annotations

import json
import re
import threading
import time
from concurrent.futures import Future
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from ssmtrail.queries.errors import Cancelled, StoreError
from ssmtrail.queries.raw_calls import MACHINE_NAME_PATTERN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.model import Row


#: What a disk, a memory limit or a damaged file can do to a statement; anything else is a defect and is not hidden.
_FAULTS = (duckdb.IOException, duckdb.OutOfMemoryException, duckdb.InvalidInputException)
#: Seconds between two looks at whether the user asked to stop.
_WATCH_SECONDS = 0.02
#: How files are written. Pages of the second version are written a tenth quicker, read a fifth quicker, and a tenth
#: smaller; the filters that would be added to columns of few values help none of our questions.
PARQUET = "FORMAT parquet, PARQUET_VERSION V2, WRITE_BLOOM_FILTER false"
#: The database of tables that stay for long: `pack` lays them together.
PACKED = "packed"
_INNER_MESSAGE = re.compile(r'"exception_message":("(?:[^"\\]|\\.)*")')


@cache
def statement(name: str) -> str:
    """The text of `queries/sql/NAME.sql`."""
    return (Path(__file__).parent / "sql" / f"{name}.sql").read_text(encoding="utf-8")


def literal(text: str) -> str:
    """A text as an SQL string literal; the only place where a value enters SQL text.

    Views and `read_parquet` in them take no parameters, hence a literal. NUL cannot stand in SQL text.
    """
    if "\0" in text:
        raise StoreError("a file name with a NUL character cannot be read")
    return "'" + text.replace("'", "''") + "'"


def paths_literal(paths: Sequence[Path]) -> str:
    """A list of files for `read_parquet`; glob characters in names are taken as they are."""
    return "[" + ", ".join(literal(_without_globs(str(path))) for path in paths) + "]"


def _without_globs(path: str) -> str:
    return "".join(f"[{character}]" if character in "*?[" else character for character in path)


def connect(scratch: Path, *, memory: str = "1GB") -> DuckDBPyConnection:
    """An engine of its own, in memory, with our macros; what does not fit spills into `scratch`."""
    connection = duckdb.connect(
        ":memory:",
        config={"memory_limit": memory, "temp_directory": str(scratch), "autoinstall_known_extensions": "false"},
    )
    connection.execute("SET GLOBAL preserve_insertion_order = true")
    # There are many files, which never change: their footers are read once.
    connection.execute("SET GLOBAL parquet_metadata_cache = true")
    # Memory that a statement is done with goes back to the system a moment later.
    connection.execute("SET GLOBAL allocator_background_threads = true")
    connection.execute(f"ATTACH ':memory:' AS {PACKED} (COMPRESS)")
    connection.execute(statement("macros"))
    return _prepared(connection)


@contextmanager
def reading_once(connection: DuckDBPyConnection) -> Iterator[None]:
    """For statements that read whole files and are not run again: their footers are not kept.

    Kept, those of a million sessions with their calls take 45 MB, of which pages of rows need few.
    """
    connection.execute("SET parquet_metadata_cache = false")
    try:
        yield
    finally:
        with suppress(duckdb.ConnectionException):  # closed meanwhile
            connection.execute("SET parquet_metadata_cache = true")


def pack(connection: DuckDBPyConnection) -> None:
    """Lay the tables of `PACKED` together, to a third of what they took; where somebody writes there, another time."""
    with suppress(duckdb.TransactionException):
        connection.execute(f"CHECKPOINT {PACKED}")


@dataclass(slots=True)
class LateEngine:
    """An engine of its own that is connected when it is first needed: that takes 20 ms."""

    scratch: Path
    memory: str
    _connection: DuckDBPyConnection | None = None

    def __call__(self) -> DuckDBPyConnection:
        """The connection."""
        if self._connection is None:
            self._connection = connect(self.scratch, memory=self.memory)
        return self._connection

    def close(self) -> None:
        """Close it where it was connected."""
        if self._connection is not None:
            self._connection.close()


def cursor_of(connection: DuckDBPyConnection) -> DuckDBPyConnection:
    """A cursor that runs beside others. Raises Cancelled where the connection is closed.

    The engine's own cursors begin without the variables and the time zone of their connection.
    """
    try:
        return _prepared(connection.cursor())
    except duckdb.ConnectionException as closed:
        raise Cancelled from closed


def _prepared(connection: DuckDBPyConnection) -> DuckDBPyConnection:
    connection.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
    connection.execute("SET VARIABLE machine_names = ?", [MACHINE_NAME_PATTERN])
    return connection


def close_when_idle(connection: DuckDBPyConnection) -> None:
    """Close a connection with its cursors: DuckDB refuses while one of them works, so what works has to end first."""
    while True:
        try:
            connection.close()
        except duckdb.ResourceInUseException:
            time.sleep(_WATCH_SECONDS)
        else:
            return


class EitherEvent(threading.Event):
    """An event that is set when one of some others is."""

    def __init__(self, *events: threading.Event) -> None:
        super().__init__()
        self._events = events

    def is_set(self) -> bool:
        """Whether one of them is set."""
        return any(event.is_set() for event in self._events)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until one of them is set, or for so many seconds."""
        until = None if timeout is None else time.monotonic() + timeout
        while not self.is_set():
            left = _WATCH_SECONDS if until is None else min(_WATCH_SECONDS, until - time.monotonic())
            if left <= 0:
                return False
            self._events[0].wait(left)
        return True


@contextmanager
def interruptible(connection: DuckDBPyConnection, cancelled: threading.Event) -> Iterator[None]:
    """Stop what runs on the connection when `cancelled` is set, and translate the engine's errors.

    Raises Cancelled when it was stopped or the connection closed, StoreError for a full disk or a damaged file.
    """
    if cancelled.is_set():
        raise Cancelled
    finished = threading.Event()

    def watch() -> None:
        while not finished.wait(_WATCH_SECONDS):
            if cancelled.is_set():
                connection.interrupt()

    watcher = threading.Thread(target=watch, name="interrupt", daemon=True)
    watcher.start()
    try:
        yield
    except (duckdb.InterruptException, duckdb.ConnectionException) as stopped:
        raise Cancelled from stopped
    except _FAULTS as fault:
        raise StoreError(f"the store cannot be read or written: {first_line(fault)}") from fault
    finally:
        finished.set()
        watcher.join()


def first_line(fault: BaseException) -> str:
    """The first line of an error's text; of an error that wraps another as JSON, the inner one's."""
    text = str(fault)
    inner = _INNER_MESSAGE.search(text)
    text = str(json.loads(inner[1])) if inner else text
    return (text.splitlines() or [type(fault).__name__])[0]


def run(
    connection: DuckDBPyConnection, sql: str, parameters: Sequence[object] = (), *, once: bool = False
) -> list[Row]:
    """All rows of a statement, on a cursor of its own; `once` as in `reading_once`.

    Raises StoreError, Cancelled where the connection is closed.
    """
    try:
        cursor = cursor_of(connection)
        with reading_once(cursor) if once else nullcontext():
            return cursor.execute(sql, list(parameters)).fetchall()
    except (duckdb.InterruptException, duckdb.ConnectionException) as stopped:
        raise Cancelled from stopped
    except _FAULTS as fault:
        raise StoreError(f"the store cannot be read: {first_line(fault)}") from fault


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
