from __future__ import annotations

import itertools
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ssmtrail.widgets.column_line import ColumnLine
from ssmtrail.widgets.table_layout import GAP, GUTTER, Column, fit_columns

COLUMNS = st.lists(
    st.builds(
        Column,
        key=st.uuids().map(str),
        label=st.just("x"),
        width=st.integers(1, 30),
        flex=st.integers(0, 3),
        priority=st.integers(0, 3),
        max_width=st.one_of(st.none(), st.integers(30, 60)),
    ),
    max_size=9,
)


def keys(columns: list[Column], width: int) -> list[str]:
    return [placed.column.key for placed in fit_columns(columns, width)]


def test_drops_the_highest_priority_first_and_the_last_of_equals() -> None:
    columns = [Column(key, key, 10, priority=p) for key, p in [("a", 0), ("b", 1), ("c", 2), ("d", 1)]]
    assert keys(columns, 50) == ["a", "b", "c", "d"]
    assert keys(columns, 49) == ["a", "b", "d"]
    assert keys(columns, 37) == ["a", "b"]
    assert keys(columns, 25) == ["a"]


def test_squeezes_what_is_always_shown_before_it_drops_it() -> None:
    columns = [Column("a", "a", 10), Column("b", "b", 10)]
    assert [p.width for p in fit_columns(columns, GUTTER + 10 + GAP + 6 + 1)] == [8, 8]
    assert keys(columns, GUTTER + 5 + GAP + 6 + 1) == ["a"]


def test_shares_free_room_by_flex_up_to_the_limit() -> None:
    columns = [Column("a", "a", 10, flex=1, max_width=12), Column("b", "b", 10, flex=1), Column("c", "c", 10)]
    assert [p.width for p in fit_columns(columns, GUTTER + 60 + 2 * GAP + 1)] == [12, 38, 10]


@given(COLUMNS, st.integers(1, 300))
def test_always_fits_the_width(columns: list[Column], width: int) -> None:
    placed = fit_columns(columns, width)
    assert [p.column for p in placed] == [column for column in columns if column in {p.column for p in placed}]
    for before, after in itertools.pairwise(placed):
        assert after.x == before.x + before.width + GAP
    if len(placed) > 1:
        assert placed[-1].x + placed[-1].width < width
    if columns and width > 40:
        assert placed


@given(COLUMNS, st.integers(80, 300))
def test_fills_the_width_where_a_column_may_grow(columns: list[Column], width: int) -> None:
    placed = fit_columns(columns, width)
    growing = [p for p in placed if p.column.flex and p.width < (p.column.max_width or width)]
    if growing:
        assert placed[-1].x + placed[-1].width == width - 1


@given(COLUMNS, st.integers(20, 200), st.booleans(), st.lists(st.integers(0, 8), max_size=6), st.integers(1, 90))
def test_every_column_can_be_scrolled_to_and_is_whole(
    columns: list[Column], width: int, fixed: bool, steps: list[int], wide: int
) -> None:
    columns = [replace(column, fixed=fixed) for column in columns]
    line = ColumnLine()
    line.lay(columns, width, {columns[0].key: wide} if columns and wide > 30 else {})
    assert {placed.column for placed in line.all} == set(columns)
    if fixed:
        assert [placed.column for placed in line.all] == columns == list(line.wanted)
    for step in steps:
        index = step % max(1, len(columns))
        _ = line.reveal(index)
        place = line.place_of(index)
        assert (place is None) == (not columns)
        for before, after in itertools.pairwise(line.seen):
            assert after.x == before.x + before.width + GAP
        if line.seen:
            assert line.seen[0].x == GUTTER
            assert line.seen[-1].x + line.seen[-1].width < width or len(line.seen) == 1
    _ = line.reveal(0)
    assert line.first == 0


def test_columns_that_do_not_fit_follow_those_that_do() -> None:
    columns = [Column("a", "a", 10), Column("b", "b", 10, priority=2), Column("c", "c", 10, priority=1)]
    line = ColumnLine()
    line.lay(columns, 30, {})
    assert [placed.column.key for placed in line.all] == ["a", "c", "b"]
    assert [placed.column.key for placed in line.seen] == ["a", "c"]
    assert line.is_cut == (False, False)  # nothing was chosen: the list looks as ever
    assert line.reveal(2)
    assert [placed.column.key for placed in line.seen] == ["c", "b"]
    assert line.is_cut == (True, False)
    line.lay(columns, 60, {})  # there is room for all again
    assert [placed.column.key for placed in line.seen] == ["a", "b", "c"]


def test_a_widened_column_takes_free_room_before_others_go_beyond_the_edge() -> None:
    columns = [Column("a", "a", 10), Column("b", "b", 10, flex=1), Column("c", "c", 10)]
    line = ColumnLine()
    line.lay(columns, 60, {"a": 20})
    assert [placed.width for placed in line.seen] == [20, 22, 10]
    line.lay(columns, 60, {"a": 40})
    assert [placed.width for placed in line.all] == [40, 10, 10]
    assert [placed.column.key for placed in line.seen] == ["a", "b"]
    assert line.is_cut == (False, True)
    line.lay(columns, 60, {"a": 400})
    assert line.seen[0].width == 60 - GUTTER - 1
