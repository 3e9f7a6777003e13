"""Matches: what a value of the filter language can ask of a column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    pass


Operator: TypeAlias = Literal["=", "<", "<=", ">", ">="]


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nothing is known: NULL, or the value `unknown` of an enumeration."""


@dataclass(frozen=True, slots=True)
class Text:
    """Text in any case: the parts in this order, anything between them; a single part is the whole text."""

    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Exact:
    """This very text, letter for letter, in the key's first column alone: an id of a machine, not its name."""

    text: str


@dataclass(frozen=True, slots=True)
class Address:
    """One address, in any of its forms."""

    text: str
    key: str
    """32 hexadecimal digits; IPv4 as ::ffff:a.b.c.d."""


@dataclass(frozen=True, slots=True)
class Network:
    """A CIDR block."""

    first: str
    """32 hexadecimal digits; IPv4 as ::ffff:a.b.c.d."""
    last: str
    without_ipv4: bool
    """Whether the block spans the IPv4 addresses too, which an IPv6 block does not mean."""


@dataclass(frozen=True, slots=True)
class Hours:
    """Hours of the day, 0 to 23: each is the hour from that time on."""

    hours: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Days:
    """Days of the week, 1 (Monday) to 7."""

    days: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Between:
    """A number from `low` to `high`, both included; None is unbounded."""

    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Compare:
    """A number compared with this one."""

    operator: Operator
    number: float


Match: TypeAlias = Unknown | Text | Exact | Address | Network | Hours | Days | Between | Compare
