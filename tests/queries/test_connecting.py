"""The engine is connected beside other work, which needs none of it."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from ssmtrail.queries import answering as services
from ssmtrail.queries.engine import SoonEngine, connect
from ssmtrail.queries.errors import StoreError
from ssmtrail.queries.sources.files.source import FilesSource
from ssmtrail.queries.trail import Trail
from tests.records import ask, start, write_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from ssmtrail.queries.store.parcels import Parcel
    from ssmtrail.queries.trust import Trust


def test_a_folder_is_read_while_the_engine_is_connected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    may_connect = Event()

    def late(scratch: Path, *, store: Path, kept: tuple[Path, ...], memory: str, trust: Trust) -> DuckDBPyConnection:
        assert may_connect.wait(20)
        return connect(scratch, store=store, kept=kept, memory=memory, trust=trust)

    def seen(source: FilesSource, *given: Any) -> Iterator[Parcel]:
        for parcel in read(source, *given):
            may_connect.set()
            yield parcel

    read = FilesSource.read
    monkeypatch.setattr(FilesSource, "read", seen)
    monkeypatch.setattr(services, "connect", late)
    write_file(tmp_path / "trail" / "a.json", [start("12:00:00")])
    service = Trail(FilesSource(tmp_path / "trail"), tmp_path / "store")
    try:
        assert service.fetch(lambda _: None, Event()).calls == 1
    finally:
        may_connect.set()
    assert len(ask(service, "sessions")) == 1
    service.close()
    assert not list((tmp_path / "store" / "scratch").iterdir())


def test_what_goes_wrong_is_told_where_the_engine_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(scratch: Path, *, store: Path, kept: tuple[Path, ...], memory: str, trust: Trust) -> DuckDBPyConnection:
        raise StoreError("no room")

    monkeypatch.setattr(services, "connect", broken)
    service = Trail(FilesSource(tmp_path), tmp_path / "store")
    for _ in range(2):
        with pytest.raises(StoreError, match="no room"):
            ask(service, "sessions")
    service.close()
    assert not list((tmp_path / "store" / "scratch").iterdir())


def test_an_engine_can_be_closed_before_it_is_there(tmp_path: Path) -> None:
    made: list[DuckDBPyConnection] = []

    def late() -> DuckDBPyConnection:
        made.append(connect(tmp_path))
        return made[0]

    engine = SoonEngine(late)
    engine.close()
    with pytest.raises(Exception, match="closed"):
        made[0].execute("SELECT 1")
