"""The filter: an immutable value made of terms."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ssmtrail.queries.filters.keys import Key
    from ssmtrail.queries.filters.terms import Term

# `terms` is imported when a filter has some: the app begins with the empty filter, and imports cost start-up time.


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter that has been read; the empty one matches everything, equal texts are equal filters.

    Terms of the same key are alternatives, negated ones are left out one and all, different keys and bare words hold
    together. Raises FilterError where the text cannot be read.
    """

    text: str = ""
    terms: tuple[Term, ...] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "terms", _read(self.text) if self.text else ())

    @classmethod
    def parse(cls, text: str) -> Filter:
        """Read a filter; its text is what was typed, with single blanks between the terms.

        Raises FilterError with positions in `text`.
        """
        return _of(cls(text).terms)

    def keep(self, key: str, value: str | float | bool | None, *, exact: bool = False) -> Filter:
        """The filter narrowed to this value; None is unknown. Other positive terms of the key give way to it.

        An `exact` one holds nothing that is spelled otherwise, be it by case alone (`key:=value`).
        Raises FilterError when there is no such key, or no such value where they are few.
        """
        from ssmtrail.queries.filters.terms import written

        added = written(key, value, negated=False, exact=exact)
        return _of([*(term for term in self.terms if term.negated or _other_key(term, added)), added])

    def exclude(self, key: str, value: str | float | bool | None) -> Filter:
        """The filter without the rows that have this very value; None is unknown. Raises FilterError as `keep`."""
        from ssmtrail.queries.filters.terms import written

        added = written(key, value, negated=True)
        return _of([*(term for term in self.terms if term != added), added])

    def relaxed(self, is_alone: Callable[[Key, str], bool]) -> Filter:
        """The filter with `key:value` for `key:=value` wherever the value is alone: nothing else is spelled like it."""
        from ssmtrail.queries.filters.terms import relaxed

        return _of(relaxed(term, is_alone) for term in self.terms)

    def without(self, term: Term) -> Filter:
        """The filter without one of its terms; itself when it has no such term."""
        return _of(other for other in self.terms if other is not term and other != term)


def _of(terms: Iterable[Term]) -> Filter:
    return Filter(" ".join(term.text for term in terms))


def alternative_terms(terms: Iterable[Term]) -> list[list[Term]]:
    """Groups of terms of which one must match: the terms of each key, and each bare word; without negated terms."""
    by_key: dict[object, list[Term]] = {}
    for number, term in enumerate(terms):
        if not term.negated:
            by_key.setdefault(term.key.name if term.key else number, []).append(term)
    return list(by_key.values())


def _other_key(term: Term, added: Term) -> bool:
    return added.key is None or term.key is not added.key


def _read(text: str) -> tuple[Term, ...]:
    from ssmtrail.queries.filters.terms import read

    return read(text)
