"""The themes: dark, light, and one in the terminal's own sixteen colours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from textual.theme import Theme

if TYPE_CHECKING:
    from collections.abc import Mapping

DARK: Final = Theme(
    name="ssmtrail-dark",
    primary="#4f9fbf",
    secondary="#4f9fbf",
    accent="#6cb6d4",
    warning="#d6a651",
    error="#e26d70",
    success="#82b074",
    foreground="#ccd3da",
    background="#12161b",
    surface="#171c22",
    panel="#1f262e",
    dark=True,
    variables={
        "foreground-muted": "#7d8894",
        "text-muted": "#8b96a2",
        "border": "#2c3641",
        "scrollbar": "#2c3641",
        "scrollbar-background": "#12161b",
        "scrollbar-background-hover": "#12161b",
        "scrollbar-background-active": "#12161b",
    },
)
LIGHT: Final = Theme(
    name="ssmtrail-light",
    primary="#2a7f9e",
    secondary="#2a7f9e",
    accent="#1d6a87",
    warning="#8a5f00",
    error="#b02f37",
    success="#3c7a35",
    foreground="#262c33",
    background="#fbfaf7",
    surface="#f3f1ec",
    panel="#e9e6df",
    dark=False,
    variables={
        "foreground-muted": "#4d555e",
        "text-muted": "#4b535c",
        "border": "#d0ccc3",
        "scrollbar": "#d0ccc3",
        "scrollbar-background": "#fbfaf7",
        "scrollbar-background-hover": "#fbfaf7",
        "scrollbar-background-active": "#fbfaf7",
    },
)
ANSI: Final = Theme(
    name="ssmtrail-terminal",
    ansi=True,
    primary="ansi_blue",
    secondary="ansi_cyan",
    accent="ansi_cyan",
    warning="ansi_yellow",
    error="ansi_red",
    success="ansi_green",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    boost="ansi_default",
    variables={
        "ansi-background": "ansi_black",
        "ansi-foreground": "ansi_white",
        "border": "ansi_bright_black",
        "border-blurred": "ansi_bright_black",
        "block-cursor-foreground": "ansi_black",
        "block-cursor-background": "ansi_white",
        "input-cursor-background": "ansi_white",
        "input-cursor-foreground": "ansi_black",
        "input-selection-background": "ansi_blue",
        "input-selection-foreground": "ansi_white",
        "scrollbar": "ansi_bright_black",
        "scrollbar-background": "ansi_default",
        "scrollbar-corner-color": "ansi_default",
    },
)
THEMES: Final = (DARK, LIGHT, ANSI)


def theme_for(environment: Mapping[str, str], chosen: str | None) -> str:
    """Return the name of the first theme.

    With NO_COLOR, or on a terminal with sixteen colours, it is the one in the terminal's own colours; otherwise the
    chosen one, which may be given as `dark`, `light` or `terminal`.
    """
    term = environment.get("TERM", "")
    rich = bool(environment.get("COLORTERM")) or "256color" in term or "direct" in term or "kitty" in term
    if environment.get("NO_COLOR") or not rich:
        return ANSI.name
    names = {theme.name.removeprefix("ssmtrail-"): theme.name for theme in THEMES}
    return names.get((chosen or "").removeprefix("ssmtrail-"), DARK.name)
