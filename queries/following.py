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
    watch: FolderWatch | None = None
    """Of a folder: tells whether there is something new. The others are planned."""
    due: float = 0.0
    failures: int = 0
    """One after the other."""
    listing: float = 0.0
    """Dollars that the last look cost: a bucket's listing."""

    @property
    def ask_above(self) -> float | None:
        """Dollars above which a price is asked for; None where it costs nothing."""
        kind = self.source.kind
        terms = self.source if kind == "table" else self.source.terms if kind == "bucket" else None
        return None if terms is None else terms.ask_above

    @property
    def cap(self) -> float | None:
        """Dollars that following may cost; None where it is free, or within a budget."""
        most: float | None = None
        if self.source.kind == "table":
            most = self.source.max_price
        elif self.source.kind == "bucket":
            most = self.source.terms.max_price
            most = self.source.terms.ask_above if most is None else most
        return most


class Follower:
    """Used by one thread at a time: `look`, then what was found is read, then `done` or `failed`.

    Of several sources one that fails stops no other one, and is looked at later and later by itself.
    """

    def __init__(
        self, trail: Trail, now: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._trail = trail
        self._now = now
        self._clock = clock
        source: Any = trail.source
        sources: Sequence[Any] = source.members if source.kind == "several" else (source,)
        self._members = [self._member(number, source) for number, source in enumerate(sources)]
        self._looked: list[_Member] = []
        self._held: list[str] = []
        self._began = 0.0
        self._spent = 0.0
        self.looked_at: datetime | None = None
        """When it looked last, UTC."""

    def _member(self, number: int, source: Any) -> _Member:
        if source.kind == "table":
            return _Member(number, source, max(HISTORY, source.open_age.total_seconds()))
        if source.kind == "files":
            return _Member(number, source, HISTORY if self._trail.asks_aws else FOLDER, source.watch())
        return _Member(number, source, HISTORY if source.kind == "history" else BUCKET)

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
        """What is to be read now. Blocks: a bucket is listed.

        Raises SourceError where the only source cannot be looked at, StoreError, Cancelled.
        """
        self._began, self.looked_at, self._held = self._clock(), self._now(), []
        self._looked = [member for member in self._members if member.due <= self._began]
        news = [member for member in tuple(self._looked) if self._has_news(member, cancelled)]
        planned = [member for member in news if member.watch is None]
        plan = self._plan(news, cancelled) if planned else None
        planned = [member for member in planned if member in self._looked]  # the others failed
        free = frozenset(member.number for member in news if member.watch is not None)
        look = Look(free, held=tuple(self._held)) if plan is None else self._agreed(planned, plan, free)
        if not look.only:
            self.done()
        return look

    def _hold(self, member: _Member, why: str) -> None:
        self._held.append(f"{member.source.label}: {why}" if len(self._members) > 1 else why)

    def _has_news(self, member: _Member, cancelled: Event) -> bool:
        if member.watch is None:
            why = self._spent_out(member)
            if why:
                self._hold(member, why)
            return not why
        try:
            return member.watch.has_changed(cancelled)
        except OSError as error:
            sentence = f"{member.source.label} cannot be looked at: {(error.strerror or 'unknown').lower()}."
            if len(self._members) == 1:
                raise SourceError(sentence) from error
            self._fails(member, sentence)
            return False

    def _fails(self, member: _Member, sentence: str) -> None:
        """One of several sources fails by itself."""
        self._held.append(sentence.removesuffix("."))
        self._looked.remove(member)
        self._postpone(member, failed=True)

    def _spent_out(self, member: _Member) -> str:
        """Why a bucket is not even listed: listing costs money too."""
        return self._over([member], member.listing) if member.source.kind == "bucket" else ""

    def _over(self, members: Sequence[_Member], more: float) -> str:
        """Why so many dollars more cannot be paid for some sources: the lowest of their caps."""
        caps = [member.cap for member in members if member.cap is not None]
        if not caps or self._spent + more <= min(caps):
            return ""
        return f"following has cost ${self._spent:,.2f}, the next reading passes ${min(caps):,.2f}"

    def _plan(self, news: Sequence[_Member], cancelled: Event) -> Plan | None:
        """What the open days of planned sources cost; None where no plan can be made, which is noted."""
        wanted = frozenset(member.number for member in news)
        window = Window(midnight(self._now().astimezone(UTC).date(), UTC))
        # A bucket is listed however young its copy is; a table, paid for as a whole, is not read again so soon.
        refresh = not any(member.source.kind == "table" for member in news)
        try:
            plan = self._trail.plan(window, cancelled, only=wanted, refresh=refresh)
        except SourceError:
            if len(self._members) == 1:
                raise
            plan = None
        failed = self._trail.unplanned_sources
        for member in news:
            if member.number in failed:
                self._fails(member, failed[member.number])
        return plan

    def _agreed(self, planned: Sequence[_Member], plan: Plan, free: frozenset[int]) -> Look:
        """What may be read without a question: what is free, and of the planned what needs no agreement."""
        parts = [part for _, part in plan.parts] or [plan]
        agreed = []
        for member in planned:
            part = parts[member.number]
            if member.source.kind == "bucket":
                member.listing = (part.requests - part.objects) * member.source.terms.list
                self._spent += member.listing
            if why := self._refusal(member, part):
                self._hold(member, why)
            elif part.days:
                agreed.append(member)
        agreed = self._within_joint_price(agreed, parts)
        wanted = free | {member.number for member in agreed}
        # What is not read is not agreed to either.
        kept = tuple(
            (label, part if number in wanted else Plan(part.made_at)) for number, (label, part) in enumerate(plan.parts)
        )
        whole = replace(plan, parts=kept, ask_first=False, refusal="") if kept else plan
        return Look(wanted, whole, tuple(self._held))

    def _refusal(self, member: _Member, part: Plan) -> str:
        """Why a part is not read: money that nobody has agreed to. A clause, empty where it may be."""
        source = member.source
        if member.source.kind == "history":
            return ""
        if member.source.kind == "table" and not source.budgets and source.max_price is None:
            return _NO_BUDGET
        if part.days and (why := self._over([member], (part.price or 0.0) - member.listing)):
            return why
        if part.days and part.refusal:
            return f"not read: {part.refusal}"
        if part.days and part.asks:
            price = "an unknown price" if part.price is None else f"${part.price:,.2f}"
            return f"not read: the open days cost {price}, which needs a yes"
        return ""

    def _within_joint_price(self, agreed: list[_Member], parts: Sequence[Plan]) -> list[_Member]:
        """Those that may be read: of sources that together cost what needs a yes only those that are free."""
        paid = [member for member in agreed if parts[member.number].price]
        bounds = [member.ask_above for member in paid if member.ask_above is not None]
        price = sum(parts[member.number].price or 0.0 for member in paid)
        why = self._over(paid, price - sum(member.listing for member in paid))
        if price > min(bounds, default=price):
            why = f"not read: the open days of all sources cost ${price:,.2f}, which needs a yes"
        if len(paid) < 2 or not why:
            return agreed
        for member in paid:
            self._hold(member, why)
        return [member for member in agreed if member not in paid]

    def done(self, progress: Progress | None = None) -> None:
        """What was found has been read, but for sources that failed by themselves, which the coverage names."""
        self._spent += progress.price if progress is not None else 0.0
        failed = self._trail.failed_sources if progress is not None else {}
        for member in self._looked:
            self._postpone(member, failed=member.number in failed)

    def failed(self) -> None:
        """It could not be looked at, or read: the next look comes later, after each failure twice as late."""
        for member in self._looked:
            self._postpone(member, failed=True)

    def postponed(self) -> None:
        """What was found is not read now: it is found again."""
        for member in self._looked:
            self._forget(member)
            member.due = 0.0

    def _forget(self, member: _Member) -> None:
        if member.watch is not None:
            member.watch.forget()

    def _postpone(self, member: _Member, *, failed: bool = False) -> None:
        member.failures = member.failures + 1 if failed else 0
        if failed:
            self._forget(member)
        now = self._clock()
        least = (now - self._began) * (1 / _SHARE - 1)
        member.due = now + max(least, backed_off(member.pace, member.failures))

    def until_due(self, cancelled: Event) -> None:
        """Wait until the next look is due. Raises Cancelled."""
        if cancelled.wait(self.wait):
            raise Cancelled
