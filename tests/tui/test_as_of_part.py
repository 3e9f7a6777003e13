"""The part of a machine's page that says who was on it at a moment, through the pilot."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from textual.widgets import Input, Static

from ssmtrail.tui.signs import ASCII
from ssmtrail.tui.views.as_of import AsOfPart
from ssmtrail.widgets.timeline import Timeline
from tests.tui.as_of_app import NOON, REACH, STAYS, AsOfApp, a_stay, as_of, at

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from textual.pilot import Pilot

    from ssmtrail.queries.views import Stay


@asynccontextmanager
async def shown(
    stays: tuple[Stay, ...] = STAYS, size: tuple[int, int] = (80, 24), **options: Any
) -> AsyncIterator[tuple[AsOfApp, Pilot[None]]]:
    app = AsOfApp(stays, **options)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await pilot.pause()
        yield app, pilot


def title(app: AsOfApp) -> str:
    return str(app.query_one("#as-of-title", Static).content)


def answer(app: AsOfApp) -> str:
    return str(app.query_one("#as-of-answer", Static).content)


def lines(app: AsOfApp) -> list[str]:
    return [strip.text.rstrip() for strip in app.screen._compositor.render_strips()]


async def typed(pilot: Pilot[None], text: str) -> None:
    await pilot.press("t")
    pilot.app.query_one(Input).value = text
    await pilot.press("enter")
    await pilot.pause()


def crowd(count: int = 400) -> tuple[Stay, ...]:
    """A stay every eleven minutes, every third without an end."""
    first = NOON - REACH
    began = [first + timedelta(minutes=11 * number) for number in range(count)]
    return tuple(
        a_stay(f"person.{n % 40}", start, None if n % 3 == 0 else start + timedelta(minutes=n % 50), key=f"k{n}")
        for n, start in enumerate(began)
    )


class TestMoment:
    async def test_it_says_who_was_there(self) -> None:
        async with shown() as (app, _):
            assert title(app).startswith("as of 21 Nov 2026 12:12:00 UTC")
            assert answer(app).startswith("At 12:12 one person was certainly on db-1, one possibly.\nmax.weber;")
            assert app.part.moment == NOON

    async def test_keys_move_it_without_asking(self) -> None:
        async with shown() as (app, pilot):
            await pilot.press("down", "left")
            assert app.part.moment == at("13:11")
            assert answer(app).startswith("At 13:11 nobody was certainly on db-1, one possibly.")
            assert app.wanted == []

    async def test_edges_are_gone_to_with_their_stay(self) -> None:
        async with shown() as (app, pilot):
            await pilot.press("full_stop")
            assert (app.part.moment, app.part.timeline.cursor_key) == (at("12:31"), STAYS[1].key)
            await pilot.press("comma", "comma", "enter")
            assert app.part.moment == at("12:00")
            assert app.opened == [STAYS[3].key]

    async def test_who_was_not_there_is_folded_away_until_space(self) -> None:
        async with shown() as (app, pilot):
            seen = [
                name for name in ("max.weber", "jane.doe", "ci-deploy", "temp.contr") if name in "".join(lines(app)[3:])
            ]
            assert seen == ["max.weber", "jane.doe"]
            assert any("3 other sessions around then were not on it (Space shows them)" in line for line in lines(app))
            await pilot.press("space")
            assert "ci-deploy" in "".join(lines(app))
            await pilot.press("space")
            assert "ci-deploy" not in "".join(lines(app))

    async def test_keys_in_a_row_do_not_wait_for_each_other(self) -> None:
        async with shown() as (app, _):
            for _ in range(3):
                app.part.action_edge(1)
            assert app.part.moment == NOON + REACH

    async def test_it_can_be_set(self) -> None:
        async with shown() as (app, pilot):
            app.part.moment = at("12:03")
            await pilot.pause()
            assert "certainly" in answer(app)
            assert "li.wei (start not in the data)" in answer(app)


class TestTyping:
    async def test_a_time_is_gone_to(self) -> None:
        async with shown(zone="Europe/Berlin") as (app, pilot):
            await typed(pilot, "10:02")
            assert app.part.moment == at("09:02")
            assert title(app).startswith("as of 21 Nov 2026 10:02:00 UTC+01:00")
            assert app.part.timeline.cursor_key == STAYS[0].key
            assert app.part.timeline.has_focus

    async def test_a_bad_one_is_refused_and_keeps_the_view(self) -> None:
        async with shown() as (app, pilot):
            await typed(pilot, "25:99")
            assert answer(app).startswith("'25:99' is no time: give 12:12")
            assert app.part.moment == NOON
            assert app.query_one(Input).has_focus
            await pilot.press("escape")
            assert answer(app).startswith("At 12:12 one person")
            assert app.part.timeline.has_focus
            assert not app.query_one("MomentBar").display

    async def test_what_was_refused_is_made_safe(self) -> None:
        async with shown() as (app, pilot):
            await typed(pilot, "\x1b]52;c;x\x07 \u202e[bold]")
            assert all(line.isprintable() for line in lines(app))
            assert "[bold]" in answer(app)

    async def test_typing_anew_begins_empty(self) -> None:
        async with shown() as (app, pilot):
            await typed(pilot, "nonsense")
            await pilot.press("escape", "t")
            assert app.query_one(Input).value == ""


class TestAskingForMore:
    async def test_it_asks_before_what_is_known_ends_and_stays_where_it_is(self) -> None:
        async with shown(crowd()) as (app, pilot):
            for _ in range(12):
                await pilot.press("down")
            assert app.wanted == []
            await pilot.press("down")
            await pilot.pause()
            assert app.wanted == [NOON + timedelta(hours=13)]
            assert app.part.moment == NOON + timedelta(hours=13)
            await pilot.press("right")
            assert len(app.wanted) == 1

    async def test_what_is_seen_stays_until_the_answer_is_here(self) -> None:
        async with shown() as (app, pilot):
            app.hold = True
            await typed(pilot, "24 Nov 12:00")
            assert app.wanted == [at("12:00", 24)]
            assert answer(app) == "Looking up who was on db-1 at 12:00."
            assert len(app.part.timeline._stays) == 2
            app.answer(at("12:00", 24))
            await pilot.pause()
            assert answer(app).startswith("At 12:00 nobody was on db-1")
            assert app.part.moment == at("12:00", 24)

    async def test_an_answer_that_comes_too_late_is_dropped(self) -> None:
        async with shown() as (app, pilot):
            app.hold = True
            await typed(pilot, "24 Nov 12:00")
            await typed(pilot, "28 Nov 12:00")
            app.answer(at("12:00", 24))
            await pilot.pause()
            assert answer(app) == "Looking up who was on db-1 at 12:00."
            assert app.part.moment == at("12:00", 28)
            assert len(app.part.timeline._stays) == 2

    async def test_new_facts_move_neither_moment_nor_stretch_nor_line(self) -> None:
        async with shown(crowd(), size=(80, 12)) as (app, pilot):
            await pilot.press("down", "plus", "j", "j")

            def seen() -> tuple[object, ...]:
                timeline = [line for line in lines(app) if "not on it" not in line]
                return app.part.moment, app.part.timeline.stretch, app.part.timeline.cursor_key, timeline

            before = seen()
            app.stays = (a_stay("new", NOON - timedelta(hours=30), NOON - timedelta(hours=29)), *app.stays)
            app.answer(NOON)
            await pilot.pause()
            assert before == seen()

    async def test_another_machine_begins_at_its_own_moment(self) -> None:
        async with shown() as (app, pilot):
            app.part.show(as_of(STAYS, at("09:00"), "i-other"), "UTC", "web-1")
            await pilot.pause()
            assert answer(app).startswith("At 09:00 one person was certainly on web-1.")

    async def test_more_time_than_is_known_is_never_seen(self) -> None:
        async with shown() as (app, pilot):
            for _ in range(20):
                await pilot.press("minus")
            start, end = app.part.timeline.stretch
            assert end - start == timedelta(hours=24)


class TestLooks:
    @pytest.mark.parametrize("height", [6, 7, 12, 20])
    @pytest.mark.parametrize("stays", [STAYS, crowd(), ()], ids=["few", "many", "none"])
    async def test_everything_is_in_sight(self, height: int, stays: tuple[Stay, ...]) -> None:
        async with shown(stays, lines=height) as (app, _):
            seen = lines(app)[:height]
            assert seen[0].startswith(" as of")
            assert any("▲ 21 Nov 2026 12:12:00" in line for line in seen)
            assert any(line.startswith(" At 12:12") for line in seen)
            if stays:
                assert "  certain" in "".join(seen[1:-2])
            assert not any(lines(app)[height:])
            timeline = app.part.timeline
            assert timeline.show_vertical_scrollbar == (sum(timeline.counts().values()) > timeline.size.height - 2)

    async def test_whoever_is_there_comes_into_sight_with_the_moment(self) -> None:
        async with shown(crowd(), lines=6) as (app, pilot):
            for _ in range(10):
                await pilot.press("down")
                await pilot.pause()
                known = "possible" if "nobody was certainly" in answer(app) else "certain"
                assert f"  {known}" in "".join(lines(app)[2:4])

    async def test_in_ascii(self) -> None:
        async with shown(signs=ASCII) as (app, pilot):
            await pilot.press("full_stop")
            assert all(line.isascii() for line in lines(app))
            assert any("|......" in line for line in lines(app))

    async def test_hostile_labels(self) -> None:
        stays = (a_stay("\x1b[31m[bold]漢字\u202e", at("12:00"), at("13:00")),)
        async with shown(stays, size=(160, 12), label="\x1b]0;x\x07[/]") as (app, _):
            assert all(line.isprintable() for line in lines(app))
            assert r"certainly on \x1b]0;x\x07[/]" in answer(app)

    async def test_resizing_keeps_the_line(self) -> None:
        async with shown(crowd()) as (app, pilot):
            key = app.part.timeline.cursor_key
            await pilot.resize_terminal(50, 8)
            await pilot.pause()
            assert app.part.timeline.cursor_key == key
            label = app.part.timeline._stays[app.part.timeline.cursor].label
            assert any(line.startswith(f" {label} ") for line in lines(app)[3:6])


def test_bindings_have_ids_and_tooltips() -> None:
    for part in (AsOfPart, Timeline):
        assert all(getattr(binding, "id", "") and getattr(binding, "tooltip", "") for binding in part.BINDINGS)
