"""A page that was made ahead looks, and does, what one made when it is wanted does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from ssmtrail.tui.frame.framed import FramedScreen
from tests.thorough import IS_THOROUGH
from tests.tui.counted import counted_door
from tests.tui.screens.stage import app_over, on_stage, press, settled, until
from tests.tui.screens.test_looks_people import a_door

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from textual.pilot import Pilot

    from ssmtrail.tui.app import TrailApp
    from ssmtrail.tui.spares import Spares

SIZES = [(80, 24), (120, 36), (200, 50)]
STORIES = [
    pytest.param(("4", "enter"), id="person"),
    pytest.param(("4", "down", "enter", "c", "tab"), id="person-calls"),
    pytest.param(("4", "enter", "tab", "tab"), id="person-hours"),
    pytest.param(("5", "enter"), id="instance"),
    pytest.param(("5", "enter", "a"), id="instance-as-of"),
    pytest.param(("a",), id="as-of-from-a-session"),
    pytest.param(("4", "enter", "enter"), id="sessions-of-a-pair"),
    pytest.param(("4", "enter", "enter", "d"), id="sessions-with-panel"),
    pytest.param(("d", "4", "enter"), id="person-with-panel"),
    pytest.param(("4", "enter", "escape", "down", "enter"), id="one-after-the-other"),
    pytest.param(("4", "enter", "4"), id="level-of-a-page"),
]


def at_sizes() -> list[Any]:
    """The stories, each at one of the sizes; where thoroughness is asked for at all of them."""
    return [
        pytest.param(*story.values, size, id=f"{story.id}-{size[0]}x{size[1]}")
        for number, story in enumerate(STORIES)
        for size in (SIZES if IS_THOROUGH else [SIZES[number % len(SIZES)]])
    ]


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ssmtrail.tui.spares.REST", 0.001)


def spares_of(app: TrailApp) -> Spares:
    assert app.app_context is not None
    assert app.app_context.spares is not None
    return app.app_context.spares


async def laid_by(pilot: Pilot[int]) -> None:
    """Wait until one of each kind lies ready."""
    app = pilot.app
    await until(pilot, lambda: getattr(getattr(app, "_desk", None), "spares", None) is not None)
    spares = spares_of(app)  # type: ignore[arg-type]
    await until(pilot, lambda: len(spares._kept) == 3 and all(each.lies_ready for each in spares._kept.values()))
    await settled(pilot)


def picture(app: TrailApp) -> str:
    return re.sub(r"terminal-\d+", "", app.export_screenshot())


async def seen_after(keys: tuple[str, ...], size: tuple[int, int], *, ahead: bool) -> tuple[str, bool]:
    """The picture after these keys, whether it is of a screen that was made ahead."""
    app = app_over(a_door())
    async with on_stage(app, size) as pilot:
        await laid_by(pilot)
        for key in keys:
            if ahead:
                await laid_by(pilot)
            else:
                spares_of(app).close()
            await press(pilot, key)
        return picture(app), isinstance(app.screen, FramedScreen) and app.screen.is_spare


@pytest.mark.parametrize(("keys", "size"), at_sizes())
async def test_a_spare_page_is_like_a_new_one(keys: tuple[str, ...], size: tuple[int, int]) -> None:
    new, spare = await seen_after(keys, size, ahead=False), await seen_after(keys, size, ahead=True)
    assert not new[1]
    assert spare[1] or keys[-1] == "4"  # that is another view of the page's level
    assert spare[0] == new[0]


async def choose_a_theme(pilot: Pilot[int]) -> None:
    pilot.app.theme = "ssmtrail-light"


async def shrink_the_terminal(pilot: Pilot[int]) -> None:
    await pilot.resize_terminal(80, 24)


@pytest.mark.parametrize("change", [choose_a_theme, shrink_the_terminal])
async def test_what_changed_meanwhile_holds(change: Callable[[Pilot[int]], Awaitable[None]]) -> None:
    pictures = []
    for ahead in (False, True):
        app = app_over(counted_door())
        async with on_stage(app) as pilot:
            await laid_by(pilot)
            if not ahead:
                spares_of(app).close()
            await change(pilot)
            await press(pilot, "4", "enter")
            assert isinstance(app.screen, FramedScreen)
            assert app.screen.is_spare == ahead
            pictures.append(picture(app))
    assert pictures[0] == pictures[1]


async def test_keys_go_to_the_page_that_was_just_opened() -> None:
    app = app_over(counted_door())
    async with on_stage(app) as pilot:
        await laid_by(pilot)
        await press(pilot, "4")
        await laid_by(pilot)
        await pilot.press("enter", "tab")  # at once
        await settled(pilot)
        assert app.screen.is_spare  # type: ignore[attr-defined]
        assert app.focused is app.screen.figures.table  # type: ignore[attr-defined]


async def test_another_source_lets_go_of_them() -> None:
    app = app_over(counted_door())
    async with on_stage(app) as pilot:
        await laid_by(pilot)
        spares, kept = spares_of(app), list(spares_of(app)._kept.values())
        app._let_go()
        await settled(pilot)
        assert not spares._kept
        await until(pilot, lambda: not any(screen.is_running for screen in kept))


async def test_a_rest_that_ends_late_makes_nothing() -> None:
    app = app_over(counted_door())
    async with on_stage(app) as pilot:
        await laid_by(pilot)
        spares = spares_of(app)
        kept = dict(spares._kept)
        spares._lay_by()  # all are there
        assert spares._kept == kept
        spares.close()
        spares._wanted += spares._makers.values()
        spares._lay_by()
        assert not spares._kept
