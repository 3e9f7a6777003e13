"""Pictures of a transcript, and of the page of a session that has none; look at each before accepting it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ssmtrail.tui.signs import ASCII, UNICODE
from tests.queries.transcripts.made import OLD_AGENT, an_event, streamed
from tests.tui.screens.stage import app_over
from tests.tui.screens.test_looks import LARGE, SMALL, after
from tests.tui.screens.test_transcript import SESSION, a_trail


def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the same name wherever the test runs."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "transcripts").mkdir()
    return Path("transcripts")


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["80x24", "120x36"])
def test_streamed(snap_compare: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]) -> None:
    copies = folder(tmp_path, monkeypatch)
    lines = [f"sh-5.2$ grep -c {'error ' * 12}app-{number}.log" for number in range(40)]
    events = [
        an_event(number, f"\x1b[1m{line}", "\x1b]0;box\x07sudo: a password is required")
        for number, line in enumerate(lines)
    ]
    (copies / f"{SESSION}.jsonl").write_bytes(streamed(*events))
    keys = ("T", "slash", *"sudo", "enter", "n")
    assert snap_compare(app_over(a_trail(copies)), terminal_size=size, run_before=after(*keys))


def test_raw_in_ascii(snap_compare: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copies = folder(tmp_path, monkeypatch)
    (copies / f"{SESSION}.log").write_bytes(OLD_AGENT.replace(b"ssm-user", b"\x1b[31mssm-user\xe2\x80\xae\x07"))
    monkeypatch.setenv("TERM", "xterm")
    app = app_over(a_trail(copies), signs=ASCII)
    assert snap_compare(app, terminal_size=SMALL, run_before=after("T", "v"))


def test_none(snap_compare: Any) -> None:
    app = app_over(a_trail(None, kind="port-forward"), signs=UNICODE)
    assert snap_compare(app, terminal_size=SMALL, run_before=after("T"))
