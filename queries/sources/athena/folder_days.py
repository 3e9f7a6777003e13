"""How a table writes the days of its folders in its partition columns."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final, Protocol

from ssmtrail.queries.sources.athena import literals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_DAY: Final = timedelta(days=1)
_WIDTHS: Final = {"%Y": 4, "%m": 2, "%d": 2, "%H": 2, "%M": 2, "%S": 2}
_SIGN: Final = re.compile(r"%[YmdHMS]|.", re.DOTALL)


class Days(Protocol):
    """Folder days as predicates: compared with literals of the column's own format, nothing computed from it.

    Source: "Partition projection", "Prune partitions" (Athena User Guide): only such comparisons prune.
    """

    @property
    def columns(self) -> tuple[str, ...]:
        """The partition columns, as the catalog has them."""
        ...

    @property
    def shown(self) -> str:
        """An expression that gives the day as `YYYY-MM-DD`, varchar."""
        ...

    def between(self, first: date, last: date) -> str:
        """The condition for the days from `first` to `last`, both included."""
        ...

    def day_of(self, values: Mapping[str, str]) -> date | None:
        """The day of a partition as the catalog lists it: its values by column; None where they name none."""
        ...


@dataclass(frozen=True, slots=True)
class TextDays:
    """One column of text or of a whole number: `2026/11/23`, `2026-11-23`, `20261123`, `2026/11/23/07`."""

    column: str
    format: str
    """As strftime has it."""
    is_number: bool = False
    is_listed: bool = False
    """Whether the days are named one by one: an injected column takes no range."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The partition column."""
        return (self.column,)

    @property
    def shown(self) -> str:
        """Cut out of the text."""
        column = literals.name(self.column)
        column = f"CAST({column} AS varchar)" if self.is_number else column
        if self.format == "%Y-%m-%d":
            return column
        at = self._places()
        parts = (f"substr({column}, {at[sign]}, {_WIDTHS[sign]})" for sign in ("%Y", "%m", "%d"))
        return " || '-' || ".join(parts)

    def between(self, first: date, last: date) -> str:
        """A range where the text sorts as the days do, else every day by name."""
        column = literals.name(self.column)
        if self.is_listed or not self._sorts:
            return f"{column} IN ({', '.join(self._literal(day) for day in _days(first, last))})"
        if self._is_finer:
            return f"{column} >= {self._literal(first)} AND {column} < {self._literal(last + _DAY)}"
        if first == last:
            return f"{column} = {self._literal(first)}"
        return f"{column} BETWEEN {self._literal(first)} AND {self._literal(last)}"

    def day_of(self, values: Mapping[str, str]) -> date | None:
        """Read with the format."""
        try:
            return datetime.strptime(values.get(self.column, ""), self.format).replace(tzinfo=UTC).date()
        except ValueError:
            return None

    @property
    def _sorts(self) -> bool:
        at = self._places()
        return at["%Y"] < at["%m"] < at["%d"]

    @property
    def _is_finer(self) -> bool:
        return "%H" in self.format

    def _places(self) -> dict[str, int]:
        """Where each sign begins, from 1."""
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
        """As SQL writes a date."""
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


@dataclass(frozen=True, slots=True)
class Part:
    """One of three columns that make a day."""

    column: str
    is_number: bool
    width: int = 0
    """Of text, padded with zeros; 0 is as short as it can be."""

    def literal(self, value: int) -> str:
        """A value of the column."""
        return str(value) if self.is_number else literals.text(f"{value:0{self.width}d}")

    def shown(self, width: int) -> str:
        """The column as text of this width."""
        column = literals.name(self.column)
        if self.is_number:
            column = f"CAST({column} AS varchar)"
        elif self.width == width:
            return column
        return f"lpad({column}, {width}, '0')"

    def between(self, low: int, high: int) -> str:
        """The condition for a range of values; text of uneven width sorts otherwise, so it is listed."""
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
        """The three put together."""
        return f"{self.year.shown(4)} || '-' || {self.month.shown(2)} || '-' || {self.day.shown(2)}"

    def between(self, first: date, last: date) -> str:
        """Month by month, whole months and whole years together."""
        terms = [self._of_month(low, high) for low, high in _runs(first, last, _month_end)]
        whole = terms[0] if len(terms) == 1 else "(" + " OR ".join(f"({term})" for term in terms) + ")"
        # The years by themselves, so that every engine sees a plain range beside the alternatives.
        return whole if len(terms) == 1 else f"{self.year.between(first.year, last.year)} AND {whole}"

    def day_of(self, values: Mapping[str, str]) -> date | None:
        """The three read as numbers."""
        try:
            return date(*(int(values.get(column, "")) for column in self.columns))
        except ValueError:
            return None

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
