"""A founding question as SQL that is ready for Athena's console."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

#: The questions that can be asked of a CloudTrail table itself.
FoundingName: TypeAlias = Literal["calls", "pairs", "usage"]


@dataclass(frozen=True, slots=True)
class ConsoleSql:
    """The SQL, and what has to be known of it."""

    sql: str
    """As it is sent; exact, so that it may hold hostile text in its literals."""
    table: str
    """The table that it asks, as SQL names it."""
    notes: tuple[str, ...] = ()
    """What it cannot say, in sentences; may be hostile."""
    is_placeholder: bool = False
    """Whether no such table is known: the source is none of Athena's."""
