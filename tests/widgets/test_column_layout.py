from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

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
