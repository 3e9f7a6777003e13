"""The row ids of a list in an order: the first of them at once, all of them when somebody needs them."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Final

from queries.engine import cursor_of, run
from queries.errors import Cancelled

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

    from queries.questions import Select

#: So many rows are ordered before anybody sees one; a screen shows fewer, and orders the rest meanwhile.
HEAD: Final = 512
_numbers: Final = count(1)


@dataclass(slots=True)
class Ordered:
    """Tables of row ids in the engine's memory, dropped with `drop`."""

    connection: DuckDBPyConnection
    rows: Select
    """All row ids, in order."""
    total: int
    """How many there are."""
    _head: str = ""
    _whole: str = ""
    _dropped: bool = False
    _completing: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def begun(cls, connection: DuckDBPyConnection, cursor: DuckDBPyConnection, rows: Select, total: int) -> Ordered:
        """With its first rows; `cursor` orders them, and may be interrupted meanwhile."""
        ordered = cls(connection, rows, total)
        if total > HEAD:
            ordered._head = ordered._made(cursor, f"{rows.sql} LIMIT {HEAD}")
        else:
            ordered._whole = ordered._made(cursor, rows.sql)
        return ordered

    def table(self, last: int) -> str:
        """A table that has at least the rows before `last`, each at its place (`rowid`). Blocks while it is made."""
        return self._whole or (self._head if last <= HEAD else self.complete())

    def complete(self, cursor: DuckDBPyConnection | None = None) -> str:
        """Order all rows, once; `cursor` may be interrupted meanwhile. Blocks; gives the table."""
        with self._completing:
            if not self._whole:
                whole = self._made(cursor or cursor_of(self.connection), self.rows.sql)
                if self._dropped:  # while it was made
                    self._drop(whole)
                self._whole = whole
            return self._whole

    def drop(self) -> None:
        """Free the tables; does not wait for one that is being made."""
        self._dropped = True
        for table in (self._head, self._whole):
            self._drop(table)

    def _made(self, cursor: DuckDBPyConnection, sql: str) -> str:
        table = f"order_{next(_numbers)}"
        cursor.execute(f"CREATE TABLE {table} AS {sql}", list(self.rows.parameters))
        return table

    def _drop(self, table: str) -> None:
        if table:
            with suppress(Cancelled):  # a closed connection has freed it
                run(self.connection, f"DROP TABLE IF EXISTS {table}")
