"""`Follower`: looks at a source again and again, at the pace that it allows, and says what is to be read.

Reading itself is left to the caller. Nothing is paid for that was not agreed to before: see `_refusal`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from ssmtrail.queries.errors import Cancelled, SourceError
from ssmtrail.queries.model import Plan
from ssmtrail.queries.times import Window, midnight

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from threading import Event

    from ssmtrail.queries.model import Progress
    from ssmtrail.queries.sources.files.watch import FolderWatch
    from ssmtrail.queries.trail import Trail

#: Seconds between two looks at a folder: a look costs 2 ms.
FOLDER: Final = 5.0
#: Of event history, and wherever AWS is asked for ends or names: a look takes 3 to 13 of the 120 requests that AWS
#: allows a minute in a region.
HISTORY: Final = 60.0
#: Of a bucket. CloudTrail delivers about every 5 minutes; a look lists the open days, one request a region.
BUCKET: Final = 120.0
#: The most seconds between two looks after failures, unless the pace is slower.
MOST: Final = 600.0
#: Reading takes at most this share of the time.
_SHARE: Final = 0.25
_NO_BUDGET: Final = "a table is followed only within a budget: set day_budget in [athena], or give --max-price"


def backed_off(pace: float, failures: int) -> float:
    """Seconds until something is asked again that failed so many times one after the other."""
    return max(pace, min(MOST, pace * 2.0 ** min(failures, 30)))


@dataclass(frozen=True, slots=True)
class Look:
    """What one look found."""

    only: frozenset[int] = frozenset()
    """Numbers of the sources that are to be read; none where there is nothing new."""
    plan: Plan | None = None
    """What may be paid for them, for `Trail.fetch`."""
    held: tuple[str, ...] = ()
    """Why sources are not read, each a sentence without its stop; may be hostile."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What following has cost."""

    spent: float = 0.0
    """Dollars since it began."""
    left: float | None = None
    """Dollars that the budget leaves; None for no budget."""


@dataclass(slots=True)
class _Member:
    """One source."""

    number: int
    source: Any
    pace: float
    """Seconds between two looks."""
    watch: FolderWatch | None
    due: float = 0.0

    @property
    def is_planned(self) -> bool:
        return self.watch is None


class Follower:
    """Used by one thread at a time: `look`, then what was found is read, then `done` or `failed`."""

    def __init__(
        self, trail: Trail, now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._trail = trail
        self._now = now
        self._clock = clock
        sources: Sequence[Any] = getattr(trail.source, "members", (trail.source,))
        self._members = [self._member(number, source) for number, source in enumerate(sources)]
        self._looked: list[_Member] = []
        self._began = 0.0
        self._failures = 0
        self._spent = 0.0
        self.looked_at: datetime | None = None
        """When it looked last, UTC."""

    def _member(self, number: int, source: Any) -> _Member:
        if hasattr(source, "closes"):
            return _Member(number, source, max(HISTORY, source.open_age.total_seconds()), None)
        if hasattr(source, "walking"):
            return _Member(number, source, HISTORY, None)
        if hasattr(source, "places"):
            return _Member(number, source, BUCKET, None)
        return _Member(number, source, HISTORY if self._trail.asks_aws else FOLDER, source.watch())

    @property
    def paces(self) -> tuple[float, ...]:
        """Seconds between two looks, of each source in their order, without repeats."""
        return tuple(dict.fromkeys(member.pace for member in self._members))

    @property
    def wait(self) -> float:
        """Seconds until the next look is due."""
        return max(0.0, min(member.due for member in self._members) - self._clock())

    @property
    def cost(self) -> Cost | None:
        """What it has cost; None where it is free."""
        return Cost(self._spent, self._trail.spendings().room) if self._trail.costs_money else None

    def look(self, cancelled: Event) -> Look:
        """What is to be read now. Blocks: a bucket is listed. Raises SourceError, StoreError, Cancelled."""
        self._began, self.looked_at = self._clock(), self._now()
        self._looked = [member for member in self._members if member.due <= self._began]
        news = [member for member in self._looked if self._has_news(member, cancelled)]
        look = self._agreed(news, cancelled)
        if not look.only:
            self.done()
        return look

    def _has_news(self, member: _Member, cancelled: Event) -> bool:
        if member.watch is None:
            return True
        try:
            return member.watch.has_changed(cancelled)
        except OSError as error:
            raise SourceError(
                f"{member.source.label} cannot be looked at: {(error.strerror or 'unknown').lower()}."
            ) from error

    def _agreed(self, news: Sequence[_Member], cancelled: Event) -> Look:
        """What of the news may be read without a question."""
        wanted = frozenset(member.number for member in news)
        if not any(member.is_planned for member in news):
            return Look(wanted)
        window = Window(midnight(self._now().astimezone(UTC).date(), UTC))
        # A bucket is listed however young its copy is; a table, paid for as a whole, is not read again so soon.
        refresh = not any(hasattr(member.source, "closes") for member in news)
        plan = self._trail.plan(window, cancelled, only=wanted, refresh=refresh)
        parts = [part for _, part in plan.parts] or [plan]
        held: list[str] = []
        for member in news:
            part = parts[member.number]
            why = self._refusal(member, part)
            if why:
                held.append(f"{member.source.label}: {why}" if len(self._members) > 1 else why)
            if why or (member.is_planned and not part.days):
                wanted -= {member.number}
        # What is not read is not agreed to either.
        kept = tuple(
            (label, part if number in wanted else Plan(part.made_at)) for number, (label, part) in enumerate(plan.parts)
        )
        return Look(wanted, replace(plan, parts=kept, ask_first=False, refusal="") if kept else plan, tuple(held))

    def _refusal(self, member: _Member, part: Plan) -> str:
        """Why a part is not read: money that nobody has agreed to. A clause, empty where it may be."""
        source = member.source
        if hasattr(source, "closes"):
            if not source.budgets and source.max_price is None:
                return _NO_BUDGET
        elif not hasattr(source, "places"):
            return ""
        elif source.terms.max_price is None and self._spent + (part.price or 0.0) > source.terms.ask_above:
            return f"following has cost ${self._spent:,.2f}, the next reading passes ${source.terms.ask_above:,.2f}"
        if part.days and part.refusal:
            return f"not read: {part.refusal}"
        if part.days and part.asks:
            price = "an unknown price" if part.price is None else f"${part.price:,.2f}"
            return f"not read: the open days cost {price}, which needs a yes"
        return ""

    def done(self, progress: Progress | None = None) -> None:
        """What was found has been read."""
        self._failures = 0
        self._spent += progress.price if progress is not None else 0.0
        self._put_off()

    def failed(self) -> None:
        """It could not be looked at, or read: the next look comes later, after each failure twice as late."""
        self._failures += 1
        self._forget()
        self._put_off()

    def postponed(self) -> None:
        """What was found is not read now: it is found again."""
        self._forget()
        for member in self._looked:
            member.due = 0.0

    def _forget(self) -> None:
        for member in self._looked:
            if member.watch is not None:
                member.watch.forget()

    def _put_off(self) -> None:
        now = self._clock()
        least = (now - self._began) * (1 / _SHARE - 1)
        for member in self._looked:
            member.due = now + max(least, backed_off(member.pace, self._failures))

    def until_due(self, cancelled: Event) -> None:
        """Wait until the next look is due. Raises Cancelled."""
        if cancelled.wait(self.wait):
            raise Cancelled
