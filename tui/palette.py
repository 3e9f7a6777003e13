"""The commands of the palette: the bindings that work where it was opened, and the palettes of colours."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from textual.app import SystemCommand

from ssmtrail.tui.themes import THEMES
from ssmtrail.tui.views.help_text import Key, group_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from textual.app import App
    from textual.screen import Screen

#: Places whose keys only move: no palette commands, last in help.
_ALWAYS: Final = frozenset(("lines", "days", "dialog"))
_PLACES: Final = frozenset(("rows", "matrix", "heat", "timeline", "bars"))
_MOVES: Final = frozenset(("up", "down", "left", "right", "first", "last", "top", "bottom", "start", "end"))
_FAR_MOVES: Final = ("page-", "half-")
#: The toolkit's own binding, which has no id.
_PALETTE: Final = "command_palette"


def commands(app: App[Any], screen: Screen[Any]) -> Iterable[SystemCommand]:
    """One command a binding, then one a theme."""
    for active in screen.active_bindings.values():
        binding = active.binding
        if active.enabled and binding.id and not _moves(binding.id):
            run = partial(app.run_action, binding.action, active.node)
            yield SystemCommand(
                f"{binding.description.capitalize()} ({app.get_key_display(binding)})", binding.tooltip, run
            )
    for theme in THEMES:
        yield SystemCommand(
            f"Colours: {theme.name.removeprefix('ssmtrail-')}",
            "Use these colours",
            partial(setattr, app, "theme", theme.name),
        )


def keys_of(screen: Screen[Any]) -> Sequence[Key]:
    """The keys that work on a screen, those of one action together, for help."""
    found: dict[str, list[str]] = {}
    words: dict[str, str] = {}
    for active in screen.active_bindings.values():
        binding = active.binding
        name = binding.id or (_PALETTE if binding.action == _PALETTE else "")
        name = "view." if name.startswith("view.") else name
        if name and binding.tooltip:
            found.setdefault(name, []).append(screen.app.get_key_display(binding))
            words[name] = binding.tooltip
    ordered = sorted(found, key=_moves)
    return [Key(" ".join(dict.fromkeys(found[name])), words[name], group_of(name)) for name in ordered]


def _moves(name: str) -> bool:
    place, _, move = name.partition(".")
    return place in _ALWAYS or (place in _PLACES and (move in _MOVES or move.startswith(_FAR_MOVES)))
