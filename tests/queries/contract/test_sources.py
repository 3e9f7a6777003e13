"""What every source keeps to, whatever it reads."""

from __future__ import annotations

import json
import threading
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest

from ssmtrail.queries.errors import Cancelled, SourceError
from ssmtrail.queries.raw_calls import RAW_COLUMNS, narrow_of
from ssmtrail.queries.sources.demo import generate
from ssmtrail.queries.sources.files.source import FilesSource
from tests.trails import write_small_files

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ssmtrail.queries.model import Progress
    from ssmtrail.queries.sources.base import Changes, Identity, Source
    from ssmtrail.queries.store.parcels import Parcel


@pytest.fixture(scope="module")
def trails(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trails")
    write_small_files(folder / "small", 60, days=3)
    (folder / "small" / "broken.json.gz").write_bytes(b"\x1f\x8bnothing")
    generate(folder / "demo", date(2026, 11, 23), 2)
    return folder


@pytest.fixture(params=["folder", "file", "demo"])
def make(request: pytest.FixtureRequest, trails: Path) -> Callable[[], Source]:
    """Makes the same source again and again."""
    file = min((trails / "small").rglob("*_CloudTrail_*.json.gz"))
    place = {"folder": trails / "small", "file": file, "demo": trails / "demo" / "trail"}[str(request.param)]
    return lambda: FilesSource(place)


def all_changes(source: Source, kept: dict[str, Identity] | None = None) -> Changes:
    return source.changes(kept or {}, threading.Event())


def read(source: Source, changes: Changes, scratch: Path) -> list[Parcel]:
    return list(source.read(changes.new, scratch, lambda _: None, threading.Event()))


def test_its_identity_is_stable(make: Callable[[], Source]) -> None:
    assert make().identity == make().identity
    assert make().label == make().label
    assert make().label


def test_everything_is_new_once(make: Callable[[], Source], tmp_path: Path) -> None:
    source = make()
    changes = all_changes(source)
    assert changes.files == len(changes.new) > 0
    assert changes.bytes == sum(entry.size for entry in changes.new)
    assert changes.gone == frozenset()
    parcels = read(source, changes, tmp_path)
    covers = [cover for parcel in parcels for cover in parcel.files]
    assert sorted(cover.path for cover in covers) == sorted(entry.path for entry in changes.new)
    kept = {cover.path: (cover.size, cover.mtime_ns, cover.ctime_ns, cover.inode) for cover in covers}
    after = all_changes(make(), kept)
    assert (after.new, after.gone, after.files, after.bytes) == ((), frozenset(), changes.files, changes.bytes)


def test_what_is_kept_and_not_there_is_gone(make: Callable[[], Source]) -> None:
    entry = all_changes(make()).new[0]
    kept = {"nowhere.json": (1, 1, 1, 1), entry.path: (entry.size + 1, *entry.identity[1:])}
    changes = all_changes(make(), kept)
    assert changes.gone == set(kept)
    assert entry in changes.new


def test_rows_are_raw_calls(make: Callable[[], Source], tmp_path: Path) -> None:
    source = make()
    calls = 0
    for parcel in read(source, all_changes(source), tmp_path):
        rows = [json.loads(line) for line in parcel.rows.read_text(encoding="utf-8").splitlines()]
        assert len(rows) == parcel.calls == sum(cover.calls for cover in parcel.files)
        paths = {cover.path for cover in parcel.files}
        for row in rows:
            assert row.keys() <= set(RAW_COLUMNS)
            assert all(value is None or isinstance(value, str) for value in row.values())
            assert datetime.fromisoformat(row["eventtime"]).tzinfo == UTC
            assert row["file"] in paths
            assert ("record" in row) == (narrow_of(row["eventsource"], row["eventname"]) is None)
            assert json.loads(row.get("record", "{}")).get("eventID", row["eventid"]) == row["eventid"]
        for cover in parcel.files:
            assert cover.unreadable or cover.kind or (cover.first_day and cover.last_day)
        calls += len(rows)
    assert calls > 0 or source.label.endswith(".gz")


def test_what_cannot_be_read_comes_back_with_a_reason(trails: Path, tmp_path: Path) -> None:
    source = FilesSource(trails / "small")
    parcels = read(source, all_changes(source), tmp_path)
    assert [cover.path for parcel in parcels for cover in parcel.files if cover.unreadable] == ["broken.json.gz"]


def test_the_newest_content_comes_first(make: Callable[[], Source], tmp_path: Path) -> None:
    source = make()
    changes = all_changes(source)
    days = {
        cover.path: cover.folder_day for parcel in read(source, changes, tmp_path) for cover in parcel.files
    }  # fmt: skip
    known = [day for entry in changes.new if (day := days[entry.path])]
    assert known == sorted(known, reverse=True)


def test_a_cancelled_listing_ends_at_once(make: Callable[[], Source], trails: Path) -> None:
    cancelled = threading.Event()
    cancelled.set()
    source = make()
    if source.identity.endswith(".gz"):
        assert source.changes({}, cancelled).files == 1  # one look is no list
        return
    with pytest.raises(Cancelled):
        source.changes({}, cancelled)


def test_a_cancelled_reading_ends_with_a_whole_parcel(
    make: Callable[[], Source], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("_FIRST", "_LEAST", "_MOST"):
        monkeypatch.setattr(f"ssmtrail.queries.sources.files.source.{name}", 20_000)
    source, cancelled = make(), threading.Event()
    changes = all_changes(source)
    parcels = []
    for parcel in source.read(changes.new, tmp_path, lambda _: None, cancelled):
        parcels.append(parcel)
        cancelled.set()
    assert len(parcels) == 1
    assert list(source.read(changes.new, tmp_path, lambda _: None, cancelled)) == []


def test_progress_grows_to_the_end(make: Callable[[], Source], tmp_path: Path) -> None:
    source = make()
    told: list[Progress] = []
    changes = all_changes(source)
    for _ in source.read(changes.new, tmp_path, told.append, threading.Event()):
        pass
    assert [progress.files_done for progress in told] == sorted(progress.files_done for progress in told)
    last = told[-1]
    assert (last.state, last.files_done, last.files_total) == ("reading", changes.files, changes.files)
    assert last.bytes_done == last.bytes_total == changes.bytes


def test_a_source_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"There is no folder .*nowhere\."):
        all_changes(FilesSource(tmp_path / "nowhere"))
