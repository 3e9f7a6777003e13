from __future__ import annotations

from collections import Counter
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ssmtrail.widgets.timeline import Stay, Timeline
from ssmtrail.widgets.timeline_layout import TimeScale
from tests.widgets.charts_app import NOON, TimelineApp, made_stays

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import tzinfo

    from textual.pilot import Pilot

MOMENTS = st.integers(0, 365 * 24 * 3_600).map(lambda seconds: NOON + timedelta(seconds=seconds))


@asynccontextmanager
async def shown(
    stays: list[Stay] | None = None,
    *,
    ascii_only: bool = False,
    zone: tzinfo = UTC,
    size: tuple[int, int] = (120, 12),
) -> AsyncIterator[tuple[TimelineApp, Pilot[None]]]:
    app = TimelineApp(stays, ascii_only=ascii_only, zone=zone)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        app.told.clear()
        yield app, pilot


def lines(timeline: Timeline) -> list[str]:
    return [timeline.render_line(y).text for y in range(timeline.size.height)]


class TestLooks:
    async def test_the_sketch(self) -> None:
        async with shown(size=(120, 12)) as (app, _):
            seen = [line.rstrip() for line in lines(app.timeline)]
            assert seen[0].endswith("11:40 - 12:31  certain")
            assert seen[1].endswith("11:58 - ?      possible: no end recorded")
            assert seen[3].endswith("12:44 - 12:44  no")
            assert seen[4].endswith("20 Nov 23:10 - 09:02  no")
            assert "├───" in seen[0]
            assert "┤" in seen[0]
            assert "├┈┈" in seen[1]
            assert "┈┈?" in seen[1]
            assert "├─" in seen[2]
            assert "┈?" in seen[2]
            assert "◆" in seen[3]
            assert seen[4].count("├") == 0
            assert seen[6].endswith("▲ 21 Nov 2026 12:12:00")
            assert seen[6].index("▲") == seen[3].index("│")

    async def test_in_ascii(self) -> None:
        async with shown(ascii_only=True) as (app, _):
            seen = lines(app.timeline)
            assert all(line.isascii() for line in seen)
            assert "|---" in seen[0]
            assert "..?" in seen[1]

    async def test_times_are_those_of_the_zone(self) -> None:
        async with shown(zone=ZoneInfo("Asia/Kolkata")) as (app, _):
            seen = "\n".join(lines(app.timeline))
            assert "17:10 - 18:01  certain" in seen
            assert "▲ 21 Nov 2026 17:42:00" in seen

    @pytest.mark.parametrize("width", [30, 59, 80, 110, 200])
    async def test_every_line_has_the_whole_width(self, width: int) -> None:
        async with shown(size=(width, 12)) as (app, _):
            assert {app.timeline.render_line(y).cell_length for y in range(12)} == {width - 1}

    async def test_hostile_text_is_shown_safe(self) -> None:
        stay = Stay("k", "\x1b[31m[bold]漢字\u202e", NOON, NOON, NOON + timedelta(days=1), "\x07")
        async with shown([stay], size=(200, 12)) as (app, _):
            assert all(line.isprintable() for line in lines(app.timeline))
            assert app.timeline.render_line(0).cell_length == 199


class TestMoving:
    async def test_keys_move_the_moment(self) -> None:
        async with shown() as (app, pilot):
            await pilot.press("right", "l", "left", "down", "up", "up", "ctrl+right", "ctrl+left")
            assert [told[1] for told in app.told if isinstance(told, tuple)] == [
                "21 12:13",
                "21 12:14",
                "21 12:13",
                "21 13:13",
                "21 12:13",
                "21 11:13",
                "22 11:13",
                "21 11:13",
            ]

    async def test_what_is_known_follows_the_moment(self) -> None:
        async with shown() as (app, pilot):
            assert app.timeline.counts() == Counter(certain=1, possible=2, no=2)
            await pilot.press("up")
            assert app.timeline.counts() == Counter(certain=1, no=4)
            assert lines(app.timeline)[2].rstrip().endswith("certain")

    async def test_the_stretch_follows_the_moment(self) -> None:
        async with shown() as (app, pilot):
            await pilot.press("ctrl+right")
            assert any("▲ 22 Nov 2026 12:12:00" in line for line in lines(app.timeline))
            app.timeline.as_of = NOON - timedelta(days=40)
            await pilot.pause()
            assert any("▲ 12 Oct 2026" in line for line in lines(app.timeline))

    async def test_zooming_keeps_the_moment_in_the_middle(self) -> None:
        async with shown() as (app, pilot):
            for key in ("plus", "plus", "plus", *["minus"] * 30):
                await pilot.press(key)
                assert any("▲" in line for line in lines(app.timeline))

    async def test_thousands_of_stays(self) -> None:
        stays = [Stay(str(i), f"person.{i}", NOON, NOON + timedelta(minutes=i)) for i in range(20_000)]
        async with shown(stays) as (app, pilot):
            await pilot.press("G", "enter")
            assert app.told == [("opened", "19999")]
            assert "person.19999 " in lines(app.timeline)[9]
            await pilot.press("g", "j", "j", "k", "pagedown", "enter")
            assert app.told[-1] == ("opened", "11")

    async def test_clicks(self) -> None:
        async with shown() as (app, pilot):
            await pilot.click(Timeline, offset=(3, 2))
            assert app.timeline.cursor == 2
            await pilot.click(Timeline, offset=(3, 2))
            assert app.told == [("opened", "3")]
            caret = lines(app.timeline)[6].index("▲")
            await pilot.click(Timeline, offset=(caret + 10, 0))
            assert abs(lines(app.timeline)[6].index("▲") - caret - 10) <= 1
            assert app.timeline.cursor == 0

    async def test_nothing_to_show(self) -> None:
        async with shown([]) as (app, pilot):
            await pilot.press("j", "enter", "right", "pagedown")
            assert app.told == [("as of", "21 12:13")]

    async def test_minutes_are_minutes_when_clocks_are_put_back(self) -> None:
        berlin = ZoneInfo("Europe/Berlin")
        async with shown([], zone=berlin) as (app, pilot):
            app.timeline.as_of = datetime(2026, 10, 25, 2, 30, tzinfo=berlin)
            await pilot.press("down", "down")
            assert app.timeline.as_of == datetime(2026, 10, 25, 2, 30, tzinfo=UTC)


class TestScale:
    @given(MOMENTS, st.timedeltas(timedelta(minutes=1), timedelta(days=400)), st.integers(1, 200))
    def test_a_cell_begins_within_itself(self, start: datetime, span: timedelta, cells: int) -> None:
        scale = TimeScale(start, start + span, cells)
        for cell in (0, cells // 2, cells - 1):
            assert abs(scale.cell(scale.moment(cell) + timedelta(microseconds=1)) - cell) <= 1
        assert scale.cell(start) == 0
        assert scale.cell(start + span) == cells
        assert scale.cell(start - timedelta(seconds=1)) < 0

    @given(
        MOMENTS,
        st.timedeltas(timedelta(minutes=1), timedelta(days=3_000)),
        st.integers(1, 200),
        st.sampled_from(["UTC", "Europe/Berlin", "Asia/Kolkata", "America/New_York"]),
    )
    def test_ticks_do_not_touch(self, start: datetime, span: timedelta, cells: int, zone: str) -> None:
        ticks = TimeScale(start, start + span, cells).ticks(ZoneInfo(zone))
        assert all(0 <= cell < cells for cell, _ in ticks)
        assert all(b[0] - a[0] > len(a[1]) for a, b in pairwise(ticks))

    @given(MOMENTS, MOMENTS, MOMENTS, MOMENTS)
    def test_certainty(self, a: datetime, b: datetime, c: datetime, moment: datetime) -> None:
        start, until, perhaps = sorted((a, b, c))
        known, open_end = Stay("", "", start, until), Stay("", "", start, until, perhaps)
        assert known.certainty_at(moment) == ("certain" if start <= moment <= until else "no")
        if known.certainty_at(moment) == "certain":
            assert open_end.certainty_at(moment) == "certain"
        else:
            assert open_end.certainty_at(moment) == ("possible" if until < moment <= perhaps else "no")


def test_bindings_have_ids_and_tooltips() -> None:
    assert all(getattr(binding, "id", "") and getattr(binding, "tooltip", "") for binding in Timeline.BINDINGS)
    assert len(made_stays()) == 5
