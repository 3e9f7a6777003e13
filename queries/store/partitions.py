"""Time partitions: aligned runs of hours, each with a bounded number of calls, and the row ids inside them."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

#: A partition with more raw calls is cut in half, unless it is one hour. New calls cause one or two partitions to be
#: made again, and there are few enough files: a page of scattered rows takes about 1 ms for each file it opens.
MOST_CALLS: Final = 65_536
#: A row id is the partition's number followed by this many bits for the row's place in it.
ROW_BITS: Final = 28
#: Bits of an hour since 1970: past the year 9000, after which calls are ignored.
_HOUR_BITS: Final = 26
_HOUR_MICROSECONDS: Final = 3_600_000_000


@dataclass(frozen=True, slots=True, order=True)
class Partition:
    """A run of 2^`level` hours; `index` counts such runs since 1970. Two partitions nest or are disjoint."""

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
        """Smaller for a newer partition; does not depend on which others exist."""
        return (1 << _HOUR_BITS) - self.end

    @property
    def first_row_id(self) -> int:
        """The id of its newest row. Ids rise from the newest row to the oldest, across all partitions."""
        return self.number << ROW_BITS

    def contains(self, column: str) -> str:
        """The SQL condition that a time is in this partition."""
        return between_hours(column, self.first, self.end)


def between_hours(column: str, first: int, end: int) -> str:
    """The SQL condition that a time is in `[first, end)`, hours since 1970."""
    start, stop = first * _HOUR_MICROSECONDS, end * _HOUR_MICROSECONDS
    return f"({column} >= make_timestamp({start}) AND {column} < make_timestamp({stop}))"


def in_partitions(column: str, partitions: Iterable[Partition]) -> str:
    """The SQL condition that a time is in one of the partitions; adjacent ones are tested together."""
    ranges: list[tuple[int, int]] = []
    for first, end in sorted((partition.first, partition.end) for partition in partitions):
        if ranges and ranges[-1][1] == first:
            ranges[-1] = (ranges[-1][0], end)
        else:
            ranges.append((first, end))
    return "(" + (" OR ".join(between_hours(column, first, end) for first, end in ranges) or "false") + ")"


def partition_calls(calls: Mapping[int, int], most: int) -> list[Partition]:
    """The largest partitions of at most `most` calls that hold all calls, newest first; `calls` counts them by hour."""
    hours = sorted(calls)
    totals = [0]
    for hour in hours:
        totals.append(totals[-1] + calls[hour])
    return list(_cut(Partition(_HOUR_BITS, 0), hours, totals, most))


def _cut(partition: Partition, hours: Sequence[int], totals: Sequence[int], most: int) -> Iterator[Partition]:
    first, end = bisect_left(hours, partition.first), bisect_left(hours, partition.end)
    if first == end:
        return
    if totals[end] - totals[first] <= most or not partition.level:
        yield partition
        return
    for index in (2 * partition.index + 1, 2 * partition.index):
        yield from _cut(Partition(partition.level - 1, index), hours, totals, most)
