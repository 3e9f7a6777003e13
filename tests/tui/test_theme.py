"""A theme chosen in the palette is there again at the next start."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.color import Color
from textual.theme import Theme

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


def _luminance(colour: Color) -> float:
    """Relative luminance, WCAG 2.1."""
    parts = (part / 255 for part in colour.rgb)
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: Color, second: Color) -> float:
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


TEXTS = ("foreground", "text-muted", "text-accent", "text-warning", "text-error", "text-success", "accent")


@pytest.mark.parametrize("surface", ["background", "surface", "panel"])
@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])
def test_every_text_is_readable_on_every_surface(theme: Theme, surface: str) -> None:
    colours = theme.to_color_system().generate() | theme.variables
    # Lists and charts stand on the background alone.
    texts = (*TEXTS, "foreground-muted") if surface == "background" or theme is LIGHT else TEXTS
    found = {text: contrast(Color.parse(colours[text]), Color.parse(colours[surface])) for text in texts}
    assert {text: round(ratio, 2) for text, ratio in found.items() if ratio < 4.5} == {}


def test_muted_text_is_readable_on_the_row_of_the_cursor() -> None:
    """In the light theme; `cursor` and `cursor-focused` are those of `RowsTable`."""
    colours = {name: Color.parse(value) for name, value in LIGHT.variables.items()}
    base = LIGHT.to_color_system().generate()
    background = Color.parse(base["background"])
    for tint, share in (("foreground", 0.08), ("foreground", 0.16), ("primary", 0.35)):
        row = background.blend(Color.parse(base[tint]), share)
        assert contrast(colours["foreground-muted"], row) >= 4.5
