"""What the widgets send to a terminal, byte by byte."""

from __future__ import annotations

import re
from statistics import median

from tests.widgets.terminal import running

DOWN, PAGE_DOWN = b"\x1b[B", b"\x1b[6~"


def test_keys_cost_few_bytes() -> None:
    """At 140x40 in 24-bit colour. Textual's DataTable sends 1,486 bytes for a step and 23,565 for a page."""
    with running("tests.widgets.table_app") as terminal:
        terminal.read_until(b"person.38")
        steps = [len(terminal.press(DOWN)) for _ in range(5)]
        aside = len(terminal.press(b"l"))
        pages = [len(terminal.press(PAGE_DOWN)) for _ in range(2)]
        hover = [len(terminal.press(b"\x1b[<35;%d;10M" % x)) for x in (20, 21, 22)]
    assert median(steps) <= 600
    assert max(steps) <= 700
    assert aside <= 500
    assert max(pages) <= 14_000
    assert hover[1:] == [0, 0]


def test_nothing_hostile_reaches_the_terminal() -> None:
    """The gallery shows an OSC 52 that would write to the clipboard, markup with an action, hidden characters."""
    with running("tests.widgets.gallery_app", columns=120) as terminal:
        sent = terminal.read_until(b"INC[/]")
    assert b"\x1b]52" not in sent
    assert re.search(rb"\\x1b\]52;c;aGk=\\x07", sent)
    assert "\u202e".encode() not in sent
    assert b"[@click=app.quit]" in sent
