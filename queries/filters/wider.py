"""Filters that find more than one that finds nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ssmtrail.queries.filters.language import Filter
from ssmtrail.queries.filters.lexer import quoted
from ssmtrail.queries.filters.matches import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ssmtrail.queries.filters.terms import Term


@dataclass(frozen=True, slots=True)
class Wider:
    """A filter with wildcards around the values of one of its terms."""

    term: Term
    """The term as it was."""
    exactly: str
    """Its values, such as `jane`; as typed, so not safe."""
    loosely: str
    """What is looked for instead, such as `jane*`."""
    filter: Filter


def wider(narrow: Filter) -> Iterator[Wider]:
    """The nearest filters, beginnings of values first: `person:jane*`, then `person:*jane*`.

    Only terms whose values are whole texts without a wildcard; excluded values stay excluded.
    """
    for before, after in (("", "*"), ("*", "*")):
        for term in narrow.terms:
            values = [each.parts[0] for each in term.matches if isinstance(each, Text) and len(each.parts) == 1]
            is_text = term.key is not None and term.key.reading == "text" and not term.negated
            if term.key is not None and is_text and len(values) == len(term.matches):
                loosely = ",".join(f"{before}{quoted(value)}{after}" for value in values)
                text = f"{term.key.name}:{loosely}"
                others = (text if other is term else other.text for other in narrow.terms)
                yield Wider(term, ", ".join(values), loosely, Filter.parse(" ".join(others)))
