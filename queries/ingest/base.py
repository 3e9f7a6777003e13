"""What every kind of source shares when it is read: the intake contract, and publishing while reading."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

from ssmtrail.queries.ingest.coverage import coverage_of, tally_of
from ssmtrail.queries.ingest.files import Reading
from ssmtrail.queries.model import Plan

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from ssmtrail.queries.ingest.coverage import Tally
    from ssmtrail.queries.model import Coverage, Progress
    from ssmtrail.queries.sources.base import Source
    from ssmtrail.queries.store.dataset import Dataset
    from ssmtrail.queries.store.sessions import DerivedSet
    from ssmtrail.queries.times import Window


@dataclass(frozen=True, slots=True)
class Work:
    """One fetch: whom it tells, what ends it."""

    publish: Callable[[DerivedSet], int]
    """Makes derived files what questions are asked of; gives the generation's number."""
    report: Callable[[Progress], None]
    cancelled: threading.Event
    closing: threading.Event
    """Set when nothing more is wanted, not even what is whole."""


@dataclass(slots=True)
class FileIntake:
    """A source of files: reading them costs time alone."""

    patience: ClassVar[float] = 0.0

    source: Source
    dataset: Dataset
    scratch_parent: Path
    now: Callable[[], datetime]
    _tally: Tally | None = field(default=None)

    def fetch(self, work: Work, agreed: Plan | None) -> Progress:
        """Read files that are new or changed."""
        reading = Reading(
            self.source, self.dataset, self.scratch_parent, work.publish, self._tell, work.report, work.cancelled,
            work.closing, self.now,
        )  # fmt: skip
        return reading.run()

    def coverage(self, window: Window) -> Coverage:
        """From the files' manifests."""
        if self._tally is None:
            self._tell(tally_of(self.dataset.segments()))
        assert self._tally is not None
        return coverage_of(self._tally, window, self.now(), self.dataset.looked_at)

    def _tell(self, tally: Tally) -> None:
        self._tally = tally
