"""The commands of the palette, and the keys that help lists: the active bindings, and what `:` takes beside."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from textual.app import SystemCommand

from ssmtrail.tui.frame.commands import commands_of, only_moves
from ssmtrail.tui.frame.frame import Frame
from ssmtrail.tui.frame.help_text import Key, group_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.screen import Screen

#: Textual's own binding, which has no id.
_PALETTE: Final = "command_palette"


def commands(screen: Screen[Any]) -> Iterable[SystemCommand]:
    """The commands of a screen; one that needs words begins the line to type them, but for the few themes."""
    frame = screen if isinstance(screen, Frame) else None
    for command in (frame.commands if frame is not None else commands_of(screen)).values():
        if not command.enabled:
            continue
        if command.run is not None and command.typed is not None and not command.key:
            yield SystemCommand(f"{command.title}...", command.what, partial(_type, frame, command.word))
        elif command.run is not None:
            yield SystemCommand(command.title, command.what, command.run)
        elif frame is not None and command.word == "theme":
            for name in frame.doer.offers("theme", ""):
                yield SystemCommand(f"Theme: {name}", command.what, partial(frame.doer.do, "theme", name))
        else:
            yield SystemCommand(f"{command.title}...", command.what, partial(_type, frame, command.word))


def _type(frame: Frame | None, word: str) -> None:
    if frame is not None:
        frame.type_command(f"{word} ")


def keys_of(screen: Screen[Any]) -> Sequence[Key]:
    """The keys that work on a screen, those of one action together, for help."""
    found: dict[str, list[str]] = {}
    words: dict[str, str] = {}
    for active in screen.active_bindings.values():
        binding = active.binding
        name = binding.id or (_PALETTE if binding.action == _PALETTE else "")
        name = "go.view" if name.startswith("go.view-") else name
        if name and binding.tooltip:
            found.setdefault(name, []).append(screen.app.get_key_display(binding))
            words[name] = binding.tooltip
    ordered = sorted(found, key=only_moves)
    return [Key(" ".join(dict.fromkeys(found[name])), words[name], group_of(name)) for name in ordered]
