"""The commands of a screen, which palette and `:` list: what its keys do, and what they do with words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol

from ssmtrail.queries.advice import advice
from ssmtrail.queries.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from textual.screen import Screen

#: Places whose keys only move: no commands, last in help.
_ALWAYS: Final = frozenset(("lines", "days", "dialog"))
_PLACES: Final = frozenset(("rows", "matrix", "heat", "timeline", "bars"))
_MOVES: Final = frozenset(("up", "down", "left", "right", "first", "last", "top", "bottom", "start", "end"))
_FAR_MOVES: Final = ("page-", "half-")


@dataclass(frozen=True, slots=True)
class Typed:
    """A command that takes words."""

    word: str
    example: str
    """Words that it takes."""
    what: str
    """What it does with them."""
    alone: bool = False
    """Whether it also does something without words."""
    completes: str | None = None
    """What makes a filter of the words, whose values are then completed from the data; None completes none."""


#: In the order of help. What each does is the method `do_WORD` of `TypedCommands`.
TYPED: Final = (
    Typed("view", "people", "See the same through another view"),
    Typed("machine", "web-3", "The page of a machine, by its name or id; * matches any text", completes="target:"),
    Typed("person", "jane*", "The page of a person", completes="person:"),
    Typed("filter", "env:prod -kind:tunnel", "Look through this filter, in place of the one before", completes=""),
    Typed("window", "last-month", "Look at this window: one or two times as --from and --to take them, or all"),
    Typed("sort", "person -at", "Sort by these columns; a minus sorts downwards"),
    Typed(
        "columns", "at person machine source_ip",
        "These columns, in this order; +NAME adds one, -NAME takes one out, no name: those of the list", alone=True,
    ),
    Typed("zone", "Europe/Berlin", "Show times in this zone"),
    Typed("times", "ago", "Show times in lists by the clock, or how long ago; no word: the other way", alone=True),
    Typed("search", "db-1", "Go to the next row that says this; nothing is filtered"),
    Typed("jump", "tuesday-14:00", "Jump to a time, where rows are in the order of times"),
    Typed("export", "csv", "Write all rows: a format or a path; with shown only the columns shown"),
    Typed("open-view", "night", "Open a saved view"),
    Typed("theme", "light", "Use these colours, also at the next start"),
)  # fmt: skip


class Doer(Protocol):
    """Does what commands with words say."""

    def do(self, word: str, words: str) -> object:
        """Do it. Raises TrailError with a sentence."""
        ...

    def can(self, word: str) -> bool:
        """Whether a command with words can do anything on this view."""
        ...

    def offers(self, word: str, words: str) -> Sequence[str]:
        """What the last one of the words can become."""
        ...

    @property
    def views(self) -> Iterable[Typed]:
        """A command for each view: a filter, and a window at its end."""
        ...


@dataclass(frozen=True, slots=True)
class Command:
    """A command as it is typed, and as the palette lists it."""

    word: str
    what: str
    key: str = ""
    """The key that does the same, as displayed."""
    run: Callable[[], object] | None = None
    """Does it without words; None where it needs some. What it returns may have to be awaited."""
    typed: Typed | None = None
    """The words that it takes; None for none."""
    enabled: bool = True
    """Whether it can be done now."""

    @property
    def title(self) -> str:
        """`Export (e)`."""
        return f"{self.word.replace('-', ' ').capitalize()}" + (f" ({self.key})" if self.key else "")


def commands_of(screen: Screen[Any], doer: Doer | None = None) -> dict[str, Command]:
    """The commands by their words: one of each active binding, in their order, then those that have no key."""
    found: dict[str, Command] = {}
    for active in screen.active_bindings.values():
        binding = active.binding
        if binding.id and not only_moves(binding.id):
            word, app = binding.description.casefold().replace(" ", "-"), screen.app
            run = partial(app.run_action, binding.action, active.node)
            key = app.get_key_display(binding)
            command = Command(word, binding.tooltip, key, run, enabled=active.enabled)
            if word not in found or not found[word].enabled:
                found[word] = command
    if doer is None:
        return found
    for typed in (*doer.views, *TYPED):
        alone = partial(doer.do, typed.word, "") if typed.alone else None
        command = found.get(typed.word) or Command(typed.word, typed.what, run=alone, enabled=doer.can(typed.word))
        found[typed.word] = replace(command, typed=typed)
    return found


def only_moves(name: str) -> bool:
    """Whether a binding's key only moves, by the binding's id."""
    place, _, move = name.partition(".")
    return place in _ALWAYS or (place in _PLACES and (move in _MOVES or move.startswith(_FAR_MOVES)))


def read(text: str, commands: Mapping[str, Command]) -> tuple[Command, str]:
    """The command of a typed line and the words behind it. Raises UsageError."""
    word, _, words = text.strip().partition(" ")
    words = words.strip()
    command = commands.get(word.casefold()) or _only_one(word.casefold(), commands)
    if command is None:
        raise UsageError(f"There is no command {word}; {advice(word.casefold(), commands, 'Tab lists them.')}")
    if words and command.typed is None:
        raise UsageError(f"{command.word} takes no words.")
    if not words and not command.enabled:
        raise UsageError(f"{command.word} does nothing here.")
    if not words and command.run is None:
        assert command.typed is not None
        raise UsageError(f"{command.word} needs words: {command.word} {command.typed.example}")
    return command, words


def _only_one(start: str, commands: Mapping[str, Command]) -> Command | None:
    """The one command that begins so; `q` is quit, as elsewhere."""
    if start == "q":
        return commands.get("quit")
    found = [command for word, command in commands.items() if start and word.startswith(start)]
    return found[0] if len(found) == 1 else None
