"""What the terminal shows after many partial updates is what it shows when everything is drawn again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.pty_app import running
from tests.tui.test_terminal import ROOT, command

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.pty_app import PtyApp

STORY = (b"\x1b[B", b"\x1b[6~", b"d", b"2", b"\x1b[C", b"-", b"t", b"3", b"b", b"\x1b[D", b"\r", b"\x1b", b"4", b"\r",
         b"\t", b"\x1b", b"1", b"/kind:tunnel\r", b"s", b"\x1b", b"?", b"\x1b[6~", b"\x1b")  # fmt: skip


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PtyApp]:
    home: Path = tmp_path_factory.mktemp("home")
    env = {"HOME": str(home), "SSMTRAIL_CACHE": str(home / "cache"), "SSMTRAIL_STATE": str(home / "state"), "TZ": "UTC"}
    with running(command("demo", "--demo-end", "2026-11-23"), 120, 36, env, str(ROOT)) as app:
        app.wait_for(lambda text: re.search(r"UTC · [\d,]+ files", text) is not None, 60)  # everything was read
        app.wait_idle()
        yield app


def same_after_redrawing(app: PtyApp) -> None:
    app.wait_idle()
    before, sent = app.screen, len(app.output)
    last_line = f"\x1b[{len(before)};1H".encode()
    app.write(b"\x0c")
    app.wait_for(lambda _: last_line in app.output[sent:], 600)
    app.wait_idle()
    assert app.screen == before


def test_a_story(app: PtyApp) -> None:
    for keys in STORY:  # one that ends where it began
        app.write(keys)
        same_after_redrawing(app)


@pytest.mark.parametrize("size", [(80, 24), (200, 50), (120, 36)])
def test_other_sizes(app: PtyApp, size: tuple[int, int]) -> None:
    app.resize(*size)
    app.wait_idle()
    app.write(b"\x1b[B")
    same_after_redrawing(app)
