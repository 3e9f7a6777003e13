"""The cell painter: the terminal shows what Textual would have shown, and receives less."""

from __future__ import annotations

from itertools import accumulate
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, cast

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual._compositor import ChopsUpdate, CompositorUpdate, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from ssmtrail.tui.terminal.painter import CellPainter, CellWriter, style_change

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

_WIDTH: Final = 24
_HEIGHT: Final = 4
_CONSOLE: Final = cast("Console", SimpleNamespace(_color_system=ColorSystem.TRUECOLOR))
_COLOURS: Final = (None, "default", "red", "bright_blue", "color(200)", "#102030", "#a0b0c0")

styles = st.builds(
    Style,
    color=st.sampled_from(_COLOURS),
    bgcolor=st.sampled_from(_COLOURS),
    bold=st.sampled_from((None, True, False)),
    underline=st.sampled_from((None, True)),
    reverse=st.sampled_from((None, True)),
)
texts = st.text(st.sampled_from("ab ─▇x漢é"), min_size=1, max_size=12)


@st.composite
def strips(draw: st.DrawFn, width: int) -> Strip:
    segments = draw(
        st.lists(
            st.tuples(texts, st.one_of(st.none(), styles)).map(lambda each: Segment(*each)), min_size=1, max_size=4
        )
    )
    return Strip(segments).adjust_cell_length(width)


@st.composite
def layouts(draw: st.DrawFn) -> CompositorUpdate:
    lines = [[draw(strips(_WIDTH))] for _ in range(_HEIGHT)]
    return LayoutUpdate(cast("Any", lines), Region(0, 0, _WIDTH, _HEIGHT))


@st.composite
def chops(draw: st.DrawFn) -> CompositorUpdate:
    cuts = draw(st.lists(st.integers(1, 8), min_size=1, max_size=3))
    ends = [*accumulate(cuts)]
    starts = [0, *ends[:-1]]
    lines = [
        {x: draw(st.one_of(st.none(), strips(end - x))) for x, end in zip(starts, ends, strict=True)}
        for _ in range(_HEIGHT)
    ]
    spans = [(y, draw(st.integers(0, 6)), draw(st.integers(7, _WIDTH))) for y in range(_HEIGHT) if draw(st.booleans())]
    return ChopsUpdate(lines, spans or [(0, 0, _WIDTH)], [ends] * _HEIGHT)


def shown(parts: Sequence[str]) -> list[list[Any]]:
    screen = pyte.Screen(_WIDTH, _HEIGHT)
    stream = pyte.Stream(screen)
    for part in parts:
        stream.feed(part)
    return [[screen.buffer[y][x] for x in range(_WIDTH)] for y in range(_HEIGHT)]


@given(st.tuples(layouts(), st.lists(st.one_of(layouts(), chops()), max_size=4)))
def test_a_terminal_shows_what_textual_would_show(updates: tuple[CompositorUpdate, list[CompositorUpdate]]) -> None:
    all_of_them = [updates[0], *updates[1]]
    painter = CellPainter()
    ours = [painter.changes(update, ColorSystem.TRUECOLOR) or "" for update in all_of_them]
    # The cursor goes home after each of Textual's updates, so that its line feeds do not scroll.
    assert shown(ours) == shown([f"{update.render_segments(_CONSOLE)}\x1b[H" for update in all_of_them])


def line_of(text: str, style: Style | None = None) -> CompositorUpdate:
    return LayoutUpdate([[Strip([Segment(text, style)])]], Region(0, 0, len(text), 1))


def test_unchanged_cells_are_not_sent() -> None:
    painter = CellPainter()
    first = line_of("a long line of text", Style(color="red"))
    assert painter.changes(first, ColorSystem.TRUECOLOR)
    assert painter.changes(first, ColorSystem.TRUECOLOR) == ""


def test_only_the_changed_part_of_a_line_is_sent() -> None:
    painter = CellPainter()
    painter.changes(line_of("a long line of text"), ColorSystem.TRUECOLOR)
    assert painter.changes(line_of("a long line of TEXT"), ColorSystem.TRUECOLOR) == "\x1b[1;16HTEXT"


def test_distant_changes_are_sent_apart_and_near_ones_together() -> None:
    painter = CellPainter()
    painter.changes(line_of("a long line of text"), ColorSystem.TRUECOLOR)
    assert painter.changes(line_of("A long line of texT"), ColorSystem.TRUECOLOR) == "\x1b[1;1HA\x1b[1;19HT"
    assert painter.changes(line_of("A lonG line of texT"), ColorSystem.TRUECOLOR) == "\x1b[1;6HG"
    assert painter.changes(line_of("A LonG Line of texT"), ColorSystem.TRUECOLOR) == "\x1b[1;3HLonG L"


def test_a_line_with_a_wide_character_is_sent_whole() -> None:
    painter = CellPainter()
    painter.changes(line_of("漢 and the rest"), ColorSystem.TRUECOLOR)
    assert painter.changes(line_of("漢 and the rust"), ColorSystem.TRUECOLOR) == "\x1b[1;1H漢 and the rust"


def test_after_forgetting_everything_is_sent() -> None:
    painter = CellPainter()
    painter.changes(line_of("text"), ColorSystem.TRUECOLOR)
    painter.forget()
    assert painter.changes(line_of("text"), ColorSystem.TRUECOLOR) == "\x1b[1;1Htext"


def test_another_width_forgets_everything() -> None:
    painter = CellPainter()
    painter.changes(line_of("text"), ColorSystem.TRUECOLOR)
    assert painter.changes(line_of("text and more"), ColorSystem.TRUECOLOR) == "\x1b[1;1Htext and more"


def test_an_unknown_update_is_left_to_textual() -> None:
    assert CellPainter().changes(CompositorUpdate(), ColorSystem.TRUECOLOR) is None


@pytest.mark.parametrize(
    ("before", "after", "parameters"),
    [
        ("", "31", "31"),
        ("31", "", "39"),
        ("1;31", "", "0"),
        ("1;31", "1;32", "32"),
        ("31;44", "31;45", "45"),
        ("31;44", "44", "39"),
        ("38;2;1;2;3;48;2;4;5;6", "38;2;9;2;3;48;2;4;5;6", "38;2;9;2;3"),
        ("38;5;200;48;5;3", "38;5;200", "49"),
        ("31", "1;31", "0;1;31"),
        ("97", "92;107", "92;107"),
    ],
)
def test_style_changes_are_short(before: str, after: str, parameters: str) -> None:
    assert style_change(before, after) == parameters


def test_a_style_is_written_once_and_reset_at_the_end() -> None:
    writer = CellWriter()
    writer.write(0, 0, [("a", "31"), ("b", "31")])
    writer.write(0, 1, [("c", "31"), ("d", "")])
    writer.write(4, 1, [("e", "1")])
    assert writer.text == "\x1b[1;1H\x1b[31mab\x1b[2;1Hc\x1b[39md\x1b[2;5H\x1b[0;1me\x1b[0m"
