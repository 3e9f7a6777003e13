"""Time: the window of a question, time zones by name, hours, days, weeks and months in a zone."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from difflib import get_close_matches
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeAlias
from zoneinfo import ZoneInfo, available_timezones

from ssmtrail.queries.calendar_words import named_days, named_time
from ssmtrail.queries.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import tzinfo


#: More buckets than this are refused: no screen shows so many, and each costs memory.
MOST_BUCKETS: Final = 200_000
WEEK_MINUTES: Final = 7 * 24 * 60

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
    raise UsageError(f"There is no time zone {asked!r}; {_advice(asked, names)}")


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


def stretches_of(days: Iterable[date]) -> Iterator[tuple[date, date]]:
    """The first and the last day of each run of days that follow each other; `days` are in order, each once."""
    numbered = ((day.toordinal() - index, day) for index, day in enumerate(days))
    for _, group in groupby(numbered, key=itemgetter(0)):
        run = [day for _, day in group]
        yield run[0], run[-1]


def each_day(first: date, last: date) -> Iterator[date]:
    """The days from the first to the last, included."""
    return (date.fromordinal(number) for number in range(first.toordinal(), last.toordinal() + 1))


def midnight(day: date, zone: tzinfo) -> datetime:
    """The instant, in UTC, at which this day begins there, also where clocks jump over midnight."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


def buckets(start: datetime, end: datetime, unit: Unit, zone: str = "UTC") -> list[datetime]:
    """Where the zone's hours, days, weeks (from Monday) or months begin, as UTC instants.

    The first is the beginning of the one that holds `start` (so it may be before it), the last is before `end`; each
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
    return f"did you mean {names[near[0]]}?" if near else "give a name such as UTC, Europe/Berlin or local."


_RELATIVE: Final = re.compile(r"([0-9]{1,6})\s*([dhDH])")
_DATE: Final = re.compile(r"[0-9]{4}-?[0-9]{2}-?[0-9]{2}")
_DAY: Final = timedelta(days=1)
_MANY_DAYS: Final = 40_000
_YEARS: Final = range(1900, 9000)
_FORMS: Final = (
    "a date (2026-11-23), a time (2026-11-23T12:04, 2026-11-23T12:04:11+01:00), 30d or 12h, "
    "or a word such as yesterday, last-month, tuesday-14:00"
)


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open stretch of time, `start` inclusive, `end` exclusive; None is unbounded.

    Both are zone-aware UTC datetimes.
    """

    start: datetime | None = None
    end: datetime | None = None
    moving: str = field(default="", compare=False, repr=False)
    """What was given as the start of a window that moves with the day, such as `30d`; empty for a fixed one."""

    @classmethod
    def parse(cls, start_text: str | None, end_text: str | None, now: datetime, zone: str = "UTC") -> Window:
        """The window that two texts mean; None or nothing is unbounded.

        A text is an ISO 8601 date or time, `30d` (from midnight, so many days with today), `12h` (before now), or a
        word such as `yesterday`, `last-month`, `tuesday-14:00`. Without an offset it is read in `zone`. A relative
        start without an end ends with today, or now; a word ends with its last day.

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
        return cls(start, end, _moving(start_text, now, place) if start_text and not end_text else "")

    def texts(self, zone: str = "UTC") -> tuple[str, str]:
        """Start and end as `parse` reads them in this zone; an empty text is unbounded, or follows from the start."""
        if self.moving:
            return self.moving, ""
        place = zone_of(zone)
        return _text_of(self.start, place), _text_of(self.end, place)

    def contains(self, moment: datetime) -> bool:
        """Whether this instant is in the window."""
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


def read_moment(text: str, option: str, now: datetime, zone: str) -> datetime:
    """The moment (UTC) of an ISO 8601 date or time, `30d` or `12h`; without an offset it is read in the zone.

    Raises UsageError that names the option.
    """
    return _moment(text, option, now, zone_of(zone))


def _moment(text: str, option: str, now: datetime, zone: tzinfo) -> datetime:
    text = text.strip()
    relative, today = _RELATIVE.fullmatch(text), now.astimezone(zone).date()
    try:
        if relative:
            return _before(int(relative[1]), relative[2].lower(), now, zone)
        if days := named_days(text, today):
            return midnight(days[0], zone)
        if named := named_time(text, today):
            return datetime.combine(*named, zone).astimezone(UTC)
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
    today = now.astimezone(zone).date()
    relative = _RELATIVE.fullmatch(start_text.strip()) if start_text else None
    if relative is None:
        days = named_days(start_text or "", today)
        return midnight(min(days[1], today + _DAY), zone) if days else None
    if relative[2].lower() == "h":
        return now.astimezone(UTC)
    return midnight(now.astimezone(zone).date() + _DAY, zone)


def _moving(text: str, now: datetime, zone: tzinfo) -> str:
    """The text itself where it means another time on another day."""
    text, today = text.strip(), now.astimezone(zone).date()
    return text if _RELATIVE.fullmatch(text) or named_days(text, today) or named_time(text, today) else ""


def _text_of(moment: datetime | None, zone: tzinfo) -> str:
    if moment is None:
        return ""
    return moment.astimezone(zone).date().isoformat() if _is_midnight(moment, zone) else utc_text(moment)


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


Unit: TypeAlias = Literal["hour", "day", "week", "month"]
