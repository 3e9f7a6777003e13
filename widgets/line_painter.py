"""Paints lines of styled text runs for widgets that draw line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from rich.segment import Segment
from textual.strip import Strip

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.style import Style
    from textual.widget import Widget

#: Text, the part of the widget that it belongs to (`cursor`, `cell`, ...), its own style (`muted`, `bad`, ...).
Run: TypeAlias = tuple[str, str, str]
_FOCUSED: Final = "-focused"


class LinePainter:
    """Makes strips of runs, in the styles of a widget's component classes, which are looked up once for each theme.

    A run's part gives the background, its style the text's own colour; both name component classes of the widget that
    begin with `prefix`. A name without a component class looks like the widget itself. A part with a second class that
    ends in `-focused` looks like that while the widget has the focus: unlike a rule with `:focus` it costs nothing when
    the focus comes and goes, which is each time that a view is switched to.
    """

    def __init__(self, widget: Widget, prefix: str) -> None:
        self._widget = widget
        self._prefix = prefix
        self._styles: dict[tuple[str, str], Style] = {}
        parts = (name.removeprefix(prefix) for name in widget.COMPONENT_CLASSES if name.endswith(_FOCUSED))
        self._focused = {part.removesuffix(_FOCUSED): part for part in parts}

    def forget(self) -> None:
        """Forget the styles; a widget calls this in `notify_style_update`."""
        self._styles.clear()

    def strip(self, runs: Iterable[Run], width: int) -> Strip:
        """Return a line of exactly `width` cells; blanks at the end continue the last run's part."""
        runs = list(runs)
        focused = self._focused if self._widget.has_focus else {}
        segments = [Segment(text, self.style(focused.get(part, part), name)) for text, part, name in runs]
        last = focused.get(runs[-1][1], runs[-1][1]) if runs else ""
        return Strip(segments).adjust_cell_length(width, self.style(last, "")).simplify()

    def style(self, part: str, name: str) -> Style:
        """Return the style of a text of this name in this part of the widget."""
        style = self._styles.get((part, name))
        if style is None:
            style = self._styles[part, name] = self._make_style(part, name)
        return style

    def _make_style(self, part: str, name: str) -> Style:
        widget = self._widget
        names = (self._prefix + part, self._prefix + name)
        known = [css_class for css_class in names if css_class in widget.COMPONENT_CLASSES]
        if not known:
            return widget.rich_style
        style = widget.get_component_rich_style(known[0])
        if len(known) == 1 or style.reverse:  # reversed, a text's colour would be its background
            return style
        return style + widget.get_component_rich_style(known[1], partial=True)


def merged(runs: Iterable[Run]) -> list[Run]:
    """Join neighbours that look the same; a blank joins any style, since it shows none."""
    out: list[Run] = []
    for text, part, style in runs:
        if not text:
            continue
        if out and out[-1][1] == part and (style == out[-1][2] or text.isspace() or out[-1][0].isspace()):
            before = out.pop()
            out.append((before[0] + text, part, before[2] if text.isspace() else style))
        else:
            out.append((text, part, style))
    return out
