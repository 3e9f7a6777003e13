"""Joining calls to sessions, in parallel where statements are too small to keep every processor busy."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from ssmtrail.queries.engine import cursor_of, interruptible, paths_literal
from ssmtrail.queries.store.derive import KEPT, PASSING, QUICK, join_files, numbered_rows, step, write
from ssmtrail.queries.store.derived_files import Part
from ssmtrail.queries.store.partitions import Span, ranges, within

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.store.derive import Joined


_AT: Final = '"at"'
_FIGURES: Final = 'SELECT count(*), epoch_us(min("at")) FROM read_parquet({path})'


class Keep(Protocol):
    """Writes a statement's rows as a file of the set that is made; gives its path."""

    def __call__(self, connection: DuckDBPyConnection, select: str, name: str, form: str = KEPT) -> Path:
        """Raises the engine's errors."""
        ...


@dataclass(frozen=True, slots=True)
class Joining:
    """The parts of some spans, made at once."""

    spans: Sequence[tuple[Span, str]]
    """Each with its part's name."""
    parsed: str
    """The relation of their calls, and of what is tied to them."""
    callers: str
    folder: Path
    """Private, for what is written in between; removed at the end."""
    keep: Keep

    def run(self, connection: DuckDBPyConnection) -> list[Part]:
        """Join, and keep the rows of these spans. Raises the engine's errors, OSError."""
        joined = join_files(connection, self.parsed, self.callers, self.folder)
        parts = [self._part(connection, span, name, joined) for span, name in self.spans]
        shutil.rmtree(self.folder)
        return parts

    def _part(self, connection: DuckDBPyConnection, span: Span, name: str, joined: Joined) -> Part:
        inside = span.inside(_AT)
        sessions = self.keep(connection, joined.ordered_sessions(span.base, inside), f"sessions-{name}.parquet")
        firsts = step("part_firsts", sessions=f"SELECT * FROM read_parquet({paths_literal([sessions])})")
        self.keep(connection, firsts, f"firsts-{name}.parquet", QUICK)
        calls = self.keep(connection, joined.ordered_calls(span.base, inside), f"calls-{name}.parquet")
        counts = [
            connection.execute(_FIGURES.format(path=paths_literal([each]))).fetchall()[0] for each in (sessions, calls)
        ]
        return Part(name, span.level, span.index, counts[0][0], counts[1][0], counts[1][1])


def parsed_of(
    connection: DuckDBPyConnection, spans: Sequence[tuple[Span, str]], files: Sequence[Path], folder: Path
) -> str:
    """The relation `parsed` of the calls of some spans, from files of parsed calls; reads the table `outsiders`.

    What is tied to these calls lies anywhere in the files: it is written by itself, and is little.
    """
    own = numbered_rows(files, " OR ".join(within("event_time", *run) for run in ranges(span for span, _ in spans)))
    numbers = ", ".join(str(span.number) for span, _ in spans)
    tied = f"SELECT DISTINCT segment, segment_row FROM outsiders WHERE span IN ({numbers}) AND home NOT IN ({numbers})"
    if not connection.execute(f"{tied} LIMIT 1").fetchall():
        return own
    path = folder / "tied.parquet"
    read = f"read_parquet({paths_literal(files)})"
    write(connection, f"SELECT * FROM {read} SEMI JOIN ({tied}) USING (segment, segment_row)", path, PASSING)
    return f"{own} UNION ALL SELECT -1 - row_no AS row_no, * EXCLUDE (row_no) FROM ({numbered_rows([path])})"


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
