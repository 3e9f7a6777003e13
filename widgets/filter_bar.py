"""A line to type a filter into, and an input that shows only what may reach a terminal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from rich.highlighter import Highlighter
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input, Static

from ssmtrail.widgets.text import MARKS_LIMIT, safe

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.text import Text
    from textual.app import ComposeResult

#: Stands for a character that `safe` would escape, so that places in the text stay places on the screen.
_HIDDEN = "?"


class SafeHighlighter(Highlighter):
    """Shows a typed or pasted text as it may be shown; the value stays what it is."""

    def highlight(self, text: Text) -> None:
        """Replace what may not reach a terminal."""
        if safe(text.plain) != text.plain:
            text.plain = _shown(text.plain)


class SafeInput(Input):
    """An `Input` for texts that may be pasted from anywhere."""

    def __init__(self, value: str | None = None, **options: Any) -> None:
        super().__init__(value, highlighter=SafeHighlighter(), **options)


def _shown(text: str) -> str:
    """The text with a sign for every character that `safe` would escape where it stands."""
    shown = ""
    for char in text:
        # A mark is judged by those before it: too many of them would pile up over other lines.
        before = shown[-MARKS_LIMIT:] if len(shown) < MARKS_LIMIT else "x" + shown[-MARKS_LIMIT:]
        shown += char if safe(before + char) == before + char else _HIDDEN
    return shown


class _Marker(SafeHighlighter):
    """Shows the text as it may be shown, with the wrong part underlined."""

    def __init__(self) -> None:
        self.wrong: tuple[int, int] | None = None

    def highlight(self, text: Text) -> None:
        """Replace what may not reach a terminal, mark what is wrong."""
        super().highlight(text)
        if self.wrong is not None:
            text.stylize("underline bold", *self.wrong)


class _Suggestions(Suggester):
    """Asks a function; a suggestion that would not be shown as it is is not made."""

    def __init__(self, suggest: Callable[[str], str | None]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._suggest = suggest

    async def get_suggestion(self, value: str) -> str | None:
        """The whole text with what could follow."""
        text = self._suggest(value)
        return text if text is not None and safe(text) == text else None


class FilterBar(Horizontal):
    """A prompt, the text, at the right how much it matches or what is wrong with it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "back", tooltip="Leave the filter", id="filter.dismiss"),
    ]

    DEFAULT_CSS = """
    FilterBar {
        height: 1;
        padding: 0 1;
        & > .filter-bar--prompt { width: 2; color: $foreground-muted; }
        & > Input, & > Input:focus { width: 1fr; background: transparent; background-tint: transparent; }
        & > .filter-bar--say {
            width: auto; max-width: 50%; height: 1; padding-left: 2; color: $foreground-muted;
            text-wrap: nowrap; text-overflow: ellipsis;
        }
        &:focus-within > .filter-bar--prompt { color: $text-accent; }
        &.-wrong > .filter-bar--say { color: $text-error; max-width: 65%; }
        &:ansi > .filter-bar--say { text-style: dim; }
        &:ansi.-wrong > .filter-bar--say { text-style: none; }
    }
    """

    @dataclass
    class Edited(Message):
        """The text was changed by typing."""

        bar: FilterBar
        """The bar that was typed into."""
        text: str
        """The whole text."""

        @property
        def control(self) -> FilterBar:
            """The bar that was typed into."""
            return self.bar

    @dataclass
    class Submitted(Message):
        """Enter was pressed."""

        bar: FilterBar
        """The bar that it was pressed in."""
        text: str
        """The whole text."""

        @property
        def control(self) -> FilterBar:
            """The bar that Enter was pressed in."""
            return self.bar

    @dataclass
    class Dismissed(Message):
        """Escape was pressed; the text is still there."""

        bar: FilterBar
        """The bar that was left."""

        @property
        def control(self) -> FilterBar:
            """The bar that was left."""
            return self.bar

    def __init__(
        self,
        text: str = "",
        *,
        placeholder: str = "",
        suggest: Callable[[str], str | None] | None = None,
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - Textual's name
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._marker = _Marker()
        self._first_text = text
        self._input = Input(
            placeholder=placeholder,
            suggester=_Suggestions(suggest) if suggest else None,
            highlighter=self._marker,
            select_on_focus=False,
            compact=True,
        )
        # A blinking cursor would send bytes twice a second over a slow line.
        self._input.cursor_blink = False
        self._say = Static("", classes="filter-bar--say", markup=False)

    def compose(self) -> ComposeResult:
        """The prompt, the text, what is said of it."""
        self.set_text(self._first_text)
        yield Static("/", classes="filter-bar--prompt", markup=False)
        yield self._input
        yield self._say

    @property
    def text(self) -> str:
        """What is typed."""
        return self._input.value

    def set_text(self, text: str) -> None:
        """Put another text there; nothing is posted."""
        with self._input.prevent(Input.Changed):
            self._input.value = text
        self._input.cursor_position = len(text)
        self._mark(None)

    def show_count(self, text: str) -> None:
        """Say how much is matched, such as `212 of 1,284`; takes an error away."""
        self._mark(None)
        self._speak(text)

    def show_error(self, message: str, position: int, length: int = 1) -> None:
        """Underline `length` characters at `position` and say what is wrong with them."""
        self._mark((position, position + max(1, length)))
        self._speak(message)

    def focus(self, scroll_visible: bool = True) -> FilterBar:
        """Put the cursor into the text, at once: what is typed next belongs to it."""
        self.screen.set_focus(self._input, scroll_visible)
        return self

    def action_dismiss(self) -> None:
        """Tell that the bar was left."""
        self.post_message(self.Dismissed(self))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Tell of the text; an error is about another one now."""
        event.stop()
        self._mark(None)
        self.post_message(self.Edited(self, event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Tell of the text."""
        event.stop()
        self.post_message(self.Submitted(self, event.value))

    def _mark(self, wrong: tuple[int, int] | None) -> None:
        self._marker.wrong = wrong
        if wrong is None and self.has_class("-wrong"):
            self._speak("")
        self.set_class(wrong is not None, "-wrong")
        self._input.refresh()

    def _speak(self, text: str) -> None:
        self._say.update(Content(safe(text)))
        self._say.tooltip = Content(safe(text)) if text else None
