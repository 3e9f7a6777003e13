"""Verification: Athena's own answer to a console query compared with the local one, row by row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import fmean
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ssmtrail.queries.sources.athena import plan
from ssmtrail.queries.sources.athena.catalog import sizes_of

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from ssmtrail.queries.sources.athena.console_queries import ConsoleQuery
    from ssmtrail.queries.sources.athena.source import AthenaSource

#: The column of a difference that is a whole row's.
WHOLE_ROW: Final = "row"
_THERE: Final = "there"
_TWICE: Final = "more than once"


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that is not the same, or a row that only one side has."""

    key: tuple[tuple[str, str | None], ...]
    """What tells the row apart, by column."""
    column: str
    """WHOLE_ROW for a row that one side does not have."""
    here: str | None
    athena: str | None


class Cost(NamedTuple):
    """What questions would scan, for how much; None where nobody knows."""

    bytes: int | None
    dollars: float | None


def differences(
    asked: ConsoleQuery, here: Iterable[Mapping[str, Any]], there: Iterable[tuple[str | None, ...]]
) -> Iterator[Difference]:
    """What differs in the columns that can be compared; `here` has the local rows, `there` Athena's, in any order.

    Local rows without calls are left out: Athena's answer counts calls, so it has no such rows.
    """
    ours, again = _keyed(asked, (row for row in here if asked.name == "calls" or row["calls"]))
    theirs, twice = _keyed(asked, (dict(zip(asked.columns, row, strict=True)) for row in there))
    for key in sorted(again | twice, key=str):
        yield Difference(_named(asked, key), WHOLE_ROW, _count(key in again), _count(key in twice))
    for key in sorted(ours.keys() | theirs.keys(), key=str):
        mine, its = ours.get(key), theirs.get(key)
        if mine is None or its is None:
            where = (_THERE if found else None for found in (mine, its))
            yield Difference(_named(asked, key), WHOLE_ROW, *where)
            continue
        for column in asked.compared:
            if mine[column] != its[column]:
                yield Difference(_named(asked, key), column, mine[column], its[column])


def cost(source: AthenaSource, asked: ConsoleQuery, kept: Mapping[date, int], cancelled: threading.Event) -> Cost:
    """What a question would scan: sizes of its days' files, else the average of the days that are kept.

    Raises AthenaError, SourceError, Cancelled.
    """
    if asked.first_day is None or asked.last_day is None:
        return Cost(None, None)
    days = list(plan.each(asked.first_day, asked.last_day))
    listed = sizes_of(source.aws, source.catalog(cancelled), days, cancelled).bytes
    found = plan.estimated(days, {**kept, **listed}, fmean(kept.values()) if kept else None)
    if found is None:
        return Cost(None, None)
    size = sum(found.values())
    return Cost(size, source.price(size))


def _keyed(
    asked: ConsoleQuery, rows: Iterable[Mapping[str, Any]]
) -> tuple[dict[tuple[str | None, ...], dict[str, str | None]], set[tuple[str | None, ...]]]:
    """Rows by their keys, all text; keys that more than one row has."""
    found: dict[tuple[str | None, ...], dict[str, str | None]] = {}
    again = set()
    for row in rows:
        told = {column: _text(row[column], is_time=column == "bucket") for column in asked.columns}
        if asked.name == "pairs" and told["person"] is not None:
            # A role tells only those apart whose person nobody knows.
            told["role"] = None
        key = tuple(told[column] for column in asked.keys)
        if key in found:
            again.add(key)
        found[key] = told
    return found, again


def _text(value: object, *, is_time: bool) -> str | None:
    if is_time and isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
    return None if value is None else str(value)


def _named(asked: ConsoleQuery, key: tuple[str | None, ...]) -> tuple[tuple[str, str | None], ...]:
    return tuple(zip(asked.keys, key, strict=True))


def _count(many: bool) -> str:
    return _TWICE if many else _THERE
