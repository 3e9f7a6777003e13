"""Covers by columns, tallies of files by day, and the days in paths."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ssmtrail.queries.ingest.coverage import tally_of
from ssmtrail.queries.sources.files.listing import folder_day, folder_days
from ssmtrail.queries.store.parcels import Covers, FileCover
from ssmtrail.queries.store.segments import Segment

DAYS = st.none() | st.dates(date(2026, 11, 1), date(2026, 11, 5))
PATHS = st.sampled_from(["2026/11/02/a.json", "2026/11/02/b.json", "x/_20261103T0000Z_c.json", "é.json", "d"])
COVERS = st.lists(
    st.builds(
        FileCover, PATHS, st.integers(0, 9), st.integers(0, 9), DAYS, DAYS, DAYS, st.integers(0, 9),
        st.sampled_from(["", "truncated gzip"]),
    ),
    max_size=4,
)  # fmt: skip


@given(COVERS)
def test_covers_from_columns_equal_the_originals(covers: list[FileCover]) -> None:
    columns = Covers.of(covers)
    assert list(columns) == covers
    assert [columns[place] for place in range(len(columns))] == covers
    assert list(columns[1:]) == covers[1:]
    assert covers == [] or columns[-1] == covers[-1]


@given(st.lists(COVERS, min_size=1, max_size=3))
def test_joined_columns_follow_one_another(parts: list[list[FileCover]]) -> None:
    assert list(Covers.joined(parts)) == [cover for part in parts for cover in part]


@given(st.lists(COVERS, max_size=3))
def test_a_tally_counts_each_file_once_on_each_of_its_days(parts: list[list[FileCover]]) -> None:
    segments = [Segment(str(n), Path(), Covers.of(part), 0, 0) for n, part in enumerate(parts)]
    tally = tally_of(segments)
    covers = {cover.path: cover for part in parts for cover in part}.values()
    assert (tally.whole_files, tally.whole_bytes) == (len(covers), sum(cover.size for cover in covers))
    of_day: dict[date, list[FileCover]] = {}
    for cover in covers:
        first = cover.folder_day or cover.first_day
        last = first if cover.folder_day else max(filter(None, (first, cover.last_day)), default=None)
        for day in (date(2026, 11, number) for number in range(1, 6)):
            if first and last and first <= day <= last:
                of_day.setdefault(day, []).append(cover)
    assert dict(tally.files) == {day: len(found) for day, found in of_day.items()}
    assert dict(tally.bytes) == {day: sum(cover.size for cover in found) for day, found in of_day.items()}
    failed = {day: sum(bool(cover.unreadable) for cover in found) for day, found in of_day.items()}
    assert dict(tally.failed) == {day: number for day, number in failed.items() if number}
    assert [each.file for each in tally.unreadable] == sorted(c.path for c in covers if c.unreadable)


@given(st.lists(PATHS))
def test_folder_days_are_those_of_each_path(paths: list[str]) -> None:
    assert folder_days(paths) == [day.isoformat() if (day := folder_day(path)) else "" for path in paths]
