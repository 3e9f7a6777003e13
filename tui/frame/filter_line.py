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
    from collections.abc import Sequence

    from textual.app import ComposeResult

#: A filter that is typed faster than this, seconds, is counted once typing rests.
REST: Final = 0.15
HINT: Final = "person:jane* -kind:tunnel   (Up earlier filters, Down presets)"
#: Filters that Down offers behind those that were typed.
PRESETS: Final = (
    "status:denied", "kind:tunnel", "env:prod", "evidence:session-name,none", "hour:22-06", "day:sat,sun",
    "personkind:root", "end:alive-at,unknown",
)  # fmt: skip
#: Filters that are remembered.
_REMEMBERED: Final = 100


@dataclass(frozen=True, slots=True)
class Completions:
    """What the last word of a text can become, by the values in the data."""

    texts: tuple[str, ...]
    """Whole texts of the bar, the most frequent value first."""
    words: str
    """The values with their counts, for people."""


@dataclass(frozen=True, slots=True)
class ValueWanted:
    """The last word of a text, whose values are to be looked up."""

    head: str
    """The text before the value: `kind:shell -person:`."""
    before: str
    """The filter before the word."""
    key: str
    start: str
    """What is typed of the value."""

    def completed(self, values: Sequence[tuple[str, int]]) -> Completions:
        """The completions with these values."""
        texts = tuple(self.head + Filter().keep(self.key, value).text.partition(":")[2] for value, _ in values)
        return Completions(texts, "   ".join(f"{value} {number:,}" for value, number in values))


def value_wanted(text: str) -> ValueWanted | None:
    """The value that is being typed at the end of a text; None where none is."""
    from ssmtrail.queries.filters import word_at  # not needed before a filter is typed
    from ssmtrail.queries.filters.keys import find_key

    begin = word_at(text, len(text))[0]
    name, colon, value = text[begin:].removeprefix("-").partition(":")
    key = find_key(name)
    if not colon or key is None or '"' in value or value.startswith(("=", "?", ">", "<")):
        return None
    last = value.rpartition(",")[2]
    return ValueWanted(text[: len(text) - len(last)], text[:begin].strip(), key.name, last.rstrip("*"))


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
        value: ValueWanted | None = None
        """The value at the end, whose completions are wanted."""

    @dataclass
    class Refused(Message):
        """What is wrong with the text, where the bar has no room to say it."""

        sentence: str

    def __init__(self, text: str, earlier: list[str]) -> None:
        """`earlier` remembers the filters that were entered, the last one at its end."""
        super().__init__()
        self.bar = FilterBar(text, placeholder=HINT, suggest=suggestion, complete=self._complete)
        self._earlier = earlier
        self._place = 0
        """Which filter is seen: 0 the typed one, below it earlier ones, above it presets."""
        self._draft = ""
        self._completions: Completions | None = None
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
        self._place, self._completions = 0, None
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
        self._edited(message.text)

    def _edited(self, text: str) -> None:
        self._count.drop()
        if self._completions is not None and text not in self._completions.texts:
            self._completions = None
        try:
            self._typed = Filter.parse(text)
        except FilterError as error:
            self._typed = None
            value = value_wanted(text)
            if value is None or (value.start and suggestion(text) is None):  # `person:` and `kind:tun` are not finished
                self._complain(error)
                self.post_message(self.Typed(None))
                return
        self._count.trigger()

    def _ask_count(self) -> None:
        value = value_wanted(self.bar.text) if self._completions is None else None
        self.post_message(self.Typed(self._typed, value))

    # Completions and earlier filters

    @property
    def offered(self) -> str:
        """The values that Tab goes through, with their counts, for people; empty where none are known."""
        return f"Tab: {self._completions.words}" if self._completions is not None else ""

    def offer(self, completions: Completions) -> None:
        """Let Tab go through these completions."""
        self._completions = completions

    def _complete(self, text: str) -> str | None:
        """What Tab makes of the text: the next value of the data; without one a key or a value that there always is."""
        texts = self._completions.texts if self._completions is not None else ()
        if not texts:
            return suggestion(text)
        return texts[(texts.index(text) + 1) % len(texts)] if text in texts else texts[0]

    def on_filter_bar_stepped(self, message: FilterBar.Stepped) -> None:
        """Show the filter beside the one that is seen."""
        message.stop()
        place = max(-len(self._earlier), min(self._place + message.by, len(PRESETS)))
        if place == self._place:
            return
        if self._place == 0:
            self._draft = self.bar.text
        self._place = place
        text = self._draft if place == 0 else self._earlier[place] if place < 0 else PRESETS[place - 1]
        self.bar.set_text(text)
        self._edited(text)

    def _remember(self, text: str) -> None:
        if text:
            self._earlier[:] = [*(each for each in self._earlier if each != text), text][-_REMEMBERED:]

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
        self._remember(entered.text)
        self.post_message(self.Entered(entered))

    def on_filter_bar_dismissed(self, message: FilterBar.Dismissed) -> None:
        """Leave the filter as it was."""
        message.stop()
        self.end()
        self.post_message(self.Left())
