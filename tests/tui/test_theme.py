"""A theme chosen in the palette is there again at the next start."""

from __future__ import annotations

from pathlib import Path

import pytest

from ssmtrail.queries.config import Settings
from ssmtrail.queries.filters import Filter
from ssmtrail.queries.model import Scope
from ssmtrail.queries.times import Window
from ssmtrail.tui.launch import last_theme, remember_theme
from ssmtrail.tui.preferences import Preferences
from ssmtrail.tui.themes import ANSI, DARK, LIGHT

SCOPE = Scope(Window(), Filter())
COLOURS = {"TERM": "xterm-256color"}


@pytest.fixture(autouse=True)
def state_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SSMTRAIL_STATE", str(tmp_path / "new" / "state.json"))


def test_the_last_theme_is_used_again() -> None:
    assert last_theme() is None
    assert Preferences.of(SCOPE, Settings(), COLOURS, last_theme()).theme == DARK.name
    remember_theme(LIGHT.name)
    assert Preferences.of(SCOPE, Settings(), COLOURS, last_theme()).theme == LIGHT.name


def test_settings_and_the_terminal_come_first() -> None:
    remember_theme(LIGHT.name)
    assert Preferences.of(SCOPE, Settings(theme="dark"), COLOURS, last_theme()).theme == DARK.name
    assert Preferences.of(SCOPE, Settings(), {"NO_COLOR": "1"} | COLOURS, last_theme()).theme == ANSI.name
