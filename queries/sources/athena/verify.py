"""Verification: Athena's answer to a console query compared with the local answer, row by row."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from statistics import fmean
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from ssmtrail.queries.sources.athena import plan
from ssmtrail.queries.sources.athena.listing import sizes_of
from ssmtrail.queries.times import each_day

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from ssmtrail.queries.sources.athena.console_queries import ConsoleQuery
    from ssmtrail.queries.sources.athena.source import AthenaSource

#: The column of a difference about a whole row.
WHOLE_ROW: Final = "row"
_PRESENT: Final = "there"
_TWICE: Final = "more than once"


@dataclass(frozen=True, slots=True)
class Difference:
    """A value that differs, or a row that only one side has."""

    key: tuple[tuple[str, str | None], ...]
    """Columns and values that identify the row."""
    column: str
    """WHOLE_ROW if one side lacks the row."""
    here: str | None
    athena: str | None


class Cost(NamedTuple):
    """Bytes that a query would scan, and their price; None if unknown."""

    bytes: int | None
    dollars: float | None


class Comparison(NamedTuple):
    """What was compared, and what differs."""

    differences: tuple[Difference, ...]
    without_people: int
    """Number of machines of which only the totals were compared, as one side cannot know their people."""


#: Kinds of people of whom the local engine may know more than one scan does: it follows longer chains, records without
#: an access key, brokers and ECS's own record.
_OPEN_KINDS: Final = frozenset({"role-session", "federated", "service", "unknown"})
#: What is compared of a machine in any case.
_TOTALS: Final = ("calls", "denied", "failed")

_Texts: TypeAlias = "dict[str, str | None]"
_Keyed: TypeAlias = "dict[tuple[str | None, ...], _Texts]"


def compared(
    query: ConsoleQuery, here: Iterable[Mapping[str, Any]], there: Iterable[tuple[str | None, ...]]
) -> Comparison:
    """The differences in the comparable columns; `here` has the local rows, `there` Athena's, in any order.

    Local rows without calls are skipped: Athena's answer counts calls, so it has no such rows. Where people of a
    machine differ and one side cannot know them, the totals of the machine are compared instead.
    """
    ours, again = _keyed(query, (row for row in here if query.name == "calls" or row["calls"]))
    theirs, twice = _keyed(query, (dict(zip(query.columns, row, strict=True)) for row in there))
    found = [
        Difference(_named(query, key), WHOLE_ROW, _count(key in again), _count(key in twice))
        for key in sorted(again | twice, key=str)
    ]
    if query.name != "pairs":
        return Comparison((*found, *_differences(query, ours, theirs)), 0)
    left_out = 0
    for account, target in sorted({_machine(row) for row in (*ours.values(), *theirs.values())}, key=str):
        own, its = ({key: row for key, row in side.items() if _machine(row) == (account, target)}
                    for side in (ours, theirs))  # fmt: skip
        differ = list(_differences(query, own, its))
        if differ and any(row["person_kind"] in _OPEN_KINDS for row in (*own.values(), *its.values())):
            left_out += 1
            differ = list(_total_differences(query, own, its, (("account", account), ("target", target))))
        found += differ
    return Comparison(tuple(found), left_out)


def _differences(query: ConsoleQuery, ours: _Keyed, theirs: _Keyed) -> Iterator[Difference]:
    for key in sorted(ours.keys() | theirs.keys(), key=str):
        mine, its = ours.get(key), theirs.get(key)
        if mine is None or its is None:
            where = (_PRESENT if found else None for found in (mine, its))
            yield Difference(_named(query, key), WHOLE_ROW, *where)
            continue
        for column in query.compared:
            if mine[column] != its[column]:
                yield Difference(_named(query, key), column, mine[column], its[column])


def _total_differences(
    query: ConsoleQuery, ours: _Keyed, theirs: _Keyed, key: tuple[tuple[str, str | None], ...]
) -> Iterator[Difference]:
    for column in (each for each in _TOTALS if each in query.compared):
        mine, its = (sum(int(row[column] or 0) for row in side.values()) for side in (ours, theirs))
        if mine != its:
            yield Difference(key, column, str(mine), str(its))


def _machine(row: _Texts) -> tuple[str | None, str | None]:
    return row["account"], row["target"]


def cost(source: AthenaSource, query: ConsoleQuery, kept: Mapping[date, int], cancelled: threading.Event) -> Cost:
    """The cost of a console query: by the sizes of its days' files, else by the average of the stored days.

    Raises AthenaError, SourceError, Cancelled.
    """
    if query.first_day is None or query.last_day is None:
        return Cost(None, None)
    days = list(each_day(query.first_day, query.last_day))
    sizes = sizes_of(source.aws, source.catalog(cancelled), days, cancelled, source.folders)
    listed = {day: size + wrong for day, (size, wrong) in sizes.sampled.items()} | sizes.bytes
    found = plan.estimated(days, {**kept, **listed}, fmean(kept.values()) if kept else None)
    if found is None:
        return Cost(None, None)
    size = sum(found.values())
    return Cost(size, None if source.reservation(cancelled) else source.price(size))


def _keyed(
    query: ConsoleQuery, rows: Iterable[Mapping[str, Any]]
) -> tuple[dict[tuple[str | None, ...], dict[str, str | None]], set[tuple[str | None, ...]]]:
    """Rows by their key, all text, and the keys of several rows."""
    found: dict[tuple[str | None, ...], dict[str, str | None]] = {}
    again = set()
    for row in rows:
        texts = {column: _text(row[column], is_time=column == "bucket") for column in query.columns}
        if query.name == "pairs" and texts["person_id"] is not None:
            # A user of Identity Center may be renamed: its id is the key.
            texts["person"] = None
        key = tuple(texts[column] for column in query.keys)
        if key in found:
            again.add(key)
        found[key] = texts
    return found, again


def _text(value: object, *, is_time: bool) -> str | None:
    if is_time and isinstance(value, str):
        value = datetime.fromisoformat(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(microsecond=0).isoformat().replace("+00:00", "Z")
    return None if value is None else str(value)


def _named(query: ConsoleQuery, key: tuple[str | None, ...]) -> tuple[tuple[str, str | None], ...]:
    return tuple(zip(query.keys, key, strict=True))


def _count(many: bool) -> str:
    return _TWICE if many else _PRESENT
