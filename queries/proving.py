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
from ssmtrail.queries.store.folders import integrity_file

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import date
    from pathlib import Path

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


def _look(path: Path) -> object:
    """What changes whenever the file does; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _digest(digests: Sequence[str]) -> str:
    return "".join(digests) if len(digests) < 2 else hashlib.sha256(" ".join(digests).encode()).hexdigest()[:8]


@dataclass(slots=True)
class Proving:
    """Says of sessions what a check of integrity found of the log files that their records came from.

    A check that is made later is read when something is asked next.
    """

    folders: Callable[[], Sequence[Dataset]] = tuple
    """The datasets of folders that are answered; other sources hold no files that a check could look at."""
    others: bool = False
    """Whether sources without files are answered with them: no day is proved whole then."""
    _read: tuple[Sequence[object], Sequence[CheckedFiles | None], str] | None = None
    """What the files of checks looked like when they were read, what they hold, and its digest."""
    _standings: tuple[tuple[str, ...], Sequence[Standings]] = ((), ())
    """The digest of the checks and the names of segments, and what counts for their files."""
    _filled: tuple[int, str] = (0, "")
    """The newest snapshot that the table was filled for, and the digest of the checks."""
    _lock: threading.RLock = field(default_factory=threading.RLock)

    @property
    def digest(self) -> str:
        """A hash of what is kept of checks, 8 hexadecimal digits; empty without any."""
        return self._checks()[1]

    def standings(self) -> Sequence[Standings]:
        """What still counts, of each folder."""
        with self._lock:
            (kept, digest), folders = self._checks(), self.folders()
            names = (digest, *(name for each in folders for name in each.names())) if any(kept) else ()
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
            kept, digest = self._checks()
            number, known = self._filled
            if snapshot.number <= number and digest == known:
                return
            if any(kept):
                self._fill(cursor_of(connection), snapshot)
            elif known:
                cursor_of(connection).execute(NOT_CHECKED)
            self._filled = snapshot.number, digest

    def _checks(self) -> tuple[Sequence[CheckedFiles | None], str]:
        """What is kept of checks, of each folder, and the digest of all; read again where a file has changed."""
        with self._lock:
            folders = [dataset.folder for dataset in self.folders()]
            looks = [_look(integrity_file(folder)) for folder in folders]
            if self._read is None or self._read[0] != looks:
                kept = [read_checked(folder) for folder in folders]
                self._read = looks, kept, _digest([each.digest for each in kept if each])
            return self._read[1:]

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
