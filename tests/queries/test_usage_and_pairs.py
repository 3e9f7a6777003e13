"""What is counted agrees with what is listed, in every window, filter and zone."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ssmtrail.queries.times import Window
from tests.records import ask, denied, iam_user, opened, start, write_file
from tests.thorough import times
from tests.trails import write_sessions

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ssmtrail.queries.times import Unit
    from ssmtrail.queries.trail import Trail

Rows = list[dict[str, Any]]
UNITS: tuple[Unit, ...] = ("hour", "day", "week", "month")
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe")
#: Days on which clocks are changed in one of the zones.
SWITCHES = (date(2026, 3, 8), date(2026, 3, 29), date(2026, 10, 25), date(2026, 11, 1), date(2026, 4, 5))
FILTERS = (
    "", "person:person.1*", "-person:person.1*", "target:?", "kind:tunnel", "status:denied", "hour:22-06",
    "day:sat,sun", "day:mon hour:9-17", "role:Admin", "person.2", "account:111122223333 -kind:shell",
)  # fmt: skip
HALF = timedelta(minutes=30)
LAST = datetime(2026, 11, 24, tzinfo=UTC)
TEN_MONTHS = Window(LAST - timedelta(days=300), LAST)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trail]:
    folder = tmp_path_factory.mktemp("counted")
    write_sessions(folder / "trail", 1_500, days=300)
    switches = [
        start((datetime(day.year, day.month, day.day, tzinfo=UTC) + HALF * step).isoformat(), f"x-{day}-{step}")
        for day in SWITCHES
        for step in range(-30, 60)
    ]
    refused = [denied("StartSession", f"2026-11-20T0{hour}:10:00Z", "x", iam_user("person.1")) for hour in range(5)]
    write_file(folder / "trail" / "switches.json", switches + refused)
    with opened(folder / "trail", folder / "store") as service:
        yield service


windows = st.one_of(
    st.just(Window()),
    st.builds(
        lambda back, hours: Window(LAST - timedelta(hours=back), LAST - timedelta(hours=back) + timedelta(hours=hours)),
        st.integers(0, 24 * 310),
        st.integers(1, 24 * 60),
    ),
)


@settings(max_examples=times(6, 100), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(window=windows, where=st.sampled_from(FILTERS), unit=st.sampled_from(UNITS[1:]), zone=st.sampled_from(ZONES))
def test_the_sums_agree(service: Trail, window: Window, where: str, unit: Unit, zone: str) -> None:
    sessions = ask(service, "sessions", where, window, zone=zone)
    calls = ask(service, "calls", where, window, zone=zone)
    pairs = ask(service, "pairs", where, window, zone=zone)
    usage = ask(service, "usage", where, window, unit=unit, zone=zone)
    expected = {
        "sessions": sum(row["status"] == "started" for row in sessions),
        "calls": len(calls),
        "denied": sum(row["status"] in ("denied", "failed") for row in sessions),
    }
    for column, count in expected.items():
        assert sum(row[column] for row in pairs) == count, column
        assert sum(row[column] for row in usage) == count, column
    assert {(row["account"], row["person"], row["target"]) for row in pairs} == {
        (row["account"], row["person"], row["target"])
        for row in (*[row for row in sessions if row["status"] != "orphan"], *calls)
    }
    for row in pairs:
        assert row["first_seen"] <= row["last_seen"]
        assert all(window.contains(row[name]) for name in ("first_seen", "last_seen"))


def bucket_of(moment: datetime, unit: Unit, zone: str) -> datetime:
    """The beginning of the zone's hour, day, week or month around an instant, on the zone's clock."""
    there = moment.astimezone(ZoneInfo(zone))
    hour = there.replace(minute=0, second=0, microsecond=0)
    if unit == "hour":
        return hour
    day = hour.replace(hour=0, fold=0)
    if unit == "day":
        return day
    return day - timedelta(days=day.weekday()) if unit == "week" else day.replace(day=1)


@pytest.fixture(scope="module")
def many_calls(service: Trail) -> Rows:
    """All calls of ten months."""
    return ask(service, "calls", window=TEN_MONTHS)


@pytest.mark.parametrize("zone", ZONES[:4])
@pytest.mark.parametrize("unit", UNITS)
def test_buckets_are_those_of_a_calendar(service: Trail, many_calls: Rows, unit: Unit, zone: str) -> None:
    usage = ask(service, "usage", window=TEN_MONTHS, unit=unit, zone=zone)
    expected = Counter(bucket_of(row["at"], unit, zone).astimezone(UTC) for row in many_calls)
    found = {row["bucket"].astimezone(UTC): row["calls"] for row in usage}
    assert {bucket: count for bucket, count in found.items() if count} == dict(expected)
    begins = [row["bucket"] for row in usage]
    assert begins == sorted(begins)
    assert all(bucket_of(begin, unit, zone) == begin for begin in begins)
    assert all(begin.utcoffset() == begin.astimezone(ZoneInfo(zone)).utcoffset() for begin in begins)
    length = {"hour": 24 * 300, "day": 300, "week": 43, "month": 10}[unit]
    assert length <= len(usage) <= length + 2
    assert unit != "hour" or 0 in found.values()


@pytest.mark.parametrize(("zone", "day", "hours"), [
    ("Europe/Berlin", date(2026, 3, 29), 23), ("Europe/Berlin", date(2026, 10, 25), 25),
    ("America/New_York", date(2026, 3, 8), 23), ("America/New_York", date(2026, 11, 1), 25),
    ("Asia/Kolkata", date(2026, 11, 1), 24),
])  # fmt: skip
def test_a_day_of_a_switch_has_all_its_hours(service: Trail, zone: str, day: date, hours: int) -> None:
    begin = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    window = Window(begin, begin + timedelta(hours=hours))
    usage = ask(service, "usage", window=window, unit="hour", zone=zone)
    assert [row["bucket"].astimezone(UTC) for row in usage] == [begin + timedelta(hours=n) for n in range(hours)]
    (whole,) = ask(service, "usage", window=window, unit="day", zone=zone)
    assert whole["sessions"] == sum(row["sessions"] for row in usage) >= 2 * hours - 20
    weekday = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[day.weekday()]
    around = window.look_around(3)
    assert ask(service, "sessions", f"day:{weekday}", around, zone=zone) == [
        row for row in ask(service, "sessions", window=around) if row["at"].astimezone(ZoneInfo(zone)).date() == day
    ]
    night = ask(service, "sessions", "hour:1-3", window, zone=zone)
    assert night == [
        row for row in ask(service, "sessions", window=window) if row["at"].astimezone(ZoneInfo(zone)).hour in (1, 2)
    ]


def test_an_empty_window_has_its_zeros(service: Trail) -> None:
    later = Window(LAST + timedelta(days=10), LAST + timedelta(days=17))
    usage = ask(service, "usage", window=later)
    assert [(row["sessions"], row["calls"], row["denied"]) for row in usage] == [(0, 0, 0)] * 7
    filtered = ask(service, "usage", "person:nobody")
    assert [row["bucket"] for row in filtered] == [row["bucket"] for row in ask(service, "usage")]


def test_no_data_has_no_buckets(tmp_path: Path) -> None:
    write_file(tmp_path / "trail" / "a.json", [])
    with opened(tmp_path / "trail", tmp_path / "store") as empty:
        for unit in UNITS:
            assert ask(empty, "usage", unit=unit) == []
        assert ask(empty, "pairs") == []
