"""The statements that fetch extraction set 1 from a table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from queries.errors import UsageError
from queries.raw import ASSUME_ROLE_CALLS, MACHINE_NAME_PATTERN, OTHER_DOORS, RAW_COLUMNS, SESSION_CALLS
from queries.sources.athena import literals
from queries.sources.athena.reach import ABSENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import date

    from queries.sources.athena.tables import Table

#: Columns of an extraction's answer, all varchar: the raw columns, then the day that a row is kept under
#: (`YYYY-MM-DD`).
EXTRACTION_COLUMNS: Final = (*RAW_COLUMNS, "partition_day")
#: Athena refuses longer texts. Source: "Service Quotas", Athena User Guide.
MOST_BYTES: Final = 262_144
_DAY: Final = timedelta(days=1)
_SSM: Final = "ssm.amazonaws.com"


@dataclass(frozen=True, slots=True)
class Extraction:
    """A statement that fetches extraction set 1 of consecutive days."""

    sql: str
    first: date
    last: date
    """Included."""
    part: int = 1
    parts: int = 1
    """Statements for the same days, cut by values of a partition column: the days are whole when all have answered."""


def extraction(table: Table, first: date, last: date) -> tuple[Extraction, ...]:
    """The statements, most often one, that fetch the days from `first` to `last`, both included.

    Where the table has folder days they are read whole, without a bound on the time of events: late events of other
    days lie in them. Where it has none the days are those of events. Raises UsageError where injected columns have no
    values yet, or where not even one day with one value fits into a statement.
    """
    if table.needs:
        raise UsageError(
            f"{table.name} needs values for its partition column {table.needs[0]}: a query without them fails. "
            "Give them with --partition NAME=VALUE,VALUE."
        )
    sql = _sql(table, first, last)
    if len(sql.encode()) <= MOST_BYTES:
        return (Extraction(sql, first, last),)
    if first < last:
        middle = first + (last - first) // 2
        return (*extraction(table, first, middle), *extraction(table, middle + _DAY, last))
    return _by_values(table, first)


def any_record(table: Table, days: Iterable[date]) -> str:
    """The statement that tells which of these days have any record: a row a day, `YYYY-MM-DD`.

    One record is enough, so that little is read. For tables whose partitions tell days.
    """
    each = (
        f"SELECT partition_day FROM (SELECT {literals.text(day.isoformat())} AS partition_day FROM {table.qualified} "
        f"WHERE {' AND '.join(conditions(table, day, day))} LIMIT 1) AS found"
        for day in sorted(days)
    )
    return "\nUNION ALL\n".join(each)


def explained(sql: str, form: str = "") -> str:
    """The free statement that type-checks another one, showing what it would read; `form` is empty or `IO`.

    Source: "Using EXPLAIN and EXPLAIN ANALYZE in Athena".
    """
    return f"EXPLAIN {'(TYPE IO, FORMAT JSON) ' if form == 'IO' else ''}{sql}"


def wanted(table: Table) -> str:
    """The condition of extraction set 1; the same rows as `queries.sources.files.rows.is_wanted`."""
    source, event = table["eventsource"], table["eventname"]
    doors = {**OTHER_DOORS, _SSM: OTHER_DOORS[_SSM] | SESSION_CALLS}
    by_source = [f"({source} = {literals.text(each)} AND {_among(event, doors[each])})" for each in sorted(doors)]
    return "\n    OR ".join((*by_source, assumed(table)))


def assumed(table: Table) -> str:
    """The condition of AssumeRole calls by somebody other than a service, under a name that a machine made up."""
    session = f"json_extract_scalar({table['requestparameters']}, '$.roleSessionName')"
    terms = [
        f"{table['eventsource']} = 'sts.amazonaws.com'",
        _among(table["eventname"], ASSUME_ROLE_CALLS),
        f"coalesce({table['useridentity_type']}, '') <> 'AWSService'",
        f"coalesce({table['useridentity_invokedby']}, '') = ''",
        f"regexp_like({session}, {literals.text(MACHINE_NAME_PATTERN)})",
    ]
    return f"({' AND '.join(terms)})"


def conditions(table: Table, first: date | None, last: date | None) -> Iterator[str]:
    """What holds a statement to partitions: days, as far as they are bounded, with the values that were chosen."""
    if table.days and first and last:
        yield table.days.between(first, last)
    numbers = {other.column: other.is_number for other in table.others}
    for column, values in table.given:
        listed = ", ".join(values) if numbers[column] else literals.texts(values)
        yield f"{literals.name(column)} {f'= {listed}' if len(values) == 1 else f'IN ({listed})'}"


def selected(table: Table, columns: Iterable[str] = RAW_COLUMNS) -> str:
    """Raw columns as a select list, a line each."""
    folder_day = table.days.shown if table.days and table.is_delivery else ABSENT
    shown = ((raw, folder_day if raw == "folder_day" else table[raw]) for raw in columns)
    return ",\n".join(f"    {sql} AS {raw}" for raw, sql in shown)


def _sql(table: Table, first: date, last: date) -> str:
    day = table.days.shown if table.days else table.time.day
    bounds = () if table.days else table.time.within(_midnight(first), _midnight(last + _DAY))
    where = "\n  AND ".join((*conditions(table, first, last), *bounds, f"(\n    {wanted(table)}\n  )"))
    return f"SELECT\n{selected(table)},\n    {day} AS partition_day\nFROM {table.qualified}\nWHERE {where}"


def _by_values(table: Table, day: date) -> tuple[Extraction, ...]:
    """One day in several statements, its longest list of chosen values cut in halves."""
    column, values = max(table.given, key=lambda given: len(given[1]), default=("", ()))
    if len(values) < 2:
        raise UsageError(f"A query of one day of {table.name} is longer than Athena takes ({MOST_BYTES:,} bytes).")
    halves = (values[: len(values) // 2], values[len(values) // 2 :])
    found = [each.sql for half in halves for each in extraction(table.with_values({column: half}), day, day)]
    return tuple(Extraction(sql, day, day, number, len(found)) for number, sql in enumerate(found, 1))


def _among(sql: str, values: Iterable[str]) -> str:
    found = sorted(values)
    return f"{sql} = {literals.text(found[0])}" if len(found) == 1 else f"{sql} IN ({literals.texts(found)})"


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
