"""The filter language as conditions in Athena's SQL, over the calls of the founding questions."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.errors import FilterError
from ssmtrail.queries.filters.keys import WORD_COLUMNS
from ssmtrail.queries.filters.values import Address, Between, Compare, Days, Exact, Hours, Match, Network, Text, Unknown
from ssmtrail.queries.sources.athena import literals
from ssmtrail.queries.sources.athena.statements import target_kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ssmtrail.queries.filters import Filter, Key, Term

#: What only the inventory knows: a file on this machine, not a table.
_ELSEWHERE: Final = frozenset({"environment", "target_name"})
#: Columns of calls that the SQL has under another name.
_RENAMED: Final = {"at": "event_time", "status": "outcome", "target_kind": target_kind_of("target")}
#: Columns that are the session's, or the person's, so that the table has to be joined with itself first.
_LINKED: Final = frozenset(
    {"person", "person_shown", "target", "target_kind", "kind", "document", "destination", "reason"}
)
#: Keys by which a start and its session may differ.
_TWOFOLD: Final = frozenset({"status", "eventid"})
_MAPPED_FIRST: Final = "00000000000000000000ffff00000000"
_MAPPED_LAST: Final = "00000000000000000000ffffffffffff"
_ADDRESS: Final = "TRY_CAST(source_ip AS ipaddress)"


@dataclass(frozen=True, slots=True)
class Said:
    """A filter in SQL."""

    clauses: tuple[str, ...] = ()
    """All of which hold."""
    notes: tuple[str, ...] = ()
    """Sentences on what was not said."""
    needs_links: bool = False
    """Whether a column is asked for that only the session, or the caller behind a role, tells."""
    sessions_agree: bool = True
    """Whether a start matches exactly where its session does."""


def said(filter: Filter, zone: str, *, leave_out: bool = False) -> Said:  # noqa: A002 - the field's name
    """The filter as conditions over the step `calls`. Raises FilterError for a term that cannot be said.

    With `leave_out` what needs the inventory is left out instead, with a note.
    """
    terms, notes = _sayable(filter.terms, leave_out=leave_out)
    by_key: dict[object, list[str]] = {}
    for number, term in enumerate(terms):
        if not term.negated:
            by_key.setdefault(term.key.name if term.key else number, []).append(_term(term, zone))
    clauses = [_any(alternatives) for alternatives in by_key.values()]
    # What is unknown is not known to be the value, so it stays.
    clauses += [f"NOT coalesce({_term(term, zone)}, false)" for term in terms if term.negated]
    asked = {column for term in terms for column in _columns(term)}
    agree = all(term.key and term.key.name not in _TWOFOLD for term in terms)
    return Said(tuple(clauses), notes, bool(asked & _LINKED), agree)


def _sayable(terms: Iterable[Term], *, leave_out: bool) -> tuple[list[Term], tuple[str, ...]]:
    kept, notes = [], []
    for term in terms:
        if term.key and not term.key.calls:
            raise FilterError(
                f"{term.key.name}: is known of sessions only, not of calls.", term.position, len(term.text)
            )
        if term.key and set(term.key.calls) <= _ELSEWHERE:
            message = f"{term.key.name}: comes from the inventory, which Athena does not have"
            if not leave_out:
                raise FilterError(f"{message}: leave it out to ask Athena.", term.position, len(term.text))
            notes.append(f"Left out: {term.text} ({message}).")
            continue
        kept.append(term)
    if any(_looks_elsewhere(term) for term in kept):
        notes.append("Names and environments of machines are not looked at: Athena does not have the inventory.")
    return kept, tuple(notes)


def _looks_elsewhere(term: Term) -> bool:
    """Whether a name of a machine would match too; what is exact, or unknown, is asked of the first column alone."""
    texts = any(not isinstance(match, Exact | Unknown) for match in term.matches)
    return texts and not _ELSEWHERE.isdisjoint(_all_columns(term))


def _all_columns(term: Term) -> tuple[str, ...]:
    return term.key.calls if term.key else WORD_COLUMNS["calls"]


def _columns(term: Term) -> tuple[str, ...]:
    return tuple(column for column in _all_columns(term) if column not in _ELSEWHERE)


def _term(term: Term, zone: str) -> str:
    columns = _columns(term)
    if term.key is None:
        return _any(
            _like(_sql(column), match.parts) for match in term.matches if isinstance(match, Text) for column in columns
        )
    return _any(_match(term.key, match, columns, zone) for match in term.matches)


def _match(key: Key, match: Match, columns: tuple[str, ...], zone: str) -> str:
    column = _sql(columns[0])
    match match:
        case Unknown():
            return f"({column} IS NULL OR {column} = 'unknown')" if "unknown" in key.choices else f"{column} IS NULL"
        case Text(parts):
            if key.name == "status" and tuple(part.casefold() for part in parts) == ("started",):
                parts = ("ok",)
            return _any(_like(_sql(name), parts) for name in columns)
        case Exact(text):
            return f"{column} = {literals.text(text)}"
        case Address(text, address):
            return _any((f"{_ADDRESS} = {_address(address)}", _like(column, (text,))))
        case Network():
            return _network(match)
        case Hours(hours):
            return f"hour({_clock(column, zone)}) IN ({', '.join(map(str, hours))})"
        case Days(days):
            return f"day_of_week({_clock(column, zone)}) IN ({', '.join(map(str, days))})"
        case Between() | Compare():  # of lengths and counts, which calls do not have
            raise FilterError(f"{key.name}: is known of sessions only, not of calls.", 0)


def _like(sql: str, parts: tuple[str, ...]) -> str:
    if parts == ("", ""):
        return f"{sql} IS NOT NULL"
    if len(parts) == 1:
        return f"lower({sql}) = lower({literals.text(parts[0])})"
    if not any(sign in part for part in parts for sign in "%_\\"):
        return f"lower({sql}) LIKE lower({literals.text('%'.join(parts))})"
    escaped = (part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") for part in parts)
    return f"lower({sql}) LIKE lower({literals.text('%'.join(escaped))}) ESCAPE '\\'"


def _network(network: Network) -> str:
    inside = f"{_ADDRESS} BETWEEN {_address(network.first)} AND {_address(network.last)}"
    if not network.without_ipv4:
        return inside
    return f"({inside} AND {_ADDRESS} NOT BETWEEN {_address(_MAPPED_FIRST)} AND {_address(_MAPPED_LAST)})"


def _address(key: str) -> str:
    """An address from 32 hexadecimal digits; IPv4 in its own form."""
    address = IPv6Address(int(key, 16))
    return f"CAST({literals.text(str(address.ipv4_mapped or address))} AS ipaddress)"


def _clock(sql: str, zone: str) -> str:
    return sql if zone == "UTC" else f"{sql} AT TIME ZONE {literals.text(zone)}"


def _sql(column: str) -> str:
    return _RENAMED.get(column, column)


def _any(alternatives: Iterable[str]) -> str:
    found = list(alternatives)
    return found[0] if len(found) == 1 else f"({' OR '.join(found)})"
