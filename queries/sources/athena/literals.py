"""SQL literals and names for Athena; every value in a statement is written here."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

_REPLACEMENT: Final = "\ufffd"


def text(value: str) -> str:
    """A varchar literal; quotes are doubled, no other character is special.

    A lone surrogate cannot be sent: it becomes the replacement character, as it does in stored text.
    Source: "Literals", Trino documentation; Athena follows it.
    """
    return "'" + _sendable(value).replace("'", "''") + "'"


def name(identifier: str) -> str:
    """A quoted identifier, safe for reserved words (`timestamp`, `date`) and unusual names."""
    return '"' + _sendable(identifier).replace('"', '""') + '"'


def names(*identifiers: str) -> str:
    """A qualified name; empty parts (no catalog) are left out."""
    return ".".join(name(each) for each in identifiers if each)


def texts(values: Iterable[str]) -> str:
    """Varchar literals separated by commas, for IN. Raises ValueError if there are none: `IN ()` is not SQL."""
    found = ", ".join(text(value) for value in values)
    if not found:
        raise ValueError("IN needs at least one value")
    return found


def moment(value: datetime) -> str:
    """An instant as a timestamp literal in UTC, to the microsecond."""
    there = value.astimezone(UTC).replace(tzinfo=None)
    return f"TIMESTAMP '{there.isoformat(' ', 'microseconds')} UTC'"


def day(value: date) -> str:
    """A date literal."""
    return f"DATE '{value.isoformat()}'"


def comment(line: str) -> str:
    """A comment line; characters that would end it become blanks."""
    return "-- " + "".join(sign if sign.isprintable() else " " for sign in _sendable(line))


def _sendable(value: str) -> str:
    return "".join(_REPLACEMENT if "\ud800" <= sign <= "\udfff" else sign for sign in value)
