"""Counting what manifests say of files, day by day."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from operator import attrgetter
from typing import TYPE_CHECKING

from queries.coverage import MOST_DAYS, Tally
from queries.sources.covers import Covers, day_of
from queries.values import Unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from queries.sources.contract import FileCover
    from queries.store.segments import Segment


def tally_of(
    segments: Iterable[Segment], arriving: frozenset[date] = frozenset(), different: int | None = None
) -> Tally:
    """Count the files of segments; one that two segments hold is counted once. `different` files, where known."""
    tally = Tally(arriving=arriving)
    unreadable: list[FileCover] = []
    for files in _each_once([segment.files for segment in segments], different):
        _count(tally, files)
        unreadable += [files[place] for place in files.unreadable]
    tally.unreadable = tuple(
        Unreadable(cover.path, cover.unreadable, cover.folder_day or cover.first_day, cover.calls)
        for cover in sorted(unreadable, key=attrgetter("path"))
    )
    return tally


def _count(tally: Tally, files: Covers) -> None:
    tally.whole_files += len(files)
    tally.whole_bytes += sum(files.sizes)
    sizes: dict[str, int] = defaultdict(int)
    for text, size in zip(files.folder_days, files.sizes, strict=True):
        sizes[text] += size
    for text, number in Counter(files.folder_days).items():
        if day := day_of(text):
            tally.files[day] += number
            tally.bytes[day] += sizes[text]
    if "" in sizes:
        for cover in (files[place] for place, text in enumerate(files.folder_days) if not text):
            for day in days_of(cover):
                tally.files[day] += 1
                tally.bytes[day] += cover.size
    for place in files.unreadable:
        for day in days_of(files[place]):
            tally.failed[day] += 1


def _each_once(every: Sequence[Covers], different: int | None) -> Sequence[Covers]:
    """The files, those that are there twice once."""
    if different is None:
        different = len({path for files in every for path in files.paths})
    if different == sum(map(len, every)):
        return every
    return [Covers.of({cover.path: cover for files in every for cover in files}.values())]


def days_of(cover: FileCover) -> Iterator[date]:
    """The days that a file speaks of: its folder's, else those of its first and last record."""
    first = cover.folder_day or cover.first_day
    if first is None:
        return
    last = first if cover.folder_day else max(first, cover.last_day or first)
    for step in range(min((last - first).days, MOST_DAYS) + 1):
        yield first + timedelta(days=step)
