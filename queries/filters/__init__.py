"""The filter language: reading it, narrowing it, compiling it to SQL.

Words match anything, `key:value` is anchored, `*` is any text, `?` unknown, `-` leaves out, a comma separates
alternatives, quotes group, a backslash takes the next character as it is. Case does not matter, but `key:=value` is
this very spelling.
"""

from queries.filters.complete import complete, word_at
from queries.filters.keys import KEYS, Key
from queries.filters.language import Filter, Term
from queries.filters.sql import Condition, clauses_of, compile_filter, foreign_terms

__all__ = [
    "KEYS",
    "Condition",
    "Filter",
    "Key",
    "Term",
    "clauses_of",
    "compile_filter",
    "complete",
    "foreign_terms",
    "word_at",
]
