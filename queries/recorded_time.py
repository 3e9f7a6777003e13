"""Reading the times of records, the same as the macro `time_of` of `queries/sql/macros.sql`."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

#: The years of plausible times, the same as in `queries/sql/parsed.sql`; other times are invented.
FIRST_YEAR: Final = 1970
LAST_YEAR: Final = 9000

_USUAL: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
#: ISO 8601, extended or basic, and what Athena prints (`2026-03-02 10:00:00.000 UTC`).
_TIME: Final = re.compile(
    r"([0-9]{4})-?([0-9]{2})-?([0-9]{2})[Tt ]([0-9]{2}):?([0-9]{2})(?::?([0-9]{2})(?:[.,]([0-9]{1,9}))?)?"
    r"(?: ?(?:[Zz]|UTC|([+-])([01][0-9]|2[0-3]):?([0-5][0-9])?))?"
)
_MOST_MINUTE: Final = 59
_DAY: Final = timedelta(days=1)


def read_time(text: str | None) -> datetime | None:
    """The UTC time in a text, without a zone; None where the text cannot be read or the year is invented.

    A time without a zone is UTC, `24:00` is the next midnight, fractions are cut to microseconds.
    """
    if text is None:
        return None
    try:
        if _USUAL.fullmatch(text) and text[11:13] != "24":
            moment = datetime.fromisoformat(text[:-1])
        elif (found := _TIME.fullmatch(text)) is None:
            return None
        else:
            moment = _moment(*found.groups(""))
    except (ValueError, OverflowError):
        return None
    return moment if FIRST_YEAR <= moment.year < LAST_YEAR else None


def _moment(
    year: str, month: str, day: str, hour: str, minute: str, second: str, fraction: str,
    sign: str, zone_hours: str, zone_minutes: str,
) -> datetime:  # fmt: skip
    """The time of the parts of a text. Raises ValueError, OverflowError for a time that does not exist."""
    if int(minute) > _MOST_MINUTE or int(second or 0) > _MOST_MINUTE:
        raise ValueError("no such time of day")
    of_day = timedelta(
        hours=int(hour), minutes=int(minute), seconds=int(second or 0), microseconds=int(fraction[:6].ljust(6, "0"))
    )
    if of_day > _DAY:
        raise ValueError("no such time of day")
    zone = timedelta(hours=int(f"{sign}{zone_hours or 0}"), minutes=int(f"{sign}{zone_minutes or 0}"))
    return datetime(int(year), int(month), int(day)) + of_day - zone  # noqa: DTZ001 - the zone is taken off


@lru_cache(maxsize=4096)
def is_readable(text: str | None) -> bool:
    """Whether a text is a time that can be read; neighbouring records have the same times."""
    return read_time(text) is not None
