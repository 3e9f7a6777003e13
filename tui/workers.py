"""Background workers: the one place where a thread posts to the message queue."""

from __future__ import annotations

from collections import deque
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from textual.message import Message
from textual.types import NoActiveAppError

from ssmtrail.queries.errors import Cancelled, TrailError
from ssmtrail.queries.model import Progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import App
    from textual.message_pump import MessagePump
    from textual.timer import Timer
    from textual.worker import Worker

    from ssmtrail.queries.model import Plan, Scope
    from ssmtrail.queries.trail import Trail
    from ssmtrail.tui.lazy_trail import LazyTrail
    from ssmtrail.tui.query import Query

T = TypeVar("T")


class QueryWorkers:
    """One way to ask, one way to fetch.

    Workers touch no widget: they post messages that carry the request they answer, and the receiver drops
    what it no longer asks for. What the core says in words comes as `Refused`; anything unexpected lets the worker
    die, which the app shows (`Worker.StateChanged`).
    """

    @dataclass
    class Progressed(Message):
        """The fetch has come further."""

        workers: QueryWorkers
        progress: Progress

        def can_replace(self, message: Message) -> bool:
            """Only the latest progress counts."""
            return isinstance(message, QueryWorkers.Progressed)

    @dataclass
    class FetchRefused(Message):
        """The source cannot be read; the sentence may be hostile."""

        workers: QueryWorkers
        sentence: str

    def __init__(self, host: App[Any], opening: LazyTrail) -> None:
        """`host` runs the workers and gets the messages of the fetch; `opening` gives the trail."""
        self._host = host
        self._opening = opening
        self._running: set[Event] = set()
        self._fetching: Event | None = None
        self._preparing = Event()
        self._closed = Event()

    @property
    def opened(self) -> Trail | None:
        """The trail, if it is open by now."""
        return self._opening.opened

    def early(self, query: Query[T]) -> T | None:
        """The answer from the kept first page, at once; None where the core has to be asked."""
        early = self._opening.early
        return query.early(early, self._opening.trail) if early is not None and query.early is not None else None

    def submit(
        self, query: Query[T], cancelled: Event, answered: Callable[[T], object], refused: Callable[[str], object]
    ) -> None:
        """Run a query in a thread, which calls one of the two functions."""

        def run() -> None:
            if cancelled.is_set():
                return
            self._running.add(cancelled)
            try:
                value = query.run(self._opening.trail(cancelled), cancelled)
            except Cancelled:
                pass
            except TrailError as error:
                refused(str(error))
            else:
                answered(value)
            finally:
                self._running.discard(cancelled)

        if not self._closed.is_set():
            self._work(run, query.slot)

    def readable(self, scope: Scope) -> Scope:
        """The scope of a drill in pleasant words, see `Trail.readable`; at once."""
        trail = self._opening.opened
        return trail.readable(scope) if trail is not None else scope

    @property
    def fetching(self) -> bool:
        """Whether a fetch is under way."""
        return self._fetching is not None

    def fetch(self, agreed: Plan | None = None, *, only: frozenset[int] | None = None) -> None:
        """Read what is new in the source; the host is posted `Progressed`, or `FetchRefused`. One at a time.

        Where reading costs money, only what was `agreed` to, and what is paid for already. `only` as in `Trail.fetch`.
        """
        if self._fetching is None and not self._closed.is_set():
            self._fetching = cancelled = Event()
            self._work(partial(self._fetch, agreed, only, cancelled), "fetch")

    def _fetch(self, agreed: Plan | None, only: frozenset[int] | None, cancelled: Event) -> None:
        reported = Progress("cancelled")

        def report(progress: Progress) -> None:
            nonlocal reported
            reported = progress
            self._host.post_message(self.Progressed(self, progress))

        try:
            last = self._opening.trail(cancelled).fetch(report, cancelled, agreed, only=only)
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
        """Prepare the core for counting, once; a question that comes before that is done waits."""
        if not self._closed.is_set():
            self._preparing.set()
            self._preparing = cancelled = Event()
            self._work(partial(self._prepare, cancelled), "prepare")

    def _prepare(self, cancelled: Event) -> None:
        with suppress(Cancelled, TrailError):  # the next question reports it
            self._opening.trail(cancelled).prepare(cancelled)

    def cancel_fetch(self) -> None:
        """Stop the fetch; what is whole stays."""
        if self._fetching is not None:
            self._fetching.set()

    def close(self) -> None:
        """Cancel everything and close the trail; quitting waits for the workers, so they end now."""
        if self._closed.is_set():
            return
        self._closed.set()
        self.cancel_fetch()
        self._preparing.set()
        for cancelled in list(self._running):
            cancelled.set()
        self._opening.close()

    def trail(self, cancelled: Event) -> Trail:
        """The trail itself, for a worker only."""
        return self._opening.trail(cancelled)

    def _work(self, work: Callable[[], None], name: str) -> Worker[None]:
        # Without a description Textual writes the whole function with its arguments.
        return self._host.run_worker(work, name=name, description=name, thread=True, exit_on_error=False)


class Answers:
    """Asks the core for one host. Of a slot only the latest question counts; an answer to an older one is freed.

    Answers are taken in the host's own task.
    """

    def __init__(self, workers: QueryWorkers, host: MessagePump) -> None:
        self._workers = workers
        self._host = host
        self._tickets: dict[str, Event] = {}
        self._arrived: deque[Callable[[], None]] = deque()

    def ask(self, query: Query[T], take: Callable[[T], object], refused: Callable[[str], object]) -> None:
        """Ask; `take` gets the answer, `refused` a sentence, which may be hostile."""
        self.drop(query.slot)
        early = self._workers.early(query)
        if early is not None:
            take(early)
            return
        self._tickets[query.slot] = ticket = Event()

        def answered(value: T) -> None:
            self._arrived.append(partial(self._take, query, ticket, value, take))
            if not self._announce() and query.discard is not None:
                query.discard(value)

        def declined(sentence: str) -> None:
            self._arrived.append(partial(self._refuse, query.slot, ticket, sentence, refused))
            self._announce()

        self._workers.submit(query, ticket, answered, declined)

    def _announce(self) -> bool:
        """Have the host collect, from any thread; whether it will."""
        try:
            return self._host.call_later(self.collect)
        except NoActiveAppError:  # the host has no screen yet: it collects once it has
            return True

    def collect(self) -> None:
        """Take what has arrived; a host calls it once its screen is current: Textual drops callbacks before that."""
        while self._arrived:
            self._arrived.popleft()()

    def drop(self, slot: str) -> None:
        """Want no answer in a slot."""
        if ticket := self._tickets.pop(slot, None):
            ticket.set()

    def waits(self, slot: str) -> bool:
        """Whether an answer is waited for in a slot."""
        return slot in self._tickets

    def close(self) -> None:
        """Want no answers."""
        for slot in list(self._tickets):
            self.drop(slot)

    def _take(self, query: Query[T], ticket: Event, value: T, take: Callable[[T], object]) -> None:
        if self._tickets.get(query.slot) is ticket:
            del self._tickets[query.slot]
            take(value)
        elif query.discard is not None:
            query.discard(value)

    def _refuse(self, slot: str, ticket: Event, sentence: str, refused: Callable[[str], object]) -> None:
        if self._tickets.get(slot) is ticket:
            del self._tickets[slot]
            refused(sentence)


class Debounce:
    """Calls a function once it was not triggered for so many seconds."""

    def __init__(self, pump: MessagePump, seconds: float, do: Callable[[], object]) -> None:
        self._pump = pump
        self._seconds = seconds
        self._do = do
        self._timer: Timer | None = None

    def trigger(self) -> None:
        """Call it soon; another trigger before that puts it off."""
        self.drop()
        self._timer = self._pump.set_timer(self._seconds, self._do)

    def drop(self) -> None:
        """Do not call it."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None


class LeadingDebounce(Debounce):
    """The same, but the first trigger after so many seconds without one calls it at once."""

    def __init__(self, pump: MessagePump, seconds: float, do: Callable[[], object]) -> None:
        super().__init__(pump, seconds, do)
        self._last = float("-inf")

    def trigger(self) -> None:
        """Call it now, or once triggers cease."""
        before, self._last = self._last, monotonic()
        if self._last - before < self._seconds:
            super().trigger()
        else:
            self.drop()
            self._do()


class Throttle:
    """Calls a function when it is triggered, but leaves so many seconds between two calls."""

    def __init__(self, pump: MessagePump, seconds: float, do: Callable[[], object]) -> None:
        self._pump = pump
        self._seconds = seconds
        self._do = do
        self._last = float("-inf")
        self._timer: Timer | None = None

    def trigger(self) -> None:
        """Call it, now or when the time has come; triggers in between are one."""
        if self._timer is None:
            # Textual's timers divide by their interval.
            self._timer = self._pump.set_timer(max(0.001, self._last + self._seconds - monotonic()), self._fulfil)

    def _fulfil(self) -> None:
        self._timer = None
        self._last = monotonic()
        self._do()
