"""Numbers with their nouns."""

from __future__ import annotations


def count_text(number: int, noun: str, nouns: str = "") -> str:
    """`1 day`, `1,284 days`; `nouns` is needed where an `s` is not enough."""
    return f"{number:,} {noun if number == 1 else nouns or f'{noun}s'}"
