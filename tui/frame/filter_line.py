"""`FilterLine`: types a filter, counts what it would show, completes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from textual.containers import Container
from textual.message import Message

from ssmtrail.queries.errors import FilterError
from ssmtrail.queries.filters import Filter
from ssmtrail.tui.workers import LeadingDebounce
from ssmtrail.widgets.filter_bar import FilterBar

if TYPE_CHECKING:
    from textual.app import ComposeResult

#: A filter that is typed faster than this, seconds, is counted once typing rests.
REST: Final = 0.15
HINT: Final = "person:jane* -kind:tunnel ip:203.0.113.0/24   (? lists the keys)"


def suggestion(text: str) -> str | None:
    """The text with its last word completed."""
    from ssmtrail.queries.filters import complete, word_at  # not needed before a filter is typed

    words = complete(text, len(text))
    return text[: word_at(text, len(text))[0]] + words[0] if words else None


class FilterLine(Container):
    """The filter bar of a stack of views. It never shows a text that is not the view's filter, unless it is typed."""

    DEFAULT_CSS = "FilterLine { height: auto; }"

    @dataclass
    class Entered(Message):
        """A filter was entered."""

        filter: Filter

    @dataclass
    class Left(Message):
        """Typing ended without a filter."""

    @dataclass
    class Typed(Message):
        """The text was changed: `filter` is to be counted, None where it cannot be read."""

        filter: Filter | None

    @dataclass
    class Refused(Message):
        """What is wrong with the text, where the bar has no room to say it."""

        sentence: str

    def __init__(self, text: str) -> None:
        super().__init__()
        self.bar = FilterBar(text, placeholder=HINT, suggest=suggestion)
        self.bar.display = bool(text)
        self.is_typing = False
        self._typed: Filter | None = None
        self._count = LeadingDebounce(self, REST, self._ask_count)

    def compose(self) -> ComposeResult:
        """The bar."""
        yield self.bar

    def begin(self) -> None:
        """Type: another word, where there are some."""
        self.is_typing = True
        self.bar.display = True
        if self.bar.text and not self.bar.text[-1].isspace():
            self.bar.set_text(f"{self.bar.text} ")
        self.bar.focus()

    def end(self) -> None:
        """Type no more; the text stays until another one is shown."""
        self._count.drop()
        self._typed, self.is_typing = None, False

    def show(self, filter: Filter, counts: str, *, display: bool) -> None:  # noqa: A002 - the value's name
        """Show the view's filter with what it counts, unless another one is being typed."""
        if not self.is_typing:
            self.bar.display = display
            self.bar.set_text(filter.text)
            if counts:
                self.bar.show_count(counts)

    def on_filter_bar_edited(self, message: FilterBar.Edited) -> None:
        """Point at what is wrong, or have it counted."""
        message.stop()
        self._count.drop()
        try:
            self._typed = Filter.parse(message.text)
        except FilterError as error:
            self._typed = None
            self._complain(error)
            self.post_message(self.Typed(None))
        else:
            self._count.trigger()

    def _ask_count(self) -> None:
        self.post_message(self.Typed(self._typed))

    def _complain(self, error: FilterError) -> None:
        self.bar.show_error(error.message, error.position, error.length)
        if len(error.message) > self.size.width // 2:  # more than the bar has room for
            self.post_message(self.Refused(error.message))

    def on_filter_bar_submitted(self, message: FilterBar.Submitted) -> None:
        """Post the filter; a bad one stays to be mended."""
        message.stop()
        try:
            entered = Filter.parse(message.text)
        except FilterError as error:
            self._complain(error)
            return
        self.end()
        self.post_message(self.Entered(entered))

    def on_filter_bar_dismissed(self, message: FilterBar.Dismissed) -> None:
        """Leave the filter as it was."""
        message.stop()
        self.end()
        self.post_message(self.Left())
