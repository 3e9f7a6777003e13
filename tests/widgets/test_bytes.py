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


def test_nothing_hostile_reaches_the_terminal() -> None:
    """The gallery shows an OSC 52 that would write to the clipboard, markup with an action, hidden characters."""
    with running([sys.executable, "-m", "tests.widgets.gallery_app"], 120, 40) as app:
        app.wait_for("[@click=app.quit]INC[/]")
        app.settle()
        assert r"\x1b]52;c;aGk=\x07" in app.text
        assert b"\x1b]52" not in app.output
        assert "\u202e".encode() not in app.output
