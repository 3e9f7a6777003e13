"""The plan of a scan: which folder days a window needs, in which queries, at which price."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.sources.allowance import LEAST_BYTES
from ssmtrail.queries.times import midnight

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime

    from ssmtrail.queries.times import Window

_DAY: Final = timedelta(days=1)
#: Time after its end in which a folder day still receives files (measured: p99 9 minutes, at most 11).
GRACE: Final = timedelta(hours=2)
TERABYTE: Final = 10**12
#: Dollars per terabyte; differs by region.
PRICE: Final = 5.0
#: Usual days per query: short queries show progress and lose little when they fail.
_USUAL_DAYS: Final = 7
#: Most queries for one range of days, which makes the queries of long ranges longer.
_MOST_QUERIES: Final = 16


def needed(window: Window, look_around: int, today: date, *, delivery: bool) -> tuple[date, date]:
    """First and last day that a window needs, both included: with look-around and the folder of late events.

    Raises UsageError if the window has no beginning.
    """
    if window.start is None:
        raise UsageError("A window without a beginning would scan the whole table: give --from.")
    around = window.look_around(look_around)
    assert around.start is not None
    last = today
    if around.end is not None:
        last = (around.end - timedelta(microseconds=1)).date() + (_DAY if delivery else timedelta())
    return around.start.date(), min(last, today)


def closes(day: date, *, delivery: bool) -> datetime:
    """When a day is final: a folder day after its end, an event day after the end of the folder of late events."""
    return midnight(day, UTC) + (_DAY if delivery else 2 * _DAY) + GRACE


def query_ranges(days: Iterable[date], sizes: Mapping[date, int], limit: int | None) -> list[tuple[date, date]]:
    """Consecutive days grouped into queries, as first and last day, newest first.

    Small days share a query, as each query is billed for at least 10 MB; no query exceeds the workgroup's limit.
    """
    wanted = sorted(set(days))
    most = max(_USUAL_DAYS, -(-len(wanted) // _MOST_QUERIES))
    found: list[list[date]] = []
    size = 0
    for day in reversed(wanted):
        own = sizes.get(day, 0)
        small = bool(sizes) and size + own <= LEAST_BYTES
        follows = bool(found) and found[-1][0] == day + _DAY
        fits = (len(found[-1]) < most or small) if found else False
        if follows and fits and (limit is None or size + own <= limit):
            found[-1].insert(0, day)
            size += own
        else:
            found.append([day])
            size = own
    return [(group[0], group[-1]) for group in found]


def price(size: int, per_terabyte: float) -> float:
    """Dollars for a query that scans `size` bytes."""
    return max(size, LEAST_BYTES) / TERABYTE * per_terabyte


def bytes_for(dollars: float, per_terabyte: float) -> int:
    """Bytes that may be scanned for so many dollars."""
    return int(dollars / per_terabyte * TERABYTE) if per_terabyte else 1 << 62


def estimated(days: Iterable[date], sizes: Mapping[date, int], average: float | None) -> dict[date, int] | None:
    """Bytes of every day: as listed, else the average of scanned days; None if neither is known."""
    found: dict[date, int] = {}
    for day in days:
        size = sizes.get(day, average)
        if size is None:
            return None
        found[day] = round(size)
    return found


def shared(total: int, days: Iterable[date], sizes: Mapping[date, int]) -> dict[date, int]:
    """The bytes of a query divided among its days, by their listed sizes if known; the sum is exact."""
    wanted = sorted(days)
    weights = [sizes.get(day, 0) for day in wanted]
    if not sum(weights):
        weights = [1] * len(wanted)
    cut, passed, given = {}, 0, 0
    for day, weight in zip(wanted, weights, strict=True):
        passed += weight
        cut[day] = total * passed // sum(weights) - given
        given += cut[day]
    return cut
