"""Reading the value of a filter key into the matches that it asks for."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, cast

from ssmtrail.queries.advice import advice
from ssmtrail.queries.errors import FilterError
from ssmtrail.queries.filters.lexer import Char, literal_text, plain_text
from ssmtrail.queries.filters.matches import (
    Address,
    Between,
    Compare,
    Days,
    Exact,
    Hours,
    Match,
    Network,
    Operator,
    Text,
    Unknown,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from ssmtrail.queries.filters.keys import Key, Reading


_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_COMPARISON: Final = re.compile(r"(>=|<=|>|<|=)?(.*)", re.DOTALL)
_COUNT: Final = re.compile(r"[0-9]{1,9}")
_HOUR: Final = re.compile(r"([0-9]{1,2})(?::00)?")
_LENGTH: Final = re.compile(
    r"(?:([0-9]{1,6})d)?(?:([0-9]{1,7})h)?(?:([0-9]{1,8})m)?(?:([0-9]{1,10}(?:\.[0-9]{1,6})?)s)?"
)
_SHOWN_LENGTH: Final = re.compile(r"([0-9]+h[0-9]{1,2}(?=$)|[0-9]+m[0-9]{1,2}(?=$))")
_MAPPED: Final = 0xFFFF << 32


def read_value(key: Key, value: tuple[Char, ...]) -> tuple[Match, ...]:
    """What one value (between commas) of this key asks; any of the matches is enough.

    Raises FilterError at the place in the filter's text.
    """
    if plain_text(value) == "?":
        return (Unknown(),)
    if key.is_exact and plain_text(value[:1]) == "=":
        return (_exact(key, value),)
    return _READERS[key.reading](key, value)


def _exact(key: Key, value: tuple[Char, ...]) -> Exact:
    """What follows the sign, each character as it is."""
    if len(value) == 1:
        raise _error(f'{key.name}:= needs a value; for the empty text write {key.name}:="".', value)
    return Exact(literal_text(value[1:]))


def read_text(value: tuple[Char, ...]) -> Text:
    """Text with its wildcards."""
    parts = [""]
    for char in value:
        if char.is_wildcard:
            parts.append("")
        else:
            parts[-1] += char.text
    # Two wildcards in a row are one.
    return Text((parts[0], *(part for part in parts[1:-1] if part), parts[-1]) if len(parts) > 1 else (parts[0],))


def _text(_key: Key, value: tuple[Char, ...]) -> tuple[Match, ...]:
    return (read_text(value),)


def _choice(key: Key, value: tuple[Char, ...]) -> tuple[Match, ...]:
    asked = plain_text(value)
    # A quoted value is taken as it is: evidence may hold what no list foresees.
    if asked is None or "*" in asked:
        return (read_text(value),)
    if asked.casefold() not in key.choices:
        raise _error(f"There is no {key.name} {asked!r}; {advice(asked.casefold(), key.choices)}", value)
    return tuple(Text((meant,)) for meant in key.values(asked.casefold()))


def _address(_key: Key, value: tuple[Char, ...]) -> tuple[Match, ...]:
    asked = plain_text(value)
    if asked is None or "*" in asked:
        return (read_text(value),)
    if "/" in asked:
        return (_network(asked, value),)
    from ipaddress import ip_address

    try:
        return (Address(asked, _address_key(int(ip_address(asked)), ip_address(asked).version)),)
    except ValueError:
        # AWS services come from names: `ssm.amazonaws.com`.
        return (read_text(value),)


def _network(asked: str, value: tuple[Char, ...]) -> Network:
    from ipaddress import ip_network

    try:
        network = ip_network(asked, strict=False)
        if "%" in asked:
            raise ValueError(asked)
    except ValueError:
        message = f"{asked!r} is no block of addresses; write one like 10.0.0.0/8 or 2001:db8::/32."
        raise _error(message, value) from None
    first, last = int(network.network_address), int(network.broadcast_address)
    spans_ipv4 = network.version == 6 and first <= _MAPPED and last >= _MAPPED + 0xFFFFFFFF and network.prefixlen < 96
    return Network(_address_key(first, network.version), _address_key(last, network.version), spans_ipv4)


def _address_key(number: int, version: int) -> str:
    return f"{number + (_MAPPED if version == 4 else 0):032x}"


def _hours(_key: Key, value: tuple[Char, ...]) -> tuple[Match, ...]:
    first, dash, last = literal_text(value).partition("-")
    start, end = _hour(first, value), _hour(last, value) if dash else None
    if end is None:
        if start == 24:
            raise _error("The hours of a day are 0 to 23; the last one is hour:23.", value)
        return (Hours((start,)),)
    if start == end:
        raise _error(
            f"From {start} to {end} there is no hour; hour:{start % 24} is the hour from {start % 24:02}:00.", value
        )
    return (Hours(tuple(hour % 24 for hour in range(start, end if end > start else end + 24))),)


def _hour(text: str, value: tuple[Char, ...]) -> int:
    match = _HOUR.fullmatch(text)
    if match is None or int(match[1]) > 24:
        raise _error(f"{literal_text(value)!r} is no hour of the day; write 9, 22-06 or 9-12,14-17.", value)
    return int(match[1])


def _days(_key: Key, value: tuple[Char, ...]) -> tuple[Match, ...]:
    first, dash, last = literal_text(value).partition("-")
    start = _day(first, value)
    end = _day(last, value) if dash else start
    return (Days(tuple((day - 1) % 7 + 1 for day in range(start, (end if end >= start else end + 7) + 1))),)


def _day(text: str, value: tuple[Char, ...]) -> int:
    found = [number for number, name in enumerate(_DAYS, 1) if len(text) >= 3 and name.startswith(text.casefold())]
    if not found:
        raise _error(f"{literal_text(value)!r} is no day of the week; write sat, mon-fri or sat,sun.", value)
    return found[0]


def _numbers(key: Key, value: tuple[Char, ...]) -> tuple[Match, ...]:
    asked = literal_text(value)
    low, dots, high = asked.partition("..")
    if dots:
        return (Between(_number(key, low, value) if low else None, _number(key, high, value) if high else None),)
    match = _COMPARISON.fullmatch(asked)
    assert match is not None
    return (Compare(cast("Operator", match[1] or "="), _number(key, match[2], value)),)


def _number(key: Key, text: str, value: tuple[Char, ...]) -> float:
    if key.reading == "number":
        if _COUNT.fullmatch(text):
            return int(text)
        raise _error(
            f"{literal_text(value)!r} is no count; write {key.name}:0, {key.name}:>2 or {key.name}:1..3.", value
        )
    seconds = _seconds(text)
    if seconds is None:
        raise _error(
            f"{literal_text(value)!r} is no length; write {key.name}:>1h, {key.name}:<5m30s or {key.name}:5m..1h.",
            value,
        )
    return seconds


def _seconds(text: str) -> float | None:
    """Seconds of `1d2h3m4s`, of any part of it, or of a length as the list shows it (`2h14`, `14m03`)."""
    if _SHOWN_LENGTH.fullmatch(text):
        text += "m" if "h" in text else "s"
    match = _LENGTH.fullmatch(text)
    if not text or match is None:
        return None
    days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return days * 86400 + hours * 3600 + minutes * 60 + seconds


def _error(message: str, value: tuple[Char, ...]) -> FilterError:
    return FilterError(message, value[0].position, value[-1].position - value[0].position + 1)


_READERS: Final[dict[Reading, Callable[[Key, tuple[Char, ...]], tuple[Match, ...]]]] = {
    "text": _text,
    "choice": _choice,
    "address": _address,
    "hours": _hours,
    "days": _days,
    "number": _numbers,
    "duration": _numbers,
}
