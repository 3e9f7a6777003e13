"""Reading writes few segments, and publishes partial results only where it takes long."""

from __future__ import annotations

import json
from threading import Event
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import pytest

from ssmtrail.queries.ingest import files, publishing
from ssmtrail.queries.model import Progress
from ssmtrail.queries.sources.base import Changes, FileEntry, Identity
from ssmtrail.queries.store.dataset import Dataset
from ssmtrail.queries.store.parcels import FileCover, Parcel
from ssmtrail.queries.trail import Trail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

FILES = 6


class Slow:
    """A source whose files take so many seconds each, and that says how long the rest will take."""

    kind: ClassVar[Literal["files"]] = "files"
    identity = label = "slow"

    def __init__(self, clock: Clock, seconds: float, left: float | None, **progress: Any) -> None:
        self._clock = clock
        self._seconds = seconds
        self._left = left
        self._progress = progress

    def changes(self, kept: Mapping[str, Identity], cancelled: Event) -> Changes:
        entries = tuple(FileEntry(f"{number}.json", 1, 1) for number in range(FILES))
        return Changes(() if kept else entries, frozenset(), FILES, FILES)

    def sha256(self, entry: FileEntry, cancelled: Event) -> str:
        return ""

    def read(
        self, new: Sequence[FileEntry], scratch: Path, report: Callable[[Progress], None], cancelled: Event
    ) -> Iterator[Parcel]:
        for entry in new:
            self._clock.now += self._seconds
            report(Progress("reading", seconds_left=self._left, **self._progress))
            calls = int(entry.path[0]) % 2
            rows = scratch / f"{entry.path}l"
            rows.write_text(json.dumps(call(entry.path)) + "\n" if calls else "", encoding="utf-8")
            yield Parcel(rows, (FileCover(entry.path, 1, 1, None, None, None, calls),), calls, 10)


class Clock:
    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(files, "time", clock)
    monkeypatch.setattr(publishing, "time", clock)
    return clock


def call(event_id: str) -> dict[str, str]:
    return {
        "eventid": event_id, "eventtime": "2026-11-23T12:00:00Z", "eventsource": "ssm.amazonaws.com",
        "eventname": "StartSession", "requestparameters": '{"target":"i-0ab"}',
    }  # fmt: skip


def fetched(source: Slow, store: Path) -> tuple[list[int], list[tuple[int, int, int]]]:
    """The generations that were shown; files, calls and records of each segment."""
    seen: list[Progress] = []
    service = Trail(source, store)
    service.fetch(seen.append, Event())
    service.close()
    segments = Dataset.of(store, source.identity, source.label).segments()
    kept = [(len(segment.files), segment.calls, segment.records) for segment in segments]
    return sorted({progress.snapshot for progress in seen} - {0}), sorted(kept)


def test_parcels_in_quick_succession_become_one_segment_except_the_first(tmp_path: Path, clock: Clock) -> None:
    assert fetched(Slow(clock, 0.01, 0.1), tmp_path)[1] == [(1, 0, 10), (5, 3, 50)]


def test_slow_parcels_become_a_segment_each(tmp_path: Path, clock: Clock) -> None:
    assert fetched(Slow(clock, 0.2, 0.1), tmp_path)[1] == [(1, 0, 10), (1, 1, 10), (2, 1, 20), (2, 1, 20)]


def test_a_quick_reading_is_published_once(tmp_path: Path, clock: Clock) -> None:
    assert fetched(Slow(clock, 1.0, 0.9), tmp_path)[0] == [1]


@pytest.mark.parametrize(
    ("progress", "shown"),
    [
        ({"calls": 4_000}, 1),
        ({"calls": 6_000}, 2),
        ({"calls": 600, "bytes_done": 10, "bytes_total": 100}, 2),
        ({"calls": 600, "bytes_done": 10, "bytes_total": 20}, 1),
    ],
)
def test_a_quick_reading_with_slow_joining_is_published_in_parts(
    tmp_path: Path, clock: Clock, progress: dict[str, Any], shown: int
) -> None:
    assert fetched(Slow(clock, 1.0, 0.9, **progress), tmp_path)[0][:2] == [1, 2][:shown]


@pytest.mark.parametrize("left", [None, 60.0])
def test_a_slow_reading_is_published_in_parts(tmp_path: Path, clock: Clock, left: float | None) -> None:
    assert fetched(Slow(clock, 1.0, left), tmp_path)[0][:2] == [1, 2]
