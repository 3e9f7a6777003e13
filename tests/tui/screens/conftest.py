"""Screens over a core in memory, away from the machine that they run on."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def away_from_the_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No home, zone, colours or locale of this machine; timers that tests need not wait for."""
    for name in ("NO_COLOR", "COLORTERM", "TMUX", "TEXTUAL_THEME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"HOME": str(tmp_path), "TZ": "UTC", "LC_ALL": "C.UTF-8", "TERM": "xterm-256color"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("ssmtrail.tui.frame.stack.REASK", 0.001)
    monkeypatch.setattr("ssmtrail.tui.frame.filter_line.REST", 0.001)
    monkeypatch.setattr("ssmtrail.tui.frame.list_pane.PANEL_REST", 0.001)
