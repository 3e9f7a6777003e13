"""The first step of reading a filter: text into words whose characters know whether they were quoted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from ssmtrail.queries.errors import FilterError

if TYPE_CHECKING:
    from collections.abc import Iterator

_KEY: Final = re.compile(r"([A-Za-z]+):")
#: A pasted ARN is a word, not the key `arn:` with a value.
_ARN: Final = re.compile(r"arn:aws[a-z-]*:", re.IGNORECASE)
_SAFE: Final = re.compile(r"[A-Za-z0-9._@:/-]+")
_IN_QUOTES: Final = re.compile(r'([\\"*])')


class Char(NamedTuple):
    """One character of a value, or, without text, the mark of a quote: `""` is a value, nothing is none."""

    text: str
    how: Literal["plain", "quoted", "escaped"]
    """Quoted and escaped ones are never `,`, `?`, `/`, `-` or `<` of the language; only escaped ones are never `*`."""
    position: int

    @property
    def is_wildcard(self) -> bool:
        """Whether it matches any text."""
        return self.text == "*" and self.how != "escaped"


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the filter: `-kind:"a b"` is negated, has the key `kind` and the value `a b`."""

    text: str
    """As typed."""
    position: int
    negated: bool
    key: str
    """As typed, without the colon; empty for a bare word."""
    value: tuple[Char, ...]
    value_position: int


def words(text: str) -> Iterator[Word]:
    """The words of a filter. Raises FilterError for an open quote, or for a sign that has nothing after it."""
    position = 0
    while True:
        while position < len(text) and text[position].isspace():
            position += 1
        if position == len(text):
            return
        word, position = _word(text, position)
        yield word


def split(value: tuple[Char, ...], separator: str = ",") -> list[tuple[Char, ...]]:
    """The parts of a value between plain separators."""
    parts: list[list[Char]] = [[]]
    for char in value:
        if char.text == separator and char.how == "plain":
            parts.append([])
        else:
            parts[-1].append(char)
    return [tuple(part) for part in parts]


def plain_text(value: tuple[Char, ...]) -> str | None:
    """The value as text when nothing in it was quoted or escaped, else None."""
    if any(char.how != "plain" for char in value):
        return None
    return literal_text(value)


def literal_text(value: tuple[Char, ...]) -> str:
    """The value's characters as they are written."""
    return "".join(char.text for char in value)


def quoted(value: str, *, always: bool = False) -> str:
    """The value written so that reading it gives exactly this text, wildcards and all."""
    if not always and _SAFE.fullmatch(value):
        return value
    escaped = _IN_QUOTES.sub(r"\\\1", value)
    return f'"{escaped}"'


def _word(text: str, start: int) -> tuple[Word, int]:
    negated = text[start] == "-"
    position = start + negated
    if position == len(text) or text[position].isspace():
        raise FilterError('A minus leaves out what stands right after it; for a minus itself write "-".', start)
    match = None if _ARN.match(text, position) else _KEY.match(text, position)
    value_position = match.end() if match else position
    value, end = _value(text, value_position)
    key = match[1] if match else ""
    return Word(text[start:end], start, negated, key, value, value_position), end


def _value(text: str, position: int) -> tuple[tuple[Char, ...], int]:
    """The characters from here to the end of the word, and where that is."""
    found: list[Char] = []
    opened: int | None = None
    while position < len(text):
        char = text[position]
        if char == "\\":
            if position + 1 == len(text):
                raise FilterError(
                    r"A backslash takes the next character as it is, but none follows; write \\.", position
                )
            position += 1
            found.append(Char(text[position], "escaped", position))
        elif char == '"':
            opened = position if opened is None else None
            found.append(Char("", "quoted", position))
        elif char.isspace() and opened is None:
            break
        else:
            found.append(Char(char, "plain" if opened is None else "quoted", position))
        position += 1
    if opened is not None:
        raise FilterError("This quote is not closed.", opened, len(text) - opened)
    return tuple(found), position
