"""The window: the stretch of time that a question is about."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal

from queries.errors import UsageError
from queries.zones import day_text, local, midnight, zone_of

if TYPE_CHECKING:
    from datetime import tzinfo

_RELATIVE: Final = re.compile(r"([0-9]{1,6})\s*([dhDH])")
_DATE: Final = re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}")
_DAY: Final = timedelta(days=1)
_MANY_DAYS: Final = 40_000
_YEARS: Final = range(1900, 9000)
_FORMS: Final = "a date (2026-11-23), a time (2026-11-23T12:04, 2026-11-23T12:04:11+01:00), 30d or 12h"


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open stretch of time, `start` inclusive, `end` exclusive; None is unbounded.

    Both are zone-aware UTC datetimes.
    """

    start: datetime | None = None
    end: datetime | None = None

    @classmethod
    def parse(cls, start_text: str | None, end_text: str | None, now: datetime, zone: str = "UTC") -> Window:
        """The window that two texts mean; None or nothing is unbounded.

        A text is an ISO 8601 date or time, `30d` (from midnight, so many days with today) or `12h` (before now).
        Without an offset it is read in `zone`. A relative start without an end ends with today, or now.

        Raises UsageError with a sentence that says what would be right.
        """
        place = zone_of(zone)
        start = _moment(start_text, "--from", now, place) if start_text else None
        end = _moment(end_text, "--to", now, place) if end_text else _natural_end(start_text, now, place)
        if start and end and start >= end:
            raise UsageError(
                f"The window would be empty: --from ({start_text}) has to be before --to ({end_text or 'now'}), "
                "which is not part of it."
            )
        return cls(start, end)

    def contains(self, moment: datetime) -> bool:
        """Whether this instant lies in the window."""
        return (self.start is None or moment >= self.start) and (self.end is None or moment < self.end)

    def days(self, zone: str = "UTC") -> int | None:
        """How many of the zone's calendar days the window touches; None when it is unbounded."""
        if self.start is None or self.end is None:
            return None
        return (_last_day(self.end, zone) - local(self.start, zone).date()).days + 1

    def look_around(self, days: int = 1) -> Window:
        """The window with so many days before and after it; what is unbounded stays so."""
        reach = timedelta(days=days)
        return Window(_moved(self.start, -reach), _moved(self.end, reach))

    def shifted(self, step: Literal[1, -1], zone: str = "UTC") -> Window:
        """The next (1) or previous (-1) window of the same length, right beside this one.

        Whole months move by months, whole days by days, also where a day has 23 or 25 hours. A window without a start
        or an end stays as it is. Raises UsageError at the ends of the calendar.
        """
        if self.start is None or self.end is None:
            return self
        try:
            return self._moved_in_calendar(self.start, self.end, step, zone)
        except (OverflowError, ValueError):
            raise UsageError("The calendar has no window beyond this one.") from None

    def label(self, zone: str = "UTC") -> str:
        """The window for people: `25 Oct - 23 Nov 2026 · 30 d · UTC`; midnight at the end shows as the last day."""
        if self.start is None and self.end is None:
            return f"all data · {zone}"
        if self.end is None and self.start is not None:
            return f"since {_edge_text(local(self.start, zone))} · {zone}"
        if self.start is None and self.end is not None:
            return f"until {_end_text(self.end, zone)} · {zone}"
        assert self.start is not None
        assert self.end is not None
        return f"{_span_text(self.start, self.end, zone)} · {_length_text(self, zone)} · {zone}"

    def _moved_in_calendar(self, start: datetime, end: datetime, step: int, zone: str) -> Window:
        place = zone_of(zone)
        first, last = local(start, zone), local(end, zone)
        if not (_is_midnight(start, place) and _is_midnight(end, place)):
            length = (end - start) * step
            return Window(start + length, end + length)
        if first.day == last.day == 1:
            months = ((last.year - first.year) * 12 + last.month - first.month) * step
            days = (_add_months(first.date(), months), _add_months(last.date(), months))
        else:
            length = (last.date() - first.date()) * step
            days = (first.date() + length, last.date() + length)
        return Window(midnight(days[0], place), midnight(days[1], place))


def _moment(text: str, option: str, now: datetime, zone: tzinfo) -> datetime:
    text = text.strip()
    relative = _RELATIVE.fullmatch(text)
    try:
        if relative:
            return _before(int(relative[1]), relative[2].lower(), now, zone)
        moment = datetime.fromisoformat(text.upper())
        # Far from here other zones' clocks cannot be computed.
        if moment.year not in _YEARS:
            raise ValueError
        if _DATE.fullmatch(text):
            return midnight(moment.date(), zone)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(f"{option} {text!r} is no time: give {_FORMS}.") from None


def _before(count: int, unit: str, now: datetime, zone: tzinfo) -> datetime:
    if count == 0 or count > _MANY_DAYS:
        raise ValueError
    if unit == "h":
        return now.astimezone(UTC) - timedelta(hours=count)
    return midnight(now.astimezone(zone).date() - timedelta(days=count - 1), zone)


def _natural_end(start_text: str | None, now: datetime, zone: tzinfo) -> datetime | None:
    relative = _RELATIVE.fullmatch(start_text.strip()) if start_text else None
    if relative is None:
        return None
    if relative[2].lower() == "h":
        return now.astimezone(UTC)
    return midnight(now.astimezone(zone).date() + _DAY, zone)


def _moved(moment: datetime | None, by: timedelta) -> datetime | None:
    if moment is None:
        return None
    try:
        return moment + by
    except OverflowError:
        return None


def _is_midnight(moment: datetime, zone: tzinfo) -> bool:
    return midnight(moment.astimezone(zone).date(), zone) == moment


def _last_day(end: datetime, zone: str) -> date:
    """The last calendar day that an exclusive end leaves in the window."""
    return local(end - timedelta(microseconds=1), zone).date()


def _add_months(day: date, months: int) -> date:
    count = day.year * 12 + day.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def _clock_text(moment: datetime) -> str:
    return f"{moment:%H:%M:%S}" if moment.second or moment.microsecond else f"{moment:%H:%M}"


def _edge_text(moment: datetime) -> str:
    at_midnight = midnight(moment.date(), moment.tzinfo or UTC) == moment
    return f"{day_text(moment)} {moment.year}" + ("" if at_midnight else f" {_clock_text(moment)}")


def _end_text(end: datetime, zone: str) -> str:
    if _is_midnight(end, zone_of(zone)):
        last = _last_day(end, zone)
        return f"{day_text(last)} {last.year}"
    return _edge_text(local(end, zone))


def _span_text(start: datetime, end: datetime, zone: str) -> str:
    place = zone_of(zone)
    first, last = local(start, zone), local(end, zone)
    if _is_midnight(start, place) and _is_midnight(end, place):
        return _days_text(first.date(), _last_day(end, zone))
    if first.date() == last.date():
        return f"{day_text(first)} {first.year} {_clock_text(first)} - {_clock_text(last)}"
    year = "" if first.year == last.year else f" {first.year}"
    return f"{day_text(first)}{year} {_clock_text(first)} - {day_text(last)} {last.year} {_clock_text(last)}"


def _days_text(first: date, last: date) -> str:
    if first == last:
        return f"{day_text(first)} {first.year}"
    year = "" if first.year == last.year else f" {first.year}"
    return f"{day_text(first)}{year} - {day_text(last)} {last.year}"


def _length_text(window: Window, zone: str) -> str:
    assert window.start is not None
    assert window.end is not None
    place = zone_of(zone)
    if _is_midnight(window.start, place) and _is_midnight(window.end, place):
        return f"{window.days(zone)} d"
    seconds = round((window.end - window.start).total_seconds())
    parts = ((seconds // 86400, "d"), (seconds // 3600 % 24, "h"), (seconds // 60 % 60, "min"), (seconds % 60, "s"))
    return " ".join(f"{count} {name}" for count, name in parts if count) or "under 1 s"
