"""The characters that widgets draw: one set for Unicode terminals, one for ASCII."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


def _days(signs: str) -> Mapping[str, str]:
    names = ("proved", "kept", "older", "arriving", "open", "missing", "altered", "failed")
    return MappingProxyType(dict(zip(names, signs, strict=True)))


@dataclass(frozen=True, slots=True)
class Glyphs:
    """One set of characters, each one cell wide; only `ellipsis` and `arrow` may be two cells wide."""

    ellipsis: str = "…"
    ascending: str = "▲"
    descending: str = "▼"
    nothing: str = "·"
    """A zero, or a row that has not arrived."""
    bad: str = "✗"
    good: str = "✓"
    running: str = "▸"
    at_least: str = "≥"
    at_most: str = "≤"
    unknown: str = "?"
    shell: str = "›"  # noqa: RUF001 - a prompt
    tunnel: str = "⇄"
    command: str = "$"
    more: str = "+"
    marked: str = "●"
    """A row that the user marked."""
    caret: str = "▲"
    arrow: str = "→"
    dot: str = "·"
    """Separates the parts of a line of text."""
    rule: str = "─"
    prompt: str = "/"
    days: Mapping[str, str] = field(default_factory=lambda: _days("✓▇▅▆▒░!✗"))
    """Characters of a day's state."""


UNICODE: Final = Glyphs()
ASCII: Final = Glyphs(  # noqa: S604 - "shell" is a kind of session here
    ellipsis="..",
    ascending="^",
    descending="v",
    nothing=".",
    bad="x",
    good="+",
    running=">",
    at_least=">",
    at_most="<",
    marked="*",
    shell=">",
    tunnel="=",
    caret="^",
    arrow="->",
    dot="-",
    rule="-",
    days=_days("P#-+=.!x"),
)


def glyphs(ascii_only: bool) -> Glyphs:
    """Return the set to draw with; the caller decides whether the terminal can show more than ASCII."""
    return ASCII if ascii_only else UNICODE
