"""Answers as they are held: each page is read when it is asked for."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast
from zoneinfo import ZoneInfo

import duckdb

from queries.columns import COUNTED, columns_of
from queries.engine import cursor_of, interruptible, run
from queries.errors import Cancelled, StoreError
from queries.lines import spelled
from queries.pair_texts import named_texts
from queries.questions import Select, named_pairs, with_names
from queries.values import Question, Row, Spelling, Totals, Value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from duckdb import DuckDBPyConnection

    from queries.generation import Entity, Generation
    from queries.ordered import Ordered
    from queries.runs import Stretch


@dataclass(slots=True)
class StoredAnswer:
    """An answer whose order lies in the engine's memory: row ids for lists, whole rows for what is counted.

    A list in its natural order without a filter needs no ids: its rows lie side by side in the file. Of one in another
    order only the first rows are ordered before they are needed, see `Ordered`.
    """

    question: Question
    totals: Totals
    _connection: DuckDBPyConnection
    _generation: Generation
    _table: str
    _stretch: Stretch | None = None
    _ordered: Ordered | None = None
    _by_text: bool = False
    """Whether the table of pairs has texts; else it has numbers, whose names are looked up for each page."""
    _closed: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that `page` can give."""
        return columns_of(self.question.name)

    def page(self, offset: int, limit: int, columns: Sequence[str] | None = None) -> tuple[Row, ...]:
        """Rows `offset` to `offset + limit` in the question's order; fewer at the end. Raises StoreError."""
        wanted = tuple(columns or self.columns)
        self._require(wanted)
        first, last = max(offset, 0), min(offset + limit, self.totals.rows)
        return self._rows(first, last, wanted) if first < last else ()

    def lines(self, offset: int, limit: int, columns: Sequence[str], spelling: Spelling) -> Sequence[str | Row]:
        """The same rows as lines of a format, or as values: see `Answer.lines`. Raises StoreError."""
        line = spelled(spelling, columns) if self.question.name != "usage" else None  # its times have a zone
        if line is None:
            return self.page(offset, limit, columns)
        self._require(columns)
        first, last = max(offset, 0), min(offset + limit, self.totals.rows)
        if first >= last:
            return ()
        found = self._run(Select(f"SELECT {line} FROM {self._page(first, last)} ORDER BY position"))
        lines = cast("list[str | None]", [row[0] for row in found])
        if None not in lines:
            return cast("list[str]", lines)
        unspelled = ", ".join(str(place) for place, text in enumerate(lines, first) if text is None)
        rows = iter(self._rows(first, last, columns, f"position IN ({unspelled})"))
        return [next(rows) if text is None else text for text in lines]

    def _rows(self, first: int, last: int, columns: Sequence[str], among: str = "true") -> tuple[Row, ...]:
        chosen = ", ".join(f'page."{name}"' for name in columns)
        found = f"SELECT {chosen} FROM {self._page(first, last)} WHERE {among} ORDER BY position"
        return self._typed(self._run(Select(found)), columns)

    def _require(self, columns: Sequence[str]) -> None:
        if unknown := set(columns) - set(self.columns):
            raise StoreError(f"{self.question.name} has no column {min(unknown)!r}")

    def position(self, key: str, at: datetime | None = None) -> int | None:
        """Where the row with this key stands, or None when it is not in the answer."""
        if self.question.name == "usage":
            return None
        if self.question.name == "pairs":
            return self._place_of_pair(key)
        if self.question.name in COUNTED:
            found = self._run(Select(f"SELECT rowid FROM {self._table} WHERE key = ?", (key,)))
            return cast("int", found[0][0]) if found else None
        self._require_open()
        entity, window = cast("Entity", self.question.name), self.question.scope.window
        number = self._generation.row_number(self._connection, entity, window, key, at)
        if number is None:
            return None
        if self._stretch:
            return self._stretch.position(number)
        table = self._ids(self.totals.rows)
        found = self._run(Select(f"SELECT rowid FROM {table} WHERE row_id = ?", (number,)))
        return cast("int", found[0][0]) if found else None

    def _place_of_pair(self, key: str) -> int | None:
        # By the names: making the keys of all pairs takes longer than finding one.
        same = " AND ".join(f"{name} IS NOT DISTINCT FROM ?" for name in ("account", "person", "role", "target"))
        try:
            names = tuple(json.loads(key))
        except ValueError:
            return None
        found = self._run(Select(f"SELECT position FROM {self._pairs('true')} WHERE {same}", names))
        return cast("int", found[0][0]) if found else None

    def complete(self, cancelled: threading.Event) -> None:
        """Make ready what is still to be made for rows further down. Raises Cancelled, StoreError."""
        if self._ordered is not None and not self._closed:
            cursor = cursor_of(self._connection)
            with interruptible(cursor, cancelled):
                self._ordered.complete(cursor)

    def close(self) -> None:
        """Free what the answer holds."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        with suppress(Cancelled):  # a closed connection has freed it
            if self._table:
                run(self._connection, f"DROP TABLE IF EXISTS {self._table}")
            if self._ordered is not None:
                self._ordered.drop()
        self._generation.release(self._connection)

    def _page(self, first: int, last: int) -> str:
        if self.question.name == "pairs":
            return f"{self._pairs(f'rowid >= {first} AND rowid < {last}')} AS page"
        if self.question.name in COUNTED:
            rows = f"SELECT rowid AS position, * FROM {self._table} WHERE rowid >= {first} AND rowid < {last}"
        elif self._stretch is None:
            rows = self._rows_by_id(first, last)
        else:
            found = self._generation.rows(cast("Entity", self.question.name), self._stretch, first, last)
            rows = f"SELECT row_id AS position, * FROM {with_names(found)}"
        return f"({rows}) AS page"

    def _pairs(self, condition: str) -> str:
        return (named_texts if self._by_text else named_pairs)(self._table, condition)

    def _ids(self, last: int) -> str:
        return self._ordered.table(last) if self._ordered is not None else self._table

    def _rows_by_id(self, first: int, last: int) -> str:
        """Looked up in the files that have them alone, which for most pages are few."""
        table = self._ids(last)
        places = f"SELECT rowid AS position, row_id FROM {table} WHERE rowid >= {first} AND rowid < {last}"
        ids = [cast("int", row[0]) for row in self._run(Select(f"SELECT row_id FROM ({places})"))]
        entity, window = cast("Entity", self.question.name), self.question.scope.window
        found = with_names(self._generation.rows_of(cursor_of(self._connection), entity, window, ids))
        return f"SELECT * FROM ({places}) JOIN {found} USING (row_id)"

    def _require_open(self) -> None:
        if self._closed:
            raise StoreError("this answer is closed")

    def _run(self, select: Select) -> list[Row]:
        self._require_open()
        try:
            return run(self._connection, select.sql, select.parameters)
        except (duckdb.CatalogException, StoreError) as gone:
            if self._closed:  # meanwhile, by another thread
                raise StoreError("this answer is closed") from gone
            raise

    def _typed(self, found: list[Row], columns: Sequence[str]) -> tuple[Row, ...]:
        zone = ZoneInfo(self.question.scope.zone) if self.question.name == "usage" else None
        return tuple(
            tuple(typed(value, zone if name == "bucket" else None) for value, name in zip(row, columns, strict=True))
            for row in found
        )


def typed(value: object, zone: ZoneInfo | None = None) -> Value:
    """A value of the engine as a value of an answer: UTC times, tuples for lists."""
    if isinstance(value, datetime):
        moment = value.replace(tzinfo=UTC)
        return moment.astimezone(zone) if zone else moment
    if isinstance(value, list):
        return tuple(value)
    return cast("Value", value)
