"""Pictures of the widgets at the two sizes that count."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

from tests.calm import settled
from tests.widgets.gallery_app import GalleryApp
from tests.widgets.table_app import TableApp

if TYPE_CHECKING:
    from textual.app import App
    from textual.pilot import Pilot

SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=["80x24", "120x36"])


class Compare(Protocol):
    def __call__(self, app: App[None], *, terminal_size: tuple[int, int], run_before: object = None) -> bool: ...


@SIZES
def test_table(snap_compare: Compare, size: tuple[int, int]) -> None:
    async def arrange(pilot: Pilot[None]) -> None:
        app = pilot.app
        assert isinstance(app, TableApp)
        await settled(app)  # without rows there is nothing to move in
        app.table.sorted_by = (("started", True), ("length", False))
        await pilot.press("down", "down", "down", "right", "right")

    assert snap_compare(TableApp(), terminal_size=size, run_before=arrange)


@SIZES
def test_gallery(snap_compare: Compare, size: tuple[int, int]) -> None:
    assert snap_compare(GalleryApp(), terminal_size=size)


def test_gallery_in_ascii(snap_compare: Compare) -> None:
    assert snap_compare(GalleryApp(ascii_only=True), terminal_size=(80, 24))


def test_gallery_in_a_light_theme(snap_compare: Compare) -> None:
    app = GalleryApp()
    app.theme = "textual-light"
    assert snap_compare(app, terminal_size=(80, 24))


def test_gallery_in_the_terminals_own_colours(snap_compare: Compare) -> None:
    app = GalleryApp()
    app.theme = "ansi-dark"
    assert snap_compare(app, terminal_size=(80, 24))
