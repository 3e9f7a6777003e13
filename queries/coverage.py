"""Coverage: what is kept of which day."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from queries.values import Coverage, DayCoverage

if TYPE_CHECKING:
    from queries.values import Unreadable
    from queries.window import Window

#: After its UTC day is over, a folder day still receives files for so long (measured delivery: p99 9 minutes).
GRACE: Final = timedelta(hours=2)
#: A trail that claims to span more days than this holds made-up times; the strip shows the newest.
MOST_DAYS: Final = 20_000


@dataclass(slots=True)
class Tally:
    """Files counted by UTC day; days that are still to be read."""

    files: dict[date, int] = field(default_factory=lambda: defaultdict(int))
    bytes: dict[date, int] = field(default_factory=lambda: defaultdict(int))
    failed: dict[date, int] = field(default_factory=lambda: defaultdict(int))
    arriving: frozenset[date] = frozenset()
    unreadable: tuple[Unreadable, ...] = ()
    whole_files: int = 0
    whole_bytes: int = 0


def coverage_of(tally: Tally, window: Window, now: datetime, as_of: datetime | None) -> Coverage:
    """The days of a window, or all days with data where it is open."""
    known = sorted({*tally.files, *tally.arriving})
    first = window.start.date() if window.start else (known[0] if known else None)
    last = _last_day(window) or (known[-1] if known else None)
    days: tuple[DayCoverage, ...] = ()
    if first and last and first <= last:
        first = max(first, last - timedelta(days=MOST_DAYS))
        span = (first + timedelta(days=step) for step in range((last - first).days + 1))
        days = tuple(_day(tally, day, now) for day in span)
    return Coverage(
        days=days,
        unreadable=tally.unreadable,
        files=tally.whole_files,
        bytes=tally.whole_bytes,
        as_of=as_of,
        first_day=known[0] if known else None,
        last_day=known[-1] if known else None,
    )


def _last_day(window: Window) -> date | None:
    return (window.end - timedelta(microseconds=1)).date() if window.end else None


def _day(tally: Tally, day: date, now: datetime) -> DayCoverage:
    files, failed = tally.files.get(day, 0), tally.failed.get(day, 0)
    closes = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1) + GRACE
    if failed:
        return DayCoverage(day, "failed", files, tally.bytes.get(day, 0), failed)
    if day in tally.arriving:
        return DayCoverage(day, "arriving", files, tally.bytes.get(day, 0))
    if now < closes:
        return DayCoverage(day, "open", files, tally.bytes.get(day, 0))
    return DayCoverage(day, "kept" if files else "missing", files, tally.bytes.get(day, 0))
