"""The embedded engine: DuckDB connections, how statements run on them, and how to interrupt them."""

from __future__ import annotations

import json
import re
import threading
import time
from concurrent.futures import Future
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import duckdb

from ssmtrail.queries.errors import Cancelled, StoreError
from ssmtrail.queries.sql_text import literal, statement
from ssmtrail.queries.trust import DEFAULT_TRUST, Trust

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.model import Row


#: Errors of the disk, the memory limit or a damaged file; other errors are defects and are not translated.
_FAULTS = (duckdb.IOException, duckdb.OutOfMemoryException, duckdb.InvalidInputException)
#: Seconds between two checks of the cancel token.
_WATCH_SECONDS = 0.02
#: Options of all Parquet files. Pages of version 2 are written a tenth faster, read a fifth faster and a tenth smaller;
#: bloom filters help none of our questions.
PARQUET = "FORMAT parquet, PARQUET_VERSION V2, WRITE_BLOOM_FILTER false"
#: The database of long-lived tables, which `pack` compresses.
PACKED = "packed"
_INNER_MESSAGE = re.compile(r'"exception_message":("(?:[^"\\]|\\.)*")')


#: What may be set after connecting; nothing else may.
_SETTABLE: Final = ("TimeZone", "enable_progress_bar", "parquet_metadata_cache", "preserve_insertion_order")


def connect(
    scratch: Path,
    *,
    store: Path | None = None,
    kept: Collection[Path] = (),
    memory: str = "1GB",
    trust: Trust | None = DEFAULT_TRUST,
) -> DuckDBPyConnection:
    """A new in-memory engine; what exceeds `memory` spills into `scratch`. It has our macros, unless `trust` is None.

    It reaches files in `scratch`, `store` and `kept` only, no network, and loads no extension. No statement can change
    that.
    Connecting takes 30 ms of CPU, the macros as much again.
    """
    connection = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": memory, "temp_directory": str(scratch), "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false", "allow_community_extensions": "false",
        },
    )  # fmt: skip
    connection.execute("SET GLOBAL preserve_insertion_order = true")
    # Files never change, so their footers are cached.
    connection.execute("SET GLOBAL parquet_metadata_cache = true")
    # Freed memory is returned to the system by a background thread.
    connection.execute("SET GLOBAL allocator_background_threads = true")
    connection.execute(f"ATTACH ':memory:' AS {PACKED} (COMPRESS)")
    if trust is not None:
        brokers = ", ".join(map(literal, trust.source_identity_from))
        tool_names = literal(trust.tool_name_pattern)
        connection.execute(
            f"CREATE MACRO is_tool_name(name) AS coalesce(regexp_matches(name, {tool_names}), false);"
            f" CREATE MACRO trusted_brokers() AS CAST([{brokers}] AS VARCHAR[]); {statement('macros')}"
        )
    _lock(connection, {scratch, store or scratch, *kept})
    return _prepared(connection)


def _has_surrogates(path: Path) -> bool:
    """Whether a path is not UTF-8, so that the engine cannot be told of it."""
    return any("\ud800" <= char <= "\udfff" for char in str(path))


def _lock(connection: DuckDBPyConnection, folders: Iterable[Path]) -> None:
    """Restrict an engine to files in these folders, for good; each by its name and, where it is a link, its place."""
    reached = ", ".join(
        sorted(
            literal(str(path)) for folder in folders for path in {folder, folder.resolve()} if not _has_surrogates(path)
        )
    )
    settable = ", ".join(map(literal, _SETTABLE))
    connection.execute(
        f"SET allowed_directories = [{reached}]; SET enable_external_access = false;"
        f" SET allowed_configs = [{settable}]; SET lock_configuration = true"
    )


@contextmanager
def reading_once(connection: DuckDBPyConnection) -> Iterator[None]:
    """Do not cache the footers of files, for statements that read whole files once.

    Cached footers of a million sessions with their calls take 45 MB; pages of rows need few of them.
    """
    connection.execute("SET parquet_metadata_cache = false")
    try:
        yield
    finally:
        with suppress(duckdb.ConnectionException):  # closed meanwhile
            connection.execute("SET parquet_metadata_cache = true")


def pack(connection: DuckDBPyConnection) -> None:
    """Compress the tables of `PACKED` to a third of their size; not while another cursor writes to them."""
    with suppress(duckdb.TransactionException):
        connection.execute(f"CHECKPOINT {PACKED}")


@dataclass(slots=True)
class LateEngine:
    """An engine, or a cursor of one, that is made when it is first needed; connecting takes 60 ms."""

    connect: Callable[[], DuckDBPyConnection]
    _connection: DuckDBPyConnection | None = None

    def __call__(self) -> DuckDBPyConnection:
        """The connection."""
        if self._connection is None:
            self._connection = self.connect()
        return self._connection

    def close(self) -> None:
        """Close the connection if there is one."""
        if self._connection is not None:
            self._connection.close()


def cursor_of(connection: DuckDBPyConnection) -> DuckDBPyConnection:
    """A cursor, for concurrent statements. Raises Cancelled where the connection is closed.

    DuckDB's own cursors start without the time zone of their connection.
    """
    try:
        return _prepared(connection.cursor())
    except duckdb.ConnectionException as closed:
        raise Cancelled from closed


def joining_cursor(connection: DuckDBPyConnection) -> DuckDBPyConnection:
    """A cursor for statements that read whole files once: it caches no footers, see `reading_once`."""
    cursor = cursor_of(connection)
    cursor.execute("SET SESSION parquet_metadata_cache = false")
    return cursor


def _prepared(connection: DuckDBPyConnection) -> DuckDBPyConnection:
    connection.execute("SET TimeZone = 'UTC'; SET enable_progress_bar = false")
    return connection


def close_when_idle(connection: DuckDBPyConnection) -> None:
    """Close a connection with its cursors, after waiting for running statements: DuckDB refuses to close before."""
    while True:
        try:
            connection.close()
        except duckdb.ResourceInUseException:
            time.sleep(_WATCH_SECONDS)
        else:
            return


class EitherEvent(threading.Event):
    """An event that is set when one of several others is."""

    def __init__(self, *events: threading.Event) -> None:
        super().__init__()
        self._events = events

    def is_set(self) -> bool:
        """Whether one of them is set."""
        return any(event.is_set() for event in self._events)

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until one of them is set, at most `timeout` seconds; returns whether one is set."""
        until = None if timeout is None else time.monotonic() + timeout
        while not self.is_set():
            left = _WATCH_SECONDS if until is None else min(_WATCH_SECONDS, until - time.monotonic())
            if left <= 0:
                return False
            self._events[0].wait(left)
        return True


@contextmanager
def interruptible(connection: DuckDBPyConnection, cancelled: threading.Event) -> Iterator[None]:
    """Interrupt statements of the connection when `cancelled` is set, and translate the engine's errors.

    Raises Cancelled when interrupted or when the connection was closed, StoreError for a full disk or a damaged file.
    """
    if cancelled.is_set():
        raise Cancelled
    finished = threading.Event()

    def watch() -> None:
        while not finished.wait(_WATCH_SECONDS):
            if cancelled.is_set():
                try:
                    connection.interrupt()
                except duckdb.ConnectionException:  # it is closed: nothing runs any more
                    return

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
    """The first line of an error's message, or of the inner message that it wraps as JSON."""
    text = str(fault)
    inner = _INNER_MESSAGE.search(text)
    text = str(json.loads(inner[1])) if inner else text
    return (text.splitlines() or [type(fault).__name__])[0]


def run(
    connection: DuckDBPyConnection, sql: str, parameters: Sequence[object] = (), *, once: bool = False
) -> list[Row]:
    """All rows of a statement, on a new cursor; `once` as in `reading_once`.

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
    """An engine that is connected in a background thread, which takes 40 ms."""

    def __init__(self, connect: Callable[[], DuckDBPyConnection]) -> None:
        self._connection: Future[DuckDBPyConnection] = Future()
        # Not a daemon: the interpreter waits for it, since the engine crashes when it is cut off.
        threading.Thread(target=self._connect, args=(connect,), name="connect").start()

    def __call__(self) -> DuckDBPyConnection:
        """The connection, after waiting for it. Raises the errors of connecting."""
        return self._connection.result()

    def close(self) -> None:
        """Close the connection if there is one, after waiting for running statements."""
        if self._connection.exception() is None:
            close_when_idle(self._connection.result())

    def _connect(self, connect: Callable[[], DuckDBPyConnection]) -> None:
        try:
            self._connection.set_result(connect())
        except BaseException as error:  # noqa: BLE001 - raised where the connection is needed
            self._connection.set_exception(error)
