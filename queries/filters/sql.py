"""The last step of a filter: its terms as a condition in SQL."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from ssmtrail.queries.errors import FilterError
from ssmtrail.queries.filters.keys import LIST_COLUMNS, WORD_COLUMNS, Filtered, Key
from ssmtrail.queries.filters.language import alternative_terms
from ssmtrail.queries.filters.matches import (
    Address,
    Between,
    Compare,
    Days,
    Exact,
    Hours,
    Match,
    Network,
    Text,
    Unknown,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ssmtrail.queries.filters.language import Filter
    from ssmtrail.queries.filters.terms import Term

_PATTERN_SIGNS: Final = re.compile(r"([\\%_])")
_SURROGATES: Final = re.compile("[\ud800-\udfff]")
#: A start and a call that went well have different names.
_WELL: Final[dict[Filtered, dict[str, str]]] = {
    "sessions": {"ok": "started", "granted": "started"},
    "calls": {"started": "ok", "granted": "ok"},
    "doors": {"started": "granted", "ok": "granted"},
    "visits": {"ok": "started"},
    "findings": {},
}
#: Lists that a row has as one text too.
_JOINED: Final = {"target_names": "target_names_text"}
#: Questions that a message names.
_NAMED: Final[tuple[Filtered, ...]] = ("sessions", "calls", "doors", "findings")
_MAPPED_FIRST: Final = "00000000000000000000ffff00000000"
_MAPPED_LAST: Final = "00000000000000000000ffffffffffff"


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition for WHERE; it is NULL or false for the rows that do not match."""

    sql: str = "TRUE"
    """With `?` for every value; columns are quoted."""
    parameters: tuple[object, ...] = ()

    @classmethod
    def joined(cls, conditions: Iterable[Condition], sign: str) -> Condition:
        """At least one condition, with ` AND ` or ` OR ` between them."""
        found = tuple(conditions)
        if len(found) == 1:
            return found[0]
        parameters = tuple(parameter for condition in found for parameter in condition.parameters)
        return cls(sign.join(f"({condition.sql})" for condition in found), parameters)


class Clause(NamedTuple):
    """One of the conditions that have to hold together."""

    key: Key | None
    """Whose columns it looks at; None for a bare word."""
    condition: Condition


def compile_filter(filter: Filter, question_name: Filtered, zone: str = "UTC") -> Condition:  # noqa: A002
    """The filter as a condition over the view of a question: its columns, and `ip_key` (see `Network.first`).

    `zone` is an IANA name and gives `hour:` and `day:` their meaning. Raises FilterError for a key that the question
    has no column for.
    """
    clauses = clauses_of(filter, question_name, zone)
    return Condition.joined((clause.condition for clause in clauses), " AND ") if clauses else Condition()


def clauses_of(filter: Filter, question_name: Filtered, zone: str = "UTC") -> list[Clause]:  # noqa: A002
    """The same as conditions that look at the columns of one key each. Raises FilterError."""
    return [*_positive(filter.terms, question_name, zone), *_negative(filter.terms, question_name, zone)]


def foreign_terms(filter: Filter, question_name: Filtered) -> tuple[Term, ...]:  # noqa: A002
    """The terms that `compile_filter` refuses for this question, because it has no column for them."""
    return tuple(term for term in filter.terms if term.key and not term.key.columns(question_name))


def without_foreign(filter: Filter, question_name: Filtered) -> Filter:  # noqa: A002
    """The filter as far as `compile_filter` takes it for this question."""
    for term in foreign_terms(filter, question_name):
        filter = filter.without(term)  # noqa: A001
    return filter


def _positive(terms: Iterable[Term], question: Filtered, zone: str) -> list[Clause]:
    """One clause for each key, its terms being alternatives, and one for each bare word."""
    return [
        Clause(same[0].key, Condition.joined((_term(term, question, zone) for term in same), " OR "))
        for same in alternative_terms(terms)
    ]


def _negative(terms: Iterable[Term], question: Filtered, zone: str) -> list[Clause]:
    found = ((term.key, _term(term, question, zone)) for term in terms if term.negated)
    # What is unknown is not known to be the value, so it stays.
    return [Clause(key, Condition(f"({condition.sql}) IS NOT TRUE", condition.parameters)) for key, condition in found]


def _term(term: Term, question: Filtered, zone: str) -> Condition:
    if term.key is None:
        texts = (match for match in term.matches if isinstance(match, Text))
        return Condition.joined((_text(column, text) for text in texts for column in WORD_COLUMNS[question]), " OR ")
    columns = term.key.columns(question)
    if not columns:
        known = [other for other in _NAMED if term.key.columns(other)]
        message = f"{term.key.name}: is known of {' and '.join(known)} only, not of {question}."
        raise FilterError(message, term.position, len(term.text))
    return Condition.joined((_match(term.key, match, columns, question, zone) for match in term.matches), " OR ")


def _match(key: Key, match: Match, columns: tuple[str, ...], question: Filtered, zone: str) -> Condition:
    column = _quoted(columns[0])
    match match:
        case Unknown():
            return _unknown(key, columns[0])
        case Text():
            renamed = _renamed(key, match, question)
            return Condition.joined((_text(name, renamed) for name in columns), " OR ")
        case Exact(text):
            return Condition(
                f"list_contains({column}, ?)" if columns[0] in LIST_COLUMNS else f"{column} = ?", (_clean(text),)
            )
        case Address(text, address):
            return Condition.joined((Condition("ip_key = ?", (address,)), _like(column, (text,))), " OR ")
        case Network():
            return _network(match)
        case Hours(hours):
            return _among(f"hour({_clock(column, zone)})", hours, zone)
        case Days(days):
            return _among(f"isodow({_clock(column, zone)})", days, zone)
        case Between(low, high):
            proved = _proved(key, ("least",) if high is None else ("most",) if low is None else ())
            bounds = [
                *proved,
                *(
                    Condition(f"{column} {sign} ?", (bound,))
                    for sign, bound in ((">=", low), ("<=", high))
                    if bound is not None
                ),
            ]
            return Condition.joined([Condition(f"{column} IS NOT NULL"), *bounds], " AND ")
        case Compare(operator, number):
            proved = _proved(key, ("least",) if ">" in operator else ("most",) if "<" in operator else ())
            return Condition.joined([*proved, Condition(f"{column} {operator} ?", (number,))], " AND ")


def _proved(key: Key, bounds: tuple[str, ...]) -> list[Condition]:
    """Of a length, the condition that it is exact or such a bound: no row matches by what its records do not prove."""
    if key.reading != "duration":
        return []
    kinds = ("exact", *bounds)
    return [Condition(f"length_bound IN ({', '.join('?' for _ in kinds)})", kinds)]


def _text(column: str, match: Text) -> Condition:
    if column in LIST_COLUMNS and _is_word(match):
        # One text in place of several: three times as fast as looking at each.
        joined = _JOINED.get(column) or f"array_to_string({_quoted(column)}, chr(10))"
        return _like(joined, match.parts)
    if column in LIST_COLUMNS:
        inner = _like("x", match.parts)
        return Condition(f"len(list_filter({_quoted(column)}, lambda x: {inner.sql})) > 0", inner.parameters)
    return _like(_quoted(column), match.parts)


def _is_word(match: Text) -> bool:
    """Whether it is found in the texts of a list exactly where it is found in all of them on lines of their own."""
    return len(match.parts) == 3 and match.parts[0] == match.parts[2] == "" and "\n" not in match.parts[1]


def _like(column: str, parts: tuple[str, ...]) -> Condition:
    """ILIKE is the fastest of DuckDB's comparisons in any case; with ESCAPE it takes up to four times as long."""
    if parts == ("", ""):
        return Condition(f"{column} IS NOT NULL")
    clean = [_clean(part) for part in parts]
    if not any("%" in part or "_" in part for part in clean):
        return Condition(f"{column} ILIKE ?", ("%".join(clean),))
    return Condition(f"{column} ILIKE ? ESCAPE '\\'", ("%".join(_PATTERN_SIGNS.sub(r"\\\1", part) for part in clean),))


def _clean(text: str) -> str:
    """A lone surrogate is no character: what is kept has the replacement character in its place."""
    return _SURROGATES.sub("\ufffd", text)


def _unknown(key: Key, name: str) -> Condition:
    column = _quoted(name)
    if "unknown" in key.choices:
        return Condition(f"{column} IS NULL OR {column} = 'unknown'")
    return Condition(f"{column} IS NULL")


def _network(network: Network) -> Condition:
    inside = Condition("ip_key BETWEEN ? AND ?", (network.first, network.last))
    if not network.without_ipv4:
        return inside
    return Condition.joined((inside, Condition("ip_key NOT BETWEEN ? AND ?", (_MAPPED_FIRST, _MAPPED_LAST))), " AND ")


def _clock(column: str, zone: str) -> str:
    return column if zone == "UTC" else f"timezone(?, timezone('UTC', {column}))"


def _among(expression: str, values: tuple[int, ...], zone: str) -> Condition:
    places = ", ".join("?" for _ in values)
    return Condition(f"{expression} IN ({places})", (*(() if zone == "UTC" else (zone,)), *values))


def _renamed(key: Key, match: Text, question: Filtered) -> Text:
    if key.name == "status" and len(match.parts) == 1:
        return Text((_WELL[question].get(match.parts[0].casefold(), match.parts[0]),))
    return match


def _quoted(column: str) -> str:
    return f'"{column}"'
