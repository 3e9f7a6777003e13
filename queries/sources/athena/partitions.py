"""A table's partition columns: which hold days, how they write them, and their projection."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.sources.athena.folder_days import DateDays, Days, Part, SplitDays, TextDays

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ssmtrail.queries.sources.athena.hive_types import HiveType

_NOW: Final = re.compile(
    r"NOW\s*(?:([+-])\s*([0-9]{1,6})\s*(YEAR|MONTH|WEEK|DAY|HOUR|MINUTE|SECOND)S?)?", re.IGNORECASE
)
_DAYS_A_UNIT: Final = {"YEAR": 365.25, "MONTH": 30.4375, "WEEK": 7.0, "DAY": 1.0, "HOUR": 1 / 24, "MINUTE": 1 / 1440}
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
        days = float(now[2]) * _DAYS_A_UNIT.get(now[3].upper(), 0.0)
        try:
            return today + timedelta(days=days if now[1] == "+" else -days)
        except OverflowError:
            return None
    try:
        return datetime.strptime(text, strftime_of(java) or "").replace(tzinfo=UTC).date()
    except ValueError:
        return None


_Key = "tuple[str, HiveType]"

#: Formats that partition values are written in, told by one of them.
_FORMATS: Final = (
    (re.compile(r"\d{4}/\d\d/\d\d"), "%Y/%m/%d"),
    (re.compile(r"\d{4}-\d\d-\d\d"), "%Y-%m-%d"),
    (re.compile(r"\d{8}"), "%Y%m%d"),
    (re.compile(r"\d{4}/\d\d/\d\d/\d\d"), "%Y/%m/%d/%H"),
    (re.compile(r"\d{4}-\d\d-\d\d-\d\d"), "%Y-%m-%d-%H"),
    (re.compile(r"\d{4}-\d\d-\d\d[ ]\d\d"), "%Y-%m-%d %H"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d"), "%Y-%m-%dT%H"),
    (re.compile(r"\d{10}"), "%Y%m%d%H"),
)
#: Names of columns that hold whole days, with the format where nothing tells it.
_NAMED: Final = {
    "timestamp": "%Y/%m/%d", "eventday": "%Y%m%d", "eventhour": "%Y%m%d%H", "datehour": "%Y/%m/%d/%H",
    "date": "%Y-%m-%d", "dt": "%Y-%m-%d", "ds": "%Y-%m-%d", "eventdate": "%Y-%m-%d", "logdate": "%Y-%m-%d",
    "partitiondate": "%Y-%m-%d", "deliverydate": "%Y-%m-%d", "dateday": "%Y-%m-%d",
}  # fmt: skip
#: Formats that are a name's own, so that nobody needs a word about them.
_SURE: Final = frozenset({"timestamp", "eventday", "eventhour"})
_YEARS: Final = ("year", "yyyy")
_MONTHS: Final = ("month", "mm")
_DAYS: Final = ("day", "dd")


class Reach(NamedTuple):
    """How far a projection of days goes."""

    projection: Projection
    is_year: bool = False

    def days(self, today: date) -> tuple[date | None, date | None]:
        """First and last day, both included."""
        if not self.is_year:
            return self.projection.reach(today)
        low, high = self.projection.range or ("", "")
        return _january(low), (date(int(high), 12, 31) if _january(high) else None)


@dataclass(frozen=True, slots=True)
class Other:
    """A partition column that tells no day."""

    column: str
    is_number: bool = False
    is_injected: bool = False
    """Whether a query has to name its values."""
    values: tuple[str, ...] = ()
    """All there are, where the table says so."""

    def checked(self, values: tuple[str, ...]) -> tuple[str, ...]:
        """Values that the column can have. Raises UsageError."""
        if not values:
            raise UsageError(f"{self.column} needs at least one value.")
        for value in values:
            if self.values and value not in self.values:
                raise UsageError(f"{self.column} has no value {value!r}; there are {', '.join(self.values)}.")
            if self.is_number and not re.fullmatch(r"-?\d+", value):
                raise UsageError(f"{self.column} holds whole numbers; {value!r} is none.")
        return tuple(dict.fromkeys(values))


class Partitions(NamedTuple):
    """A table's partition columns."""

    days: Days | None = None
    others: tuple[Other, ...] = ()
    is_projected: bool = False
    reach: Reach | None = None
    range: tuple[str, str] | None = None
    warnings: tuple[str, ...] = ()


def read(keys: Sequence[tuple[str, HiveType]], parameters: Mapping[str, str], samples: Mapping[str, str]) -> Partitions:
    """Tell the columns of days from the others, by projection, by a sample of values, by type, by name."""
    projections = {column: projection_of(parameters, column) for column, _ in keys}
    found = _split(keys, projections, samples) or _single(keys, projections, samples) or Partitions()
    of_days = found.days.columns if found.days else ()
    others = tuple(
        _other(column, type_, projections[column])
        for column, type_ in keys
        if column not in of_days and not (of_days and _plain(column) in {"hour", "hh", "minute"})
    )
    warnings = found.warnings
    if keys and found.days is None:
        names = ", ".join(column for column, _ in keys)
        warnings = (*warnings, f"None of its partition columns ({names}) tells a day that could be read.")
    return found._replace(others=others, warnings=warnings)


def _split(
    keys: Sequence[tuple[str, HiveType]], projections: Mapping[str, Projection | None], samples: Mapping[str, str]
) -> Partitions | None:
    """Year, month, day, each in a column of its own."""
    by_name = {_plain(column): (column, type_) for column, type_ in keys}
    named = [next((by_name[name] for name in names if name in by_name), None) for names in (_YEARS, _MONTHS, _DAYS)]
    if None in named:
        return None
    year, month, day = (
        _part(*each, projections[each[0]], samples, width)
        for each, width in zip((each for each in named if each), (4, 2, 2), strict=True)
    )
    of_year = projections[year.column]
    bounded = of_year if of_year and of_year.type == "integer" and of_year.range else None
    reach = Reach(bounded, is_year=True) if bounded else None
    return Partitions(SplitDays(year, month, day), (), of_year is not None, reach, bounded.range if bounded else None)


def _part(column: str, type_: HiveType, projection: Projection | None, samples: Mapping[str, str], width: int) -> Part:
    if type_.is_integer:
        return Part(column, is_number=True)
    if width == 4:
        return Part(column, is_number=False, width=4)
    if projection and projection.type == "integer":
        return Part(column, is_number=False, width=projection.digits)
    known = projection.values if projection else ()
    sample = samples.get(column) or (min(known, key=len) if known else "")
    return Part(column, is_number=False, width=0 if len(sample) == 1 else 2)


def _single(
    keys: Sequence[tuple[str, HiveType]], projections: Mapping[str, Projection | None], samples: Mapping[str, str]
) -> Partitions | None:
    """One column with the whole day; a projection of dates before a type before a name."""
    for column, type_ in keys:
        projection = projections[column]
        if projection and projection.type == "date" and (format_ := strftime_of(projection.format)):
            days = _days_of(column, type_, format_)
            return Partitions(days, (), is_projected=True, reach=Reach(projection), range=projection.range)
    for column, type_ in keys:
        if type_.name == "date":
            return Partitions(DateDays(column), is_projected=projections[column] is not None)
    for column, type_ in keys:
        if found := _by_name(column, type_, projections[column], samples.get(column, "")):
            return found
    return None


def _days_of(column: str, type_: HiveType, format_: str) -> Days:
    return DateDays(column) if type_.name == "date" else TextDays(column, format_, is_number=type_.is_integer)


def _by_name(column: str, type_: HiveType, projection: Projection | None, sample: str) -> Partitions | None:
    told = next((format_ for pattern, format_ in _FORMATS if pattern.fullmatch(sample)), None)
    guess = _NAMED.get(_plain(column)) or ("%Y-%m-%d" if _plain(column) == "day" else None)
    if type_.is_integer and guess:
        guess = "%Y%m%d%H" if "%H" in guess else "%Y%m%d"
    if not told and not guess:
        return None
    warnings: tuple[str, ...] = ()
    if not told and _plain(column) not in _SURE:
        example = date(2026, 11, 23).strftime((guess or "").replace("%H", "07"))
        warnings = (f"Partitions of {column} are taken to be written like {example}: nothing in the catalog says so.",)
    injected = projection is not None and projection.type == "injected"
    days = TextDays(column, told or guess or "", is_number=type_.is_integer, is_listed=injected)
    return Partitions(days, (), projection is not None, None, None, warnings)


def _other(column: str, type_: HiveType, projection: Projection | None) -> Other:
    injected = projection is not None and projection.type == "injected"
    return Other(column, type_.is_integer, injected, projection.values if projection else ())


def _plain(column: str) -> str:
    return column.casefold().replace("_", "")


def _january(year: str) -> date | None:
    return date(int(year), 1, 1) if re.fullmatch(r"[0-9]{4}", year) and year != "0000" else None
