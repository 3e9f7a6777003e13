"""Partition projection: what a table's parameters say of the values of a partition column."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

_NOW: Final = re.compile(
    r"NOW\s*(?:([+-])\s*([0-9]{1,6})\s*(YEAR|MONTH|WEEK|DAY|HOUR|MINUTE|SECOND)S?)?", re.IGNORECASE
)
_DAYS: Final = {"YEAR": 365.25, "MONTH": 30.4375, "WEEK": 7.0, "DAY": 1.0, "HOUR": 1 / 24, "MINUTE": 1 / 1440}
#: Letters of Java's date formats and what Python has for them, longest first.
_LETTERS: Final = (("yyyy", "%Y"), ("MM", "%m"), ("dd", "%d"), ("HH", "%H"), ("mm", "%M"), ("ss", "%S"))


@dataclass(frozen=True, slots=True)
class Projection:
    """How the values of one partition column are made."""

    type: str
    """`date`, `integer`, `enum` or `injected`."""
    range: tuple[str, str] | None = None
    format: str = ""
    """Java date format of a `date`."""
    digits: int = 0
    """Width of an `integer`, padded with zeros; 0 is as short as it can be."""
    values: tuple[str, ...] = ()
    """Of an `enum`."""

    def reach(self, today: date) -> tuple[date | None, date | None]:
        """First and last day of a `date` projection; None where the range cannot be read."""
        if self.range is None:
            return None, None
        first, last = (_bound(text, self.format, today) for text in self.range)
        return first, last


def projection_of(parameters: Mapping[str, str], column: str) -> Projection | None:
    """The projection of a column; None where the table has none.

    Source: "Supported types for partition projection", Athena User Guide.
    """
    found = {name.casefold(): value for name, value in parameters.items()}
    if found.get("projection.enabled", "").strip().casefold() != "true":
        return None
    start = f"projection.{column.casefold()}."
    of = {name.removeprefix(start): value.strip() for name, value in found.items() if name.startswith(start)}
    if "type" not in of:
        return None
    low, comma, high = of.get("range", "").partition(",")
    return Projection(
        of["type"].casefold(),
        (low.strip(), high.strip()) if comma else None,
        of.get("format", ""),
        int(of["digits"]) if of.get("digits", "").isdigit() else 0,
        tuple(value.strip() for value in of.get("values", "").split(",") if value.strip()),
    )


def strftime_of(java: str) -> str | None:
    """A Java date format as Python's; None for letters that no CloudTrail table uses."""
    found = java.replace("%", "%%").replace("'", "")
    for letters, sign in _LETTERS:
        found = found.replace(letters, sign)
    return None if re.search(r"(?<!%)[GuMLdQqYwWDdFEeCaBhKkHmsSAnNVvzOXxZ]", found.replace("%%", "")) else found


def _bound(text: str, java: str, today: date) -> date | None:
    if now := _NOW.fullmatch(text):
        if not now[1]:
            return today
        days = float(now[2]) * _DAYS.get(now[3].upper(), 0.0)
        try:
            return today + timedelta(days=days if now[1] == "+" else -days)
        except OverflowError:
            return None
    try:
        return datetime.strptime(text, strftime_of(java) or "").replace(tzinfo=UTC).date()
    except ValueError:
        return None
