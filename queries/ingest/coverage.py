"""Coverage: which days are read, open, arriving, missing or unreadable, counted from the manifests of segments."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.model import Coverage, DayCoverage, Note, Unreadable
from ssmtrail.queries.store.parcels import Covers, day_of
from ssmtrail.queries.times import each_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ssmtrail.queries.store.parcels import FileCover
    from ssmtrail.queries.store.segments import Segment
    from ssmtrail.queries.times import Window

#: How long a folder still receives files after the end of its UTC day (measured delivery: p99 9 minutes).
GRACE: Final = timedelta(hours=2)
#: A trail over more days than this has invented times; only the newest days are counted.
MOST_DAYS: Final = 20_000


@dataclass(slots=True)
class Tally:
    """Numbers of files by UTC day, and the days whose files are still being read."""

    files: dict[date, int] = field(default_factory=lambda: defaultdict(int))
    bytes: dict[date, int] = field(default_factory=lambda: defaultdict(int))
    failed: dict[date, int] = field(default_factory=lambda: defaultdict(int))
    arriving: frozenset[date] = frozenset()
    unreadable: tuple[Unreadable, ...] = ()
    others: tuple[tuple[str, int], ...] = ()
    """Files that hold no records: kind and number, most first."""
    notes: tuple[Note, ...] = ()
    whole_files: int = 0
    """Files of records, unreadable ones too."""
    whole_bytes: int = 0
    first_record: str = ""
    """UTC day of the first record of any kind, ISO; empty where none is known."""
    last_record: str = ""


def coverage_of(tally: Tally, window: Window, now: datetime, as_of: datetime | None) -> Coverage:
    """The days of a window, or all days with data where it is open."""
    known = sorted({*tally.files, *tally.arriving})
    first = window.start.date() if window.start else (known[0] if known else None)
    end = (window.end - timedelta(microseconds=1)).date() if window.end else None
    last = end or (known[-1] if known else None)
    days: tuple[DayCoverage, ...] = ()
    if first and last and first <= last:
        first = max(first, last - timedelta(days=MOST_DAYS))
        days = tuple(_day(tally, day, now) for day in each_day(first, last))
    return Coverage(
        days=days,
        unreadable=tally.unreadable,
        others=tally.others,
        notes=tally.notes,
        files=tally.whole_files,
        bytes=tally.whole_bytes,
        as_of=as_of,
        first_day=known[0] if known else None,
        last_day=known[-1] if known else None,
        first_event=day_of(tally.first_record),
        last_event=day_of(tally.last_record),
    )


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


def tally_of(
    segments: Iterable[Segment], arriving: frozenset[date] = frozenset(), different: int | None = None
) -> Tally:
    """Count the files of segments, each once; `different` is their number without repeats, where it is known."""
    tally = Tally(arriving=arriving)
    unreadable: list[FileCover] = []
    others, notes = Counter[str](), list[Note]()
    for files in _each_once([segment.files for segment in segments], different):
        _count(tally, files)
        unreadable += [files[index] for index in files.unreadable]
        others.update(files.kinds.values())
        notes += [Note(files.paths[index], text) for index, text in files.notes.items()]
    tally.others = tuple(sorted(others.items(), key=lambda other: (-other[1], other[0])))
    tally.notes = tuple(sorted(notes, key=attrgetter("file")))
    tally.unreadable = tuple(
        Unreadable(cover.path, cover.unreadable, cover.folder_day or cover.first_day, cover.calls)
        for cover in sorted(unreadable, key=attrgetter("path"))
    )
    return tally


def _count(tally: Tally, files: Covers) -> None:
    recorded = [day for day in files.first_days if day]
    tally.first_record = min(filter(None, [tally.first_record, *recorded]), default="")
    tally.last_record = max([tally.last_record, *files.last_days], default="")
    numbers, sizes = Counter(files.folder_days), defaultdict[str, int](int)
    for text, size in zip(files.folder_days, files.sizes, strict=True):
        sizes[text] += size
    for index in files.kinds:  # these say nothing of a day
        numbers[files.folder_days[index]] -= 1
        sizes[files.folder_days[index]] -= files.sizes[index]
    tally.whole_files += len(files) - len(files.kinds)
    tally.whole_bytes += sum(sizes.values())
    for text, number in numbers.items():
        if number and (day := day_of(text)):
            tally.files[day] += number
            tally.bytes[day] += sizes[text]
    if numbers[""]:
        _count_dayless(tally, files)
    for index in files.unreadable:
        for day in days_of(files[index]):
            tally.failed[day] += 1


def _count_dayless(tally: Tally, files: Covers) -> None:
    """Count the files whose paths name no day by the days of their records."""
    for index, text in enumerate(files.folder_days):
        if text or index in files.kinds:
            continue
        cover = files[index]
        for day in days_of(cover):
            tally.files[day] += 1
            tally.bytes[day] += cover.size


def _each_once(every: Sequence[Covers], different: int | None) -> Sequence[Covers]:
    """The files of all segments, each once."""
    if different is None:
        different = len({path for files in every for path in files.paths})
    if different == sum(map(len, every)):
        return every
    return [Covers.of({cover.path: cover for files in every for cover in files}.values())]


def days_of(cover: FileCover) -> Iterator[date]:
    """The days that a file covers: the day of its folder, else those from its first record to its last."""
    first = cover.folder_day or cover.first_day
    if first is None:
        return
    last = first if cover.folder_day else max(first, cover.last_day or first)
    yield from each_day(first, min(last, first + timedelta(days=MOST_DAYS)))
