"""The usage screen, driven by keys."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from textual.widgets import Static

from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.filters import Filter
from ssmtrail.queries.model import Coverage
from ssmtrail.queries.times import Window
from ssmtrail.queries.views import Heat, Series, Usage
from ssmtrail.tui.app import TrailApp
from ssmtrail.tui.frame.chrome import HeaderLine
from ssmtrail.tui.frame.fitted import Fitted
from ssmtrail.tui.frame.hints import Hints
from ssmtrail.tui.signs import ASCII
from ssmtrail.tui.views.usage import UsagePane
from ssmtrail.widgets.chart import BarChart, chart_picture
from ssmtrail.widgets.heat_map import HeatMap
from tests.fakes import NOON, FakeTrail, a_session
from tests.tui.screens.stage import SCOPE, app_over, frame, held, listing, on_stage, pane, press, said, settled, stack

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

FIRST = datetime(2026, 10, 25, tzinfo=UTC)
PEOPLE = (
    (json.dumps(["1", "jane.doe", "Admin"]), "jane.doe", 212),
    (json.dumps(["1", "max.weber", "Admin"]), "max.weber", 187),
)
MACHINES = ((json.dumps(["i-0fe2"]), "db-1", 301),)


def a_usage(days: int = 30, *, busy: int = 10) -> Usage:
    """Days of which each has a third more shells than tunnels, four or five days a week."""
    buckets = tuple(FIRST + timedelta(days=day) for day in range(days))
    shells = tuple(0 if begin.weekday() > 4 else busy + begin.day for begin in buckets)
    tunnels = tuple(size // 2 for size in shells)
    return Usage(
        SCOPE, "sessions", "day", "kind", buckets,
        (Series('"shell"', "shell", shells), Series('"ssh"', "ssh", tunnels), Series(None, "other", (0,) * days)),
        tuple(map(sum, zip(shells, tunnels, strict=True))),
        tuple(int(place == days - 2) for place in range(days)),
        (None, *(7 for _ in range(days - 1))),
    )  # fmt: skip


def a_heat() -> Heat:
    counts = tuple(tuple(day + hour if 7 < hour < 18 and day < 5 else 0 for hour in range(24)) for day in range(7))
    return Heat(SCOPE, "sessions", counts, PEOPLE, MACHINES)


def a_door(usage: Usage | None = None) -> FakeTrail:
    rows = [
        a_session(key=f"e{n:02}", at=NOON - timedelta(days=n), started_at=NOON - timedelta(days=n), kind="shell")
        for n in range(25)
    ]
    trail = FakeTrail({"sessions": rows})
    trail.views = {"usage": usage or a_usage(), "heat": a_heat()}
    return trail


def usage_of(pilot: Pilot[int]) -> UsagePane:
    return pane(pilot, UsagePane)


def caption(pilot: Pilot[int]) -> str:
    return usage_of(pilot).chart.caption


def hour_told(pilot: Pilot[int]) -> str:
    return str(usage_of(pilot).query_one("#usage-hour", Static).visual)


class TestOpening:
    async def test_the_last_bar_and_the_busiest_hour_are_told(self) -> None:
        async with on_stage(app_over(a_door())) as pilot:
            await press(pilot, "3")
            assert caption(pilot) == "Mon 23 Nov: 49 sessions = 33 shell, 16 ssh; 7 the period before"
            assert hour_told(pilot) == "Fri 17-18: 21 sessions"
            assert pilot.app.focused is usage_of(pilot).chart
            assert frame(pilot).query_one(HeaderLine).heading.totals[0] == "25 sessions"

    async def test_bars_hours_and_their_picture_come_together(self, monkeypatch: pytest.MonkeyPatch) -> None:
        trail, drawn = a_door(), []

        def counted(*given: Any, **named: Any) -> Any:
            drawn.append(given)
            return chart_picture(*given, **named)

        monkeypatch.setattr("ssmtrail.tui.views.usage.chart_picture", counted)
        async with on_stage(app_over(trail)) as pilot:
            trail.hold()
            await pilot.press("3")
            await held(trail)
            assert not stack(pilot).pane.display
            trail.release()
            await settled(pilot)
            assert [name for name, *_ in trail.looked_at] == ["usage", "heat"]
            assert "shell" in usage_of(pilot).chart.render_line(0).text
            # Drawn ahead: nothing was asked to be drawn afterwards.
            assert len(drawn) == 1

    async def test_nothing_says_why(self) -> None:
        nothing = replace(a_usage(), totals=(0,) * 30, denied=(0,) * 30)
        trail = a_door(nothing)
        trail.rows["sessions"] = ()
        async with on_stage(app_over(trail)) as pilot:
            await press(pilot, "3")
            assert "No day of 25 Oct" in str(stack(pilot).note.visual)
            assert not stack(pilot).pane.display
            trail.views["usage"] = a_usage()
            await press(pilot, "right_square_bracket")
            assert usage_of(pilot).display
            assert pilot.app.focused is usage_of(pilot).chart


class TestMoving:
    async def test_bars_and_their_parts_are_told(self) -> None:
        async with on_stage(app_over(a_door()), (80, 24)) as pilot:
            await press(pilot, "3", "left", "left")
            assert caption(pilot) == "Sat 21 Nov: 0 sessions; 7 the period before"
            await press(pilot, "left", "up")
            assert caption(pilot) == "Fri 20 Nov, shell: 30 of 45 sessions; 7 the period before"
            await press(pilot, "down")
            assert caption(pilot).startswith("Fri 20 Nov: 45 sessions = 30 shell, 15 ssh")

    async def test_to_the_highest_bar_refused_calls_and_the_picked_part_included(self) -> None:
        usage = a_usage()
        denied = tuple(int(place == 12) * 100 for place in range(30))
        async with on_stage(app_over(a_door(replace(usage, denied=denied)))) as pilot:
            await press(pilot, "3", "tab", "M")
            assert caption(pilot).startswith("Fri 6 Nov: 24 sessions")
            assert pilot.app.focused is usage_of(pilot).chart
            await press(pilot, "up", "M")
            assert caption(pilot).startswith("Fri 30 Oct, shell: 40 of 60 sessions")

    async def test_tab_goes_to_the_hours_and_back(self) -> None:
        async with on_stage(app_over(a_door())) as pilot:
            await press(pilot, "3", "tab", "left")
            assert isinstance(pilot.app.focused, HeatMap)
            assert hour_told(pilot) == "Fri 16-17: 20 sessions"
            await press(pilot, "tab")
            assert isinstance(pilot.app.focused, BarChart)

    async def test_the_cursor_stays_with_its_moment_through_other_units(self) -> None:
        trail = a_door()
        async with on_stage(app_over(trail)) as pilot:
            await press(pilot, "3", *["left"] * 5)
            assert caption(pilot).startswith("Wed 18 Nov:")
            weeks = tuple(FIRST - timedelta(days=6) + timedelta(weeks=week) for week in range(6))
            few = (1,) * 6
            trail.views["usage"] = replace(
                a_usage(), buckets=weeks, series=(Series('"shell"', "shell", few),), totals=few, denied=few, before=()
            )
            await press(pilot, "u")
            assert caption(pilot) == "16 - 22 Nov: 1 session = 1 shell; 1 denied"
            trail.views["usage"] = a_usage()
            await press(pilot, "u", "u", "u")
            assert caption(pilot).startswith("Wed 18 Nov:")
            assert [asked[3] for asked in trail.looked_at if asked[0] == "usage"] == [
                "day",
                "week",
                "month",
                "hour",
                "day",
            ]

    async def test_a_unit_that_makes_too_many_bars_leaves_all_as_it_was(self) -> None:
        trail = a_door()
        async with on_stage(app_over(trail)) as pilot:
            await press(pilot, "3", "left")
            before = caption(pilot)
            trail.error = UsageError("By hour this window would have 262,800 bars.")
            await press(pilot, "u")
            assert "262,800" in said(pilot)
            assert caption(pilot) == before
            trail.error = None
            await press(pilot, "c")
            assert trail.looked_at[-2][2:4] == ("calls", "day")

    async def test_parts_go_round_without_names_of_calls_for_sessions(self) -> None:
        trail = a_door()
        async with on_stage(app_over(trail)) as pilot:
            await press(pilot, "3", "b", "b", "b", "b", "b", "b")
            parts = [asked[4] for asked in trail.looked_at if asked[0] == "usage"]
            assert parts == ["kind", "person", "personkind", "account", "instance", "none", "kind"]
            await press(pilot, "c", "b", "b", "b", "b", "b", "c")
            assert [asked[4] for asked in trail.looked_at if asked[0] == "usage"][-2:] == ["call", "kind"]

    async def test_an_answer_that_comes_late_is_dropped(self) -> None:
        trail = a_door()
        async with on_stage(app_over(trail)) as pilot:
            await press(pilot, "3")
            trail.hold()
            await pilot.press("u")
            await held(trail)
            await pilot.press("c")
            trail.release()
            await settled(pilot)
            assert usage_of(pilot).used is not None
            assert usage_of(pilot).used.usage.measure == "calls"  # type: ignore[union-attr]

    async def test_the_zone_asks_again(self) -> None:
        trail = a_door()
        async with on_stage(app_over(trail)) as pilot:
            await press(pilot, "3", "z")
            assert trail.looked_at[-2][1].zone == "Europe/Berlin"  # type: ignore[attr-defined]


class TestDrills:
    async def test_a_bar_opens_its_sessions_and_back_is_the_very_bar(self) -> None:
        async with on_stage(app_over(a_door())) as pilot:
            await press(pilot, "3", "left", "left", "left", "u", "u", "u", "u")
            before = caption(pilot)
            await press(pilot, "enter")
            scope = listing(pilot).scope
            assert scope.window.start == datetime(2026, 11, 20, tzinfo=UTC)
            assert scope.window.end == datetime(2026, 11, 21, tzinfo=UTC)
            assert stack(pilot).path == ("Usage", "Fri 20 Nov", "Sessions")
            await press(pilot, "escape")
            assert caption(pilot) == before

    async def test_the_last_bar_ends_with_the_window(self) -> None:
        async with on_stage(app_over(a_door())) as pilot:
            await press(pilot, "3", "enter")
            assert listing(pilot).scope.window.end == SCOPE.window.end

    async def test_a_part_of_a_bar_opens_its_own_sessions(self) -> None:
        async with on_stage(app_over(a_door())) as pilot:
            await press(pilot, "3", "up", "up", "enter")
            assert listing(pilot).scope.filter.text == "kind:ssh"
            assert stack(pilot).path == ("Usage", "Mon 23 Nov", "ssh", "Sessions")
            await press(pilot, "escape", "up", "enter")
            assert listing(pilot).scope.filter.text == "status:denied"
            assert stack(pilot).path == ("Usage", "Mon 23 Nov", "denied", "Sessions")

    async def test_the_others_together_have_no_list(self) -> None:
        bars = a_usage()
        others = replace(bars, series=(*bars.series[:2], Series(None, "other", (1,) * 30)), denied=(0,) * 30)
        async with on_stage(app_over(a_door(others))) as pilot:
            await press(pilot, "3", "up", "up", "up", "enter")
            assert "no list of their own" in said(pilot)

    async def test_hours_open_theirs_unless_they_are_empty(self) -> None:
        async with on_stage(app_over(a_door())) as pilot:
            await press(pilot, "3", "tab", "enter")
            assert listing(pilot).scope.filter.text == "day:fri hour:17"
            assert stack(pilot).path == ("Usage", "Fri 17-18", "Sessions")
            await press(pilot, "escape", "right", "enter")
            assert said(pilot) == "No session on Fri 18-19."


class TestNarrowing:
    async def test_the_picked_part_is_kept_or_left_out(self) -> None:
        trail = a_door()
        async with on_stage(app_over(trail)) as pilot:
            await press(pilot, "3", "f")
            assert stack(pilot).scope.filter.text == ""
            await press(pilot, "up", "f")
            assert stack(pilot).scope.filter.text == "kind:shell"
            await press(pilot, "escape", "F")
            assert stack(pilot).scope.filter.text == "-kind:shell"

    async def test_hours_are_kept_or_left_out(self) -> None:
        async with on_stage(app_over(a_door())) as pilot:
            await press(pilot, "3", "tab", "f")
            assert stack(pilot).scope.filter.text == "day:fri hour:17"
            await press(pilot, "escape", "F")
            assert stack(pilot).scope.filter.text == "-hour:17"


class TestTaking:
    async def test_copies(self, monkeypatch: pytest.MonkeyPatch) -> None:
        copied: list[str] = []
        monkeypatch.setattr(TrailApp, "copy_to_clipboard", lambda _, text: copied.append(text))
        async with on_stage(app_over(a_door())) as pilot:
            await press(pilot, "3", "y", "Y", "up", "Y", "tab", "y", "Y")
            assert copied == [
                "49", "2026-11-23T00:00:00+00:00\t49", "2026-11-23T00:00:00+00:00\tshell\t33", "21", "Fri 17-18\t21"
            ]  # fmt: skip

    async def test_the_bars_are_exported(self, tmp_path: Path) -> None:
        trail = a_door()
        trail.rows["usage"] = ({"bucket": "2026-11-23T00:00:00Z", "sessions": 49, "calls": 60, "denied": 0},)
        async with on_stage(app_over(trail)) as pilot:
            await press(pilot, "3", "e")
            assert "Space" not in str(pilot.app.screen.query_one(Hints).render())  # there are no boxes to tick
            await press(pilot, *["ctrl+u"], *f"{tmp_path}/x.csv", "enter")
            assert "wrote 1 row" in said(pilot)
            assert "49" in (tmp_path / "x.csv").read_text()
            assert trail.answers[-1].closed


class TestLooks:
    async def test_a_terminal_of_few_colours_tells_parts_by_texture(self) -> None:
        async with on_stage(app_over(a_door())) as pilot:
            await press(pilot, "3")
            assert usage_of(pilot).chart.look == "blocks"
            pilot.app.theme = "ssmtrail-terminal"
            await settled(pilot)
            assert usage_of(pilot).chart.look == "textures"
            assert any("▒" in usage_of(pilot).chart.render_line(y).text for y in range(2, 20))

    async def test_ascii(self) -> None:
        async with on_stage(app_over(a_door(), signs=ASCII), (80, 24)) as pilot:
            await press(pilot, "3")
            lines = [usage_of(pilot).chart.render_line(y).text for y in range(usage_of(pilot).chart.size.height)]
            assert all(line.isascii() for line in lines)
            made = usage_of(pilot).query_one("#usage-title", Fitted).make
            assert made is not None
            assert made(78).plain.isascii()

    async def test_another_size_has_another_picture(self) -> None:
        async with on_stage(app_over(a_door())) as pilot:
            await press(pilot, "3", "left")
            await pilot.resize_terminal(80, 24)
            await settled(pilot)
            chart = usage_of(pilot).chart
            assert chart._picture is not None
            assert (chart._picture.width, chart._picture.height) == (80, 10)
            assert caption(pilot).startswith("Sun 22 Nov")


async def test_the_filter_is_carried_and_counted() -> None:
    trail = a_door()
    async with on_stage(app_over(trail, replace(SCOPE, filter=Filter("kind:shell")))) as pilot:
        await press(pilot, "3")
        assert trail.looked_at[0][1].filter.text == "kind:shell"  # type: ignore[attr-defined]


async def test_an_unbounded_window_takes_the_unit_of_what_is_kept() -> None:
    trail = a_door()
    trail.covered = Coverage(files=1, first_day=FIRST.date(), last_day=FIRST.date() + timedelta(days=400))
    async with on_stage(app_over(trail, replace(SCOPE, window=Window()))) as pilot:
        await press(pilot, "3")
        assert trail.looked_at[0][3] == "week"
