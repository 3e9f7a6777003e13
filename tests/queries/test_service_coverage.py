"""What is kept of which day, at a fixed hour."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from ssmtrail.queries.sources.files.source import FilesSource
from ssmtrail.queries.times import Window
from ssmtrail.queries.trail import Trail
from tests.records import start, write_file

if TYPE_CHECKING:
    from pathlib import Path

    from ssmtrail.queries.model import DayCoverage, Progress

#: 24 November, 01:59: the folder of the 23rd still receives files.
NOW = datetime(2026, 11, 24, 1, 59, 59, tzinfo=UTC)


def trail(folder: Path) -> Path:
    for day in (18, 20, 21, 23):
        write_file(folder / f"2026/11/{day}/a.json", [start(f"2026-11-{day}T09:00:00Z", f"s-{day}")])
    (folder / "2026/11/20/bad.json.gz").write_bytes(b"\x1f\x8b\x08bad")
    return folder


def states(days: tuple[DayCoverage, ...]) -> dict[int, str]:
    return {day.day.day: day.state for day in days}


@pytest.mark.parametrize(("now", "last"), [(NOW, "open"), (NOW + timedelta(seconds=1), "kept")])
def test_every_day_has_its_state(tmp_path: Path, now: datetime, last: str) -> None:
    service = Trail(FilesSource(trail(tmp_path / "trail")), tmp_path / "store", now=lambda: now)
    service.fetch(lambda _: None, threading.Event())
    found = service.coverage(Window())
    assert states(found.days) == {18: "kept", 19: "missing", 20: "failed", 21: "kept", 22: "missing", 23: last}
    assert (found.files, found.first_day, found.last_day) == (5, date(2026, 11, 18), date(2026, 11, 23))
    assert (found.first_event, found.last_event) == (date(2026, 11, 18), date(2026, 11, 23))
    assert [(bad.file, bad.day, bad.records_kept) for bad in found.unreadable] == [
        ("2026/11/20/bad.json.gz", date(2026, 11, 20), 0)
    ]
    by_day = {day.day.day: day for day in found.days}
    assert (by_day[20].files, by_day[20].unreadable, by_day[19].files) == (2, 1, 0)
    assert sum(day.bytes for day in found.days) == found.bytes
    assert found.as_of is not None
    wide = Window(datetime(2026, 11, 22, tzinfo=UTC), datetime(2026, 11, 25, tzinfo=UTC))
    assert states(service.coverage(wide).days) == {22: "missing", 23: last, 24: "open"}
    part = Window(datetime(2026, 11, 21, 23, tzinfo=UTC), datetime(2026, 11, 22, 1, tzinfo=UTC))
    assert states(service.coverage(part).days) == {21: "kept", 22: "missing"}
    service.close()


def test_days_arrive_while_they_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("_FIRST", "_LEAST", "_MOST"):
        monkeypatch.setattr(f"ssmtrail.queries.sources.files.source.{name}", 1)
    for name in ("files._GATHERING", "files._PATIENCE", "files._SOON", "publishing._PUBLISHING_PAUSE"):
        monkeypatch.setattr(f"ssmtrail.queries.ingest.{name}", 0.0)
    monkeypatch.setattr("ssmtrail.queries.ingest.publishing._PUBLISHING_SHARE", 1e9)
    service = Trail(FilesSource(trail(tmp_path / "trail")), tmp_path / "store", now=lambda: NOW)
    seen: list[dict[int, str]] = []

    def report(progress: Progress) -> None:
        seen.append(states(service.coverage(Window()).days))

    service.fetch(report, threading.Event())
    every = {18: "arriving", 19: "missing", 20: "arriving", 21: "arriving", 22: "missing", 23: "arriving"}
    assert seen[0] == {}
    assert every in seen
    assert every | {23: "open", 21: "kept"} in seen
    assert "arriving" not in seen[-1].values()
    service.close()


def test_an_empty_store_knows_no_day(tmp_path: Path) -> None:
    service = Trail(FilesSource(trail(tmp_path / "trail")), tmp_path / "store", now=lambda: NOW)
    empty = service.coverage(Window())
    assert (empty.days, empty.files, empty.as_of, empty.first_day) == ((), 0, None, None)
    service.close()
