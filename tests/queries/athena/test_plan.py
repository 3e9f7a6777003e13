"""Which folder days a window needs, in which queries, for how much."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.sources.allowance import LEAST_BYTES
from ssmtrail.queries.sources.athena.plan import closes, needed, price, query_ranges, shared
from ssmtrail.queries.times import Window, each_day

TODAY = date(2026, 11, 23)
DAY = timedelta(days=1)
DAYS = st.sets(st.dates(date(2026, 1, 1), date(2026, 4, 1)), max_size=60)


def at(day: int, hour: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("window", "delivery", "first", "last"),
    [
        (Window(at(10), at(12)), True, 9, 13),
        (Window(at(10), at(12)), False, 9, 12),
        (Window(at(10, 3), at(10, 4)), True, 9, 12),
        (Window(at(20), at(24)), True, 19, 23),
        (Window(at(20), None), True, 19, 23),
    ],
)
def test_a_window_needs_its_look_around_and_the_folder_of_late_events(
    window: Window, delivery: bool, first: int, last: int
) -> None:
    found = needed(window, 1, TODAY, delivery=delivery)
    assert found == (date(2026, 11, first), date(2026, 11, last))


def test_a_window_without_a_beginning_is_refused() -> None:
    with pytest.raises(UsageError, match="--from"):
        needed(Window(None, at(12)), 1, TODAY, delivery=True)


def test_a_day_is_final_after_its_grace() -> None:
    assert closes(TODAY, delivery=True) == at(24, 2)
    assert closes(TODAY, delivery=False) == at(25, 2)


@given(days=DAYS, size=st.integers(0, 10**10), limit=st.none() | st.integers(1, 10**11))
def test_every_day_is_in_one_stretch_and_nothing_else_is(days: set[date], size: int, limit: int | None) -> None:
    sizes = dict.fromkeys(days, size)
    found = query_ranges(days, sizes, limit)
    assert [day for first, last in sorted(found) for day in each_day(first, last)] == sorted(days)
    assert found == sorted(found, reverse=True)
    for first, last in found:
        assert first == last or limit is None or size * ((last - first).days + 1) <= limit


def test_small_days_go_together_and_large_ones_a_week_at_a_time() -> None:
    days = set(each_day(date(2026, 10, 1), date(2026, 10, 30)))
    assert len(query_ranges(days, dict.fromkeys(days, 1_000), None)) == 1
    assert [(last - first).days + 1 for first, last in query_ranges(days, {}, None)] == [7, 7, 7, 7, 2]
    assert len(query_ranges(set(each_day(date(2025, 1, 1), date(2025, 12, 31))), {}, None)) == 16


@given(total=st.integers(0, 10**12), days=DAYS.filter(bool), seed=st.integers(0, 10**6))
def test_shares_add_up(total: int, days: set[date], seed: int) -> None:
    sizes = {day: day.toordinal() * seed % 1_000 for day in days}
    found = shared(total, days, sizes)
    assert found.keys() == days
    assert sum(found.values()) == total
    assert min(found.values()) >= 0


def test_a_query_costs_ten_megabytes_at_the_least() -> None:
    assert price(0, 5.0) == price(LEAST_BYTES, 5.0) == 0.00005
    assert price(10**12, 5.0) == 5.0
