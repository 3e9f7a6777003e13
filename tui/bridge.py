"""The one place where a thread meets the message queue."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from threading import Event
from typing import TYPE_CHECKING, Any, Final

from textual.message import Message

from queries.errors import Cancelled, TrailError
from queries.values import Progress
from tui.ready import Readying
from tui.requests import Early

if TYPE_CHECKING:
    from textual.app import App
    from textual.message_pump import MessagePump
    from textual.worker import Worker

    from queries.plans import Plan
    from queries.values import Door, Scope
    from tui.opening import Opening
    from tui.requests import Request, Result


#: How long an answer waits for a screen that is being made, seconds.
_PATIENCE: Final = 1.0


class Bridge:
    """One way to ask, one way to fetch.

    Workers touch no widget: they post messages that carry the request they answer, and whoever receives one drops
    what it no longer asks for. What the core says in words comes as `Refused`; anything unexpected lets the worker
    die, which the app shows (`Worker.StateChanged`).
    """

    @dataclass
    class Answered(Message):
        """A request has its result."""

        request: Request
        result: Result

    @dataclass
    class Refused(Message):
        """A request cannot be answered; the sentence may be hostile."""

        request: Request
        sentence: str

    @dataclass
    class Progressed(Message):
        """The fetch has come further."""

        bridge: Bridge
        progress: Progress

        def can_replace(self, message: Message) -> bool:
            """Only the latest progress counts."""
            return isinstance(message, Bridge.Progressed)

    @dataclass
    class FetchRefused(Message):
        """The source cannot be read; the sentence may be hostile."""

        bridge: Bridge
        sentence: str

    def __init__(self, host: App[Any], opening: Opening) -> None:
        """`host` runs the workers and is told of the fetch; `opening` gives the door."""
        self._host = host
        self._opening = opening
        self._asked: dict[tuple[int, str], Event] = {}
        self._fetching: Event | None = None
        self._preparing = Event()
        self._closed = Event()

    def ask(self, receiver: MessagePump, request: Request) -> None:
        """Run a request; the receiver is posted `Answered` or `Refused`. An older one of its slot is cancelled."""
        cancelled = Event()
        slot = (id(receiver), request.slot)
        self.drop(receiver, request.slot)
        if (result := self._early(request)) is not None:
            _ = receiver.post_message(self.Answered(request, result))
            return
        self._asked[slot] = cancelled
        self._work(partial(self._answer, receiver, request, cancelled, slot), request.slot)

    def _early(self, request: Request) -> Result | None:
        """What can be said at once, before the door is open."""
        early = self._opening.early
        return request.run_early(early, self._opening.door) if early and isinstance(request, Early) else None

    def _answer(self, receiver: MessagePump, request: Request, cancelled: Event, slot: tuple[int, str]) -> None:
        try:
            result = request.run(self._opening.door(cancelled), cancelled)
        except Cancelled:
            return
        except TrailError as error:
            if not cancelled.is_set():
                _tell(receiver, self.Refused(request, str(error)))
        else:
            _tell(receiver, self.Answered(request, result))
        finally:
            if self._asked.get(slot) is cancelled:
                del self._asked[slot]

    def readable(self, scope: Scope) -> Scope:
        """The scope of a drill in pleasant words, see `Door.readable`; at once."""
        door = self._opening.opened
        return door.readable(scope) if door is not None else scope

    def drop(self, receiver: MessagePump, slot: str) -> None:
        """Cancel what this receiver waits for in a slot, where it does."""
        if older := self._asked.get((id(receiver), slot)):
            older.set()

    def forget(self, receiver: MessagePump) -> None:
        """Cancel whatever this receiver still waits for."""
        for slot, cancelled in list(self._asked.items()):
            if slot[0] == id(receiver):
                cancelled.set()

    @property
    def fetching(self) -> bool:
        """Whether a fetch is under way."""
        return self._fetching is not None

    def fetch(self, agreed: Plan | None = None) -> None:
        """Read what is new in the source; the host is posted `Progressed`, or `FetchRefused`. One at a time.

        Where reading costs money, only what was `agreed` to, and what is paid for already.
        """
        if self._fetching is None and not self._closed.is_set():
            self._fetching = cancelled = Event()
            self._work(partial(self._fetch, agreed, cancelled), "fetch")

    def _fetch(self, agreed: Plan | None, cancelled: Event) -> None:
        reported = Progress("cancelled")

        def report(progress: Progress) -> None:
            nonlocal reported
            reported = progress
            self._host.post_message(self.Progressed(self, progress))

        try:
            last = self._opening.door(cancelled).fetch(report, cancelled, agreed)
            self._end_fetch(self.Progressed(self, last))
        except Cancelled:
            self._end_fetch(self.Progressed(self, replace(reported, state="cancelled", seconds_left=None)))
        except TrailError as error:
            self._end_fetch(self.FetchRefused(self, str(error)))
        finally:
            self._fetching = None

    def _end_fetch(self, message: Message) -> None:
        self._fetching = None
        self._host.post_message(message)

    def prepare(self) -> None:
        """Get the core ready for what counts, once; nobody is told, whoever asks before it is ready waits."""
        if not self._closed.is_set():
            self._preparing.set()
            self._preparing = cancelled = Event()
            self._work(partial(self._prepare, cancelled), "prepare")

    def _prepare(self, cancelled: Event) -> None:
        with suppress(Cancelled, TrailError):  # whoever asks next is told
            self._opening.door(cancelled).prepare(cancelled)

    def cancel_fetch(self) -> None:
        """Stop the fetch; what is whole stays."""
        if self._fetching is not None:
            self._fetching.set()

    def close(self) -> None:
        """Cancel everything and close the door; quitting waits for the workers, so they end now."""
        if self._closed.is_set():
            return
        self._closed.set()
        self.cancel_fetch()
        self._preparing.set()
        for cancelled in list(self._asked.values()):
            cancelled.set()
        self._opening.close()

    def door(self, cancelled: Event) -> Door:
        """The door itself, for a worker only."""
        return self._opening.door(cancelled)

    def _work(self, work: partial[None], name: str) -> Worker[None]:
        # Without a description the toolkit spells out the whole request, with all that it carries.
        return self._host.run_worker(work, name=name, description=name, thread=True, exit_on_error=False)


def _tell(receiver: MessagePump, message: Message) -> None:
    """Post a message from a worker, to a screen that asked before it was made once it can show what it asked for."""
    if isinstance(receiver, Readying):
        receiver.ready.wait(_PATIENCE)
    receiver.post_message(message)
