"""What the widgets send to a terminal, byte by byte."""

from __future__ import annotations

import sys
from statistics import median

from tests.pty_app import PtyApp, running

DOWN, PAGE_DOWN = b"\x1b[B", b"\x1b[6~"


def cost(app: PtyApp, keys: bytes) -> int:
    return len(app.press(keys, quiet=0.15).data)


def test_keys_cost_few_bytes() -> None:
    """At 140x40 in 24-bit colour. Textual's DataTable sends 1,486 bytes for a step and 23,565 for a page."""
    with running([sys.executable, "-m", "tests.widgets.table_app"], 140, 40) as app:
        app.wait_for("person.38")
        app.settle()
        steps = [cost(app, DOWN) for _ in range(5)]
        aside = cost(app, b"l")
        pages = [cost(app, PAGE_DOWN) for _ in range(2)]
        app.press(b"\x1b[<35;20;10M", quiet=0.15)
        app.write(b"\x1b[<35;21;11M\x1b[<35;22;12M")
        hover = app.settle()
    assert median(steps) <= 600
    assert max(steps) <= 700
    assert aside <= 500
    assert max(pages) <= 14_000
    assert hover == b""


def test_a_move_in_the_largest_matrix_costs_few_bytes() -> None:
    """2,000 rows x 10,000 columns at 140x40 in 24-bit colour."""
    with running([sys.executable, "-m", "tests.widgets.matrix_app"], 140, 40) as app:
        app.wait_for("person.-30")
        app.settle()
        steps = [cost(app, key) for key in (b"l", DOWN, b"l", DOWN, b"l", DOWN)]
        page = cost(app, PAGE_DOWN)
        app.write(b"\x1b[<35;60;10M\x1b[<35;61;11M")
        hover = app.settle()
    assert max(steps) <= 600
    assert page <= 18_000
    assert hover == b""


def test_a_move_along_the_bars_costs_few_bytes() -> None:
    with running([sys.executable, "-m", "tests.widgets.charts_app"], 140, 40) as app:
        app.wait_for("bar 10:")
        app.settle()
        steps = [cost(app, b"l") for _ in range(4)]
        app.press(b"\t")
        app.settle()
        hours = [cost(app, b"l") for _ in range(4)]
    assert max(steps) <= 500
    assert max(hours) <= 500


def test_nothing_hostile_reaches_the_terminal() -> None:
    """The gallery shows an OSC 52 that would write to the clipboard, markup with an action, hidden characters."""
    with running([sys.executable, "-m", "tests.widgets.gallery_app"], 120, 40) as app:
        app.wait_for("[@click=app.quit]INC[/]")
        app.settle()
        assert r"\x1b]52;c;aGk=\x07" in app.text
        assert b"\x1b]52" not in app.output
        assert "\u202e".encode() not in app.output
