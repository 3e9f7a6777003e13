"""What digests prove of the log files behind each session: the macro `integrity_of`, filled from kept checks."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.engine import cursor_of
from ssmtrail.queries.filters.keys import INTEGRITIES
from ssmtrail.queries.sql_text import literal
from ssmtrail.queries.store.checked_files import Standings, read_checked, worst
from ssmtrail.queries.store.derive import step

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.snapshot import Snapshot
    from ssmtrail.queries.store.checked_files import CheckedFiles
    from ssmtrail.queries.store.dataset import Dataset

#: Of an engine that knows of no check.
NOT_CHECKED: Final = "CREATE OR REPLACE MACRO integrity_of(key) AS NULL::VARCHAR"
_WORDS: Final = ", ".join(map(literal, INTEGRITIES))
_CHECKED: Final = (
    f"CREATE OR REPLACE MACRO integrity_of(call) AS [{_WORDS}]"
    "[(SELECT min(place) FROM session_integrity WHERE session_integrity.key = call) + 1]"
)


@dataclass(slots=True)
class Proving:
    """Says of sessions what a check of integrity found of the log files that their records came from.

    Checks are read once: one that is made later counts when the source is opened again.
    """

    folders: Callable[[], Sequence[Dataset]] = tuple
    """The datasets of folders that are answered; other sources hold no files that a check could look at."""
    others: bool = False
    """Whether sources without files are answered with them: no day is proved whole then."""
    _kept: Sequence[CheckedFiles | None] | None = None
    _standings: tuple[tuple[str, ...], Sequence[Standings]] = ((), ())
    """Names of segments, and what counts for their files."""
    _number: int = 0
    """Of the newest snapshot that the table was filled for."""
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def digest(self) -> str:
        """A hash of what is kept of checks, 8 hexadecimal digits; empty without any."""
        digests = [each.digest for each in self._checks() if each]
        if len(digests) < 2:
            return "".join(digests)
        return hashlib.sha256(" ".join(digests).encode()).hexdigest()[:8]

    def standings(self) -> Sequence[Standings]:
        """What still counts, of each folder."""
        with self._lock:
            kept, folders = self._checks(), self.folders()
            names = tuple(name for each in folders for name in each.names()) if any(kept) else ()
            if names != self._standings[0]:
                covers = [[segment.files for segment in dataset.segments()] for dataset in folders]
                pairs = zip(kept, covers, strict=True)
                self._standings = names, [Standings.of(one, files) if one else Standings() for one, files in pairs]
            return self._standings[1] or [Standings() for _ in folders]

    def days(self) -> Mapping[date, str]:
        """UTC days of delivery that were checked, of all folders together."""
        every = self.standings()
        days = {day for each in every for day in each.days}
        beside = (None,) if self.others else ()
        found = {day: worst((*(each.days.get(day) for each in every), *beside)) for day in days}
        return {day: word for day, word in found.items() if word}

    def of(self, connection: DuckDBPyConnection, snapshot: Snapshot) -> None:
        """Fill the table for this snapshot."""
        with self._lock:
            if snapshot.number <= self._number:
                return
            if any(self._checks()):
                self._fill(cursor_of(connection), snapshot)
            self._number = snapshot.number

    def _checks(self) -> Sequence[CheckedFiles | None]:
        with self._lock:
            if self._kept is None:
                self._kept = [read_checked(dataset.folder) for dataset in self.folders()]
            return self._kept

    def _fill(self, cursor: DuckDBPyConnection, snapshot: Snapshot) -> None:
        rows = [
            (segment.name, path, file.word)
            for dataset, standings in zip(self.folders(), self.standings(), strict=True)
            for segment in dataset.segments()
            for path in segment.files.paths
            if path.isascii() and (file := standings.files.get(path))
        ]
        columns = [list(column) for column in zip(*rows, strict=True)] or [[], [], []]
        cursor.execute(
            "CREATE OR REPLACE TEMP TABLE checked AS"
            " SELECT unnest(?::VARCHAR[]) AS segment, unnest(?::VARCHAR[]) AS file, unnest(?::TINYINT[]) AS place",
            columns,
        )
        found = step(
            "integrity",
            calls=f"FROM {snapshot.file('calls')}",
            raw=f"SELECT segment, segment_row, file FROM ({snapshot.derived.raw_calls()})",
            checked="FROM temp.checked",
        ).replace("{proved}", str(INTEGRITIES.index("proved")))
        cursor.execute(f"CREATE OR REPLACE TABLE session_integrity AS {found}")
        cursor.execute("DROP TABLE temp.checked")
        cursor.execute(_CHECKED)
