"""Words for times: `today`, `last-month`, `tuesday-14:00`."""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from typing import Final

_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SPAN: Final = re.compile(r"(this|last)-(week|month|quarter|year)")
#: A day, and perhaps a time on it.
_AT: Final = re.compile(r"(?P<day>[a-z]+)(?:[- ](?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2}))?)?")
_MONTHS: Final = {"month": 1, "quarter": 3, "year": 12}


def named_days(text: str, today: date) -> tuple[date, date] | None:
    """First day of what a word means, and the day after its last one; None where it is no such word.

    A weekday is the last one up to today. Case does not matter.
    """
    word = text.strip().lower()
    if found := _SPAN.fullmatch(word):
        return _span(found[1], found[2], today)
    day = _day(word, today)
    return None if day is None else (day, day + timedelta(days=1))


def named_time(text: str, today: date) -> tuple[date, time] | None:
    """Day and time of `tuesday-14:00`; else None. Raises ValueError for a time that no clock has."""
    found = _AT.fullmatch(text.strip().lower())
    if found is None or found["hour"] is None:
        return None
    day = _day(found["day"], today)
    clock = time(int(found["hour"]), int(found["minute"]), int(found["second"] or 0))
    return None if day is None else (day, clock)


def _day(word: str, today: date) -> date | None:
    if word in ("today", "yesterday"):
        return today - timedelta(days=word == "yesterday")
    if word not in _WEEKDAYS:
        return None
    return today - timedelta(days=(today.weekday() - _WEEKDAYS.index(word)) % 7)


def _span(which: str, unit: str, today: date) -> tuple[date, date]:
    if unit == "week":
        monday = today - timedelta(days=today.weekday() + 7 * (which == "last"))
        return monday, monday + timedelta(days=7)
    months = _MONTHS[unit]
    first = (today.year * 12 + today.month - 1) // months * months - months * (which == "last")
    return _month(first), _month(first + months)


def _month(number: int) -> date:
    return date(number // 12, number % 12 + 1, 1)
