"""Usage in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from ssmtrail.queries.filters import Filter
from ssmtrail.queries.model import Coverage, Scope
from ssmtrail.queries.times import Window, buckets
from ssmtrail.queries.views import Heat, Series, Usage
from ssmtrail.tui.signs import ASCII, UNICODE
from ssmtrail.tui.view_state import ViewState
from ssmtrail.tui.views import usage_text as words
from ssmtrail.tui.views.usage_view import BREAKDOWNS, UsageView, bar_of, fitting_unit

if TYPE_CHECKING:
    from ssmtrail.queries.times import Unit


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


WINDOW = Window(at("2026-10-25"), at("2026-11-24"))
SCOPE = Scope(WINDOW, Filter())


def used(unit: Unit = "day", zone: str = "UTC", window: Window = WINDOW) -> Usage:
    assert window.start is not None
    assert window.end is not None
    begins = tuple(begin.astimezone(ZoneInfo(zone)) for begin in buckets(window.start, window.end, unit, zone))
    many = len(begins)
    return Usage(
        Scope(window, Filter(), zone), "sessions", unit, "kind", begins,
        (Series('"shell"', "shell", (31,) * many), Series('"tunnel"', "tunnel", (22,) * many),
         Series('"command"', "command", (0,) * many), Series(None, "other", (1500,) * many)),
        (1553,) * many, (3,) * many, (None, *(41 for _ in begins[1:])),
    )  # fmt: skip


LABELS = ("shell", "tunnel", "command", "other")


@pytest.mark.parametrize(
    ("unit", "zone", "bar", "name"),
    [
        ("day", "UTC", 10, "Wed 4 Nov"),
        ("hour", "UTC", 9, "Sun 25 Oct 09:00"),
        ("hour", "Europe/Berlin", 0, "Sun 25 Oct 02:00"),
        ("hour", "Europe/Berlin", 1, "Sun 25 Oct 02:00 UTC+01:00"),
        ("week", "UTC", 1, "26 Oct - 1 Nov"),
        ("week", "UTC", 2, "2 - 8 Nov"),
        ("month", "UTC", 1, "Nov 2026"),
    ],
)
def test_a_bar_has_a_name(unit: Unit, zone: str, bar: int, name: str) -> None:
    assert words.bar_name(used(unit, zone), bar) == name


def test_a_bar_is_told_with_its_parts_the_others_last() -> None:
    told = words.bar_line(used(), 10, None, LABELS, 100, UNICODE)
    assert told == (
        "Wed 4 Nov: 1,553 sessions = 31 shell, 22 tunnel, 1,500 other; 3 denied; 41 the period before"
    )  # fmt: skip


@pytest.mark.parametrize("width", range(66, 96))
def test_names_of_parts_give_way_numbers_never(width: int) -> None:
    told = words.bar_line(used(), 10, None, LABELS, width, UNICODE)
    assert len(told) <= width
    assert told.startswith("Wed 4 Nov: 1,553 sessions")
    assert told.endswith("; 3 denied; 41 the period before")
    assert "…" in told or "other" in told or "=" not in told


def test_of_a_picked_part_its_share_is_told() -> None:
    told = words.bar_line(used(), 0, 1, LABELS, 100, UNICODE)
    assert told == "Sun 25 Oct, tunnel: 22 of 1,553 sessions; 3 denied"


@pytest.mark.parametrize(
    ("start", "end", "label"),
    [
        ("2026-10-25", "2026-11-24", "the 30 days before"),
        ("2026-11-23", "2026-11-24", "the day before"),
        ("2026-11-01", "2026-12-01", "the month before"),
        ("2026-01-01", "2027-01-01", "the 12 months before"),
        ("2026-11-23 06:00", "2026-11-23 18:00", "the period before"),
    ],
)
def test_the_period_before_has_a_name(start: str, end: str, label: str) -> None:
    assert words.before_label(Window(at(start), at(end)), "UTC") == label


def test_the_title_tells_what_no_bar_has_as_far_as_there_is_room() -> None:
    wide = words.title_line(used(), 90, UNICODE).plain
    assert wide.startswith(" Sessions a day by kind  ")
    assert wide.endswith("  ┄ the 30 days before ≥ 1,189   ✗ 90 denied ")
    assert len(wide) == 90
    assert words.title_line(used(), 50, UNICODE).plain.endswith("   ✗ 90 denied ")
    assert words.title_line(used(), 30, UNICODE).plain == " Sessions a day by kind"
    assert words.title_line(used(), 90, ASCII).plain.isascii()


def test_the_axis_names_mondays_months_years_and_hours() -> None:
    def named(unit: Unit, days: int) -> list[str]:
        start = at("2026-10-30")
        return [
            label
            for label in words.histogram(used(unit, "UTC", Window(start, start + timedelta(days=days))), {}).labels
            if label
        ]

    assert named("day", 3) == ["30 Oct", "31 Oct", "1 Nov"]
    assert named("day", 30) == ["2 Nov", "9 Nov", "16 Nov", "23 Nov"]
    assert named("week", 100) == ["Oct", "Nov", "Dec", "2027", "Feb"]
    assert named("month", 100) == ["Oct", "Nov", "Dec", "2027", "Feb"]
    assert named("hour", 1) == ["30 Oct", "06:00", "12:00", "18:00"]
    assert named("hour", 6) == ["30 Oct", "31 Oct", "1 Nov", "2 Nov", "3 Nov", "4 Nov"]


def test_what_is_not_known_of_the_period_before_is_not_drawn() -> None:
    assert words.histogram(used(), {}).ghost[:2] == (0, 41)
    assert words.histogram(replace(used(), before=(None,) * 30), {}).ghost == ()


def test_people_of_one_domain_and_accounts_with_names_are_short() -> None:
    people = replace(
        used(), breakdown="person",
        series=tuple(Series(str(number), label, (1,)) for number, label in enumerate(("a@x.org", "b@x.org", "ci"))),
    )  # fmt: skip
    assert words.part_labels(people, {}) == ["a", "b", "ci"]
    two = replace(people, series=(*people.series, Series("3", "c@y.org", (1,))))
    assert words.part_labels(two, {}) == ["a@x.org", "b@x.org", "ci", "c@y.org"]
    account = replace(used(), breakdown="account", series=(Series('"1"', "1", (1,)), Series('"2"', "2\x1b[2J", (1,))))
    assert words.part_labels(account, {"1": "prod"}) == ["prod", "2\\x1b[2J"]


def a_heat() -> Heat:
    counts = tuple(tuple(hour if day == 1 else 0 for hour in range(24)) for day in range(7))
    people = (("k", "max.weber@example.com", 1212), ("k", "jane", 12), ("k", "li", 9), ("k", "x", 1))
    return Heat(SCOPE, "calls", counts, people, (("k", "db-1\x1b", 301),))


def test_hours_are_told_by_the_room_of_their_cell() -> None:
    assert words.hour_line(a_heat(), 1, 9, 1) == "Tue 09-10: 9 calls"
    assert words.hour_line(a_heat(), 1, 8, 4) == "Tue 08-12: 38 calls"


def test_most_stand_one_above_the_other_or_side_by_side() -> None:
    narrow = words.most(a_heat(), 26, UNICODE).plain.split("\n")
    assert narrow == [
        "whole window: most", "by max.weber@exampl… 1,212", "   jane                 12", "   li                    9",
        "on db-1\\x1b            301",
    ]  # fmt: skip
    wide = words.most(a_heat(), 80, UNICODE).plain.split("\n")
    assert len(wide) == 5
    assert wide[1].startswith("by max.weber@example.com  ")
    assert wide[1].endswith(" 301")


class TestView:
    def test_the_unit_follows_the_window_until_one_is_chosen(self) -> None:
        units = [fitting_unit(timedelta(days=days)) for days in (0, 2, 3, 92, 93, 731, 732)]
        assert units == ["hour", "hour", "day", "day", "week", "week", "month"]
        view = UsageView(ViewState(SCOPE))
        assert view.unit(Coverage()) == "day"
        assert view.next_unit("day").unit(Coverage()) == "week"
        assert view.next_unit("month").unit(Coverage()) == "hour"
        everything = view.over(ViewState(Scope(Window(), Filter())))
        assert everything.unit(Coverage(first_day=at("2026-01-01").date(), last_day=at("2026-01-02").date())) == "hour"
        assert everything.unit(Coverage()) == "hour"

    def test_names_of_calls_are_for_calls_alone(self) -> None:
        calls = UsageView(ViewState(SCOPE, "calls"))
        seen = []
        for _ in BREAKDOWNS:
            seen.append(calls.breakdown)
            calls = calls.next_breakdown()
        assert tuple(seen) == BREAKDOWNS
        by_call = replace(calls, breakdown="call")
        assert by_call.over(ViewState(SCOPE, "sessions")).breakdown == "kind"
        assert by_call.over(ViewState(SCOPE, "calls")).breakdown == "call"

    def test_a_moment_lies_in_a_bar(self) -> None:
        begins = tuple(at("2026-11-01") + timedelta(days=day) for day in range(3))
        assert bar_of(begins, None) == 2
        assert bar_of(begins, at("2026-11-02 23:59")) == 1
        assert bar_of(begins, at("2026-11-02")) == 1
        assert bar_of(begins, at("2026-10-02")) == 0
        assert bar_of(begins, at("2026-12-02")) == 2
        assert bar_of((), None) == bar_of((), at("2026-11-02")) == 0


def test_refused_calls_are_parts_that_no_total_has() -> None:
    bars = words.with_refused(used())
    assert [part.key for part in bars.series] == ['"shell"', '"tunnel"', None, "!denied"]
    assert [part.part for part in words.histogram(bars, {}).series] == ["", "", "", "denied"]
    assert words.bar_line(bars, 10, 3, words.part_labels(bars, {}), 100, UNICODE).startswith("Wed 4 Nov, denied: 3; ")
    whole = words.bar_line(bars, 10, None, words.part_labels(bars, {}), 100, UNICODE)
    assert whole == "Wed 4 Nov: 1,553 sessions = 31 shell, 22 tunnel, 1,500 other; 3 denied; 41 the period before"


def test_only_refused_calls_are_bars_too() -> None:
    nothing = replace(used(), series=(Series(None, "other", (0,) * 30),), totals=(0,) * 30, failed=(1,) * 30)
    drawn = words.histogram(words.with_refused(nothing), {})
    assert [(part.label, sum(part.values)) for part in drawn.series] == [("denied", 90), ("failed", 30)]
    assert set(drawn.totals) == {4}


def test_numbers_of_the_window_say_so_and_the_last_line_is_the_legend() -> None:
    for width in (26, 80):
        lines = words.most(a_heat(), width, UNICODE, "░ 1  ▒ 3+").plain.split("\n")
        assert lines[0].startswith("whole window: most")
        assert lines[-1] == "░ 1  ▒ 3+"
        assert len(lines) <= 7
