"""Units of the store: one source, day, account and region; and subsets of a table, which share what is kept."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Final, Self

from ssmtrail.queries.sql_text import literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime

#: The account or region of a unit that covers all of them.
EVERY: Final = "*"
_ACCOUNT: Final = re.compile(r"\d{12}")
_REGION: Final = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d+")
#: The same in the path of a CloudTrail file, also as `account=111122223333`.
_IN_PATH: Final = {
    "account": r"(?:^|/)(?:[^/=]+=)?([0-9]{12})/",
    "region": r"(?:^|/)(?:[^/=]+=)?([a-z]{2,4}(?:-[a-z]+)+-[0-9]+)/",
}
#: The region of the global STS endpoint, whose calls concern sessions of every region.
_GLOBAL_REGION: Final = "us-east-1"


@dataclass(frozen=True, slots=True, order=True)
class Unit:
    """What a copy covers: a folder day (an event day where the source has no folders), of an account and a region."""

    day: date
    account: str = EVERY
    region: str = EVERY


@dataclass(frozen=True, slots=True)
class DayCopy:
    """What a segment of a source of days covers, and what it took to get it."""

    units: tuple[Unit, ...]
    """All of one day."""
    asked_at: datetime
    """UTC; files delivered later are not in it."""
    bytes: int = 0
    """Its share of what was scanned; 0 where it was cut from other copies."""
    queries: tuple[str, ...] = ()
    """The service's ids of the queries that gave it."""
    price: float | None = None
    """Its share of their price in dollars; None where unknown."""
    partition: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Values of the table's partition columns that it was restricted to; empty for the whole day."""
    cut_from: tuple[str, ...] = ()
    """Names of the segments that it was cut from, for nothing."""

    @property
    def day(self) -> date:
        """The day of its units."""
        return self.units[0].day


@dataclass(frozen=True, slots=True)
class Subset:
    """Values of partition columns to which a table is restricted; without any it is the whole table."""

    values: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """By column; both sorted, so that equal subsets are equal."""

    @classmethod
    def of(cls, values: Mapping[str, Iterable[str]]) -> Self:
        """The subset of these values by column."""
        found = ((column.casefold(), tuple(sorted(set(chosen)))) for column, chosen in values.items())
        return cls(tuple(sorted(found)))

    def __bool__(self) -> bool:
        return bool(self.values)

    @property
    def text(self) -> str:
        """`account=1,2 region=eu-central-1`; empty for the whole table."""
        return " ".join(f"{column}={','.join(chosen)}" for column, chosen in self.values)

    @property
    def folder(self) -> str:
        """A name for its folder."""
        return hashlib.sha256(self.text.encode("utf-8", "surrogateescape")).hexdigest()[:16]

    @property
    def combinations(self) -> tuple[tuple[str, ...], ...]:
        """One value of each column, in every combination."""
        return tuple(product(*(chosen for _, chosen in self.values)))

    def units(self, day: date) -> tuple[Unit, ...]:
        """The units of a day; a column whose values are no accounts or regions narrows none of them."""
        accounts = next((chosen for _, chosen in self.values if _kind(chosen) == "account"), (EVERY,))
        regions = next((chosen for _, chosen in self.values if _kind(chosen) == "region"), (EVERY,))
        return tuple(Unit(day, account, region) for account, region in product(accounts, regions))

    def held_by(self, partition: Mapping[str, tuple[str, ...]]) -> frozenset[tuple[str, ...]]:
        """The combinations of this subset that a copy with these values holds whole."""
        columns = [column for column, _ in self.values]
        if not partition.keys() <= set(columns):
            return frozenset()
        return frozenset(
            each
            for each in self.combinations
            if all(value in partition.get(column, (value,)) for column, value in zip(columns, each, strict=True))
        )

    def rows_of(self, combinations: Iterable[tuple[str, ...]], *, by_path: bool) -> str:
        """The SQL condition for the rows of these combinations: by the row's `partition`, or by its file's path.

        A region's rows include the calls to the global STS endpoint, as those that a table is asked for do.
        """
        found = ["/".join(each) for each in sorted(combinations)]
        values = [self._value(column, chosen, by_path=by_path) for column, chosen in self.values]
        condition = f"concat_ws('/', {', '.join(values)}) IN ({', '.join(map(literal, found))})"
        at = next((n for n, (_, chosen) in enumerate(self.values) if _kind(chosen) == "region"), None)
        if at is None:
            return condition
        others = sorted({"/".join((*e[:at], _GLOBAL_REGION, *e[at + 1 :])) for e in map(_parts, found)})
        return (
            f"({condition} OR (eventsource = 'sts.amazonaws.com'"
            f" AND concat_ws('/', {', '.join(values)}) IN ({', '.join(map(literal, others))})))"
        )

    def unknown_rows(self, *, by_path: bool) -> str:
        """The SQL condition for rows of which a column's value is unknown."""
        values = (self._value(column, chosen, by_path=by_path) for column, chosen in self.values)
        return " OR ".join(f"coalesce({value}, '') = ''" for value in values)

    @property
    def is_cuttable(self) -> bool:
        """Whether rows can be told apart by these values."""
        return not any("/" in value or "=" in value for _, chosen in self.values for value in (_, *chosen))

    @property
    def is_in_paths(self) -> bool:
        """Whether the values are accounts and regions, which the paths of CloudTrail's files have."""
        return all(_kind(chosen) for _, chosen in self.values)

    def _value(self, column: str, chosen: tuple[str, ...], *, by_path: bool) -> str:
        if by_path:
            return f"regexp_extract(file, {literal(_IN_PATH[_kind(chosen)])}, 1)"
        return f"regexp_extract(partition, {literal(f'(?i)(?:^|/){re.escape(column)}=([^/]*)')}, 1)"


def _parts(text: str) -> tuple[str, ...]:
    return tuple(text.split("/"))


def _kind(values: Iterable[str]) -> str:
    """`account` or `region` where all values are such; else empty."""
    found = tuple(values)
    if all(map(_ACCOUNT.fullmatch, found)):
        return "account"
    return "region" if all(map(_REGION.fullmatch, found)) else ""


#: The whole table.
WHOLE: Final = Subset()
