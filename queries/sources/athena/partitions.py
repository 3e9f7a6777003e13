"""Partition columns: which hold days, how they write them, and their projection."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.sources.athena import literals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ssmtrail.queries.sources.athena.columns import HiveType

_DAY: Final = timedelta(days=1)
_WIDTHS: Final = {"%Y": 4, "%m": 2, "%d": 2, "%H": 2, "%M": 2, "%S": 2}
_SIGN: Final = re.compile(r"%[YmdHMS]|.", re.DOTALL)


class Days(Protocol):
    """Folder days as predicates: the bare column compared with literals of its own format.

    Source: "Partition projection", "Prune partitions" (Athena User Guide): only such comparisons prune.
    """

    @property
    def columns(self) -> tuple[str, ...]:
        """The partition columns, named as in the catalog."""
        ...

    @property
    def shown(self) -> str:
        """An expression for the day as `YYYY-MM-DD`, varchar."""
        ...

    def between(self, first: date, last: date) -> str:
        """The condition for the days from `first` to `last`, both included."""
        ...

    def day_of(self, values: Mapping[str, str]) -> date | None:
        """The day of a listed partition, given its values by column; None if they are not a day."""
        ...

    def holds(self, column: str, value: str, day: date) -> bool:
        """Whether a value of one of the columns is of the day."""
        ...

    def begins(self, column: str, value: str, day: date) -> bool:
        """Whether a value is the first of the day."""
        ...


@dataclass(frozen=True, slots=True)
class TextDays:
    """One column of text or an integer: `2026/11/23`, `2026-11-23`, `20261123`, `2026/11/23/07`."""

    column: str
    format: str
    """A strftime format."""
    is_number: bool = False
    is_listed: bool = False
    """Whether days are listed one by one, as an injected column takes no range."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The partition column."""
        return (self.column,)

    @property
    def shown(self) -> str:
        """Substrings of the text."""
        column = literals.name(self.column)
        column = f"CAST({column} AS varchar)" if self.is_number else column
        if self.format == "%Y-%m-%d":
            return column
        at = self._places()
        parts = (f"substr({column}, {at[sign]}, {_WIDTHS[sign]})" for sign in ("%Y", "%m", "%d"))
        return " || '-' || ".join(parts)

    def between(self, first: date, last: date) -> str:
        """A range if the text sorts by day, else a list of days."""
        column = literals.name(self.column)
        if self.is_listed or not self._sorts:
            return f"{column} IN ({', '.join(self._literal(day) for day in _days(first, last))})"
        if "%H" in self.format:
            return f"{column} >= {self._literal(first)} AND {column} < {self._literal(last + _DAY)}"
        if first == last:
            return f"{column} = {self._literal(first)}"
        return f"{column} BETWEEN {self._literal(first)} AND {self._literal(last)}"

    def day_of(self, values: Mapping[str, str]) -> date | None:
        """Parsed with the format."""
        try:
            return datetime.strptime(values.get(self.column, ""), self.format).replace(tzinfo=UTC).date()
        except ValueError:
            return None

    def holds(self, column: str, value: str, day: date) -> bool:
        """Any hour of the day."""
        return self.day_of({column: value}) == day

    def begins(self, column: str, value: str, day: date) -> bool:
        """The literal of its first hour."""
        return value == self._literal(day).strip("'")

    @property
    def _sorts(self) -> bool:
        at = self._places()
        return at["%Y"] < at["%m"] < at["%d"]

    def _places(self) -> dict[str, int]:
        """The position of each format sign, from 1."""
        at, found = 1, {}
        for sign in _SIGN.findall(self.format):
            found[sign] = at
            at += _WIDTHS.get(sign, 1)
        return found

    def _literal(self, day: date) -> str:
        written = datetime(day.year, day.month, day.day, tzinfo=UTC).strftime(self.format)
        # strftime does not pad early years on every system.
        return written if self.is_number else literals.text(written)


@dataclass(frozen=True, slots=True)
class DateDays:
    """One column of the type `date`."""

    column: str

    @property
    def columns(self) -> tuple[str, ...]:
        """The partition column."""
        return (self.column,)

    @property
    def shown(self) -> str:
        """The date as text."""
        return f"CAST({literals.name(self.column)} AS varchar)"

    def between(self, first: date, last: date) -> str:
        """A range of dates."""
        return f"{literals.name(self.column)} BETWEEN {literals.day(first)} AND {literals.day(last)}"

    def day_of(self, values: Mapping[str, str]) -> date | None:
        """As ISO 8601."""
        try:
            return date.fromisoformat(values.get(self.column, "")[:10])
        except ValueError:
            return None

    def holds(self, column: str, value: str, day: date) -> bool:
        """The date itself."""
        return self.day_of({column: value}) == day

    def begins(self, column: str, value: str, day: date) -> bool:
        """Never: the range is closed."""
        return False


@dataclass(frozen=True, slots=True)
class Part:
    """One of the three columns of a day: year, month or day."""

    column: str
    is_number: bool
    width: int = 0
    """Width of zero-padded text; 0 means no padding."""

    def literal(self, value: int) -> str:
        """A value as a literal of the column's type."""
        return str(value) if self.is_number else literals.text(f"{value:0{self.width}d}")

    def shown(self, width: int) -> str:
        """The column as text of a fixed width."""
        column = literals.name(self.column)
        if self.is_number:
            column = f"CAST({column} AS varchar)"
        elif self.width == width:
            return column
        return f"lpad({column}, {width}, '0')"

    def between(self, low: int, high: int) -> str:
        """The condition for a range of values; unpadded text does not sort by value, so its values are listed."""
        column = literals.name(self.column)
        if low == high:
            return f"{column} = {self.literal(low)}"
        if self.is_number or self.width:
            return f"{column} BETWEEN {self.literal(low)} AND {self.literal(high)}"
        return f"{column} IN ({', '.join(self.literal(value) for value in range(low, high + 1))})"


@dataclass(frozen=True, slots=True)
class SplitDays:
    """Three columns: year, month, day."""

    year: Part
    month: Part
    day: Part

    @property
    def columns(self) -> tuple[str, ...]:
        """The three partition columns."""
        return (self.year.column, self.month.column, self.day.column)

    @property
    def shown(self) -> str:
        """The three columns joined."""
        return f"{self.year.shown(4)} || '-' || {self.month.shown(2)} || '-' || {self.day.shown(2)}"

    def between(self, first: date, last: date) -> str:
        """A condition for each month, without days if the month is whole."""
        terms = [self._of_month(low, high) for low, high in _runs(first, last, _month_end)]
        whole = terms[0] if len(terms) == 1 else "(" + " OR ".join(f"({term})" for term in terms) + ")"
        # The range of years on its own prunes in engines that do not look into alternatives.
        return whole if len(terms) == 1 else f"{self.year.between(first.year, last.year)} AND {whole}"

    def day_of(self, values: Mapping[str, str]) -> date | None:
        """The three values as numbers."""
        try:
            return date(*(int(values.get(column, "")) for column in self.columns))
        except ValueError:
            return None

    def holds(self, column: str, value: str, day: date) -> bool:
        """Its year, month or day, with or without zeros before it."""
        part = dict(zip(self.columns, (day.year, day.month, day.day), strict=True))[column]
        return value.isdigit() and int(value) == part

    def begins(self, column: str, value: str, day: date) -> bool:
        """Never: the ranges are closed."""
        return False

    def _of_month(self, first: date, last: date) -> str:
        month = f"{self.year.between(first.year, first.year)} AND {self.month.between(first.month, first.month)}"
        if first.day == 1 and last == _month_end(first):
            return month
        return f"{month} AND {self.day.between(first.day, last.day)}"


def _days(first: date, last: date) -> Iterator[date]:
    return (date.fromordinal(number) for number in range(first.toordinal(), last.toordinal() + 1))


def _runs(first: date, last: date, end_of: Callable[[date], date]) -> Iterator[tuple[date, date]]:
    while first <= last:
        end = min(last, end_of(first))
        yield first, end
        first = end + _DAY


def _month_end(day: date) -> date:
    following = date(day.year + day.month // 12, day.month % 12 + 1, 1)
    return following - _DAY


_NOW: Final = re.compile(
    r"NOW\s*(?:([+-])\s*([0-9]{1,6})\s*(YEAR|MONTH|WEEK|DAY|HOUR|MINUTE|SECOND)S?)?", re.IGNORECASE
)
_DAYS_A_UNIT: Final = {"YEAR": 365.25, "MONTH": 30.4375, "WEEK": 7.0, "DAY": 1.0, "HOUR": 1 / 24, "MINUTE": 1 / 1440}
#: Letters of Java's date formats and their strftime signs, longest first.
_LETTERS: Final = (("yyyy", "%Y"), ("MM", "%m"), ("dd", "%d"), ("HH", "%H"), ("mm", "%M"), ("ss", "%S"))


@dataclass(frozen=True, slots=True)
class Projection:
    """The projection of one partition column."""

    type: str
    """`date`, `integer`, `enum` or `injected`."""
    range: tuple[str, str] | None = None
    format: str = ""
    """Java date format of a `date`."""
    digits: int = 0
    """Width of a zero-padded `integer`; 0 means no padding."""
    values: tuple[str, ...] = ()
    """Values of an `enum`."""

    def reach(self, today: date) -> tuple[date | None, date | None]:
        """First and last day of a `date` projection; None if the range cannot be read."""
        if self.range is None:
            return None, None
        first, last = (_bound(text, self.format, today) for text in self.range)
        return first, last


def projection_of(parameters: Mapping[str, str], column: str) -> Projection | None:
    """The projection of a column; None if the table has none.

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
    """A Java date format as a strftime format; None for unsupported letters."""
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

#: Formats of partition values, recognised from a sample value.
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
#: Names of columns that hold whole days, with the format to assume without a sample.
_NAMED: Final = {
    "timestamp": "%Y/%m/%d", "eventday": "%Y%m%d", "eventhour": "%Y%m%d%H", "datehour": "%Y/%m/%d/%H",
    "date": "%Y-%m-%d", "dt": "%Y-%m-%d", "ds": "%Y-%m-%d", "eventdate": "%Y-%m-%d", "logdate": "%Y-%m-%d",
    "partitiondate": "%Y-%m-%d", "deliverydate": "%Y-%m-%d", "dateday": "%Y-%m-%d",
}  # fmt: skip
#: Names whose format is certain, so that no warning is needed.
_SURE: Final = frozenset({"timestamp", "eventday", "eventhour"})
_YEARS: Final = ("year", "yyyy")
_MONTHS: Final = ("month", "mm")
_DAYS: Final = ("day", "dd")


class Reach(NamedTuple):
    """The bounds of a projection of days."""

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
    """A partition column that does not hold days, such as a region or an account."""

    column: str
    is_number: bool = False
    is_injected: bool = False
    """Whether every query has to name its values."""
    values: tuple[str, ...] = ()
    """All possible values, if the table lists them."""

    def checked(self, values: tuple[str, ...]) -> tuple[str, ...]:
        """The values without repetition. Raises UsageError for values that the column cannot have."""
        if not values:
            raise UsageError(f"{self.column} needs at least one value.")
        for value in values:
            if self.values and value not in self.values:
                raise UsageError(f"{self.column} has no value {value!r}; possible are {', '.join(self.values)}.")
            if self.is_number and not re.fullmatch(r"-?\d+", value):
                raise UsageError(f"{self.column} holds integers; {value!r} is not one.")
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
    """Find the columns that hold days: by projection, by a sample of values, by type, or by name."""
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
        warnings = (*warnings, f"None of its partition columns ({names}) holds a day in a known format.")
    return found._replace(others=others, warnings=warnings)


def _split(
    keys: Sequence[tuple[str, HiveType]], projections: Mapping[str, Projection | None], samples: Mapping[str, str]
) -> Partitions | None:
    """Year, month and day in three columns."""
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
    """One column with the whole day: found by a date projection, else by type, else by name."""
    for column, type_ in keys:
        projection = projections[column]
        if projection and projection.type == "date" and (format_ := strftime_of(projection.format)):
            is_date = type_.name == "date"
            days = DateDays(column) if is_date else TextDays(column, format_, is_number=type_.is_integer)
            return Partitions(days, (), is_projected=True, reach=Reach(projection), range=projection.range)
    for column, type_ in keys:
        if type_.name == "date":
            return Partitions(DateDays(column), is_projected=projections[column] is not None)
    for column, type_ in keys:
        if found := _by_name(column, type_, projections[column], samples.get(column, "")):
            return found
    return None


def _by_name(column: str, type_: HiveType, projection: Projection | None, sample: str) -> Partitions | None:
    from_sample = next((format_ for pattern, format_ in _FORMATS if pattern.fullmatch(sample)), None)
    guess = _NAMED.get(_plain(column)) or ("%Y-%m-%d" if _plain(column) == "day" else None)
    if type_.is_integer and guess:
        guess = "%Y%m%d%H" if "%H" in guess else "%Y%m%d"
    if not from_sample and not guess:
        return None
    warnings: tuple[str, ...] = ()
    if not from_sample and _plain(column) not in _SURE:
        example = date(2026, 11, 23).strftime((guess or "").replace("%H", "07"))
        warnings = (f"Partitions of {column} are assumed to look like {example}: the catalog does not say.",)
    injected = projection is not None and projection.type == "injected"
    days = TextDays(column, from_sample or guess or "", is_number=type_.is_integer, is_listed=injected)
    return Partitions(days, (), projection is not None, None, None, warnings)


def _other(column: str, type_: HiveType, projection: Projection | None) -> Other:
    injected = projection is not None and projection.type == "injected"
    return Other(column, type_.is_integer, injected, projection.values if projection else ())


def _plain(column: str) -> str:
    return column.casefold().replace("_", "")


def _january(year: str) -> date | None:
    return date(int(year), 1, 1) if re.fullmatch(r"[0-9]{4}", year) and year != "0000" else None
