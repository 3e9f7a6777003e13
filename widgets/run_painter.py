"""Paints runs of text in the styles of a widget's own component classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypeAlias

from rich.segment import Segment
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.style import Style


class RunPainter(Widget):
    """Base of widgets that draw line by line; the styles are looked up once for each theme.

    A run's part gives the background, its style the text's own colour; both name component classes that begin with
    `STYLE_PREFIX`, and a name without a class looks like the widget itself.
    """

    STYLE_PREFIX: ClassVar[str] = ""
    """What the names of the component classes begin with, as in `rows-table--`."""

    ascii_only: reactive[bool] = reactive(False)
    """Draw with ASCII signs."""

    _run_styles: dict[tuple[str, str], Style] | None = None

    def __init__(
        self,
        *,
        ascii_only: bool = False,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - Textual's name
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self.set_reactive(RunPainter.ascii_only, ascii_only)

    def notify_style_update(self) -> None:
        """Forget the styles."""
        super().notify_style_update()
        self._run_styles = None

    def strip_of(self, runs: Iterable[Run], width: int) -> Strip:
        """A line of exactly `width` cells; what is left over continues the last run's part."""
        runs = list(runs)
        segments = [Segment(text, self.style_of(part, name)) for text, part, name in runs]
        last = runs[-1][1] if runs else ""
        return Strip(segments).adjust_cell_length(width, self.style_of(last, "")).simplify()

    def style_of(self, part: str, name: str) -> Style:
        """Style of a text of this name in this part of the widget."""
        if self._run_styles is None:
            self._run_styles = {}
        style = self._run_styles.get((part, name))
        if style is None:
            style = self._run_styles[part, name] = self._made_style(part, name)
        return style

    def _made_style(self, part: str, name: str) -> Style:
        names = (self.STYLE_PREFIX + part, self.STYLE_PREFIX + name)
        known = [css for css in names if css in self.COMPONENT_CLASSES]
        if not known:
            return self.rich_style
        style = self.get_component_rich_style(known[0])
        if len(known) == 1 or style.reverse:  # reversed, a text's colour would be its background
            return style
        return style + self.get_component_rich_style(known[1], partial=True)


#: Text, the part of the table that it belongs to (`cursor`, `cell`, ...), its style.
Run: TypeAlias = tuple[str, str, str]
