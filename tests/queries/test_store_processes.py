"""Several processes with one store: killed, at the same time, with a full disk."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ssmtrail.queries.sources.files.source import FilesSource
from ssmtrail.queries.store.segments import manifests_in, segments_in
from ssmtrail.queries.trail import Trail
from tests.queries.test_store_damage import everything, fetched, files_read
from tests.thorough import times
from tests.trails import write_small_files

if TYPE_CHECKING:
    from collections.abc import Iterator

FILES = 160
ROOT = Path(__file__).parents[2]
#: Reads a folder into a store in many small batches, in processes of its own or in itself; says when it begins.
READER = """
import resource, sys, threading
from pathlib import Path
from ssmtrail.queries.errors import StoreError
from ssmtrail.queries.trail import Trail
from ssmtrail.queries.sources.files import source as files_source
from ssmtrail.queries.sources.files.source import FilesSource
from tests.queries.test_store_damage import everything

folder, store, inline, most = sys.argv[1:]
files_source._FIRST = files_source._LEAST = files_source._MOST = 40_000
files_source.INLINE_MOST = int(inline)
service = Trail(FilesSource(Path(folder)), Path(store))
if int(most):
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(most), int(most)))
told = []
def report(progress):
    if not told:
        print("begun", flush=True)
    told.append(progress)
try:
    service.fetch(report, threading.Event())
except StoreError as error:
    print(error)
    raise SystemExit(3)
print(max((progress.files_total for progress in told if progress.state == "reading"), default=0))
print(everything(service))
service.close()
"""


@pytest.fixture(scope="module")
def trail(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("trails") / "trail"
    write_small_files(folder, FILES, days=5)
    return folder


@pytest.fixture(scope="module")
def expected(trail: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    service = Trail(FilesSource(trail), tmp_path_factory.mktemp("clean"))
    assert files_read(fetched(service)) == FILES
    found = everything(service)
    service.close()
    return found


@pytest.fixture
def readers() -> Iterator[list[subprocess.Popen[str]]]:
    """Processes that are gone after the test."""
    started: list[subprocess.Popen[str]] = []
    yield started
    for process in started:
        process.kill()
        process.communicate()


def reader(trail: Path, store: Path, inline: int = 1 << 30, most: int = 0) -> subprocess.Popen[str]:
    """A process that reads; it has begun."""
    arguments = [str(trail), str(store), str(inline), str(most)]
    process = subprocess.Popen(
        [sys.executable, "-c", READER, *arguments], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n", process.communicate()
    return process


@pytest.mark.parametrize("inline", [0, 1 << 30], ids=["in processes", "inline"])
@pytest.mark.parametrize("seed", range(times(1, 10)))
def test_a_kill_leaves_only_complete_segments(
    tmp_path: Path, trail: Path, expected: str, readers: list[subprocess.Popen[str]], inline: int, seed: int
) -> None:
    chance, seconds = random.Random(seed), 1.0
    for number in range(times(2, 5)):
        store = tmp_path / str(number)
        process = reader(trail, store, inline)
        readers.append(process)
        began = time.monotonic()
        try:
            process.communicate(timeout=seconds * chance.random())
            seconds = time.monotonic() - began
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
        (folder,) = store.glob("v*/*/segments")
        whole = list(segments_in(folder))
        assert len(whole) == len(manifests_in(folder))
        assert all(segment.is_sound for segment in whole)
        kept = sum(len(segment.files) for segment in whole)
        service = Trail(FilesSource(trail), store)
        assert files_read(fetched(service)) == FILES - kept
        assert everything(service) == expected
        service.close()
        assert not list((store / "scratch").iterdir())


@pytest.mark.parametrize("inline", [0, 1 << 30], ids=["in processes", "inline"])
def test_two_processes_read_every_file_once(
    tmp_path: Path, trail: Path, expected: str, readers: list[subprocess.Popen[str]], inline: int
) -> None:
    readers += [reader(trail, tmp_path / "store", inline) for _ in range(2)]
    said = [process.communicate() for process in readers]
    assert [process.returncode for process in readers] == [0, 0], said
    counts, answers = zip(*(out.split("\n")[:2] for out, _ in said), strict=True)
    assert set(answers) == {expected}
    assert sorted(map(int, counts)) == [0, FILES]


def test_a_waiting_process_goes_on_when_the_other_is_killed(
    tmp_path: Path, trail: Path, expected: str, readers: list[subprocess.Popen[str]]
) -> None:
    readers.append(reader(trail, tmp_path / "store", 0))
    service = Trail(FilesSource(trail), tmp_path / "store")
    threading.Timer(0.1, readers[0].kill).start()
    fetched(service)
    assert everything(service) == expected
    service.close()


@pytest.mark.parametrize("most", [100, 3_000, 8_000])
def test_a_full_disk_gives_a_clear_error_and_a_sound_store(
    tmp_path: Path, trail: Path, expected: str, readers: list[subprocess.Popen[str]], most: int
) -> None:
    store = tmp_path / "store"
    process = reader(trail, store, most=most)
    readers.append(process)
    out, err = process.communicate()
    assert "Traceback" not in err
    assert process.returncode == 3, out
    assert "cannot be written" in out or "cannot be read or written" in out
    assert "{" not in out
    assert "\n" not in out.strip()
    (folder,) = store.glob("v*/*/segments")
    assert all(segment.is_sound for segment in segments_in(folder))
    service = Trail(FilesSource(trail), store)
    fetched(service)
    assert everything(service) == expected
    service.close()
