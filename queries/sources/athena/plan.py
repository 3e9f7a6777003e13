"""Which folder days a window needs, in which queries, for how much."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ssmtrail.queries.times import Window

_DAY: Final = timedelta(days=1)
#: A folder day still receives files for so long after it is over (measured: p99 9 minutes, at most 11).
GRACE: Final = timedelta(hours=2)
#: A query is billed for so much at the least. Source: "Amazon Athena pricing".
LEAST_BYTES: Final = 10_000_000
TERABYTE: Final = 10**12
#: Dollars; differs by region.
PRICE: Final = 5.0
#: Days that one query fetches at the most where nothing speaks for more: each is progress, and a small loss.
_USUAL_DAYS: Final = 7
#: Queries into which a long stretch is cut at the most.
_MOST_QUERIES: Final = 16


def needed(window: Window, look_around: int, today: date, *, delivery: bool) -> tuple[date, date]:
    """First and last day that a window needs, both included: its look-around, and the folder of late events.

    Raises UsageError where the window has no beginning.
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
    """When a day is final: a folder day once it is over, an event day once its late events' folder is."""
    return datetime.combine(day, time(), UTC) + (_DAY if delivery else 2 * _DAY) + GRACE


def stretches(days: Iterable[date], sizes: Mapping[date, int], limit: int | None) -> list[tuple[date, date]]:
    """Consecutive days grouped into queries, the newest first.

    Days that are small together go together, as a query is billed for 10 MB at the least; days that would be
    more than the workgroup's limit do not.
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
    """Dollars for a query that scans so much."""
    return max(size, LEAST_BYTES) / TERABYTE * per_terabyte


def estimated(days: Iterable[date], sizes: Mapping[date, int], average: float | None) -> dict[date, int] | None:
    """Bytes of every day: as listed, else the average of days already scanned; None where neither is known."""
    found: dict[date, int] = {}
    for day in days:
        size = sizes.get(day, average)
        if size is None:
            return None
        found[day] = round(size)
    return found


def each(first: date, last: date) -> Iterator[date]:
    """The days from the first to the last, both included."""
    return (date.fromordinal(number) for number in range(first.toordinal(), last.toordinal() + 1))


def shared(total: int, days: Iterable[date], sizes: Mapping[date, int]) -> dict[date, int]:
    """The bytes of a query cut among its days, by their listed sizes where known; the sum is exact."""
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
