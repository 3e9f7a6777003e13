"""Numbers, sizes, lengths of time."""

from datetime import UTC, datetime, timedelta

import pytest

from ssmtrail.tui.text import Clock, ago_text, length, plural, size, ticking


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0m00"), (7.9, "0m07"), (843, "14m03"), (3599, "59m59"), (3600, "1h00m"), (8040, "2h14m"), (172_800, "2d00h")],
)
def test_lengths_change_their_unit_where_people_would(seconds: float, text: str) -> None:
    assert length(seconds) == text


def test_how_long_ago_is_as_wide_as_a_time() -> None:
    assert [ago_text(seconds) for seconds in (0, 40, 8_040, -843)] == ["0m00 ago", "0m40 ago", "2h14m ago", "in 14m03"]
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    clocks = Clock(), Clock(now=now), Clock(with_year=True, now=now)
    assert [len(clock.row(now - timedelta(days=days))) for clock in clocks for days in (0, 1, 2_000)] == [15] * 9
    assert all(clock.width == 15 for clock in clocks)
    assert Clock(now=now).rough_row(now - timedelta(hours=3)) == "3h00m ago"
    assert Clock(now=now).exact(now) == Clock().exact(now)


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0 B"), (999, "999 B"), (1_000, "1.0 kB"), (3_140_000_000, "3.1 GB"), (999_960, "1.0 MB")],
)  # fmt: skip
def test_sizes_are_decimal(number: int, text: str) -> None:
    assert size(number) == text


def test_one_is_singular() -> None:
    assert [plural(n, "person", "people") for n in (0, 1, 1_284)] == ["0 people", "1 person", "1,284 people"]


def test_a_clock_ticks_into_hours() -> None:
    assert [ticking(41), ticking(3_723)] == ["00:41", "1:02:03"]
