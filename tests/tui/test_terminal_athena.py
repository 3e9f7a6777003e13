"""The app over an emulated Athena in a real terminal: what is asked, paid, and stopped when it is left."""

from __future__ import annotations

import re
import signal
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.athena_emulator import Emulator
from tests.pty_app import PtyApp, running
from tests.queries.athena.conftest import fill

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
WEEK = ("athena", "audit.trail", "--from", "2026-11-12", "--to", "2026-11-19")


@pytest.fixture
def emulator() -> Iterator[Emulator]:
    with Emulator() as emulated:
        fill(emulated)
        yield emulated


@contextmanager
def opened(emulator: Emulator, home: Path, *words: str) -> Iterator[PtyApp]:
    places = {f"SSMTRAIL_{name}": str(home / name.lower()) for name in ("CACHE", "STATE", "CONFIG")}
    (home / "config").touch()
    env = {"HOME": str(home), "TZ": "UTC", **places, **emulator.environment}
    program = f"import sys; from ssmtrail.tui.cli.main import main; sys.argv[1:] = {list(words)!r}; main()"
    with running([sys.executable, "-c", program], 120, 36, env, str(ROOT)) as app:
        yield app


def everything_is_read(text: str) -> bool:
    """Whether the last line but one says when everything was read, as `read 12:06:40 UTC`."""
    return re.search(r"\bread \d\d:\d\d:\d\d UTC", text) is not None


def test_it_asks_pays_once_shows_the_query_and_is_remembered(emulator: Emulator, tmp_path: Path) -> None:
    (tmp_path / "config").write_text("[athena]\nask_above = 0\n", encoding="utf-8")
    with opened(emulator, tmp_path, *WEEK) as app:
        app.wait_for("Scan 10 days for less than $0.001?")
        assert emulator.queries == []
        app.write(b"\r")
        app.wait_for("18 Nov 09:00:00")
        app.wait_for(everything_is_read)
        app.write(b"8")
        app.wait_for("done")
        app.write(b"\r")
        app.wait_for('"eventid"')
        app.write(b"q")
        assert app.wait_closed() == 0
    scanned = emulator.bytes_scanned
    assert scanned > 0
    with opened(emulator, tmp_path, *WEEK) as app:
        app.wait_for("18 Nov 09:00:00")
        app.wait_for(everything_is_read)
        app.write(b"q")
        assert app.wait_closed() == 0
    assert emulator.bytes_scanned == scanned
    with opened(emulator, tmp_path) as app:  # the last source again
        app.wait_for("athena audit.trail")
        app.write(b"q")
        assert app.wait_closed() == 0


@pytest.mark.parametrize("number", [None, signal.SIGTERM, signal.SIGHUP])
def test_leaving_stops_what_runs(emulator: Emulator, tmp_path: Path, number: signal.Signals | None) -> None:
    emulator.hold()
    with opened(emulator, tmp_path, *WEEK) as app:
        app.wait_for(lambda text: "Athena · day 0 of 10" in text and "0 B" not in text)
        if number is None:
            app.write(b"q")
        else:
            app.process.send_signal(number)
        assert app.wait_closed() == (0 if number is None else 128 + number)
        assert b"Traceback" not in app.output
    assert {each.state for each in emulator.queries} == {"CANCELLED"}
    assert set(emulator.stopped) == {each.id for each in emulator.queries}
