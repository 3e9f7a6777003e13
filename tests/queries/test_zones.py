"""Zones: names, times as text, buckets across clock changes."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.times import (
    Unit,
    buckets,
    local_zone_name,
    moment_text,
    offset_text,
    utc_text,
    zone_name,
    zone_of,
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


MOMENTS = st.datetimes(
    at("1990-01-01").replace(tzinfo=None), at("2036-01-01").replace(tzinfo=None), timezones=st.just(UTC)
)


class TestNames:
    @pytest.mark.parametrize(
        ("asked", "meant"),
        [("UTC", "UTC"), ("utc", "UTC"), ("Europe/Berlin", "Europe/Berlin"), (" europe/berlin ", "Europe/Berlin")],
    )
    def test_reads_names_in_any_case(self, asked: str, meant: str) -> None:
        assert zone_name(asked) == meant

    @pytest.mark.parametrize(
        ("asked", "said"),
        [
            ("Europe/Berln", "There is no time zone 'Europe/Berln'; did you mean Europe/Berlin?"),
            ("berlin", "There is no time zone 'berlin'; did you mean Europe/Berlin?"),
            ("", "There is no time zone ''; give a name such as UTC, Europe/Berlin or local."),
            ("UTC+1", None),
            ("../../etc/passwd", None),
            ("Europe", None),
            ("right/UTC", None),
            ("a\0b", None),
        ],
    )
    def test_names_the_near_one(self, asked: str, said: str | None) -> None:
        with pytest.raises(UsageError) as error:
            zone_name(asked)
        assert said is None or str(error.value) == said

    def test_local_is_what_tz_says(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for tz, name in [
            ("Asia/Kathmandu", "Asia/Kathmandu"),
            (":Europe/Berlin", "Europe/Berlin"),
            ("UTC0", "UTC"),
            ("", "UTC"),
        ]:
            monkeypatch.setenv("TZ", tz)
            assert local_zone_name() == zone_name("local") == name

    def test_a_local_zone_without_a_name_is_said(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
        with pytest.raises(UsageError, match="has no name that can be used"):
            zone_name("local")

    def test_local_follows_the_link(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("TZ", raising=False)
        monkeypatch.setattr(Path, "exists", lambda _self: True)
        monkeypatch.setattr(Path, "resolve", lambda _self: Path("/usr/share/zoneinfo/America/New_York"))
        assert local_zone_name() == "America/New_York"

    def test_local_without_anything_is_utc(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("TZ", raising=False)
        monkeypatch.setattr(Path, "exists", lambda _self: False)
        assert local_zone_name() == "UTC"


class TestTexts:
    def test_offset(self) -> None:
        assert offset_text(at("2026-11-23"), "UTC") == "UTC"
        assert offset_text(at("2026-11-23"), "Europe/London") == "UTC"
        assert offset_text(at("2026-11-23"), "Europe/Berlin") == "UTC+01:00"
        assert offset_text(at("2026-07-23"), "Europe/Berlin") == "UTC+02:00"
        assert offset_text(at("2026-07-23"), "America/St_Johns") == "UTC-02:30"
        assert offset_text(at("2026-07-23"), "Asia/Kathmandu") == "UTC+05:45"

    def test_moment_is_aligned(self) -> None:
        assert moment_text(at("2026-11-23T12:04:11"), "UTC") == "23 Nov 12:04:11"
        assert moment_text(at("2026-11-03T23:04:11"), "Europe/Berlin") == " 4 Nov 00:04:11"

    def test_utc(self) -> None:
        assert utc_text(at("2026-11-23T12:04:11")) == "2026-11-23T12:04:11Z"
        assert utc_text(at("2026-11-23T12:04:11").astimezone(ZoneInfo("Asia/Kathmandu"))) == "2026-11-23T12:04:11Z"


def hours(start: str, end: str, zone: str) -> list[str]:
    found = buckets(at(start), at(end), "hour", zone)
    return [begin.astimezone(zone_of(zone)).strftime("%H:%M%z") for begin in found]


class TestBuckets:
    def test_hours_of_a_long_day(self) -> None:
        assert hours("2026-10-25T00:30", "2026-10-25T03:00", "Europe/Berlin") == [
            "02:00+0200",
            "02:00+0100",
            "03:00+0100",
        ]

    def test_hours_of_a_short_day(self) -> None:
        assert hours("2026-03-29T00:00", "2026-03-29T02:00", "Europe/Berlin") == ["01:00+0100", "03:00+0200"]

    def test_hours_where_the_offset_is_no_whole_hour(self) -> None:
        assert hours("2026-10-25T00:00", "2026-10-25T01:20", "Asia/Kathmandu") == [
            "05:00+0545",
            "06:00+0545",
            "07:00+0545",
        ]

    def test_a_jump_of_half_an_hour_begins_a_bucket(self) -> None:
        # Lord Howe goes from 02:00+11 back to 01:30+10:30 at 15:00 UTC.
        assert hours("2026-04-04T14:00", "2026-04-04T16:30", "Australia/Lord_Howe") == [
            "01:00+1100",
            "01:30+1030",
            "02:00+1030",
        ]

    def test_a_jump_that_is_at_no_full_hour(self) -> None:
        # St. John's went from 00:01 back to 23:01 of the day before, at 02:31 UTC.
        assert hours("2010-11-07T01:40", "2010-11-07T03:40", "America/St_Johns") == [
            "23:00-0230",
            "00:00-0230",
            "23:01-0330",
            "00:00-0330",
        ]

    @pytest.mark.parametrize(("day", "count"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-10-26", 24)])
    def test_a_day_has_the_hours_that_it_has(self, day: str, count: int) -> None:
        start = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo("Europe/Berlin"))
        end = (start + timedelta(days=1)).astimezone(UTC)
        assert len(buckets(start.astimezone(UTC), end, "hour", "Europe/Berlin")) == count
        assert buckets(start.astimezone(UTC), end, "day", "Europe/Berlin") == [start.astimezone(UTC)]

    def test_days_where_midnight_does_not_exist(self) -> None:
        found = buckets(at("2026-04-23T12:00"), at("2026-04-25T12:00"), "day", "Africa/Cairo")
        assert found == [at("2026-04-22T22:00"), at("2026-04-23T22:00"), at("2026-04-24T21:00")]

    def test_a_skipped_date_is_no_day(self) -> None:
        found = buckets(at("2011-12-29T12:00"), at("2012-01-01T09:00"), "day", "Pacific/Apia")
        assert [begin.astimezone(ZoneInfo("Pacific/Apia")).day for begin in found] == [29, 31, 1]

    def test_weeks_begin_on_monday(self) -> None:
        assert buckets(at("2026-11-22"), at("2026-11-23T00:00:01"), "week") == [at("2026-11-16"), at("2026-11-23")]

    def test_months_have_their_lengths(self) -> None:
        assert buckets(at("2026-11-22"), at("2027-02-01"), "month", "Europe/Berlin") == [
            at("2026-10-31T23:00"),
            at("2026-11-30T23:00"),
            at("2026-12-31T23:00"),
            at("2027-01-31T23:00"),
        ]

    def test_nothing_has_no_buckets(self) -> None:
        assert buckets(at("2026-11-22"), at("2026-11-22"), "day") == []

    def test_too_many_are_refused(self) -> None:
        with pytest.raises(UsageError, match="By hour this window would have 876,600 bars, more than 200,000"):
            buckets(at("1926-01-01"), at("2026-01-01"), "hour")

    def test_the_ends_of_the_calendar(self) -> None:
        assert buckets(at("0001-01-01"), at("0001-01-02"), "week") == [at("0001-01-01")]
        last = datetime.max.replace(tzinfo=UTC)
        for unit in ("hour", "day", "week", "month"):
            assert buckets(last - timedelta(minutes=1), last, unit)

    @given(
        start=MOMENTS,
        length=st.timedeltas(timedelta(seconds=1), timedelta(days=4)),
        unit=st.sampled_from(["hour", "day", "week", "month"]),
        zone=st.sampled_from(
            [
                "UTC",
                "Europe/Berlin",
                "Australia/Lord_Howe",
                "Asia/Kathmandu",
                "America/Havana",
                "Africa/Cairo",
                "Pacific/Apia",
            ]
        ),
    )
    def test_they_cover_the_window_without_a_gap(
        self, start: datetime, length: timedelta, unit: Unit, zone: str
    ) -> None:
        found = buckets(start, start + length, unit, zone)
        assert found[0] <= start
        assert found[-1] < start + length
        assert found == sorted(set(found))
        assert len(found) == 1 or found[1] > start
        place = zone_of(zone)
        clocks = [begin.astimezone(place) for begin in found]
        if unit == "hour":
            assert all(after - before <= timedelta(hours=1) for before, after in pairwise(found))
            assert all((clock.utcoffset(), clock.hour, clock.date()) for clock in clocks)
        else:
            assert len({clock.date() for clock in clocks}) == len(clocks)
