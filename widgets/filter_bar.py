"""`FilterBar`, a line to type a filter into, and `SafeInput`, an input that shows no control characters."""

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
    from textual import events
    from textual.app import ComposeResult

#: Replaces a character that `safe` would escape, so that positions in the text are positions on the screen.
_HIDDEN = "?"


class SafeHighlighter(Highlighter):
    """Shows a typed or pasted text without unsafe characters; the value is not changed."""

    def highlight(self, text: Text) -> None:
        """Replace unsafe characters."""
        if safe(text.plain) != text.plain:
            text.plain = _shown(text.plain)


class SafeInput(Input):
    """An `Input` for pasted text; lines that are pasted are joined by blanks."""

    def __init__(self, value: str | None = None, *, highlighter: Highlighter | None = None, **options: Any) -> None:
        super().__init__(value, highlighter=highlighter or SafeHighlighter(), **options)

    def on_paste(self, event: events.Paste) -> None:
        """Insert all lines; Textual's own input inserts the first one."""
        event.prevent_default()
        event.stop()
        lines = filter(None, map(str.strip, event.text.splitlines()))
        self.replace(" ".join(lines), *self.selection)


def _shown(text: str) -> str:
    """Return the text with every character replaced that `safe` would escape at its place."""
    shown = ""
    for char in text:
        # Whether a combining mark is safe depends on the marks before it: a pile of them would cover other lines.
        before = shown[-MARKS_LIMIT:] if len(shown) < MARKS_LIMIT else "x" + shown[-MARKS_LIMIT:]
        shown += char if safe(before + char) == before + char else _HIDDEN
    return shown


class _Marker(SafeHighlighter):
    """Shows the text without unsafe characters, with the wrong part underlined."""

    def __init__(self) -> None:
        self.wrong: tuple[int, int] | None = None

    def highlight(self, text: Text) -> None:
        """Replace unsafe characters, underline the wrong part."""
        super().highlight(text)
        if self.wrong is not None:
            text.stylize("underline bold", *self.wrong)


class _Suggestions(Suggester):
    """Suggestions of a function, except those with unsafe characters."""

    def __init__(self, suggest: Callable[[str], str | None]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._suggest = suggest

    async def get_suggestion(self, value: str) -> str | None:
        """Return the text with its completion."""
        text = self._suggest(value)
        return text if text is not None and safe(text) == text else None


class FilterBar(Horizontal):
    """A prompt, the text, and at the right the number of matches or what is wrong with the text."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", "back", tooltip="Leave the filter", id="filter.dismiss"),
        Binding("tab", "complete", "complete", tooltip="Complete the word", id="filter.complete"),
        Binding("shift+tab", "stay", show=False),
        Binding("up", "step(-1)", "earlier", tooltip="The filter before this one", id="filter.earlier"),
        Binding("down", "step(1)", "later", tooltip="The filter after this one, then presets", id="filter.later"),
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

    @dataclass
    class Stepped(Message):
        """Up (-1) or Down (1) was pressed."""

        bar: FilterBar
        """The bar that it was pressed in."""
        by: int

        @property
        def control(self) -> FilterBar:
            """The bar that it was pressed in."""
            return self.bar

    def __init__(
        self,
        text: str = "",
        *,
        placeholder: str = "",
        suggest: Callable[[str], str | None] | None = None,
        complete: Callable[[str], str | None] | None = None,
        prompt: str = "/",
        name: str | None = None,
        id: str | None = None,  # noqa: A002 - Textual's name
        classes: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id, classes=classes)
        self._marker = _Marker()
        self._first_text = text
        self._prompt = prompt
        self._complete = complete or suggest
        self._input = SafeInput(
            placeholder=placeholder,
            suggester=_Suggestions(suggest) if suggest else None,
            highlighter=self._marker,
            select_on_focus=False,
            compact=True,
        )
        # A blinking cursor would send bytes twice a second over a slow line.
        self._input.cursor_blink = False
        self._beside = Static("", classes="filter-bar--say", markup=False)

    def compose(self) -> ComposeResult:
        """Yield the prompt, the input, and the text beside it."""
        self.set_text(self._first_text)
        yield Static(self._prompt, classes="filter-bar--prompt", markup=False)
        yield self._input
        yield self._beside

    @property
    def text(self) -> str:
        """The text of the filter."""
        return self._input.value

    def set_text(self, text: str) -> None:
        """Replace the text; no message is posted."""
        with self._input.prevent(Input.Changed):
            self._input.value = text
        self._input.cursor_position = len(text)
        self._mark(None)

    def show_count(self, text: str) -> None:
        """Show the number of matches, such as `212 of 1,284`, in place of an error."""
        self._mark(None)
        self._show_beside(text)

    def show_error(self, message: str, position: int, length: int = 1) -> None:
        """Underline `length` characters at `position` and show what is wrong with them."""
        self._mark((position, position + max(1, length)))
        self._show_beside(message)

    def focus(self, scroll_visible: bool = True) -> FilterBar:
        """Focus the input, at once: the next key belongs to it."""
        self.screen.set_focus(self._input, scroll_visible)
        return self

    def action_complete(self) -> None:
        """Complete the word before the cursor, at the end of the text; without a completion do nothing."""
        text = self._complete(self.text) if self._complete is not None and self._input.cursor_at_end else None
        if text is not None and safe(text) == text:
            self._input.value = text
            self._input.cursor_position = len(text)

    def action_stay(self) -> None:
        """Do nothing: the keys stay in the filter."""

    def action_step(self, by: int) -> None:
        """Post `Stepped`."""
        self.post_message(self.Stepped(self, by))

    def action_dismiss(self) -> None:
        """Post `Dismissed`."""
        self.post_message(self.Dismissed(self))

    def on_input_changed(self, event: Input.Changed) -> None:
        """Post `Edited`, and remove an error, which was about the previous text."""
        event.stop()
        self._mark(None)
        self.post_message(self.Edited(self, event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Post `Submitted`."""
        event.stop()
        self.post_message(self.Submitted(self, event.value))

    def _mark(self, wrong: tuple[int, int] | None) -> None:
        self._marker.wrong = wrong
        if wrong is None and self.has_class("-wrong"):
            self._show_beside("")
        self.set_class(wrong is not None, "-wrong")
        self._input.refresh()

    def _show_beside(self, text: str) -> None:
        self._beside.update(Content(safe(text)))
        self._beside.tooltip = Content(safe(text)) if text else None
