"""What one check of a doctor found, and words for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class Check:
    """A check and its result."""

    name: str
    state: Literal["ok", "failed", "skipped"]
    text: str
    """What was found, or what to do; may be hostile."""


def named(words: Sequence[str], most: int = 3) -> str:
    """`a, b, c and 5 more`."""
    more = f" and {len(words) - most:,} more" if len(words) > most else ""
    return ", ".join(words[:most]) + more


def count_of(number: int, noun: str) -> str:
    """`1 file`, `1,284 files`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
