"""Publishing: derive sessions from what is stored and make them the current snapshot, also while reading goes on."""

from __future__ import annotations

import time
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from ssmtrail.queries.engine import LateEngine, joining_cursor
from ssmtrail.queries.errors import Cancelled
from ssmtrail.queries.store.atomic import scratch_folder, sweep_scratch
from ssmtrail.queries.store.sessions import DerivedSet, derive, find_derived

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.model import Progress
    from ssmtrail.queries.store.dataset import Dataset
    from ssmtrail.queries.store.segments import Segment

    Turn: TypeAlias = Callable[[Dataset, Sequence[Segment]], AbstractContextManager[bool]]
    Onto: TypeAlias = Callable[[Dataset, tuple[str, ...]], tuple[Dataset, tuple[str, ...]]]

#: Publishing may take this share of the time.
_PUBLISHING_SHARE: Final = 0.25
#: The least number of seconds between two publications.
_PUBLISHING_PAUSE: Final = 0.4
#: Expected seconds to join one more call.
CALL_SECONDS: Final = 2e-5
#: The most seconds to wait because of the expected time.
_LONGEST_PAUSE: Final = 5.0


def _itself(dataset: Dataset, names: tuple[str, ...]) -> tuple[Dataset, tuple[str, ...]]:
    """A source that is answered alone."""
    return dataset, names


def _at_once(dataset: Dataset, segments: Sequence[Segment]) -> AbstractContextManager[bool]:
    """Nothing else publishes what is answered."""
    del dataset, segments
    return nullcontext(True)


@dataclass(frozen=True, slots=True)
class Work:
    """The callbacks and cancel tokens of one fetch."""

    publish: Callable[[DerivedSet], int]
    """Makes derived files the current snapshot; returns its number."""
    report: Callable[[Progress], None]
    cancelled: threading.Event
    """Stop reading; what is stored is still published."""
    closing: threading.Event
    """Stop everything at once."""
    early: bool = True
    """Publish while reading goes on, for who looks at it meanwhile; joining the same calls again takes its time."""
    join_reports: Callable[[Callable[[], DuckDBPyConnection], Sequence[Segment]], None] = lambda *_: None
    """Called before sessions are derived from these segments: lets them be joined with reported ends."""
    only: frozenset[int] | None = None
    """Numbers of the sources that are read, where several are answered together; None for all."""
    onto: Onto = _itself
    """The dataset that answers, and what it is derived from, where a dataset has segments and reports of these names:
    another one where several sources are answered together."""
    turn: Turn = _at_once
    """To be held while what a dataset has is published; gives whether it is to be published now."""

    def unfinished(self) -> Work:
        """The same for a fetch that goes on after reading: reports `joining` in place of `done`."""

        def report(progress: Progress) -> None:
            self.report(replace(progress, state="joining") if progress.state == "done" else progress)

        return replace(self, report=report)


@dataclass(slots=True)
class Report:
    """The progress of one fetch, told as it changes."""

    tell: Callable[[Progress], None]
    """As `Work.report`."""
    progress: Progress
    """What was told last."""
    started: float = field(default_factory=lambda: time.monotonic())

    def __call__(self, progress: Progress) -> None:
        """Tell progress, also a source's own, with the newest snapshot and the seconds since the start."""
        snapshot = max(progress.snapshot, self.progress.snapshot)
        self.progress = replace(progress, snapshot=snapshot, seconds=self.seconds)
        self.tell(self.progress)

    def change(self, **changes: Any) -> None:
        """Tell the progress with some fields changed."""
        self(replace(self.progress, **changes))

    @property
    def seconds(self) -> float:
        """Since the start."""
        return time.monotonic() - self.started


def read_alone(
    work: Work, report: Report, dataset: Dataset, scratch_parent: Path, engine: Callable[[], DuckDBPyConnection],
    read: Callable[[LateEngine, Path], None],
) -> Progress:  # fmt: skip
    """Read while no other process reads the same source, after removing what killed ones left; the last progress.

    `read` gets an engine for joining and a private folder. Raises SourceError, StoreError.
    """
    report(report.progress)
    sweep_scratch(scratch_parent)
    with scratch_folder(scratch_parent) as scratch:
        joining = LateEngine(lambda: joining_cursor(engine()))
        try:
            report.change(state="waiting")
            with dataset.claim(work.cancelled) as alone:
                report.change(state="listing")
                dataset.sweep(alone=alone)
                read(joining, scratch)
        except Cancelled:
            report.change(state="cancelled")
        finally:
            joining.close()
    return report.progress


@dataclass(slots=True)
class Publishing:
    """Derives sessions from segments and publishes them, when it is worth the time."""

    engine: Callable[[], DuckDBPyConnection]
    dataset: Dataset
    publish: Callable[[DerivedSet], int]
    """As in `Work`."""
    closing: threading.Event
    """As in `Work`."""
    begin: Callable[[], None]
    """Called before deriving."""
    early: bool = True
    """As in `Work`."""
    join_reports: Callable[[Callable[[], DuckDBPyConnection], Sequence[Segment]], None] = lambda *_: None
    """As in `Work`."""
    onto: Onto = _itself
    """As in `Work`."""
    turn: Turn = _at_once
    """As in `Work`."""
    _at: float = field(default_factory=lambda: time.monotonic())
    """When the last publication ended."""
    _seconds: float = 0.0
    """How long it took."""
    _published: tuple[str, ...] | None = None
    """Names of the published segments."""
    _calls: int = 0
    """Calls in them."""

    @classmethod
    def of(cls, work: Work, engine: Callable[[], DuckDBPyConnection], dataset: Dataset, report: Report) -> Publishing:
        """For one fetch; joining is told as progress."""
        joining = partial(report.change, state="joining")
        return cls(
            engine, dataset, work.publish, work.closing, joining, work.early, work.join_reports, work.onto, work.turn
        )  # fmt: skip

    def is_due(self, segments: Sequence[Segment]) -> bool:
        """Whether to publish now: few calls at once, many after a pause in proportion to the expected time."""
        if not self.early:
            return False
        calls = sum(segment.calls for segment in segments) - self._calls
        pause = min(calls * CALL_SECONDS / _PUBLISHING_SHARE, _LONGEST_PAUSE)
        if self._published:
            pause = max(pause, self._seconds / _PUBLISHING_SHARE, _PUBLISHING_PAUSE)
        return time.monotonic() - self._at >= pause

    def now(self, segments: Sequence[Segment]) -> int | None:
        """Publish; returns the number of the snapshot, None where nothing changed. Raises Cancelled, StoreError."""
        with self.turn(self.dataset, segments) as is_due:
            return self._now(segments) if is_due else None

    def _now(self, segments: Sequence[Segment]) -> int | None:
        self.join_reports(self.engine, segments)
        names = tuple(sorted((*(segment.name for segment in segments if segment.calls), *self.dataset.reports)))
        dataset, names = self.onto(self.dataset, names)
        if names == self._published:
            return None
        self.begin()
        began = time.monotonic()
        # Files that an earlier run derived are used without connecting an engine.
        derived = find_derived(dataset, names) if self._published is None else None
        derived = derived or derive(self.engine(), dataset, names, self.closing)
        self._published, self._at = names, time.monotonic()
        self._seconds = self._at - began
        self._calls = sum(segment.calls for segment in segments)
        return self.publish(derived)
