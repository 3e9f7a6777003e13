"""What to say after an unknown word."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


def advice(word: str, known: Iterable[str], otherwise: str | None = None) -> str:
    """The end of a sentence: `did you mean person?`, or `there are person, machine.`, or `otherwise` in its place."""
    from difflib import get_close_matches  # mistakes are few, and imports cost start-up time

    names = tuple(known)
    near = get_close_matches(word, names, 1)
    if near:
        return f"did you mean {near[0]}?"
    return f"there are {', '.join(names)}." if otherwise is None else otherwise
