"""Spans: how the hours that hold calls are cut into runs of bounded size."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

#: Hours since 1970 take so many bits: enough beyond the year 9000, after which no call counts.
_BITS: Final = 26
#: A span of more raw calls is cut in half, unless it is one hour: what is new makes one or two of them again, and what
#: is kept is not so many files that opening them is felt: a page of rows from all over takes about 1 ms a file.
MOST_CALLS: Final = 65_536
#: Row ids count within their span in so many bits.
ROW_BITS: Final = 28
_HOUR: Final = 3_600_000_000


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A run of 2^`level` hours, counted in such runs since 1970; two of them are one inside the other or apart."""

    level: int
    index: int

    @property
    def first(self) -> int:
        """The first hour since 1970, UTC."""
        return self.index << self.level

    @property
    def end(self) -> int:
        """The hour after the last."""
        return (self.index + 1) << self.level

    @property
    def number(self) -> int:
        """Smaller for a newer span, whatever else is kept."""
        return (1 << _BITS) - self.end

    @property
    def base(self) -> int:
        """The row id of its newest row: ids rise towards the oldest, whatever else is kept."""
        return self.number << ROW_BITS

    def inside(self, column: str) -> str:
        """A condition for rows whose time lies in it."""
        return within(column, self.first, self.end)


def within(column: str, first: int, end: int) -> str:
    """A condition for times between two hours since 1970."""
    return f"({column} >= make_timestamp({first * _HOUR}) AND {column} < make_timestamp({end * _HOUR}))"


def ranges(spans: Iterable[Span]) -> list[tuple[int, int]]:
    """First hours and ends of as few runs as cover the spans."""
    found: list[tuple[int, int]] = []
    for first, end in sorted((span.first, span.end) for span in spans):
        if found and found[-1][1] == first:
            found[-1] = (found[-1][0], end)
        else:
            found.append((first, end))
    return found


def spans_of(hours: Mapping[int, int], most: int) -> list[Span]:
    """The largest spans that hold no more than so many calls, the newest first, none without a call."""
    there = sorted(hours)
    totals = [0]
    for hour in there:
        totals.append(totals[-1] + hours[hour])
    return list(_cut(Span(_BITS, 0), there, totals, most))


def _cut(span: Span, there: Sequence[int], totals: Sequence[int], most: int) -> Iterator[Span]:
    first, end = bisect_left(there, span.first), bisect_left(there, span.end)
    if first == end:
        return
    if totals[end] - totals[first] <= most or not span.level:
        yield span
        return
    for index in (2 * span.index + 1, 2 * span.index):
        yield from _cut(Span(span.level - 1, index), there, totals, most)
