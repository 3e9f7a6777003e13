from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ssmtrail.widgets.chart import BarChart, chart_picture
from ssmtrail.widgets.chart_picture import SMALLEST, ChartPicture, nice_ceiling
from ssmtrail.widgets.histogram import Histogram, Look, Series
from tests.thorough import times
from tests.widgets.charts_app import UsageApp, made_histogram

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from textual.pilot import Pilot

LOOKS: tuple[Look, ...] = ("blocks", "textures", "ascii")
HISTOGRAMS = st.integers(1, 120).flatmap(
    lambda bars: st.builds(
        Histogram,
        st.lists(st.sampled_from(["", "25 Oct", "\x1b[2Jé"]), min_size=bars, max_size=bars),
        st.lists(
            st.builds(Series, st.just("shell"), st.lists(st.integers(0, 10**6), min_size=bars, max_size=bars)),
            min_size=1,
            max_size=8,
        ),
        st.just(()) | st.lists(st.integers(0, 10**6), min_size=bars, max_size=bars),
        st.just("before"),
    )
)


@asynccontextmanager
async def shown(
    bars: int = 30, *, hold: bool = False, size: tuple[int, int] = (80, 24)
) -> AsyncIterator[tuple[UsageApp, Pilot[None]]]:
    app = UsageApp(bars, hold=hold)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        yield app, pilot


def texts(picture: ChartPicture) -> list[str]:
    return ["".join(text for text, _, _ in line) for line in picture.lines]


def column(picture: ChartPicture, bar: int) -> str:
    """The signs of a bar, from the axis up."""
    place = picture.place_of(bar)
    assert place is not None
    return "".join(line[place] for line in reversed(texts(picture)[1:-2])).rstrip()


class TestPicture:
    def test_a_small_one(self) -> None:
        data = Histogram(["a", "", "c"], [Series("shell", [4, 0, 8]), Series("tunnel", [4, 0, 2])], [8, 4, 0], "before")
        picture = chart_picture(data, 24, 9, look="ascii")
        assert [text.rstrip() for text in texts(picture)] == [
            " # shell  = tunnel",
            "10+              ======",
            "  |-------       ######",
            "  |======        ######",
            " 5+====== -------######",
            "  |######        ######",
            "  |######        ######",
            " 0+--+-------------+----",
            "     a             c",
        ]

    def test_heights_are_exact(self) -> None:
        picture = chart_picture(Histogram([""] * 5, [Series("", [0, 1, 40, 60, 80])]), 40, 11)
        assert [column(picture, bar) for bar in range(5)] == ["", "▁", "████", "██████", "████████"]

    def test_series_stack_from_the_first_up(self) -> None:
        data = Histogram(["", ""], [Series("", [2, 0]), Series("", [2, 4]), Series("", [4, 0])])
        picture = chart_picture(data, 40, 11, look="textures")
        assert [column(picture, bar) for bar in range(2)] == ["██▒▒▓▓▓▓", "▒▒▒▒"]

    def test_the_ghost_stands_at_its_height_beside_and_over_bars(self) -> None:
        picture = chart_picture(Histogram(["", ""], [Series("", [8, 8])], [4, 8]), 40, 11)
        assert [column(picture, bar) for bar in range(2)] == ["███┄████", "███████┄"]
        runs = [run for line in picture.lines for run in line if "┄" in run[0]]
        assert ("ghost", "") in {run[1:] for run in runs}
        assert ("series-1", "over") in {run[1:] for run in runs}

    def test_the_axis_has_whole_numbers_from_zero(self) -> None:
        shown = texts(chart_picture(Histogram([""] * 3, [Series("", [1, 57, 3])]), 60, 15))
        assert [line.split("┤")[0].strip() for line in shown if "┤" in line] == ["60", "45", "30", "15"]
        assert shown[-2].startswith(" 0┼─")

    @pytest.mark.parametrize("look", LOOKS)
    def test_labels_without_room_are_left_out_whole(self, look: Look) -> None:
        data = Histogram([f"day {n:02}" for n in range(30)], [Series("", [1] * 30)])
        labels = texts(chart_picture(data, 80, 12, look=look))[-1]
        words = labels.split()
        assert set(words[1::2]) < {f"{n:02}" for n in range(30)}
        assert words[1] == "00"

    def test_bars_without_room_are_cut_never_merged(self) -> None:
        data = Histogram([""] * 500, [Series("", list(range(1, 501)))])
        first, second = (chart_picture(data, 80, 12, first=first) for first in (0, 400))
        assert first.pitch == second.pitch == 1
        assert (first.first, first.bars, first.total) == (0, 76, 500)
        assert texts(first)[1][:3] == texts(second)[1][:3]  # one scale for all stretches
        assert chart_picture(data, 80, 12, first=499).first == 500 - 76

    @pytest.mark.parametrize("width", range(SMALLEST[0], 40))
    def test_a_legend_takes_no_cell_too_many(self, width: int) -> None:
        for parts in range(1, 5):
            picture = chart_picture(Histogram(["a"], [Series("shell", [1])] * parts, (), "before"), width, 6)
            assert max(map(len, texts(picture))) <= width

    @settings(max_examples=times(10, 100), deadline=None)
    @given(HISTOGRAMS, st.integers(1, 130), st.integers(1, 30), st.integers(0, 130), st.sampled_from(LOOKS))
    def test_any_histogram_in_any_size(self, data: Histogram, width: int, height: int, first: int, look: Look) -> None:
        picture = chart_picture(data, width, height, first=first, look=look)
        if width < SMALLEST[0] or height < SMALLEST[1]:
            assert picture.lines == ()
            return
        assert len(picture.lines) == height
        assert all(len(text) <= width and text.isprintable() for text in texts(picture))
        assert look != "ascii" or all(text.isascii() for text in texts(picture))
        assert picture.left + picture.bars * picture.pitch <= width
        for bar in range(picture.first, picture.first + picture.bars):
            place = picture.place_of(bar)
            assert place is not None
            assert picture.bar_at(place) == bar
            assert bool(column(picture, bar).strip("┄- ")) >= (data.totals[bar] > 0 and not data.ghost)

    @given(st.integers(0, 10**12))
    def test_nice_ceilings(self, largest: int) -> None:
        top = nice_ceiling(largest)
        assert largest <= top <= max(1, 2 * largest)
        assert len(str(top).rstrip("0")) == 1


class TestChart:
    async def test_it_asks_once_a_size_and_look(self) -> None:
        async with shown(hold=True) as (app, pilot):
            assert [(m.width, m.height, m.first, m.look) for m in app.wanted][-1:] == [(80, 15, 0, "blocks")]
            asked = len(app.wanted)
            app.theme = "textual-light"
            await pilot.press("right", "left")
            assert len(app.wanted) == asked
            await pilot.resize_terminal(100, 24)
            await pilot.pause()
            assert app.wanted[-1].width == 100
            app.chart.look = "ascii"
            await pilot.pause()
            assert app.wanted[-1].look == "ascii"

    async def test_without_room_for_a_bar_it_asks_once(self) -> None:
        app = UsageApp(hold=True)
        async with app.run_test(size=(10, 24)) as pilot:
            for _ in range(3):
                await pilot.pause()
                asked = len(app.wanted)
                app.deliver()
            assert asked == 0

    async def test_a_picture_of_another_size_is_dropped(self) -> None:
        async with shown(hold=True) as (app, pilot):
            stale = chart_picture(app.histogram, 60, 15)
            app.chart.put_picture("days", stale)
            assert "shell" not in app.chart.render_line(0).text
            app.chart.put_picture("days", chart_picture(app.histogram, 80, 15, look="ascii"))
            assert "shell" not in app.chart.render_line(0).text
            app.chart.put_picture("weeks", chart_picture(app.histogram, 80, 15))
            assert "shell" not in app.chart.render_line(0).text
            app.deliver()
            await pilot.pause()
            assert "shell" in app.chart.render_line(0).text

    async def test_keys_move_and_tell(self) -> None:
        async with shown() as (app, pilot):
            app.told.clear()
            await pilot.press("right", "l", "left", "home", "left", "end", "right", "pageup", "enter")
            assert app.told == [
                *(("bar", index) for index in (11, 12, 11, 0, 29, 22)),
                ("opened", 22),
            ]

    async def test_the_caret_stands_under_its_bar_with_the_caption(self) -> None:
        async with shown() as (app, pilot):
            for key in ("home", "end"):
                await pilot.press(key)
                await pilot.pause()
                picture = chart_picture(app.histogram, 80, 15)
                assert app.chart.render_line(picture.axis).text.index("▲") == picture.place_of(app.chart.cursor)
                assert f"bar {app.chart.cursor}:" in app.chart.render_line(app.chart.size.height - 1).text

    async def test_clicks_move_then_open(self) -> None:
        async with shown() as (app, pilot):
            place = chart_picture(app.histogram, 80, 15).place_of(20)
            await pilot.click(BarChart, offset=(place or 0, 5))
            assert app.chart.cursor == 20
            await pilot.click(BarChart, offset=(place or 0, 5))
            assert app.told[-1] == ("opened", 20)
            await pilot.click(BarChart, offset=(0, 5))
            assert app.chart.cursor == 20

    async def test_the_stretch_that_is_seen_follows_the_cursor(self) -> None:
        async with shown(300) as (app, pilot):
            await pilot.press("end")
            await pilot.pause()
            axis = app.chart.size.height - 3
            assert "bar 299" in app.chart.render_line(axis + 2).text
            assert "▲" in app.chart.render_line(axis).text
            await pilot.press("home")
            await pilot.pause()
            assert "▲" in app.chart.render_line(axis).text

    async def test_no_bars(self) -> None:
        async with shown() as (app, pilot):
            app.chart.show("nothing", 0)
            await pilot.press("right", "enter")
            assert app.chart.render_line(0).text.strip() == ""

    async def test_other_bars_keep_the_picture_until_theirs_has_come(self) -> None:
        async with shown() as (app, pilot):
            app.hold = True
            app.histogram = made_histogram(7)
            app.chart.show("weeks", 7)
            await pilot.pause()
            assert app.chart.cursor == 6
            assert "shell 328" in app.chart.render_line(0).text
            app.deliver()
            await pilot.pause()
            assert "shell 328" not in app.chart.render_line(0).text


def test_bindings_have_ids_and_tooltips() -> None:
    assert all(getattr(binding, "id", "") and getattr(binding, "tooltip", "") for binding in BarChart.BINDINGS)
