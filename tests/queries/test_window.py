"""Windows: reading, moving, labelling."""

from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.times import Window

NOW = datetime(2026, 11, 23, 12, 6, 40, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def window(start: str | None, end: str | None = None, zone: str = "UTC") -> Window:
    return Window.parse(start, end, NOW, zone)


MOMENTS = st.datetimes(
    at("1990-01-01").replace(tzinfo=None), at("2036-01-01").replace(tzinfo=None), timezones=st.just(UTC)
)


class TestParse:
    @pytest.mark.parametrize(
        ("text", "zone", "meant"),
        [
            ("2026-11-23", "UTC", "2026-11-23"),
            ("20261123", "UTC", "2026-11-23"),
            ("2026-11-23", "Europe/Berlin", "2026-11-22T23:00"),
            ("2026-11-23T12:04", "UTC", "2026-11-23T12:04"),
            ("2026-11-23 12:04:11", "UTC", "2026-11-23T12:04:11"),
            ("2026-11-23T12:04:11Z", "Europe/Berlin", "2026-11-23T12:04:11"),
            ("2026-11-23t12:04:11z", "UTC", "2026-11-23T12:04:11"),
            ("2026-11-23T12:04:11+01:00", "UTC", "2026-11-23T11:04:11"),
            ("2026-11-23T12:04", "Asia/Kathmandu", "2026-11-23T06:19"),
            (" 2026-11-23 ", "UTC", "2026-11-23"),
        ],
    )
    def test_a_time(self, text: str, zone: str, meant: str) -> None:
        assert window(text, None, zone) == Window(at(meant), None)

    def test_nothing_is_unbounded(self) -> None:
        assert window(None) == window("") == Window()

    def test_days_are_counted_with_today_from_midnight(self) -> None:
        assert window("30d") == Window(at("2026-10-25"), at("2026-11-24"))
        assert window("1d") == Window(at("2026-11-23"), at("2026-11-24"))
        assert window("1d", None, "Pacific/Auckland") == Window(at("2026-11-23T11:00"), at("2026-11-24T11:00"))

    def test_hours_are_counted_before_now(self) -> None:
        assert window("12h") == Window(NOW - timedelta(hours=12), NOW)

    def test_a_relative_end(self) -> None:
        assert window("30d", "7d") == Window(at("2026-10-25"), at("2026-11-17"))
        assert window("2026-11-01", "12h") == Window(at("2026-11-01"), NOW - timedelta(hours=12))
        assert window(None, "2026-11-01") == Window(None, at("2026-11-01"))

    @pytest.mark.parametrize(
        ("word", "first", "end"),
        [
            ("today", "2026-11-23", "2026-11-24"),
            (" Yesterday", "2026-11-22", "2026-11-23"),
            ("monday", "2026-11-23", "2026-11-24"),
            ("tuesday", "2026-11-17", "2026-11-18"),
            ("this-week", "2026-11-23", "2026-11-24"),
            ("last-week", "2026-11-16", "2026-11-23"),
            ("this-month", "2026-11-01", "2026-11-24"),
            ("last-month", "2026-10-01", "2026-11-01"),
            ("last-quarter", "2026-07-01", "2026-10-01"),
            ("last-year", "2025-01-01", "2026-01-01"),
        ],
    )
    def test_words_are_whole_days_up_to_today(self, word: str, first: str, end: str) -> None:
        assert window(word) == Window(at(first), at(end))

    def test_a_word_with_a_time_is_a_moment_in_the_zone(self) -> None:
        assert window("tuesday-14:00") == Window(at("2026-11-17T14:00"), None)
        assert window("yesterday 09:30", "today") == Window(at("2026-11-22T09:30"), at("2026-11-23"))
        assert window("tuesday-14:00", zone="Europe/Berlin").start == at("2026-11-17T13:00")

    @pytest.mark.parametrize(
        "text",
        [
            "yesterdays",
            "tuesday-25:00",
            "last-day",
            "2026-13-01",
            "2026-11",
            "30",
            "0d",
            "30m",
            "999999d",
            "-3d",
            "0001-01-01T00:00+10:00",
            "٣d",
        ],
    )
    def test_what_is_no_time_says_what_would_be(self, text: str) -> None:
        with pytest.raises(UsageError) as error:
            window(text)
        assert str(error.value) == (
            f"--from {text!r} is no time: give a date (2026-11-23), a time (2026-11-23T12:04, "
            "2026-11-23T12:04:11+01:00), 30d or 12h, or a word such as yesterday, last-month, tuesday-14:00."
        )

    def test_the_bad_option_is_named(self) -> None:
        with pytest.raises(UsageError, match=r"^--to 'soon' is no time"):
            window("30d", "soon")

    def test_an_empty_window_is_refused(self) -> None:
        with pytest.raises(UsageError) as error:
            window("2026-11-23", "2026-11-23")
        assert str(error.value) == (
            "The window would be empty: --from (2026-11-23) has to be before --to (2026-11-23), "
            "which is not part of it."
        )


class TestMoves:
    @pytest.mark.parametrize(
        ("start", "end", "step", "expected"),
        [
            ("2026-10-25", "2026-11-24", -1, ("2026-09-25", "2026-10-25")),
            ("2026-11-23T00:30", "2026-11-23T06:00", 1, ("2026-11-23T06:00", "2026-11-23T11:30")),
            ("2026-02-01", "2026-03-01", 1, ("2026-03-01", "2026-04-01")),
            ("2026-01-01", "2027-01-01", -1, ("2025-01-01", "2026-01-01")),
            ("2026-11-23", "2026-11-30", 1, ("2026-11-30", "2026-12-07")),
        ],
    )
    def test_shifted(self, start: str, end: str, step: Literal[1, -1], expected: tuple[str, str]) -> None:
        assert Window(at(start), at(end)).shifted(step) == Window(at(expected[0]), at(expected[1]))

    def test_local_days_stay_local_days(self) -> None:
        before = window("2026-10-24", "2026-10-25", "Europe/Berlin")
        after = before.shifted(1, "Europe/Berlin")
        assert after == window("2026-10-25", "2026-10-26", "Europe/Berlin")
        assert after.end is not None
        assert after.start is not None
        assert after.end - after.start == timedelta(hours=25)

    def test_an_open_window_stays(self) -> None:
        for open_window in (Window(), Window(NOW), Window(None, NOW)):
            assert open_window.shifted(1) == open_window

    def test_the_calendar_ends(self) -> None:
        for start, end, step in (
            ("0001-01-01", "0001-01-08", -1),
            ("0001-01-01", "0001-02-01", -1),
            ("9999-12-01", "9999-12-30", 1),
        ):
            with pytest.raises(UsageError, match="no window beyond"):
                Window(at(start), at(end)).shifted(step)  # type: ignore[arg-type]

    @given(
        start=MOMENTS,
        length=st.timedeltas(timedelta(seconds=1), timedelta(days=400)),
        zone=st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kathmandu"]),
    )
    def test_the_neighbours_touch(self, start: datetime, length: timedelta, zone: str) -> None:
        here = Window(start, start + length)
        assert here.shifted(1, zone).start == here.end
        assert here.shifted(-1, zone).end == here.start

    def test_look_around(self) -> None:
        assert Window(at("2026-11-02"), at("2026-11-03")).look_around() == Window(at("2026-11-01"), at("2026-11-04"))
        assert Window(None, at("2026-11-03")).look_around(2) == Window(None, at("2026-11-05"))
        assert Window(at("0001-01-01"), None).look_around() == Window()

    def test_contains_its_start_but_not_its_end(self) -> None:
        here = Window(at("2026-11-02"), at("2026-11-03"))
        assert here.contains(at("2026-11-02"))
        assert not here.contains(at("2026-11-03"))
        assert not here.contains(at("2026-11-01T23:59:59"))
        assert Window().contains(NOW)

    def test_days_touched(self) -> None:
        assert Window().days() is None
        assert window("30d").days() == 30
        assert Window(at("2026-11-22T23:00"), at("2026-11-23T01:00")).days() == 2
        assert Window(at("2026-11-22T23:00"), at("2026-11-23T01:00")).days("Europe/Berlin") == 1


class TestLabel:
    @pytest.mark.parametrize(
        ("start", "end", "zone", "label"),
        [
            ("2026-10-25", "2026-11-24", "UTC", "25 Oct - 23 Nov 2026 · 30 d · UTC"),
            ("2025-12-25", "2026-01-24", "UTC", "25 Dec 2025 - 23 Jan 2026 · 30 d · UTC"),
            ("2026-11-23", "2026-11-24", "UTC", "23 Nov 2026 · 1 d · UTC"),
            ("2026-10-24T22:00", "2026-10-25T23:00", "Europe/Berlin", "25 Oct 2026 · 1 d · Europe/Berlin"),
            ("2026-11-23T00:06:40", "2026-11-23T12:06:40", "UTC", "23 Nov 2026 00:06:40 - 12:06:40 · 12 h · UTC"),
            ("2026-11-22T18:00", "2026-11-23T06:30", "UTC", "22 Nov 18:00 - 23 Nov 2026 06:30 · 12 h 30 min · UTC"),
            ("2025-12-31T18:00", "2026-01-02T18:00", "UTC", "31 Dec 2025 18:00 - 2 Jan 2026 18:00 · 2 d · UTC"),
            ("2026-11-23", "2026-11-23T12:00", "UTC", "23 Nov 2026 00:00 - 12:00 · 12 h · UTC"),
            ("2026-11-23", None, "UTC", "since 23 Nov 2026 · UTC"),
            ("2026-11-23T10:00", None, "Europe/Berlin", "since 23 Nov 2026 11:00 · Europe/Berlin"),
            (None, "2026-11-24", "UTC", "until 23 Nov 2026 · UTC"),
            (None, "2026-11-24T08:00", "UTC", "until 24 Nov 2026 08:00 · UTC"),
            (None, None, "UTC", "all data · UTC"),
        ],
    )
    def test_label(self, start: str | None, end: str | None, zone: str, label: str) -> None:
        assert Window(at(start) if start else None, at(end) if end else None).label(zone) == label
