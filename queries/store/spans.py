"""Spans: stretches of time of which all calls of one name are kept; event history is kept in these."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

#: Calls that are not delivered so long after they happened are not waited for.
GRACE: Final = timedelta(hours=2)
#: CloudTrail's times are whole seconds: spans that end and begin in neighbouring seconds touch.
SECOND: Final = timedelta(seconds=1)

Stretch: TypeAlias = tuple[datetime, datetime]
"""Start and end, both included, UTC."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of time of which all calls of one name are kept, in an account and region: a run of event days."""

    account: str
    region: str
    name: str
    """The event name, or `key ASIA...` for the calls that issued an access key."""
    start: datetime
    end: datetime
    """UTC, both included."""
    asked_at: datetime
    """UTC; calls that were delivered later are not in it."""

    @property
    def final(self) -> datetime:
        """Up to when nothing more is expected."""
        return min(self.end, self.asked_at - GRACE)


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same coverage in as few spans as can be: what a later span read again counts with its time."""
    found: list[Span] = []
    for span in sorted(spans):
        last = found[-1] if found else None
        if last is None or _walk(last) != _walk(span) or span.start > last.final + SECOND:
            found.append(span)
        elif (span.end, span.asked_at) > (last.end, last.asked_at):
            found[-1] = replace(last, end=span.end, asked_at=span.asked_at)
    return tuple(found)


def is_within(begin: datetime, end: datetime, stretches: Iterable[Stretch]) -> bool:
    """Whether one of the stretches has all of the time from `begin` to `end`."""
    return any(first <= begin and end <= last for first, last in stretches)


def _walk(span: Span) -> tuple[str, str, str]:
    return span.account, span.region, span.name


def gaps(wanted: Stretch, kept: Iterable[Span]) -> list[Stretch]:
    """The parts of a stretch that no span covers for good, the newest first."""
    start, end = wanted
    found: list[Stretch] = []
    for span in sorted(kept, key=lambda each: each.start):
        if span.start > start:
            found.append((start, min(end, span.start - SECOND)))
        start = max(start, span.final + SECOND)
    found.append((start, end))
    return [(first, last) for first, last in reversed(found) if first <= last]


def covered_by_all(
    walks: Iterable[tuple[str, str, str]], spans: Iterable[Span], *, final: bool = False
) -> tuple[Stretch, ...]:
    """The stretches that are kept of each of these walks (account, region, name), in order.

    With `final` only where nothing more is expected.
    """
    by_walk: dict[tuple[str, str, str], list[Stretch]] = defaultdict(list)
    for span in merged(spans):
        by_walk[_walk(span)].append((span.start, span.final if final else span.end))
    found: Sequence[Stretch] | None = None
    for walk in walks:
        found = by_walk[walk] if found is None else tuple(_common(found, by_walk[walk]))
        if not found:
            break
    return tuple(found or ())


def _common(these: Sequence[Stretch], those: Sequence[Stretch]) -> Iterator[Stretch]:
    for start, end in these:
        for first, last in those:
            if first <= end and start <= last:
                yield max(start, first), min(end, last)
