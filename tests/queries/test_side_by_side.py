"""Several fetches at once: what one that fails, a defect and a cancel mean for the others; their progress as one."""

from __future__ import annotations

import threading

import pytest

from ssmtrail.queries.errors import Cancelled, SourceError, StoreError
from ssmtrail.queries.ingest.side_by_side import JointProgress, run_lanes
from ssmtrail.queries.model import Progress

NEVER = threading.Event()


def test_lanes_run_at_once_and_their_sources_in_order() -> None:
    meeting, order = threading.Barrier(2, timeout=60), list[int]()

    def fetch(number: int, _: threading.Event) -> None:
        if number in (0, 2):
            meeting.wait()  # breaks where one lane waits for the other
        order.append(number)

    assert run_lanes([[0, 1], [2]], fetch, NEVER) == {}
    assert order.index(0) < order.index(1)
    assert sorted(order) == [0, 1, 2]


def test_one_that_fails_stops_no_other() -> None:
    failed, done = threading.Event(), list[int]()

    def fetch(number: int, cancelled: threading.Event) -> None:
        if number == 0:
            failed.set()
            raise SourceError("nowhere")
        assert failed.wait(60)
        assert not cancelled.is_set()
        done.append(number)

    found = run_lanes([[0, 1], [2]], fetch, NEVER)
    assert {number: str(error) for number, error in found.items()} == {0: "nowhere"}
    assert sorted(done) == [1, 2]


def test_any_other_error_stops_all_and_is_raised() -> None:
    def fetch(number: int, cancelled: threading.Event) -> None:
        if number == 1:
            raise StoreError("full")
        assert cancelled.wait(60)
        raise Cancelled

    with pytest.raises(StoreError, match="full"):
        run_lanes([[0], [1], [2]], fetch, NEVER)


def test_without_more_threads_each_has_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    left, start, done = [1, 0, 0], threading.Thread.start, list[int]()

    def limited(thread: threading.Thread) -> None:
        if not left.pop(0):
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", limited)
    assert run_lanes([[0], [1], [2, 3], [4]], lambda number, _: done.append(number), NEVER) == {}
    assert sorted(done) == [0, 1, 2, 3, 4]


def test_a_cancel_ends_all() -> None:
    cancelled, waiting = threading.Event(), threading.Barrier(3, action=lambda: cancelled.set(), timeout=60)

    def fetch(_: int, stop: threading.Event) -> None:
        waiting.wait()
        assert stop.wait(60)
        raise Cancelled

    with pytest.raises(Cancelled):
        run_lanes([[0], [1], [2]], fetch, cancelled)


def test_the_progress_of_all_adds_up() -> None:
    told: list[Progress] = []
    joint = JointProgress(["a", "b"], told.append)
    joint.tell(0, Progress("listing", files_total=3))
    joint.tell(1, Progress("reading", calls=4, requests=2, snapshot=1, seconds=3.0, seconds_left=9.0))
    assert (told[-1].state, told[-1].calls, told[-1].files_total, told[-1].requests) == ("reading", 4, 3, 2)
    assert [(label, each.state) for label, each in told[-1].parts] == [("a", "listing"), ("b", "reading")]
    assert not told[-1].seconds_left  # how long the other takes is not known
    joint.tell(0, Progress("reading", files_done=1, files_total=3, calls=1, seconds_left=12.0))
    assert (told[-1].calls, told[-1].seconds_left or 0.0) == (5, 12.0)
    joint.tell(1, Progress("done", calls=6, requests=3, snapshot=2))
    assert (told[-1].state, told[-1].calls, told[-1].snapshot) == ("reading", 7, 2)
    assert [label for label, _ in told[-1].parts] == ["a"]
    joint.end(0)  # it failed
    assert (joint.ended("done").state, joint.ended("done").calls, joint.ended("done").parts) == ("done", 7, ())
