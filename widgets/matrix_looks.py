"""The styles of a matrix."""

from __future__ import annotations

from typing import ClassVar

from textual.scroll_view import ScrollView

from widgets.run_painter import RunPainter


class MatrixLooks(RunPainter, ScrollView):
    """Component classes with their colours, in true colour and in the sixteen of a terminal."""

    ALLOW_SELECT = False
    STYLE_PREFIX = "matrix-grid--"

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "matrix-grid--header",
        "matrix-grid--header-cursor",
        "matrix-grid--group",
        "matrix-grid--sum",
        "matrix-grid--cell",
        "matrix-grid--dense",
        "matrix-grid--shade-1",
        "matrix-grid--shade-2",
        "matrix-grid--shade-3",
        "matrix-grid--shade-4",
        "matrix-grid--shade-5",
        "matrix-grid--muted",
        "matrix-grid--accent",
        "matrix-grid--warn",
        "matrix-grid--bad",
        "matrix-grid--good",
        "matrix-grid--strong",
    }
    """
    | Class | Description |
    | :- | :- |
    | `matrix-grid--header` | The labels of rows and columns. |
    | `matrix-grid--header-cursor` | The labels of the row and the column under the cursor. |
    | `matrix-grid--group` | The names of groups of columns. |
    | `matrix-grid--sum` | The sums. |
    | `matrix-grid--cell` | The cell under the cursor. |
    | `matrix-grid--dense` | The characters of dense cells. |
    | `matrix-grid--shade-1` to `-5` | Cells, from the least to the largest count, on a log scale. |
    | `matrix-grid--muted` and so on | Text of this style. |
    """

    DEFAULT_CSS = """
    MatrixLooks {
        height: 1fr;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-gutter: stable;
        scrollbar-size-vertical: 1;
        & > .matrix-grid--header { color: $foreground-muted; }
        & > .matrix-grid--header-cursor { color: $foreground; text-style: bold; }
        & > .matrix-grid--group { color: $foreground; }
        & > .matrix-grid--sum { color: $foreground-muted; }
        & > .matrix-grid--cell { background: $foreground 30%; }
        & > .matrix-grid--dense { color: $accent; }
        & > .matrix-grid--shade-1 { background: $accent 10%; }
        & > .matrix-grid--shade-2 { background: $accent 20%; }
        & > .matrix-grid--shade-3 { background: $accent 32%; }
        & > .matrix-grid--shade-4 { background: $accent 46%; }
        & > .matrix-grid--shade-5 { background: $accent 64%; color: $text; text-style: bold; }
        & > .matrix-grid--muted { color: $foreground-muted; }
        & > .matrix-grid--accent { color: $text-accent; }
        & > .matrix-grid--warn { color: $text-warning; }
        & > .matrix-grid--bad { color: $text-error; }
        & > .matrix-grid--good { color: $text-success; }
        & > .matrix-grid--strong { text-style: bold; }
        &:focus > .matrix-grid--cell { background: $primary; color: $text; text-style: bold; }
        &:ansi > .matrix-grid--header { text-style: dim; }
        &:ansi > .matrix-grid--header-cursor { text-style: bold; }
        &:ansi > .matrix-grid--sum { text-style: dim; }
        &:ansi > .matrix-grid--muted { text-style: dim; }
        &:ansi > .matrix-grid--shade-1 { background: ansi_default; }
        &:ansi > .matrix-grid--shade-2 { background: ansi_default; }
        &:ansi > .matrix-grid--shade-3 { background: ansi_default; }
        &:ansi > .matrix-grid--shade-4 { background: ansi_default; text-style: bold; }
        &:ansi > .matrix-grid--shade-5 { background: ansi_default; color: ansi_default; text-style: bold underline; }
        &:ansi > .matrix-grid--cell { background: ansi_default; text-style: bold underline; }
        &:ansi:focus > .matrix-grid--cell {
            background: ansi_default; color: ansi_default; text-style: bold reverse;
        }
    }
    """
