"""Where threads meet the message queue."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from threading import Event
from typing import TYPE_CHECKING

import pytest
from textual.app import App

from queries.errors import Cancelled, StoreError
from queries.values import Door
from tests.fakes import FakeDoor
from tui.bridge import Bridge
from tui.opening import Opening

if TYPE_CHECKING:
    from textual.message import Message


@dataclass(frozen=True)
class Told:
    """A request that answers with its name, once it is let go."""

    name: str
    slot: str = "told"
    go: Event = field(default_factory=Event, compare=False)
    begun: Event = field(default_factory=Event, compare=False)

    def run(self, door: Door, cancelled: Event) -> str:
        self.begun.set()
        while not self.go.wait(0.005):
            if cancelled.is_set():
                raise Cancelled
        if self.name == "bad":
            raise StoreError("No.")
        return self.name


class Host(App[None]):
    def __init__(self, door: Door) -> None:
        super().__init__()
        self.bridge = Bridge(self, Opening(lambda: door))
        self.heard: list[Message] = []

    def on_bridge_answered(self, message: Bridge.Answered) -> None:
        self.heard.append(message)

    def on_bridge_refused(self, message: Bridge.Refused) -> None:
        self.heard.append(message)


def let_go(name: str, slot: str = "told") -> Told:
    told = Told(name, slot)
    told.go.set()
    return told


async def test_answers_carry_their_request_and_errors_their_sentence() -> None:
    app = Host(FakeDoor())
    async with app.run_test() as pilot:
        good, bad = let_go("good", "a"), let_go("bad", "b")
        app.bridge.ask(app, good)
        app.bridge.ask(app, bad)
        await app.workers.wait_for_complete()
        await pilot.pause()
        heard = {type(message).__name__: message for message in app.heard}
        answered, refused = heard["Answered"], heard["Refused"]
        assert isinstance(answered, Bridge.Answered)
        assert isinstance(refused, Bridge.Refused)
        assert (answered.request, answered.result) == (good, "good")
        assert (refused.request, refused.sentence) == (bad, "No.")


async def test_a_later_request_of_the_slot_cancels_the_older() -> None:
    app = Host(FakeDoor())
    async with app.run_test() as pilot:
        older = Told("older")
        app.bridge.ask(app, older)
        app.bridge.ask(app, let_go("newer"))
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert [message.result for message in app.heard if isinstance(message, Bridge.Answered)] == ["newer"]


async def test_a_worker_is_described_without_spelling_out_its_request() -> None:
    @dataclass(frozen=True)
    class Unspeakable(Told):
        def __repr__(self) -> str:
            raise AssertionError("a request may be long")

    app = Host(FakeDoor())
    async with app.run_test():
        told = Unspeakable("quiet")
        app.bridge.ask(app, told)
        assert [worker.description for worker in app.workers] == ["told"]
        told.go.set()
        await app.workers.wait_for_complete()


async def test_what_is_forgotten_is_not_answered() -> None:
    app = Host(FakeDoor())
    async with app.run_test() as pilot:
        app.bridge.ask(app, Told("never"))
        app.bridge.forget(app)
        await app.workers.wait_for_complete()
        await pilot.pause()
        assert app.heard == []


async def test_closing_ends_what_runs_and_closes_the_door() -> None:
    door = FakeDoor()
    door.hold()
    app = Host(door)
    async with app.run_test():
        told = Told("never")
        app.bridge.ask(app, told)
        app.bridge.fetch()
        assert app.bridge.fetching
        assert await asyncio.to_thread(told.begun.wait, 10)
        app.bridge.close()
        await app.workers.wait_for_complete()
        assert door.closed
        app.bridge.fetch()
        assert not app.bridge.fetching


def test_a_door_that_opens_after_it_was_closed_is_closed() -> None:
    door, may_open, opening_begun = FakeDoor(), Event(), Event()

    def opener() -> Door:
        opening_begun.set()
        assert may_open.wait(10)
        return door

    opening, cancelled = Opening(opener), Event()
    cancelled.set()
    with pytest.raises(Cancelled):
        opening.door(cancelled)
    assert opening_begun.wait(10)
    opening.close()
    assert not door.closed
    may_open.set()
    assert opening.door(Event()) is door
    assert door.closed


def test_whoever_waits_for_a_door_that_is_closed_is_let_go() -> None:
    may_open, opening_begun = Event(), Event()

    def opener() -> Door:
        opening_begun.set()
        assert may_open.wait(10)
        return FakeDoor()

    opening = Opening(opener)
    opening.begin()
    assert opening_begun.wait(10)
    opening.close()
    with pytest.raises(Cancelled):
        opening.door(Event())
    may_open.set()


def test_what_opening_raised_is_raised_for_everybody() -> None:
    def opener() -> Door:
        raise StoreError("No space.")

    opening = Opening(opener)
    for _ in range(2):
        with pytest.raises(StoreError, match=r"No space\."):
            opening.door(Event())
    opening.close()


def test_a_door_that_nobody_asked_for_stays_shut() -> None:
    opened: list[int] = []

    def opener() -> Door:
        opened.append(1)
        return FakeDoor()

    opening = Opening(opener)
    opening.close()
    assert opened == []


async def test_getting_ready_is_begun_anew_and_troubles_nobody() -> None:
    door = FakeDoor()
    ready: list[Event] = []

    def prepare(cancelled: Event) -> None:
        ready.append(cancelled)
        if not cancelled.wait(5):
            raise AssertionError("nobody cancelled")
        raise StoreError("No.")

    door.prepare = prepare  # type: ignore[method-assign]
    app = Host(door)
    async with app.run_test():
        app.bridge.prepare()
        app.bridge.prepare()
        app.bridge.close()
        await app.workers.wait_for_complete()
        assert all(cancelled.is_set() for cancelled in ready)
        app.bridge.prepare()
        await app.workers.wait_for_complete()
        assert app.heard == []
