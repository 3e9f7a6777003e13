"""The styles of a timeline."""

from __future__ import annotations

from typing import ClassVar

from textual.scroll_view import ScrollView

from widgets.run_painter import RunPainter


class TimelineLooks(RunPainter, ScrollView):
    """Component classes with their colours, in true colour and in the sixteen of a terminal."""

    ALLOW_SELECT = False
    STYLE_PREFIX = "timeline--"

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "timeline--label",
        "timeline--row-cursor",
        "timeline--axis",
        "timeline--caret",
        "timeline--as-of",
        "timeline--as-of-on",
        "timeline--muted",
        "timeline--warn",
        "timeline--strong",
    }
    """
    | Class | Description |
    | :- | :- |
    | `timeline--label`, `timeline--row-cursor` | Labels of the lines, the one under the cursor. |
    | `timeline--axis`, `timeline--caret` | Times below, the sign of the moment. |
    | `timeline--as-of`, `timeline--as-of-on` | The line of the moment, where it meets a bar. |
    | `timeline--strong`, `timeline--warn`, `timeline--muted` | Certain, possible, not there at the moment. |
    """

    DEFAULT_CSS = """
    TimelineLooks {
        height: 1fr;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-gutter: stable;
        scrollbar-size-vertical: 1;
        & > .timeline--axis { color: $foreground-muted; }
        & > .timeline--caret { color: $text-accent; text-style: bold; }
        & > .timeline--as-of { color: $accent; }
        & > .timeline--as-of-on { background: $accent 60%; color: $text; text-style: bold; }
        & > .timeline--row-cursor { background: $foreground 16%; }
        & > .timeline--muted { color: $foreground-muted; }
        & > .timeline--warn { color: $text-warning; }
        & > .timeline--strong { text-style: bold; }
        &:focus > .timeline--row-cursor { background: $primary 35%; text-style: bold; }
        &:ansi > .timeline--axis { text-style: dim; }
        &:ansi > .timeline--as-of-on { background: ansi_default; color: ansi_default; text-style: reverse; }
        &:ansi > .timeline--row-cursor { background: ansi_default; text-style: bold; }
        &:ansi > .timeline--muted { text-style: dim; }
        &:ansi:focus > .timeline--row-cursor { background: ansi_default; text-style: bold reverse; }
    }
    """
