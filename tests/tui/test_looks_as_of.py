"""Pictures of the part that says who was on a machine; look at each before accepting it."""

from __future__ import annotations

from typing import Any

import pytest

from ssmtrail.tui.signs import ASCII
from tests.tui.as_of_app import AsOfApp
from tests.tui.test_as_of_part import crowd

SIZES = pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=["80x24", "120x36"])


@SIZES
def test_few(snap_compare: Any, size: tuple[int, int]) -> None:
    assert snap_compare(AsOfApp(), terminal_size=size)


@SIZES
def test_many_in_a_few_lines(snap_compare: Any, size: tuple[int, int]) -> None:
    assert snap_compare(AsOfApp(crowd(), lines=9), terminal_size=size, press=["down", "full_stop"])


def test_typing(snap_compare: Any) -> None:
    assert snap_compare(AsOfApp(), terminal_size=(80, 24), press=["t", *"25:99", "enter"])


@pytest.mark.parametrize("theme", ["ansi-dark"])
def test_in_the_terminals_own_colours_and_ascii(snap_compare: Any, theme: str) -> None:
    assert snap_compare(AsOfApp(signs=ASCII, theme=theme), terminal_size=(80, 24))
