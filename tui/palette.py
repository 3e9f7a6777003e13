"""The commands of the palette, and the keys that help lists: the active bindings, and the themes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from textual.app import SystemCommand

from ssmtrail.tui.frame.help_text import Key, group_of
from ssmtrail.tui.themes import THEMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from textual.app import App
    from textual.screen import Screen

#: Places whose keys only move: no palette commands, last in help.
_ALWAYS: Final = frozenset(("lines", "days", "dialog"))
_PLACES: Final = frozenset(("rows", "matrix", "heat", "timeline", "bars"))
_MOVES: Final = frozenset(("up", "down", "left", "right", "first", "last", "top", "bottom", "start", "end"))
_FAR_MOVES: Final = ("page-", "half-")
#: Textual's own binding, which has no id.
_PALETTE: Final = "command_palette"


def commands(app: App[Any], screen: Screen[Any], choose: Callable[[str], object]) -> Iterable[SystemCommand]:
    """One command a binding, then one a theme, which `choose` is given by name."""
    for active in screen.active_bindings.values():
        binding = active.binding
        if active.enabled and binding.id and not _moves(binding.id):
            run = partial(app.run_action, binding.action, active.node)
            yield SystemCommand(
                f"{binding.description.capitalize()} ({app.get_key_display(binding)})", binding.tooltip, run
            )
    for theme in THEMES:
        name = theme.name.removeprefix("ssmtrail-")
        yield SystemCommand(f"Theme: {name}", "Use these colours, also at the next start", partial(choose, theme.name))


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
    ordered = sorted(found, key=_moves)
    return [Key(" ".join(dict.fromkeys(found[name])), words[name], group_of(name)) for name in ordered]


def _moves(name: str) -> bool:
    place, _, move = name.partition(".")
    return place in _ALWAYS or (place in _PLACES and (move in _MOVES or move.startswith(_FAR_MOVES)))
