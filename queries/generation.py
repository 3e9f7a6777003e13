"""One state of what is kept, cut to a window: the relations that questions are asked of."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Final, Literal

from queries.engine import literal, paths_literal, statement
from queries.store.derive import derive_files
from queries.store.private_files import scratch_folder
from queries.window import Window

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from queries.store.derived import Derived

Entity = Literal["sessions", "calls"]
_ENTITIES: Final[tuple[Entity, Entity]] = ("sessions", "calls")
_numbers = count(1)


@dataclass(slots=True)
class Generation:
    """What is kept at one moment, for as long as answers need it.

    A row whose data reach beyond the look-around of a window is not what two auditors would both see: it is derived
    again from the calls inside. Such *patches* are made once a window and kept beside the files.
    """

    derived: Derived
    number: int
    scratch: Path
    look_around_days: int = 1
    _patches: dict[Window, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def relation(self, connection: DuckDBPyConnection, entity: Entity, window: Window) -> str:
        """SQL of all rows of a window, with `row_id`; joins look no further than the look-around.

        Rows of patches have ids above those of the files.
        """
        return self._cut(connection, entity, window, window.look_around(self.look_around_days))

    def around(self, connection: DuckDBPyConnection, entity: Entity, window: Window) -> str:
        """The same with the rows of the look-around itself, joined as the window joins them."""
        around = window.look_around(self.look_around_days)
        return self._cut(connection, entity, around, around)

    def _cut(self, connection: DuckDBPyConnection, entity: Entity, window: Window, around: Window) -> str:
        patch = self._patch(connection, around)
        base = f"{self._file(entity)} WHERE {_inside(window)}"
        if not patch:
            return f"(SELECT * FROM {base})"
        return (
            f"(SELECT * FROM {base} AND {_local(around)} UNION ALL BY NAME"
            f" SELECT * FROM {entity}{patch} WHERE {_inside(window)})"
        )

    def stretch(self, connection: DuckDBPyConnection, entity: Entity, window: Window) -> tuple[int, int] | None:
        """First and last row id of the window, where its rows lie side by side in the file; None where patched."""
        if self._patch(connection, window.look_around(self.look_around_days)):
            return None
        sql = f"SELECT min(row_id), max(row_id) FROM {self._file(entity)} WHERE {_inside(window)}"
        first, last = connection.execute(sql).fetchall()[0]
        return (0, -1) if first is None else (first, last)

    def _file(self, entity: Entity) -> str:
        path = self.derived.sessions if entity == "sessions" else self.derived.calls
        return (
            f"(SELECT file_row_number AS row_id, * EXCLUDE (file_row_number)"
            f" FROM read_parquet({paths_literal([path])}, file_row_number = true))"
        )

    def _patch(self, connection: DuckDBPyConnection, around: Window) -> str:
        """The suffix of the patch tables of a window with its look-around; empty where none is needed."""
        if around.start is None and around.end is None:
            return ""
        with self._lock:
            if around not in self._patches:
                self._patches[around] = self._make_patch(connection, around)
            return self._patches[around]

    def _make_patch(self, connection: DuckDBPyConnection, around: Window) -> str:
        reaching = f"SELECT key FROM {self._file('calls')} WHERE {_touching(around)} AND NOT {_local(around)}"
        if connection.execute(f"SELECT 1 FROM ({reaching}) LIMIT 1").fetchone() is None:
            return ""
        suffix = f"_patch_{next(_numbers)}"
        connection.execute(f"CREATE TABLE reaching{suffix} AS {reaching}")
        parts = {
            "raw_calls": f"({self.derived.raw_calls()})",
            "inside": _raw_inside(around),
            "keys": f"reaching{suffix}",
        }
        restricted = statement("restricted")
        for name, sql in parts.items():
            restricted = restricted.replace(f"{{{name}}}", sql)
        with scratch_folder(self.scratch) as folder:
            derive_files(connection, restricted, folder)
            for entity in _ENTITIES:
                derived = paths_literal([folder / f"{entity}.parquet"])
                connection.execute(f"CREATE TABLE {entity}{suffix} AS FROM read_parquet({derived})")
        for entity in _ENTITIES:
            local = f"SELECT key FROM {self._file(entity)} WHERE {_inside(around)} AND {_local(around)}"
            connection.execute(f"DELETE FROM {entity}{suffix} WHERE key IN ({local})")
            connection.execute(f"ALTER TABLE {entity}{suffix} ADD COLUMN row_id BIGINT DEFAULT 0")
            connection.execute(f"UPDATE {entity}{suffix} SET row_id = 1::BIGINT << 40 | rowid")
        return suffix

    def free(self, connection: DuckDBPyConnection) -> None:
        """Drop the patches."""
        with self._lock:
            for suffix in filter(None, self._patches.values()):
                for name in (*_ENTITIES, "reaching"):
                    connection.execute(f"DROP TABLE IF EXISTS {name}{suffix}")
            self._patches.clear()


def _stamp(moment: datetime) -> str:
    return f"TIMESTAMP {literal(moment.replace(tzinfo=None).isoformat(sep=' '))}"


def _inside(window: Window, column: str = '"at"') -> str:
    bounds = [f"{column} >= {_stamp(window.start)}"] if window.start else []
    bounds += [f"{column} < {_stamp(window.end)}"] if window.end else []
    return " AND ".join(bounds) or "true"


def _local(around: Window) -> str:
    bounds = [f"data_from >= {_stamp(around.start)}"] if around.start else []
    bounds += [f"data_to < {_stamp(around.end)}"] if around.end else []
    return "(" + (" AND ".join(bounds) or "true") + ")"


def _touching(around: Window) -> str:
    """Rows of whose data some lie inside: other versions of a call may, where the call as it counts does not."""
    bounds = [f"data_to >= {_stamp(around.start)}"] if around.start else []
    bounds += [f"data_from < {_stamp(around.end)}"] if around.end else []
    return " AND ".join(bounds) or "true"


def _raw_inside(around: Window) -> str:
    return _inside(around, "(TRY_CAST(eventtime AS TIMESTAMPTZ) AT TIME ZONE 'UTC')")
