"""The panel of details, the record, the strip of days, the filter line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from textual.app import App, ComposeResult
from textual.widgets import Input

from ssmtrail.widgets.day_strip import DayStrip
from ssmtrail.widgets.details import Details
from ssmtrail.widgets.filter_bar import FilterBar
from ssmtrail.widgets.json_view import JsonView
from tests.widgets.gallery_app import GalleryApp

if TYPE_CHECKING:
    from textual.widget import Widget


class OneWidget(App[None]):
    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self.widget = widget

    def compose(self) -> ComposeResult:
        yield self.widget


def lines(widget: Widget) -> list[str]:
    return [widget.render_line(y).text.rstrip() for y in range(widget.size.height)]


class TestDetails:
    async def test_values_are_aligned_and_wrap_under_themselves(self) -> None:
        details = Details()
        async with OneWidget(details).run_test(size=(32, 12)):
            details.show("jane.doe", [("started", "12:04:11"), ("", "from here"), ("why", "one two three four five")])
            assert lines(details)[:6] == [
                "jane.doe",
                "",
                "started  12:04:11",
                "         from here",
                "why      one two three four",
                "         five",
            ]

    async def test_scrolls(self) -> None:
        details = Details()
        async with OneWidget(details).run_test(size=(30, 6)) as pilot:
            details.show("", [(f"label {index}", "value") for index in range(50)])
            details.focus()
            await pilot.press("G")
            assert "label 49" in lines(details)[-1]


class TestJsonView:
    async def test_a_record_of_many_lines_is_found_in_and_scrolls(self) -> None:
        view = JsonView()
        text = json.dumps({"items": [{"name": f"n{index}", "arn": "arn:" + "x" * 80} for index in range(3000)]})
        async with OneWidget(view).run_test(size=(60, 12)) as pilot:
            view.show(text)
            first = view.find("N2999")
            assert first > 0
            await pilot.pause()
            assert '"n2999"' in "".join(lines(view))
            assert view.find("n2999") == first
            assert view.find("nowhere") == -1
            assert view.find("") == -1

    async def test_wraps_long_values_with_their_indent(self) -> None:
        view = JsonView()
        async with OneWidget(view).run_test(size=(24, 8)):
            view.show('{"arn": "0123456789012345678901234"}')
            assert lines(view)[:4] == ["{", '  "arn": "01234567890', '      12345678901234"', "}"]


class TestDayStrip:
    @staticmethod
    def of(states: str, *, ascii_only: bool = False) -> DayStrip:
        strip = DayStrip(ascii_only=ascii_only)
        names = {
            "k": "kept",
            "a": "arriving",
            "o": "open",
            "m": "missing",
            "f": "failed",
            "p": "proved",
            "!": "altered",
        }
        strip.set_days([(f"day {index}", names[state]) for index, state in enumerate(states)])
        return strip

    async def test_one_sign_a_day_and_the_caption_at_the_right(self) -> None:
        strip = self.of("pkkfmao!")
        async with OneWidget(strip).run_test(size=(30, 3)):
            strip.caption = "4 days"
            assert strip.render_line(0).text == "✓▇▇✗░▆▒!" + " " * 14 + "4 days"

    async def test_ascii(self) -> None:
        strip = self.of("kaomfp!", ascii_only=True)
        async with OneWidget(strip).run_test(size=(30, 3)):
            assert strip.render_line(0).text.strip() == "#+=.xP!"

    @pytest.mark.parametrize("place", [0, 17, 99])
    async def test_of_days_that_share_a_cell_the_worst_is_seen(self, place: int) -> None:
        strip = self.of("".join("f" if index == place else "k" for index in range(100)))
        async with OneWidget(strip).run_test(size=(40, 3)):
            text = strip.render_line(0).text
            assert text.count("✗") == 1
            assert text.index("✗") == place * strip._cells // 100 or place == 17

    async def test_pointing_shows_the_label_and_moves_nothing(self) -> None:
        app = GalleryApp()
        async with app.run_test(size=(120, 20)) as pilot:
            strip = app.query_one(DayStrip)
            before = strip.render_line(0).text
            await pilot.hover(DayStrip, offset=(41, 0))
            assert app.told == [("day", 40)]
            assert strip.render_line(0).text.endswith("day 40: failed, 12 files")
            assert strip.render_line(0).text[:60] == before[:60]
            await pilot.hover(FilterBar)
            assert strip.render_line(0).text == before

    async def test_room_is_kept_for_the_longest_label(self) -> None:
        strip = DayStrip()
        strip.set_days([(f"a long label of day {index}", "kept") for index in range(99)])
        async with OneWidget(strip).run_test(size=(80, 3)) as pilot:
            before = strip.render_line(0).text.count("▇")
            await pilot.hover(DayStrip, offset=(60, 0))
            await pilot.hover(DayStrip, offset=(20, 0))
            text = strip.render_line(0).text
            assert text.count("▇") == before
            assert "a long label of day" in text
            assert "…" not in text

    @pytest.mark.parametrize("width", [40, 58, 80])
    async def test_its_width_depends_on_no_text(self, width: int) -> None:
        strip = self.of("k" * 90)
        async with OneWidget(strip).run_test(size=(width, 3)):
            cells = set()
            for caption in ("", "30 days", "29 days kept, 1 open, 3 failed, 2 missing"):
                strip.caption = caption
                cells.add(strip.render_line(0).text.count("▇"))
            assert len(cells) == 1

    async def test_keys_point_too(self) -> None:
        app = GalleryApp()
        async with app.run_test(size=(120, 20)) as pilot:
            app.query_one(DayStrip).focus()
            await pilot.press("left", "left", "right", "right", "home", "left", "end")
            assert app.told == [("day", day) for day in (59, 58, 59, 0, 59)]

    async def test_no_days(self) -> None:
        strip = DayStrip()
        async with OneWidget(strip).run_test(size=(30, 3)) as pilot:
            strip.focus()
            await pilot.press("left", "end")
            await pilot.hover(DayStrip, offset=(2, 0))
            assert strip.render_line(0).text.strip() == ""


class TestFilterBar:
    async def test_tells_of_typing_entering_leaving(self) -> None:
        app = GalleryApp()
        async with app.run_test(size=(120, 20)) as pilot:
            bar = app.query_one(FilterBar)
            bar.set_text("a")
            bar.focus()
            await pilot.press("b", "enter", "escape")
            assert app.told == [("edited", "ab"), ("submitted", "ab"), ("dismissed", "ab")]
            assert bar.text == "ab"

    async def test_an_error_points_at_its_place_until_the_text_changes(self) -> None:
        app = GalleryApp()
        async with app.run_test(size=(120, 20)) as pilot:
            bar = app.query_one(FilterBar)
            marked = [s.text for s in bar.query_one(Input).render_line(0) if s.style and s.style.underline]
            assert marked == ["persn"]
            assert "did you mean" in str(bar.query_one(".filter-bar--say").render())
            bar.focus()
            await pilot.press("x")
            await pilot.pause()
            assert not [s for s in bar.query_one(Input).render_line(0) if s.style and s.style.underline]
            assert str(bar.query_one(".filter-bar--say").render()) == ""
            assert not bar.has_class("-wrong")

    async def test_an_error_at_the_end_of_the_text_is_seen_as_a_message(self) -> None:
        bar = FilterBar('"open')
        async with OneWidget(bar).run_test(size=(60, 3)):
            bar.show_error("a quote is missing", 5)
            assert bar.has_class("-wrong")

    async def test_a_count_takes_the_error_away(self) -> None:
        app = GalleryApp()
        async with app.run_test(size=(120, 20)):
            bar = app.query_one(FilterBar)
            bar.show_count("212 of 1,284")
            assert not bar.has_class("-wrong")
            assert str(bar.query_one(".filter-bar--say").render()) == "212 of 1,284"

    async def test_hostile_text_is_kept_but_not_sent(self) -> None:
        bar = FilterBar("person:\x1b]52;c;aGk=\x07\u202ex")
        async with OneWidget(bar).run_test(size=(60, 3)):
            shown = bar.query_one(Input).render_line(0).text
            assert shown.startswith("person:?]52;c;aGk=?x")  # Rich itself drops the bell
            assert bar.text == "person:\x1b]52;c;aGk=\x07\u202ex"

    async def test_suggestions(self) -> None:
        app = GalleryApp()
        async with app.run_test(size=(120, 20)) as pilot:
            bar = app.query_one(FilterBar)
            bar.set_text("f")
            bar.focus()
            await pilot.press("o", "l")
            await pilot.pause()
            await pilot.press("right")
            assert bar.text == "follow"
