"""A moment that a person types while another one is shown: `12:12`, `21 Nov 12:12`, `tuesday-12:12`."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Final

from ssmtrail.queries.calendar_words import named_days, named_time
from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.times import Window, local, zone_name

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CLOCK: Final = re.compile(r"(?P<rest>.*?)(?P<clock>[0-9]{1,2}:[0-9]{2}(:[0-9]{2})?)", re.DOTALL)
_DAY: Final = re.compile(r"(?P<day>[0-9]{1,2})\.?\s+(?P<month>[a-z]{3,9})(\s+(?P<year>[0-9]{4}))?,?")
#: Behind the time: `Z`, `+01:00`, `UTC+01:00`, or a zone's name.
_OFFSET: Final = re.compile(r"(UTC)?\s*(?P<offset>[+-][0-9]{2}:?[0-9]{2}|Z)", re.IGNORECASE)


def typed_moment(text: str, about: datetime, zone: str) -> datetime:
    """The moment that a text means, in UTC, typed while the moment `about` is shown.

    A time alone is on that day; a day alone is its midnight; a day without its year is the nearest one; without a zone
    behind it, it is read in `zone`. Raises UsageError with a sentence that says what would be right.
    """
    try:
        return _moment(text.strip(), about, zone)
    except (ValueError, UsageError):
        raise UsageError(
            f"{text.strip()!r} is no time: give 12:12, 21 Nov 12:12, tuesday-12:12 or 2026-11-21"
        ) from None


def _moment(text: str, about: datetime, zone: str) -> datetime:
    if named_days(text, about.date()) or named_time(text, about.date()):
        return _read(text, zone)
    if re.match("[0-9]{4}-?[0-9]{2}", text):
        day, _, named = text.rpartition(" ")
        # The last word is a zone unless it is the time.
        return _read(day, zone_name(named)) if day and named[:1].isalpha() else _read(text, zone)
    clock = _CLOCK.match(f"{text} 00:00" if _DAY.fullmatch(text.lower()) else text)
    if clock is None:
        raise ValueError
    behind = clock.string[clock.end() :].strip()
    offset = _OFFSET.fullmatch(behind)
    place = zone_name(behind) if behind and offset is None else zone
    time = clock["clock"].zfill(len(clock["clock"]) + clock["clock"].index(":") % 2)
    suffix = offset["offset"] if offset else ""
    days = _days(clock["rest"].strip().lower(), local(about, place).date())
    moments = [_read(f"{day.isoformat()}T{time}{suffix}", place) for day in days]
    return min(moments, key=lambda moment: abs(moment - about))


def _days(text: str, about: date) -> list[date]:
    """The days that a text can mean."""
    if not text:
        return [about]
    day = _DAY.fullmatch(text)
    if day is None:
        raise ValueError
    month = _MONTHS.index(day["month"][:3]) + 1
    years = [int(day["year"])] if day["year"] else [about.year - 1, about.year, about.year + 1]
    return [date(year, month, int(day["day"])) for year in years if _exists(year, month, int(day["day"]))]


def _exists(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _read(text: str, zone: str) -> datetime:
    moment = Window.parse(text, None, datetime.now(UTC), zone).start
    if moment is None:
        raise ValueError
    return moment
