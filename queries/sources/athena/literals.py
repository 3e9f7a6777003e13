"""The one place where values become SQL text for Athena."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

_UNSAYABLE: Final = "\ufffd"


def text(value: str) -> str:
    """A varchar literal; a quote inside is doubled, nothing else has a meaning there.

    A lone surrogate is no character and cannot be sent: the replacement character, which stands for it in what is kept,
    takes its place. Source: "Literals", Trino documentation; Athena follows it.
    """
    return "'" + _sendable(value).replace("'", "''") + "'"


def name(identifier: str) -> str:
    """A quoted identifier: reserved words (`timestamp`, `date`) and odd names are safe."""
    return '"' + _sendable(identifier).replace('"', '""') + '"'


def names(*identifiers: str) -> str:
    """A qualified name; empty parts (no catalog) are left out."""
    return ".".join(name(each) for each in identifiers if each)


def texts(values: Iterable[str]) -> str:
    """Varchar literals separated by commas, for IN. Raises ValueError for none: `IN ()` is no SQL."""
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
    """A line of comment: what would end it is shown as a blank."""
    return "-- " + "".join(sign if sign.isprintable() else " " for sign in _sendable(line))


def _sendable(value: str) -> str:
    return "".join(_UNSAYABLE if "\ud800" <= sign <= "\udfff" else sign for sign in value)
