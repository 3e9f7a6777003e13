"""What a filter means, said a second time in plain Python."""

from __future__ import annotations

import re
from datetime import datetime
from ipaddress import IPv6Address, ip_address
from operator import eq, ge, gt, le, lt
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from ssmtrail.queries.filters.keys import WORD_COLUMNS, Filtered
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
    from collections.abc import Mapping

    from ssmtrail.queries.filters import Filter, Key, Term

OPERATORS = {"=": eq, "<": lt, "<=": le, ">": gt, ">=": ge}


def lowered(text: str) -> str:
    """Lower case sign by sign, as DuckDB does it: no final sigma, and a dotted I becomes an i."""
    return "".join("i" if sign == "\u0130" else low if len(low := sign.lower()) == 1 else sign for sign in text)


def matches(filter: Filter, row: Mapping[str, Any], question: Filtered = "sessions", zone: str = "UTC") -> bool:  # noqa: A002
    """Whether the row is in the answer."""
    positive: dict[object, bool] = {}
    for number, term in enumerate(filter.terms):
        holds = _holds(term, row, question, zone)
        if term.negated:
            if holds:
                return False
        else:
            group = term.key.name if term.key else number
            positive[group] = positive.get(group, False) or holds
    return all(positive.values())


def _holds(term: Term, row: Mapping[str, Any], question: Filtered, zone: str) -> bool:
    if term.key is None:
        return any(_text(row.get(column), match) for column in WORD_COLUMNS[question] for match in term.matches)
    return any(_asks(term.key, match, row, question, zone) for match in term.matches)


def _asks(key: Key, match: Match, row: Mapping[str, Any], question: Filtered, zone: str) -> bool:
    columns = key.columns(question)
    value = row.get(columns[0])
    if isinstance(match, Unknown):
        return value is None or ("unknown" in key.choices and value == "unknown")
    if isinstance(match, Exact):
        return match.text in value if isinstance(value, tuple) else value == match.text
    if isinstance(match, Text):
        if key.name == "status":
            same = {"ok": "started", "started": "started"}
            value = same.get(value, value) if isinstance(value, str) else value
            match = (
                Text(tuple(same.get(lowered(part), part) for part in match.parts)) if len(match.parts) == 1 else match
            )
            return _text(value, match)
        return any(_text(row.get(column), match) for column in columns)
    if value is None:
        return False
    if isinstance(match, Address | Network):
        return _address(value, match)
    if isinstance(match, Hours | Days):
        assert isinstance(value, datetime)
        there = value.astimezone(ZoneInfo(zone))
        return there.hour in match.hours if isinstance(match, Hours) else there.isoweekday() in match.days
    if key.reading == "duration" and row.get("length_bound") not in _proofs(match):
        return False
    if isinstance(match, Between):
        return (match.low is None or value >= match.low) and (match.high is None or value <= match.high)
    assert isinstance(match, Compare)
    return bool(OPERATORS[match.operator](value, match.number))


def _proofs(match: Match) -> set[str]:
    """What a length has to be for a match to be proved by it: exact, or a bound on the side that is asked for."""
    if isinstance(match, Between):
        sides = {"least" if match.high is None else "", "most" if match.low is None else ""}
    else:
        assert isinstance(match, Compare)
        sides = {"least" if ">" in match.operator else "", "most" if "<" in match.operator else ""}
    return {"exact", *sides} - {""}


def _text(value: object, match: Match) -> bool:
    assert isinstance(match, Text)
    if isinstance(value, tuple):
        return any(_text(part, match) for part in value)
    if not isinstance(value, str):
        return False
    pattern = ".*".join(re.escape(lowered(part)) for part in match.parts)
    return re.fullmatch(pattern, lowered(value), re.DOTALL) is not None


def ip_key(text: str | None) -> str | None:
    """The column `ip_key` of an address; IPv4 as ::ffff:a.b.c.d."""
    try:
        address = ip_address(text or "")
    except ValueError:
        return None
    return f"{int(address if address.version == 6 else IPv6Address(f'::ffff:{address}')):032x}"


def _address(text: str, match: Address | Network) -> bool:
    key = ip_key(text)
    if isinstance(match, Address):
        return key == match.key or lowered(text) == lowered(match.text)
    if key is None or (match.without_ipv4 and key.startswith("0" * 20 + "ffff")):
        return False
    return match.first <= key <= match.last
