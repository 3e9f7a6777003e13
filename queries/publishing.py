"""Making what is kept answerable while the rest still comes."""

from __future__ import annotations

import os
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from queries.store.derived import Derived, derive, derived_of

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from queries.store.dataset import Dataset
    from queries.store.segments import Segment

#: Publishing may take this share of the time that reading takes.
_PUBLISHING_SHARE: Final = 0.25
#: Seconds between two publications at the least.
_PUBLISHING_PAUSE: Final = 0.4
#: Source: "File format", Apache Parquet.
_MARK: Final = b"PAR1"


@dataclass(slots=True)
class Publishing:
    """Joins segments to sessions, and hands them out."""

    engine: Callable[[], DuckDBPyConnection]
    dataset: Dataset
    publish: Callable[[Derived], int]
    """Makes derived files what questions are asked of; gives the generation's number."""
    closing: threading.Event
    """Set when nothing more is wanted, not even what is whole."""
    begin: Callable[[], None]
    """Called before work that takes a moment."""
    _at: float = 0.0
    _seconds: float = 0.0
    _published: tuple[str, ...] | None = None

    def is_due(self, segments: Sequence[Segment]) -> bool:
        """Whether it is time to publish: the first calls at once, others after a pause."""
        pause = max(_PUBLISHING_PAUSE, self._seconds / _PUBLISHING_SHARE)
        first = not self._published and segments[-1].calls > 0
        return first or time.monotonic() - self._at > pause

    def now(self, segments: Sequence[Segment]) -> int | None:
        """Publish; gives the generation's number, None where nothing changed. Raises Cancelled, StoreError."""
        names = tuple(sorted(segment.name for segment in segments if segment.calls))
        if names == self._published:
            return None
        self.begin()
        began = time.monotonic()
        derived = taken_up(self.dataset, names) if self._published is None else None
        derived = derived or derive(self.engine(), self.dataset, names, self.closing)
        self._published, self._at = names, time.monotonic()
        self._seconds = self._at - began
        return self.publish(derived)


def taken_up(dataset: Dataset, segments: Sequence[str]) -> Derived | None:
    """The derived files that an earlier run left; damaged ones are removed, so that they are made again."""
    derived = derived_of(dataset, segments)
    if not all(map(_has_both_ends, (derived.sessions, derived.calls))):
        shutil.rmtree(derived.folder, ignore_errors=True)
        return None
    with suppress(OSError):  # swept by another process meanwhile: whoever reads it makes it again
        os.utime(derived.folder)
    return derived


def _has_both_ends(path: Path) -> bool:
    """Whether a Parquet file is there with its beginning and its end."""
    try:
        with path.open("rb") as file:
            begins = file.read(len(_MARK)) == _MARK
            file.seek(-len(_MARK), os.SEEK_END)
            return begins and file.read() == _MARK
    except OSError:
        return False
