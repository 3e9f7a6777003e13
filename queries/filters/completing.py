"""Completions for a filter that is being typed."""

from __future__ import annotations

from queries.filters.keys import KEYS, find_key


def word_at(text: str, cursor: int) -> tuple[int, int]:
    """Start and end of the word in which the cursor stands; its completions replace this stretch."""
    start = end = max(0, min(cursor, len(text)))
    while start > 0 and not text[start - 1].isspace():
        start -= 1
    while end < len(text) and not text[end].isspace():
        end += 1
    return start, end


def complete(text: str, cursor: int) -> list[str]:
    """Whole words that could stand where the cursor is, in the order of `KEYS`.

    `ki` gives `kind:`, `-kind:sh` gives `-kind:shell`; values come from those keys that have few.
    """
    start, _ = word_at(text, cursor)
    typed = text[start:cursor]
    minus = "-" if typed.startswith("-") else ""
    name, colon, value = typed.removeprefix("-").partition(":")
    if not colon:
        return [f"{minus}{key.name}:" for key in KEYS if name and key.name.startswith(name.casefold())]
    key = find_key(name)
    if key is None:
        return []
    before, comma, last = value.rpartition(",")
    found = [choice for choice in key.choices if choice.startswith(last.casefold()) and choice != last.casefold()]
    return [f"{minus}{name}:{before}{comma}{choice}" for choice in found]
