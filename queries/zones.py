"""Time zones by name: reading them, writing times in them, cutting time into their hours, days, weeks or months."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta, tzinfo
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo, available_timezones

from queries.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from queries.values import Unit

#: More buckets than this are refused: nobody can look at them, and each costs memory.
MOST_BUCKETS: Final = 200_000

_SHORTEST: Final[dict[Unit, timedelta]] = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "month": timedelta(days=30),
}
MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_HOUR: Final = timedelta(hours=1)


def zone_name(text: str) -> str:
    """The IANA name that `text` means: `local`, or a name in any case.

    Raises UsageError, naming near ones, when there is no such zone.
    """
    asked = text.strip()
    if asked.casefold() == "local":
        return local_zone_name()
    if asked.casefold() in {"utc", "z"}:
        return "UTC"
    if _exists(asked):
        return asked
    names = {name.casefold(): name for name in available_timezones()}
    if asked.casefold() in names:
        return names[asked.casefold()]
    raise UsageError(f"There is no time zone {asked!r}; {_advice(asked, names)}.")


def zone_of(name: str) -> tzinfo:
    """The zone with this name (as `zone_name` reads it)."""
    proper = zone_name(name)
    return UTC if proper == "UTC" else ZoneInfo(proper)


def local_zone_name() -> str:
    """The IANA name of this machine's zone: `TZ` if set, else what `/etc/localtime` points at, else UTC as in libc.

    Raises UsageError when the zone has no name that other programs would understand.
    """
    named = os.environ.get("TZ")
    if named is not None:
        named = _below_zoneinfo(named.removeprefix(":")) or "UTC"
    else:
        link = Path("/etc/localtime")
        named = _below_zoneinfo(str(link.resolve())) if link.exists() else "UTC"
    if named.upper() in {"UTC", "UTC0", "ETC/UTC"}:
        return "UTC"
    if _exists(named):
        return named
    raise UsageError("The time zone of this machine has no name that can be used; give one, such as Europe/Berlin.")


def local(moment: datetime, zone: str) -> datetime:
    """The same instant as the zone's clock shows it."""
    return moment.astimezone(zone_of(zone))


def offset_text(moment: datetime, zone: str) -> str:
    """The zone's offset at this instant: `UTC+01:00`, `UTC-03:30`, or `UTC`."""
    offset = local(moment, zone).utcoffset() or timedelta()
    if not offset:
        return "UTC"
    minutes = round(abs(offset).total_seconds() / 60)
    return f"UTC{'-' if offset < timedelta() else '+'}{minutes // 60:02}:{minutes % 60:02}"


def day_text(day: date) -> str:
    """A day without its year, the same in every locale: `23 Nov`."""
    return f"{day.day} {MONTHS[day.month - 1]}"


def moment_text(moment: datetime, zone: str) -> str:
    """A time to the second without its year: `23 Nov 12:04:11`; days below ten are padded so that columns align."""
    there = local(moment, zone)
    return f"{day_text(there):>6} {there:%H:%M:%S}"


def utc_text(moment: datetime) -> str:
    """ISO 8601 in UTC, to the second or as exact as it is: `2026-11-23T12:04:11Z`."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def midnight(day: date, zone: tzinfo) -> datetime:
    """The instant, in UTC, at which this day begins there, also where clocks jump over midnight."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def buckets(start: datetime, end: datetime, unit: Unit, zone: str = "UTC") -> list[datetime]:
    """Where the zone's hours, days, weeks (from Monday) or months begin, as UTC instants.

    The first is the beginning of the one that holds `start` (so it may lie before it), the last lies before `end`; each
    lasts until the next. An hour that clocks repeat is there twice, one that they jump over is not there, and a day of
    23 or 25 hours is one day. A jump in the middle of an hour begins a bucket.

    Raises UsageError for more than `MOST_BUCKETS`.
    """
    if end <= start:
        return []
    count = (end - start) // _SHORTEST[unit]
    if count > MOST_BUCKETS:
        raise UsageError(
            f"By {unit} this window would have {count:,} bars, more than {MOST_BUCKETS:,}; "
            "ask for a shorter window or a longer unit."
        )
    place = zone_of(zone)
    begins = _hours(start, place) if unit == "hour" else _dates(start.astimezone(place).date(), unit, place)
    found: list[datetime] = []
    for begin in begins:
        if begin >= end:
            break
        # A date that the zone skipped (Samoa, 30 December 2011) begins where the next one does.
        if not found or begin > found[-1]:
            found.append(begin)
    return found


def _hours(start: datetime, zone: tzinfo) -> Iterator[datetime]:
    there = start.astimezone(zone)
    floor = start.astimezone(UTC) - timedelta(
        minutes=there.minute, seconds=there.second, microseconds=there.microsecond
    )
    begin = _jump(floor, start.astimezone(UTC), zone) or floor
    # UTC has no jumps, and looking for one takes most of the time.
    utc = zone_of("UTC")
    while zone is utc:
        yield begin
        if begin > datetime.max.replace(tzinfo=UTC) - _HOUR:
            return
        begin += _HOUR
    while True:
        yield begin
        there = begin.astimezone(zone)
        step = _HOUR - timedelta(minutes=there.minute, seconds=there.second, microseconds=there.microsecond)
        if begin > datetime.max.replace(tzinfo=UTC) - step:
            return
        begin = _jump(begin, begin + step, zone) or begin + step


def _jump(after: datetime, until: datetime, zone: tzinfo) -> datetime | None:
    """The instant in (`after`, `until`] from which on the zone has another offset, to the second, if there is one."""

    def offset(moment: datetime) -> timedelta | None:
        return moment.astimezone(zone).utcoffset()

    before = offset(after)
    if offset(until) == before:
        return None
    low, high = 0, int((until - after).total_seconds())
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if offset(after + timedelta(seconds=middle)) == before else (low, middle)
    return after + timedelta(seconds=high)


def _dates(day: date, unit: Unit, zone: tzinfo) -> Iterator[datetime]:
    if unit == "week":
        # The first week of the calendar has no Monday before it that a date could name.
        day = date.fromordinal(max(1, day.toordinal() - day.weekday()))
    elif unit == "month":
        day = day.replace(day=1)
    while True:
        yield midnight(day, zone)
        following = _next(day, unit)
        if following is None:
            return
        day = following


def _next(day: date, unit: Unit) -> date | None:
    try:
        if unit == "month":
            return day.replace(year=day.year + day.month // 12, month=day.month % 12 + 1)
        return day + timedelta(days=7 if unit == "week" else 1)
    except (OverflowError, ValueError):
        return None


def _exists(name: str) -> bool:
    # posix/ and right/ are other builds of the same zones; the second counts leap seconds, which no log does.
    if not name or name.startswith(("posix/", "right/")):
        return False
    try:
        return ZoneInfo(name).key == name
    except (OSError, ValueError, KeyError):  # a folder; a path out of the database; no such zone
        return False


def _below_zoneinfo(path: str) -> str:
    return path.rpartition("zoneinfo/")[2]


def _advice(asked: str, names: dict[str, str]) -> str:
    by_city = {name.rpartition("/")[2]: name for name in names}
    near = get_close_matches(asked.casefold(), names, 1) or [
        by_city[city] for city in get_close_matches(asked.casefold().replace(" ", "_"), by_city, 1)
    ]
    return f"did you mean {names[near[0]]}" if near else "give a name such as UTC, Europe/Berlin or local"
