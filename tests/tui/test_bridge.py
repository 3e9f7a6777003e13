"""Where threads meet the message queue."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from threading import Event

import pytest
from textual.app import App

from ssmtrail.queries.errors import Cancelled, StoreError
from ssmtrail.queries.trail import Trail
from ssmtrail.tui.lazy_trail import LazyTrail
from ssmtrail.tui.query import Query
from ssmtrail.tui.workers import Answers, QueryWorkers
from tests.fakes import FakeTrail


@dataclass(frozen=True)
class Told:
    """A request that answers with its name, once it is let go."""

    name: str
    slot: str = "told"
    go: Event = field(default_factory=Event, compare=False)
    begun: Event = field(default_factory=Event, compare=False)

    @property
    def query(self) -> Query[str]:
        return Query(self.slot, self.run)

    def run(self, trail: Trail, cancelled: Event) -> str:
        self.begun.set()
        while not self.go.wait(0.005):
            if cancelled.is_set():
                raise Cancelled
        if self.name == "bad":
            raise StoreError("No.")
        return self.name


class Host(App[None]):
    def __init__(self, trail: Trail) -> None:
        super().__init__()
        self.query_workers = QueryWorkers(self, LazyTrail(lambda: trail))
        self.answers = Answers(self.query_workers, self)
        self.answered: list[tuple[Told, str]] = []
        self.refused: list[tuple[Told, str]] = []

    def ask(self, told: Told) -> None:
        self.answers.ask(
            told.query,
            lambda answer: self.answered.append((told, answer)),
            lambda sentence: self.refused.append((told, sentence)),
        )


def let_go(name: str, slot: str = "told") -> Told:
    told = Told(name, slot)
    told.go.set()
    return told


async def test_answers_carry_their_request_and_errors_their_sentence() -> None:
    app = Host(FakeTrail())
    async with app.run_test() as pilot:
        good, bad = let_go("good", "a"), let_go("bad", "b")
        app.ask(good)
        app.ask(bad)
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert app.answered == [(good, "good")]
        assert app.refused == [(bad, "No.")]


async def test_a_later_request_of_the_slot_cancels_the_older() -> None:
    app = Host(FakeTrail())
    async with app.run_test() as pilot:
        older = Told("older")
        app.ask(older)
        app.ask(let_go("newer"))
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert [answer for _, answer in app.answered] == ["newer"]


async def test_a_worker_is_described_without_spelling_out_its_request() -> None:
    @dataclass(frozen=True)
    class Unspeakable(Told):
        def __repr__(self) -> str:
            raise AssertionError("a request may be long")

    app = Host(FakeTrail())
    async with app.run_test():
        told = Unspeakable("quiet")
        app.ask(told)
        assert [worker.description for worker in app.workers] == ["told"]
        told.go.set()
        await app.workers.wait_for_complete()


async def test_what_is_dropped_is_not_answered_the_rest_is() -> None:
    app = Host(FakeTrail())
    async with app.run_test() as pilot:
        app.ask(Told("never", "dropped"))
        app.ask(let_go("kept", "kept"))
        app.answers.drop("dropped")
        app.answers.drop("never asked")
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert [answer for _, answer in app.answered] == ["kept"]


async def test_what_is_forgotten_is_not_answered() -> None:
    app = Host(FakeTrail())
    async with app.run_test() as pilot:
        app.ask(Told("never"))
        app.answers.close()
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert app.answered == app.refused == []


async def test_closing_ends_what_runs_and_closes_the_door() -> None:
    trail = FakeTrail()
    trail.hold()
    app = Host(trail)
    async with app.run_test():
        told = Told("never")
        app.ask(told)
        app.query_workers.fetch()
        assert app.query_workers.fetching
        assert await asyncio.to_thread(told.begun.wait, 10)
        app.query_workers.close()
        await app.workers.wait_for_complete()
        assert trail.closed
        app.query_workers.fetch()
        assert not app.query_workers.fetching


def test_a_door_that_opens_after_it_was_closed_is_closed() -> None:
    trail, may_open, opening_begun = FakeTrail(), Event(), Event()

    def opener() -> Trail:
        opening_begun.set()
        assert may_open.wait(10)
        return trail

    opening, cancelled = LazyTrail(opener), Event()
    cancelled.set()
    with pytest.raises(Cancelled):
        opening.trail(cancelled)
    assert opening_begun.wait(10)
    opening.close()
    assert not trail.closed
    may_open.set()
    assert opening.trail(Event()) is trail
    assert trail.closed


def test_whoever_waits_for_a_door_that_is_closed_is_let_go() -> None:
    may_open, opening_begun = Event(), Event()

    def opener() -> Trail:
        opening_begun.set()
        assert may_open.wait(10)
        return FakeTrail()

    opening = LazyTrail(opener)
    opening.begin()
    assert opening_begun.wait(10)
    opening.close()
    with pytest.raises(Cancelled):
        opening.trail(Event())
    may_open.set()


def test_what_opening_raised_is_raised_for_everybody() -> None:
    def opener() -> Trail:
        raise StoreError("No space.")

    opening = LazyTrail(opener)
    for _ in range(2):
        with pytest.raises(StoreError, match=r"No space\."):
            opening.trail(Event())
    opening.close()


def test_a_door_that_nobody_asked_for_stays_shut() -> None:
    opened: list[int] = []

    def opener() -> Trail:
        opened.append(1)
        return FakeTrail()

    opening = LazyTrail(opener)
    opening.close()
    assert opened == []


async def test_getting_ready_is_begun_anew_and_troubles_nobody() -> None:
    trail = FakeTrail()
    ready: list[Event] = []

    def prepare(cancelled: Event) -> None:
        ready.append(cancelled)
        if not cancelled.wait(5):
            raise AssertionError("nobody cancelled")
        raise StoreError("No.")

    trail.prepare = prepare  # type: ignore[method-assign]
    app = Host(trail)
    async with app.run_test():
        app.query_workers.prepare()
        app.query_workers.prepare()
        app.query_workers.close()
        await app.workers.wait_for_complete()
        assert all(cancelled.is_set() for cancelled in ready)
        app.query_workers.prepare()
        await app.workers.wait_for_complete()
        assert app.answered == app.refused == []
