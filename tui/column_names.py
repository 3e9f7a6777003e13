"""Names of columns as they are typed: the fields of a question and, in lists, the headings of the list."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

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
            raise UsageError(f"{question} has no column {name!r}; {_advice(word, fields, known)}.")
        found.append(word if word in fields else known[word])
    return tuple(dict.fromkeys(found))


def _advice(word: str, fields: tuple[str, ...], headings: Mapping[str, str]) -> str:
    near = get_close_matches(word, (*fields, *headings), 1) if headings else ()
    return f"did you mean {near[0]}?".rstrip("?") if near else f"it has {', '.join(fields)}"
