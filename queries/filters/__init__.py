"""The filter language: reading it, narrowing it, compiling it to SQL.

Words match anything, `key:value` is anchored, `*` is any text, `?` unknown, `-` leaves out, a comma separates
alternatives, quotes group, a backslash takes the next character as it is. Case does not matter, but `key:=value` is
this very spelling.

Its modules are imported when something of them is first wanted.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ssmtrail.queries.filters.keys import KEYS, Key, complete, word_at
    from ssmtrail.queries.filters.language import Filter
    from ssmtrail.queries.filters.sql import Condition, clauses_of, compile_filter, foreign_terms, without_foreign
    from ssmtrail.queries.filters.terms import Term
    from ssmtrail.queries.filters.wider import Wider, wider

__all__ = [
    "KEYS",
    "Condition",
    "Filter",
    "Key",
    "Term",
    "Wider",
    "clauses_of",
    "compile_filter",
    "complete",
    "foreign_terms",
    "wider",
    "without_foreign",
    "word_at",
]

_HOMES: Final = {
    "keys": ("KEYS", "Key", "complete", "word_at"),
    "language": ("Filter",),
    "sql": ("Condition", "clauses_of", "compile_filter", "foreign_terms", "without_foreign"),
    "terms": ("Term",),
    "wider": ("Wider", "wider"),
}
_HOME_OF: Final = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)
    globals()[name] = found
    return found
