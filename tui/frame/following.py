"""`Following`: reads the open source again and again while it is on, and says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from ssmtrail.tui.frame.refresher import Refresher
from ssmtrail.tui.query import Query
from ssmtrail.tui.text import dollars
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from threading import Event

    from textual.message_pump import MessagePump

    from ssmtrail.queries.following import Cost, Follower, Look
    from ssmtrail.queries.model import Progress
    from ssmtrail.queries.trail import Trail
    from ssmtrail.tui.context import AppContext
    from ssmtrail.tui.text import Clock

T = TypeVar("T")
#: Seconds after which it is looked again where something else was read meanwhile.
_SOON: Final = 1.0
#: Seconds after which it is tried again to open the source.
_UNOPENED: Final = 60.0


class Asking(Protocol):
    """What asks the core, and what says something: the stack of views."""

    def ask(self, query: Query[T], take: Callable[[T], object], refused: Callable[[str], object] | None = None) -> None:
        """Ask the core."""
        ...

    def say(self, text: str, style: str = "") -> None:
        """Show a passing message."""
        ...


@dataclass(frozen=True, slots=True)
class Followed:
    """How far following is, for the last line."""

    paces: tuple[float, ...] = ()
    """Seconds."""
    looked_at: datetime | None = None
    arrived: tuple[int, datetime] | None = None
    """How many rows were new the last time, and when."""
    cost: Cost | None = None
    held: tuple[str, ...] = ()
    """As in `Look`."""

    def text(self, clock: Clock, dot: str) -> str:
        """`follows every 5 s, looked 12:06:40 · 3 new at 12:04:10 · $0.02, $4.98 of the budget left`; safe."""
        every = " and ".join(pace_text(pace) for pace in self.paces)
        looked = f", looked {clock.time(self.looked_at)}" if self.looked_at else ""
        parts = [f"follows every {every}{looked}" if every else "follows"]
        if self.arrived is not None:
            number, at = self.arrived
            parts.append(f"{number:,} new at {clock.time(at)}")
        if self.cost is not None:
            left = "" if self.cost.left is None else f", {dollars(self.cost.left)} of the budget left"
            parts.append(f"{dollars(self.cost.spent)}{left}")
        return f" {dot} ".join((*parts, *map(safe, self.held)))


def pace_text(seconds: float) -> str:
    """`5 s`, `2 min`."""
    return f"{seconds:.0f} s" if seconds < 60 else f"{seconds / 60:.0f} min"


class Following:
    """Off at first. Looks in a worker, then has the workers read what is new; never pays what was not agreed to."""

    def __init__(
        self, pump: MessagePump, asking: Asking, context: AppContext, may: Callable[[], bool],
        show: Callable[[], object],
    ) -> None:  # fmt: skip
        """`may` is False while a question is open; `show` is called when `state` is another."""
        self._asking = asking
        self._context = context
        self._may = may
        self._show = show
        self._refresher = Refresher(pump, self._may_look, self._look)
        self._follower: Follower | None = None
        self._reads = False
        self._failure = ""
        self.state: Followed | None = None
        """None while it is off."""

    @property
    def is_on(self) -> bool:
        """Whether it follows."""
        return self._refresher.is_on

    def start(self) -> None:
        """Begin, at once."""
        self._follower, self.state = None, Followed()
        self._context.follows = True
        self._refresher.start()
        self._show()

    def stop(self) -> None:
        """Read nothing more by itself."""
        self._refresher.stop()
        self._reads, self.state = False, None
        self._context.follows = False
        self._show()

    def _may_look(self) -> bool:
        return self._may() and not self._context.workers.fetching

    def _look(self) -> None:
        def look(trail: Trail, cancelled: Event) -> tuple[Follower, Look, Cost | None]:
            follower = self._follower or self._new(trail)
            try:
                found = follower.look(cancelled)
            except BaseException:
                follower.failed()
                raise
            return follower, found, follower.cost

        self._asking.ask(Query("follow", look), self._looked, self._refused)

    def _new(self, trail: Trail) -> Follower:
        from ssmtrail.queries.following import Follower  # most starts follow nothing

        self._follower = Follower(trail, self._context.now)
        return self._follower

    def _looked(self, found: tuple[Follower, Look, Cost | None]) -> None:
        if self.state is None:
            return
        follower, look, cost = found
        self._forget_failure()
        before = self.state.held
        self.state = Followed(follower.paces, follower.looked_at, self.state.arrived, cost, look.held)
        for sentence in look.held:
            if sentence not in before:
                self._asking.say(sentence, "$text-warning")
        if not look.only:
            self._refresher.done(follower.wait)
        elif self._may_look():
            self._reads = True
            self._context.workers.fetch(look.plan, only=look.only)
        else:  # a question was opened, or something else is read
            follower.postponed()
            self._refresher.done(_SOON)
        self._show()

    def _refused(self, sentence: str) -> None:
        if self.state is not None:
            self._context.failure = self.failed(sentence)
            self._show()

    def _forget_failure(self) -> None:
        if self._failure and self._context.failure == self._failure:
            self._context.failure = ""
        self._failure = ""

    # What was read

    def ended(self, progress: Progress) -> None:
        """A reading has ended; one that the user cancelled ends following."""
        if not self._reads or self._follower is None:
            return
        self._reads = False
        if progress.state == "cancelled":
            self.stop()
            self._asking.say("follows no more: L follows again")
            return
        self._follower.done(progress)
        self._refresher.done(self._follower.wait)

    def failed(self, sentence: str) -> str:
        """A look or a reading has failed; gives the sentence, with when it is tried again."""
        if self.state is None:
            return sentence
        if self._reads and self._follower is not None:
            self._follower.failed()
        self._reads = False
        wait = self._follower.wait if self._follower is not None else _UNOPENED
        self._refresher.done(wait)
        self._failure = f"{sentence} Looks again in {pace_text(wait)}."
        return self._failure

    def arrived(self, rows: int) -> None:
        """So many rows are new in the list that is seen."""
        if self.state is None:
            return
        cost, held = self.state.cost, self.state.held
        self.state = Followed(self.state.paces, self.state.looked_at, (rows, self._context.now()), cost, held)
        self._show()
