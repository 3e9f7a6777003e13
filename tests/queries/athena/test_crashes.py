"""Processes that are killed while they fetch: nothing is torn, nothing is bought again."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ssmtrail.queries.errors import SourceError
from ssmtrail.queries.store.journal import Journal
from ssmtrail.queries.store.segments import manifests_in, segments_in
from tests.queries.athena.stage import fetched, opened, planned, sessions, states
from tests.queries.athena.test_faults import days_stored
from tests.queries.athena.test_service import NEEDED, NO_LISTING, WEEK, bytes_of
from tests.thorough import times

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.athena_emulator import Emulator

ROOT = Path(__file__).parents[3]
#: Moments at which a process is killed; a target of its own asks for more.
KILLS = int(os.environ.get("SSMTRAIL_KILLS", times(2, 20)))


@pytest.fixture
def readers() -> Iterator[list[subprocess.Popen[str]]]:
    """Processes that are gone after the test."""
    started: list[subprocess.Popen[str]] = []
    yield started
    for process in started:
        process.kill()
        process.communicate()


def reader(store: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.queries.athena.reader", str(store), str(date(2026, 11, 12)), "2026-11-18"]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for(process: subprocess.Popen[str], word: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip() == word:
            return
    raise AssertionError(process.communicate())


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def test_a_query_that_a_killed_process_left_is_picked_up(
    emulator: Emulator, tmp_path: Path, readers: list[subprocess.Popen[str]]
) -> None:
    emulator.faults.planned = [NO_LISTING]
    emulator.hold()
    process = reader(tmp_path)
    readers.append(process)
    wait_for(process, "running")
    kill(process)
    before = {each.id for each in emulator.queries}
    emulator.release()
    with opened(tmp_path) as service:
        fetched(service, WEEK)
        assert len(sessions(service, WEEK)) == 7
        assert before <= {run.id for run in service.queries()}
    assert len(emulator.queries) == 2
    assert emulator.bytes_scanned == bytes_of(emulator, NEEDED)
    assert emulator.stopped == {}


def test_a_query_whose_name_was_never_told_is_found_by_its_token(emulator: Emulator, tmp_path: Path) -> None:
    """As when a process dies between the request and its answer."""
    with opened(tmp_path) as service:
        fetched(service, WEEK)
    (folder,) = tmp_path.glob("v*/*")
    journal = Journal.of(folder)
    (run,) = journal.runs()
    journal.write(type(run)(run.token, run.sql, run.first, run.last, run.asked_at))
    for path in (folder / "segments").iterdir():
        path.unlink()
    with opened(tmp_path) as service:
        service.fetch(lambda _: None, threading.Event())
        assert len(sessions(service, WEEK)) == 7
    assert len(emulator.queries) == 1


def test_a_result_that_is_gone_is_bought_again_only_after_asking(
    emulator: Emulator, tmp_path: Path, readers: list[subprocess.Popen[str]]
) -> None:
    emulator.hold()
    process = reader(tmp_path)
    readers.append(process)
    wait_for(process, "running")
    kill(process)
    emulator.executions.clear()
    emulator.release()
    with opened(tmp_path) as service:
        assert list(planned(service, WEEK).paid) == NEEDED
        with pytest.raises(SourceError, match="only after asking"):
            fetched(service, WEEK)
        assert emulator.queries == []
        plan = planned(service, WEEK)
        assert (list(plan.paid_before), plan.ask_first) == (NEEDED, True)
        service.fetch(lambda _: None, threading.Event(), plan)
        assert set(states(service, WEEK).values()) == {"kept"}


def test_a_waiting_process_goes_on_when_the_other_is_killed(
    emulator: Emulator, tmp_path: Path, readers: list[subprocess.Popen[str]]
) -> None:
    emulator.hold()
    readers += [reader(tmp_path)]
    wait_for(readers[0], "running")
    readers += [reader(tmp_path)]
    wait_for(readers[1], "waiting")
    kill(readers[0])
    emulator.release()
    readers[1].communicate(timeout=60)
    assert readers[1].returncode == 0
    assert emulator.bytes_scanned == bytes_of(emulator, NEEDED)
    assert len(emulator.queries) == 1


def test_kills_at_any_moment_tear_nothing_and_buy_nothing_twice(
    emulator: Emulator, tmp_path: Path, readers: list[subprocess.Popen[str]]
) -> None:
    chance = random.Random(KILLS)
    emulator.faults.planned = [NO_LISTING]
    emulator.delay = 0.1
    for number in range(KILLS):
        store = tmp_path / str(number)
        before = len(emulator.queries)
        process = reader(store)
        readers.append(process)
        wait_for(process, "listing")
        time.sleep(chance.random() * 1.2)
        kill(process)
        if folders := list(store.glob("v*/*/segments")):
            whole = list(segments_in(folders[0]))
            assert len(whole) == len(manifests_in(folders[0]))
            assert all(segment.is_sound for segment in whole)
        with opened(store) as service:
            fetched(service, WEEK)
            assert len(sessions(service, WEEK)) == 7
        assert len(emulator.queries) - before == 2
        assert set(days_stored(store).values()) == {1}
        assert len(days_stored(store)) == len(NEEDED)
