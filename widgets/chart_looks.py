"""The styles of a histogram."""

from __future__ import annotations

from typing import ClassVar

from widgets.histogram import SERIES
from widgets.run_painter import RunPainter


class ChartLooks(RunPainter):
    """Component classes with their colours, in true colour and in the sixteen of a terminal."""

    ALLOW_SELECT = False
    STYLE_PREFIX = "bar-chart--"

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "bar-chart--axis",
        "bar-chart--legend",
        "bar-chart--ghost",
        "bar-chart--over",
        "bar-chart--caret",
        "bar-chart--caption",
        "bar-chart--faded",
        "bar-chart--picked",
        *(f"bar-chart--series-{number}" for number in range(1, SERIES + 1)),
    }
    """
    | Class | Description |
    | :- | :- |
    | `bar-chart--series-1` to `-6` | Bars, and their signs in the legend. |
    | `bar-chart--ghost`, `bar-chart--over` | The heights to compare with, where they lie over a bar. |
    | `bar-chart--axis`, `bar-chart--legend` | Axes with their labels, the legend's texts. |
    | `bar-chart--caret`, `bar-chart--caption` | The sign under the bar of the cursor, the text below the axis. |
    | `bar-chart--faded`, `bar-chart--picked` | Series beside the one that stands out, its text in the legend. |
    """

    DEFAULT_CSS = """
    ChartLooks {
        height: 1fr;
        & > .bar-chart--axis { color: $foreground-muted; }
        & > .bar-chart--legend { color: $foreground; }
        & > .bar-chart--ghost { color: $foreground-muted; }
        & > .bar-chart--over { text-style: reverse; }
        & > .bar-chart--caret { color: $foreground-muted; text-style: bold; }
        & > .bar-chart--caption { color: $foreground; }
        & > .bar-chart--faded { color: $foreground 25%; }
        & > .bar-chart--picked { color: $foreground; text-style: bold; }
        & > .bar-chart--series-1 { color: #4e9ac4; }
        & > .bar-chart--series-2 { color: #d9a441; }
        & > .bar-chart--series-3 { color: #6fae6a; }
        & > .bar-chart--series-4 { color: #b382c9; }
        & > .bar-chart--series-5 { color: #cf7a6b; }
        & > .bar-chart--series-6 { color: #8d97a1; }
        &:focus > .bar-chart--caret { color: $text-accent; text-style: bold; }
        &:ansi > .bar-chart--axis { text-style: dim; }
        &:ansi > .bar-chart--ghost { text-style: dim; }
        &:ansi > .bar-chart--faded { color: ansi_default; text-style: dim; }
        &:ansi > .bar-chart--series-1 { color: ansi_blue; }
        &:ansi > .bar-chart--series-2 { color: ansi_yellow; }
        &:ansi > .bar-chart--series-3 { color: ansi_green; }
        &:ansi > .bar-chart--series-4 { color: ansi_magenta; }
        &:ansi > .bar-chart--series-5 { color: ansi_cyan; }
        &:ansi > .bar-chart--series-6 { color: ansi_bright_black; }
    }
    """
