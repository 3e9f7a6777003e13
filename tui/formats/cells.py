"""Values as plain text, the same in every format that is made of text."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from queries.zones import utc_text

if TYPE_CHECKING:
    from queries.values import Value


def time_text(moment: datetime) -> str:
    """ISO 8601: with `Z` in UTC, with its offset where another zone was asked for."""
    if moment.tzinfo is None or moment.tzinfo is UTC or str(moment.tzinfo) == "UTC":
        return utc_text(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    return moment.isoformat()


def plain_text(value: Value) -> str:
    """A value in one cell: unknown is nothing, several texts stand side by side. Not safe yet."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case datetime():
            return time_text(value)
        case tuple():
            return " ".join(value)
        case _:
            return str(value)
