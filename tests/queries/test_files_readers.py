"""Worker processes: some die, some never finish, all end with their parent."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from queue import SimpleQueue
from threading import Event
from typing import TYPE_CHECKING

import pytest

from ssmtrail.queries.errors import SourceError
from ssmtrail.queries.sources.files import source, workers
from ssmtrail.queries.sources.files.source import FilesSource
from ssmtrail.queries.sources.files.worker import Job, send

if TYPE_CHECKING:
    from ssmtrail.queries.model import Progress
    from ssmtrail.queries.store.parcels import Parcel

CALL = {"eventName": "StartSession", "eventSource": "ssm.amazonaws.com", "eventTime": "2026-11-23T12:04:11Z"}
FILE = json.dumps({"Records": [CALL]}).encode()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "good.json").write_bytes(FILE)
    return folder


def read(folder: Path, scratch: Path, cancelled: Event | None = None) -> list[Parcel]:
    source = FilesSource(folder)
    return list(source.read(source.changes({}, Event()).new, scratch, lambda _: None, cancelled or Event()))


DEADLY = """
import os, sys, threading
sys.path[:] = sys.argv[1:]
from ssmtrail.queries.sources.files import worker
read_file = worker._read_file
def deadly(full, *others, **named):
    if "deadly" in full:
        os.kill(os.getpid(), 9)
    if "endless" in full:
        threading.Event().wait()
    return read_file(full, *others, **named)
worker._read_file = deadly
worker.main()
"""


@pytest.fixture
def deadly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes die on some names and never finish others."""
    monkeypatch.setattr(source, "INLINE_MOST", 0)
    monkeypatch.setattr(workers, "_START", DEADLY)


@pytest.mark.usefixtures("deadly")
def test_a_file_that_kills_its_worker_is_reported_and_the_rest_is_read(folder: Path, tmp_path: Path) -> None:
    for name in ("a.json", "deadly-1.json", "deadly-2.json", "z.json"):
        (folder / name).write_bytes(FILE)
    covers = [cover for parcel in read(folder, tmp_path) for cover in parcel.files]
    unreadable = {cover.path: cover.unreadable for cover in covers if cover.unreadable}
    assert unreadable == dict.fromkeys(["deadly-1.json", "deadly-2.json"], "the reader died on it")
    assert (len(covers), sum(cover.calls for cover in covers)) == (5, 3)


@pytest.mark.usefixtures("deadly")
def test_batches_of_a_worker_that_dies_are_read_by_others(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ssmtrail.queries.sources.files.source._FIRST", 1)
    monkeypatch.setattr("ssmtrail.queries.sources.files.source._MOST", 1)
    for name in ("deadly.json", *(f"{number}.json" for number in range(9))):
        (folder / name).write_bytes(FILE)
    covers = [cover for parcel in read(folder, tmp_path) for cover in parcel.files]
    assert (len(covers), sum(cover.calls for cover in covers)) == (11, 10)


@pytest.mark.usefixtures("deadly")
def test_cancelling_ends_the_processes_and_keeps_whole_parcels(folder: Path, tmp_path: Path) -> None:
    (folder / "endless.json").write_bytes(FILE)
    cancelled = Event()
    source = FilesSource(folder)
    seen: list[Progress] = []

    def report(progress: Progress) -> None:
        seen.append(progress)
        cancelled.set()

    assert list(source.read(source.changes({}, Event()).new, tmp_path, report, cancelled)) == []
    assert seen


def test_cancelling_inline_reading(folder: Path, tmp_path: Path) -> None:
    cancelled = Event()
    cancelled.set()
    assert read(folder, tmp_path, cancelled) == []


def test_a_worker_ends_with_its_input_even_while_reading_a_file(folder: Path, tmp_path: Path) -> None:
    (folder / "endless.json").write_bytes(FILE)
    command = [sys.executable, "-I", "-S", "-c", DEADLY, str(Path(__file__).parents[2]), *sys.path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as reader:
        assert reader.stdin is not None
        rows, marker = tmp_path / "rows", tmp_path / "marker"
        job = Job(1, os.fsencode(folder), os.fsencode(rows), os.fsencode(marker), [b"endless.json"])
        send(reader.stdin, job)
        reader.stdin.close()
        assert reader.wait(20) == 0


def test_a_worker_has_its_own_session() -> None:
    reader = workers.Worker(SimpleQueue())
    try:
        assert os.getsid(reader.pid) == reader.pid != os.getsid(0)
    finally:
        reader.kill()


def test_no_worker_process_gives_a_clear_error(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "INLINE_MOST", 0)
    monkeypatch.setattr(workers, "_START", "raise SystemExit(3)")
    with pytest.raises(SourceError, match="does not start"):
        read(folder, tmp_path)
