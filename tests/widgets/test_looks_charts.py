"""Pictures of the matrix, the charts and the timeline at the two sizes that count."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.calm import settled
from tests.widgets.charts_app import TimelineApp, UsageApp
from tests.widgets.matrix_app import MatrixApp
from tests.widgets.test_looks import SIZES

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from tests.widgets.test_looks import Compare


async def _shown(pilot: Pilot[None]) -> None:
    """Wait until the first rows are here: a key before that moves nothing."""
    await settled(pilot.app)
    assert isinstance(pilot.app, MatrixApp)
    assert pilot.app.grid.token == "first"
    assert pilot.app.focused is pilot.app.grid


async def _middle(pilot: Pilot[None]) -> None:
    await _shown(pilot)
    await pilot.press("down", "right", "right")
    assert isinstance(pilot.app, MatrixApp)
    assert (pilot.app.grid.cursor_row, pilot.app.grid.cursor_column) == (1, 2)


async def _narrow(pilot: Pilot[None]) -> None:
    await _shown(pilot)
    await pilot.press("minus", "down", "right", "right")


async def _dense(pilot: Pilot[None]) -> None:
    await _shown(pilot)
    await pilot.press("minus", "minus", *["right"] * 30)


@SIZES
def test_matrix(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert snap_compare(MatrixApp(40, 30), terminal_size=size, run_before=_middle)


@SIZES
def test_matrix_narrow(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert snap_compare(MatrixApp(), terminal_size=size, run_before=_narrow)


def test_matrix_dense(snap_compare: Compare) -> None:
    assert snap_compare(MatrixApp(), terminal_size=(120, 36), run_before=_dense)


def test_matrix_dense_in_ascii(snap_compare: Compare) -> None:
    assert snap_compare(MatrixApp(ascii_only=True), terminal_size=(80, 24), run_before=_dense)


def test_matrix_in_the_terminals_own_colours(snap_compare: Compare) -> None:
    app = MatrixApp(40, 30)
    app.theme = "ansi-dark"
    assert snap_compare(app, terminal_size=(80, 24), run_before=_middle)


def test_matrix_in_a_light_theme(snap_compare: Compare) -> None:
    app = MatrixApp(40, 30)
    app.theme = "textual-light"
    assert snap_compare(app, terminal_size=(80, 24), run_before=_middle)


@SIZES
def test_usage(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert snap_compare(UsageApp(), terminal_size=size)


def test_usage_in_ascii(snap_compare: Compare) -> None:
    assert snap_compare(UsageApp(look="ascii"), terminal_size=(80, 24))


def test_usage_in_the_terminals_own_colours(snap_compare: Compare) -> None:
    app = UsageApp(look="textures")
    app.theme = "ansi-dark"
    assert snap_compare(app, terminal_size=(80, 24))


def test_usage_with_more_bars_than_columns(snap_compare: Compare) -> None:
    async def end(pilot: Pilot[None]) -> None:
        await pilot.press("end", "left", "left")

    assert snap_compare(UsageApp(300), terminal_size=(80, 24), run_before=end)


@SIZES
def test_timeline(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert snap_compare(TimelineApp(), terminal_size=size)


def test_timeline_in_ascii(snap_compare: Compare) -> None:
    assert snap_compare(TimelineApp(ascii_only=True), terminal_size=(80, 24))


def test_timeline_in_the_terminals_own_colours(snap_compare: Compare) -> None:
    app = TimelineApp()
    app.theme = "ansi-dark"
    assert snap_compare(app, terminal_size=(80, 24))
