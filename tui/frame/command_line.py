"""`CommandLine`: types a command, completes its words, and says what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from textual.containers import Container
from textual.message import Message

from ssmtrail.queries.errors import TrailError
from ssmtrail.tui.frame.commands import read
from ssmtrail.tui.frame.filter_line import value_wanted
from ssmtrail.tui.frame.keys import Key
from ssmtrail.widgets.filter_bar import FilterBar
from ssmtrail.widgets.text import safe

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual.app import ComposeResult

    from ssmtrail.tui.frame.commands import Command, Doer
    from ssmtrail.tui.frame.filter_line import ValueWanted

HINT: Final = "machines person:jane*   window last-month   sort -at   (Tab completes)"
#: The keys of the last line while a command is typed.
COMMAND_KEYS: Final = (
    Key("enter", "do it"), Key("tab", "complete"), Key("up/down", "earlier commands"), Key("esc", "back"),
)  # fmt: skip
#: Commands that are remembered.
_REMEMBERED: Final = 100


class CommandLine(Container):
    """A line for a command; hidden unless one is typed."""

    DEFAULT_CSS = "CommandLine { height: auto; display: none; }"

    @dataclass
    class Entered(Message):
        """A command was entered."""

        command: Command
        words: str
        text: str

    @dataclass
    class Left(Message):
        """Typing ended without a command."""

    @dataclass
    class Offered(Message):
        """What Tab goes through, for people; empty for nothing."""

        text: str

    @dataclass
    class Wanted(Message):
        """Values of the data are wanted, to complete the last word."""

        value: ValueWanted

    def __init__(self, doer: Doer, earlier: list[str]) -> None:
        """`earlier` remembers the commands that were entered, the last one at its end."""
        super().__init__()
        self.bar = FilterBar(prompt=":", placeholder=HINT, suggest=self._suggestion, complete=self._complete)
        self._doer = doer
        self._earlier = earlier
        self._place = 0
        """Which earlier command is seen, from the end; 0 is the typed one."""
        self._draft = ""
        self._commands: Mapping[str, Command] = {}
        self._texts: tuple[str, ...] = ()
        """Whole texts that Tab goes through."""

    def compose(self) -> ComposeResult:
        """The bar."""
        yield self.bar

    @property
    def is_typing(self) -> bool:
        """Whether a command is typed."""
        return bool(self.display)

    def begin(self, commands: Mapping[str, Command], text: str = "", error: str = "") -> None:
        """Type a command; `error` is what was wrong with the text."""
        self._commands, self._place = commands, 0
        self.display = True
        self.bar.set_text(text)
        self.bar.focus()
        self._look_up(text)
        if error:
            self._complain(error)

    def end(self) -> None:
        """Type no more."""
        self.display = False

    # Completion

    def on_filter_bar_edited(self, message: FilterBar.Edited) -> None:
        """Find what can be typed here."""
        message.stop()
        if message.text not in self._texts:
            self._look_up(message.text)

    def _look_up(self, text: str) -> None:
        word, blank, words = text.lstrip().partition(" ")
        command = self._commands.get(word.casefold())
        self._texts = tuple(self._completed(text))
        typed = command.typed if blank and command is not None else None
        self.bar.show_count(typed.example if typed is not None else "")
        if typed is not None:
            completes = typed.completes
            value = value_wanted(f"{completes}{words}") if completes is not None else None
            if value is not None:
                self.post_message(self.Wanted(value))
        self._say()

    def _completed(self, text: str) -> list[str]:
        """The text with its last word completed, in each way."""
        word, blank, words = text.lstrip().partition(" ")
        if not blank:
            return [
                each for each in self._commands if each.startswith(word.casefold()) and self._commands[each].enabled
            ]
        command = self._commands.get(word.casefold())
        if command is None or command.typed is None:
            return []
        last = words.rpartition(" ")[2]
        head = text[: len(text) - len(last)]
        try:
            offers = self._doer.offers(command.word, words)
        except TrailError:
            return []
        return [head + each for each in offers if each.startswith(last) and each != last]

    def offer_values(self, value: ValueWanted, found: Sequence[tuple[str, int]]) -> None:
        """Let Tab go through values of the data."""
        word = self.bar.text.lstrip().partition(" ")[0]
        command = self._commands.get(word.casefold())
        if not found or command is None or command.typed is None:
            return
        completions, prefix = value.completed(found), command.typed.completes or ""
        self._texts = tuple(f"{word} {text.removeprefix(prefix)}" for text in completions.texts)
        self.post_message(self.Offered(f"Tab: {completions.words}"))

    def _say(self) -> None:
        """Say what Tab goes through."""
        words = [text.rpartition(" ")[2] for text in self._texts]
        self.post_message(self.Offered(safe(f"Tab: {'   '.join(words)}") if words and self.bar.text else ""))

    def _suggestion(self, text: str) -> str | None:
        found = self._completed(text) if text.strip() else []
        return found[0] if found else None

    def _complete(self, text: str) -> str | None:
        """What Tab makes of the text."""
        if not self._texts:
            return None
        if text not in self._texts:
            return self._texts[0]
        return self._texts[(self._texts.index(text) + 1) % len(self._texts)]

    # Earlier commands

    def on_filter_bar_stepped(self, message: FilterBar.Stepped) -> None:
        """Show the command beside the one that is seen."""
        message.stop()
        place = max(0, min(self._place - message.by, len(self._earlier)))
        if place == self._place:
            return
        if self._place == 0:
            self._draft = self.bar.text
        self._place = place
        text = self._earlier[-place] if place else self._draft
        self.bar.set_text(text)
        self._look_up(text)

    def on_filter_bar_submitted(self, message: FilterBar.Submitted) -> None:
        """Post the command; a wrong one stays to be mended."""
        message.stop()
        text = message.text.strip()
        if not text:
            self.post_message(self.Left())
            return
        try:
            command, words = read(text, self._commands)
        except TrailError as error:
            self._complain(str(error))
            return
        self._earlier[:] = [*(each for each in self._earlier if each != text), text][-_REMEMBERED:]
        self.post_message(self.Entered(command, words, text))

    def _complain(self, sentence: str) -> None:
        text = self.bar.text
        start = text.find(" ") + 1 if " " in text.strip() else 0
        is_long = len(sentence) > self.size.width * 0.6  # more than the bar has room for: the line below says it
        self.bar.show_error("" if is_long else sentence, start, max(1, len(text) - start))
        self.post_message(self.Offered(sentence if is_long else ""))

    def on_filter_bar_dismissed(self, message: FilterBar.Dismissed) -> None:
        """Leave."""
        message.stop()
        self.post_message(self.Left())
