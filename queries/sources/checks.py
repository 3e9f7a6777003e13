"""What one check of a doctor found, and words for it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


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


def by_reason(refused: Iterable[tuple[str, object]]) -> Mapping[str, Sequence[str]]:
    """The places, in their order, by what is said of each: one line for all with the same reason."""
    found: dict[str, list[str]] = defaultdict(list)
    for place, reason in refused:
        found[str(reason)].append(place)
    return found
