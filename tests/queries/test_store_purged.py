"""Another process removes what is kept while it is read or answered from: the whole answer, or a sentence."""

from __future__ import annotations

import os
import shutil
import threading
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from ssmtrail.queries.engine import connect
from ssmtrail.queries.errors import StoreError
from ssmtrail.queries.filters import Filter
from ssmtrail.queries.model import Scope
from ssmtrail.queries.sources.files.source import FilesSource
from ssmtrail.queries.store.dataset import Dataset
from ssmtrail.queries.store.folders import purge_cache
from ssmtrail.queries.store.leases import Leases
from ssmtrail.queries.store.sessions import derive
from ssmtrail.queries.times import Window
from ssmtrail.queries.trail import Trail
from tests.queries.test_store_damage import DAYS, a_trail, everything, fetched, segments

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ssmtrail.queries.records import RawRecord

GONE = "Another process changed or removed what is kept of this source"


@pytest.fixture
def trail(tmp_path: Path) -> Iterator[Trail]:
    """A trail that was read, and not asked for anything yet."""
    service = Trail(FilesSource(a_trail(tmp_path / "trail")), tmp_path / "store")
    fetched(service)
    yield service
    service.close()


def purge(store: Path) -> None:
    for folder in store.glob("v*/*"):
        shutil.rmtree(folder)


def test_what_was_read_is_answered_whole(tmp_path: Path, trail: Trail) -> None:
    before = everything(trail)
    purge(tmp_path / "store")
    assert everything(trail) == before
    records: list[RawRecord] = []
    trail.each_record("sessions", Scope(Window(), Filter()), threading.Event(), records.append)
    assert len(records) > DAYS


def test_without_links_it_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_link(*_: object) -> None:
        raise PermissionError("no links here")

    monkeypatch.setattr(os, "link", no_link)
    service = Trail(FilesSource(a_trail(tmp_path / "trail")), tmp_path / "store")
    fetched(service)
    before = everything(service)
    purge(tmp_path / "store")
    for _ in range(2):
        with pytest.raises(StoreError, match=GONE):
            everything(service)
    service.close()
    assert before != "[[], [], [], []]"


def test_what_is_purged_while_it_is_read_is_not_told_as_the_whole(tmp_path: Path, trail: Trail) -> None:
    (dataset,) = (Dataset(path) for path in (tmp_path / "store").glob("v*/*"))
    names = [path.stem for path in segments(tmp_path / "store", "parquet")]
    shutil.rmtree(dataset.folder / "derived")
    (dataset.folder / "derived").mkdir()
    (dataset.segment_folder / f"{names[0]}.parquet").unlink()
    with pytest.raises(StoreError):
        derive(connect(tmp_path / "scratch", store=tmp_path / "store"), dataset, names, threading.Event())


def test_files_are_not_listed_as_read_when_they_are_gone(tmp_path: Path, trail: Trail) -> None:
    assert len(trail.inputs()) == DAYS
    purge(tmp_path / "store")
    with pytest.raises(StoreError, match=GONE):
        trail.inputs()


class TestPurge:
    def test_what_is_being_read_is_left(self, tmp_path: Path, trail: Trail) -> None:
        store = tmp_path / "store"
        (dataset,) = (Dataset(path) for path in store.glob("v*/*"))
        with dataset.claim(threading.Event()) as alone:
            assert alone
            purged = purge_cache(store, datetime.now(UTC))
            assert (purged.removed, len(purged.left)) == ((), 1)
        assert segments(store)
        purged = purge_cache(store, datetime.now(UTC))
        assert (len(purged.removed), purged.left) == (1, ())
        assert not segments(store)

    def test_days_that_are_paid_for_are_left(self, tmp_path: Path, trail: Trail) -> None:
        store = tmp_path / "store"
        (folder,) = store.glob("v*/*")
        with Leases.of(folder) as leases:
            leases.take([date(2026, 11, 1)])
            assert purge_cache(store, datetime.now(UTC)).removed == ()
        assert len(purge_cache(store, datetime.now(UTC), timedelta(0)).removed) == 1

    def test_who_waits_for_it_is_told(self, tmp_path: Path, trail: Trail) -> None:
        purge_cache(tmp_path / "store", datetime.now(UTC))
        with pytest.raises(StoreError, match="Another process removed what is kept"):
            fetched(trail)
