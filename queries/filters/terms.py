"""Terms: the conditions of a filter, read from text and written from values."""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING

from ssmtrail.queries.errors import FilterError
from ssmtrail.queries.filters.keys import Key, find_key, key_names
from ssmtrail.queries.filters.lexer import Word, literal_text, plain_text, quoted, split, words
from ssmtrail.queries.filters.matches import Exact, Match, Text
from ssmtrail.queries.filters.values import read_text, read_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ssmtrail.queries.filters.keys import Key
    from ssmtrail.queries.filters.matches import Match


@dataclass(frozen=True, slots=True)
class Term:
    """One condition of a filter; any of its matches is enough."""

    text: str
    """As typed."""
    key: Key | None
    """None for a bare word, which is looked for everywhere."""
    negated: bool
    matches: tuple[Match, ...]
    position: int = field(compare=False)
    """Its place in the filter's text."""


def read(text: str) -> tuple[Term, ...]:
    """The terms of a text. Raises FilterError."""
    return tuple(_term(word) for word in words(text))


def relaxed(term: Term, is_alone: Callable[[Key, str], bool]) -> Term:
    """`key:value` for `key:=value` where the value is alone."""
    match term.matches:
        case (Exact(text),) if term.key and is_alone(term.key, text):
            return written(term.key.name, text, negated=term.negated)
    return term


def written(name: str, value: str | float | bool | None, *, negated: bool, exact: bool = False) -> Term:
    """A value of a key as a term; None is unknown. Raises FilterError."""
    key = find_key(name) if name else None
    if name and key is None:
        raise _no_key(name, 0)
    text = "-" if negated else ""
    sign = "=" if exact and key and _has_spellings(key, value) else ""
    text += f"{key.name}:{sign}{_value_text(key, value)}" if key else quoted(str(value or ""), always=True)
    return read(text)[0]


def _has_spellings(key: Key, value: object) -> bool:
    """Whether the plain form could hold something else: another case, another column, another form of an address."""
    if not key.is_exact or not isinstance(value, str):
        return False
    return value.lower() != value.upper() or key.reading == "address" or len(key.sessions or key.calls) > 1


def _value_text(key: Key, value: str | float | bool | None) -> str:
    if value is None:
        return "?"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return f"{value:.6f}".rstrip("0").rstrip(".") + ("s" if key.reading == "duration" else "")
    if key.reading in {"hours", "days", "number", "duration"}:
        return quoted(value)
    # Quote what has a special meaning when it is not quoted.
    choice = key.reading == "choice" and (value not in key.choices or key.values(value) != (value,))
    block = key.reading == "address" and "/" in value
    arn = key.name == "arn" and value.casefold().startswith("aws")
    return quoted(value, always=choice or block or arn)


def _term(word: Word) -> Term:
    if not word.value:
        raise FilterError(
            f"{word.key}: needs a value; for what is unknown write {word.key}:?.", word.position, len(word.text)
        )
    if not word.key:
        return Term(word.text, None, word.negated, (_bare(word),), word.position)
    key = find_key(word.key)
    if key is None:
        raise _no_key(word.key, word.value_position - len(word.key) - 1)
    return Term(word.text, key, word.negated, tuple(_matches(key, word)), word.position)


def _bare(word: Word) -> Text:
    if not literal_text(word.value):
        raise FilterError("There is nothing between these quotes to look for.", word.position, len(word.text))
    parts = read_text(word.value).parts
    return Text(("", *(part for part in parts if part), ""))


def _matches(key: Key, word: Word) -> Iterable[Match]:
    sign = word.value[:1] if key.is_exact and plain_text(word.value[:1]) == "=" else ()
    for number, value in enumerate(split(word.value)):
        if not value:
            raise FilterError("A comma separates two values; to search for a comma, quote it.", *_around_comma(word))
        # `key:=a,b`: each of the values is this very spelling.
        yield from read_value(
            key, (*sign, *value) if number and plain_text(value) != "?" and plain_text(value[:1]) != "=" else value
        )


def _around_comma(word: Word) -> tuple[int, int]:
    return word.value_position, word.position + len(word.text) - word.value_position


def _no_key(name: str, position: int) -> FilterError:
    near = get_close_matches(name.casefold(), key_names(), 2, 0.6)
    advice = (
        f"did you mean {' or '.join(f'{key}:' for key in near)}?"
        if near
        else f'to look for these words write "{name}:…".'
    )
    return FilterError(f"There is no key {name}:; {advice}", position, len(name) + 1)
