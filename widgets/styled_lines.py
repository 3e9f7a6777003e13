"""A scrollable view of lines made of styled runs, wrapped to the width."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypeAlias

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from ssmtrail.widgets.text import cell_width, take_left

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.style import Style

#: Safe text, and the name of its style.
StyledRun: TypeAlias = tuple[str, str]
StyledLine: TypeAlias = "list[StyledRun]"


class StyledLines(ScrollView, can_focus=True):
    """Draws the lines that a subclass returns from `lines_for`; a style's name is that of a component class.

    Only the visible lines are drawn, so that a record of many thousand lines scrolls like a short one.
    """

    ALLOW_SELECT = False

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "go_lines(-1)", "up", show=False, tooltip="One line up", id="lines.up"),
        Binding("down,j", "go_lines(1)", "down", show=False, tooltip="One line down", id="lines.down"),
        Binding("home,g", "go_pages(-1e9)", "top", show=False, tooltip="The first line", id="lines.first"),
        Binding("end,G", "go_pages(1e9)", "bottom", show=False, tooltip="The last line", id="lines.last"),
        Binding("pageup", "go_pages(-1)", "page up", show=False, tooltip="One page up", id="lines.page-up"),
        Binding("pagedown", "go_pages(1)", "page down", show=False, tooltip="One page down", id="lines.page-down"),
        Binding("ctrl+u", "go_pages(-0.5)", "half up", show=False, tooltip="Half a page up", id="lines.half-up"),
        Binding("ctrl+d", "go_pages(0.5)", "half down", show=False, tooltip="Half a page down", id="lines.half-down"),
    ]

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        f"styled-lines--{name}"
        for name in ("muted", "accent", "warn", "bad", "good", "strong", "key", "text", "number", "found")
    }
    """`styled-lines--NAME` for each name of a style."""

    DEFAULT_CSS = """
    StyledLines {
        height: 1fr;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-gutter: stable;
        scrollbar-size-vertical: 1;
        & > .styled-lines--muted { color: $foreground-muted; }
        & > .styled-lines--accent { color: $text-accent; }
        & > .styled-lines--warn { color: $text-warning; }
        & > .styled-lines--bad { color: $text-error; }
        & > .styled-lines--good { color: $text-success; }
        & > .styled-lines--strong { text-style: bold; }
        & > .styled-lines--key { color: $foreground-muted; }
        & > .styled-lines--text { color: $foreground; }
        & > .styled-lines--number { color: $text-secondary; }
        & > .styled-lines--found { background: $primary 35%; }
        &:ansi > .styled-lines--muted { text-style: dim; }
        &:ansi > .styled-lines--key { text-style: dim; }
        &:ansi > .styled-lines--found { background: ansi_default; text-style: reverse; }
    }
    """

    ascii_only: reactive[bool] = reactive(False)
    """Draw with ASCII characters."""

    def __init__(
        self,
        *,
        ascii_only: bool = False,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - Textual's name
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._lines: Sequence[StyledLine] = ()
        self._width = 0
        self._styles: dict[str, Style] = {}
        self.set_reactive(StyledLines.ascii_only, ascii_only)

    def lines_for(self, width: int) -> Sequence[StyledLine]:
        """Return the lines for this width, each of at most `width` cells; subclasses override it."""
        del width
        return []

    def reflow(self) -> None:
        """Draw the lines of `lines_for` again."""
        self._width = self.scrollable_content_region.width
        self._lines = self.lines_for(self._width) if self._width > 0 else ()
        self.virtual_size = Size(self._width, len(self._lines))
        self.refresh()

    def watch_ascii_only(self) -> None:
        """Draw the lines again."""
        self.reflow()

    def on_resize(self) -> None:
        """Wrap the lines again if the width has changed."""
        if self._width != self.scrollable_content_region.width:
            self.reflow()

    def action_go_lines(self, lines: int) -> None:
        """Scroll by lines, without animation: each step of it would be sent to the terminal."""
        self.scroll_to(y=round(self.scroll_y) + lines, animate=False, force=True)

    def action_go_pages(self, pages: float) -> None:
        """Scroll by pages."""
        self.action_go_lines(round(pages * self.size.height))

    def notify_style_update(self) -> None:
        """Forget the styles."""
        super().notify_style_update()
        self._styles.clear()

    def render_line(self, y: int) -> Strip:
        """Render line `y` of the visible ones."""
        index = round(self.scroll_y) + y
        if index >= len(self._lines):
            return Strip.blank(self._width, self.rich_style)
        segments = [Segment(text, self._style(name)) for text, name in self._lines[index]]
        return Strip(segments).adjust_cell_length(self._width, self.rich_style).simplify()

    def _style(self, name: str) -> Style:
        style = self._styles.get(name)
        if style is None:
            known = f"styled-lines--{name}" in self.COMPONENT_CLASSES
            style = self.get_component_rich_style(f"styled-lines--{name}") if known else self.rich_style
            self._styles[name] = style
        return style


def wrapped(runs: Sequence[StyledRun], width: int, indent: int = 0) -> list[StyledLine]:
    """Return the runs on lines of at most `width` cells, broken after a space if there is one near the end.

    Lines after the first begin with `indent` spaces, if that leaves room for text.
    """
    indent = indent if indent <= width // 2 else 0
    lines: list[StyledLine] = [[]]
    room = width
    for text, name in runs:
        rest = text
        while rest:
            piece = _piece(rest, room, width - indent)
            if piece:
                lines[-1].append((piece, name))
                room -= cell_width(piece)
                rest = rest[len(piece) :]
            if rest:
                lines.append([(" " * indent, "")] if indent else [])
                room = width - indent
    return lines


def _piece(text: str, room: int, whole: int) -> str:
    """Return the part of the text for this line, which has `room` cells left; the next line has `whole`."""
    if cell_width(text) <= room:
        return text
    piece = take_left(text, room)
    cut = piece.rfind(" ") + 1
    if cut > room // 3:
        return piece[:cut]
    first_word = text.split(" ", 1)[0]
    if room < whole and cell_width(first_word) <= whole:
        return ""
    # A line narrower than a wide character gets that character all the same: otherwise there would be no progress.
    return piece or ("" if room < whole else text[:1])
