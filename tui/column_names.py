"""Names of columns as they are typed: the fields of a question and, in lists, the headings of the list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ssmtrail.queries.advice import advice
from ssmtrail.queries.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ssmtrail.queries.model import QuestionName


def split_names(text: str) -> tuple[str, ...]:
    """The names in a text, between commas or blanks; empty ones too: `a,,b` has three."""
    return tuple(name for part in text.split(",") for name in part.split() or [""])


def answer_columns(
    question: QuestionName, names: Iterable[str], headings: Mapping[str, str] | None = None
) -> tuple[str, ...]:
    """The columns of the answer that the names mean, each once; `headings` names those of a list.

    Raises UsageError.
    """
    from ssmtrail.queries.relations import FIELDS  # imported late: imports cost start-up time

    fields, known = FIELDS[question], headings or {}
    found: list[str] = []
    for name in names:
        word = name.casefold() if headings else name
        if word not in fields and word not in known:
            listed, close = f"it has {', '.join(fields)}.", (*fields, *known) if headings else ()
            raise UsageError(f"{_what(question, headings)} no column {name!r}; {advice(word, close, listed)}")
        found.append(word if word in fields else known[word])
    return tuple(dict.fromkeys(found))


def _what(question: QuestionName, headings: Mapping[str, str] | None) -> str:
    """A list is called as on the screen, a question by its own name."""
    from ssmtrail.tui.text import noun

    return f"The list of {noun(question, 2)} has" if headings else f"{question} has"
