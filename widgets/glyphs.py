"""The signs that widgets draw: one set for Unicode terminals, one for ASCII."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping


def _days(signs: str) -> Mapping[str, str]:
    return MappingProxyType(dict(zip(("kept", "arriving", "open", "missing", "failed"), signs, strict=True)))


@dataclass(frozen=True, slots=True)
class Glyphs:
    """One set of signs; every sign takes one cell, but `ellipsis` and `arrow` may take two."""

    ellipsis: str = "…"
    ascending: str = "▲"
    descending: str = "▼"
    nothing: str = "·"
    """A zero, or a row that is not there yet."""
    bad: str = "✗"
    good: str = "✓"
    running: str = "▸"
    at_least: str = "≥"
    at_most: str = "≤"
    unknown: str = "?"
    shell: str = "›"  # noqa: RUF001 - one of our signs
    tunnel: str = "⇄"
    command: str = "$"
    more: str = "+"
    caret: str = "▲"
    arrow: str = "→"
    dot: str = "·"
    """Between the parts of a line of text."""
    rule: str = "─"
    prompt: str = "/"
    days: Mapping[str, str] = field(default_factory=lambda: _days("▇▆▒░✗"))
    """Signs of a day's state."""


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
    shell=">",
    tunnel="=",
    caret="^",
    arrow="->",
    dot="-",
    rule="-",
    days=_days("#+=.x"),
)


def glyphs(ascii_only: bool) -> Glyphs:
    """The set to draw with; whether a terminal can do more than ASCII is for the caller to know."""
    return ASCII if ascii_only else UNICODE
