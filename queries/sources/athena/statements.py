"""The statements that fetch raw calls from a table, and the SQL templates with their macros."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ssmtrail.queries.errors import UsageError
from ssmtrail.queries.raw_calls import CREDENTIALS, FULL, MACHINES, RAW_COLUMNS, STS
from ssmtrail.queries.sources.athena import literals, narrow_sql
from ssmtrail.queries.sources.athena.columns import ABSENT
from ssmtrail.queries.times import midnight

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import date

    from ssmtrail.queries.sources.athena.tables import Table

#: Columns of an extraction's result, all varchar: the raw columns, the values of the partition columns without a day
#: (`account=111122223333/region=eu-central-1`, NULL where there are none), the day under which the row is stored
#: (`YYYY-MM-DD`).
EXTRACTION_COLUMNS: Final = (*RAW_COLUMNS, "partition", "partition_day")
#: Longest statement that Athena accepts. Source: "Service Quotas", Athena User Guide.
MOST_BYTES: Final = 262_144
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Extraction:
    """A statement that fetches the raw calls of consecutive days."""

    sql: str
    first: date
    last: date
    """Included."""
    part: int = 1
    parts: int = 1
    """Number of statements for the same days, split by values of a partition column; all are needed."""


def extraction(table: Table, first: date, last: date) -> tuple[Extraction, ...]:
    """The statements, usually one, that fetch the days from `first` to `last`, both included.

    Folder days are read whole, without a bound on the event time, as they contain late events of other days. Without
    folder days, the days are event days. Raises UsageError if injected columns have no values yet, or if one day with
    one value does not fit into a statement.
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
    """The statement that returns those of the days that have a record, one row `YYYY-MM-DD` each.

    It stops at the first record of a day. For tables whose partitions hold days.
    """
    each = (
        f"SELECT partition_day FROM (SELECT {literals.text(day.isoformat())} AS partition_day FROM {table.qualified} "
        f"WHERE {' AND '.join(conditions(table, day, day))} LIMIT 1) AS found"
        for day in sorted(days)
    )
    return "\nUNION ALL\n".join(each)


def explained(sql: str, form: str = "") -> str:
    """The free EXPLAIN of a statement, which checks its types and shows what it reads; `form` is empty or `IO`.

    Source: "Using EXPLAIN and EXPLAIN ANALYZE in Athena".
    """
    return f"EXPLAIN {'(TYPE IO, FORMAT JSON) ' if form == 'IO' else ''}{sql}"


def wanted(table: Table) -> str:
    """The condition for raw calls, but for the tags (`narrow_sql.is_wanted_tag`); the same rows as files give."""
    source, event = table["eventsource"], table["eventname"]
    names: dict[str, frozenset[str]] = {}
    for each, found in (pair for calls in (FULL, CREDENTIALS, MACHINES) for pair in calls.items() if pair[0] != STS):
        names[each] = names.get(each, frozenset()) | found
    by_source = [f"({source} = {literals.text(each)} AND {_among(event, names[each])})" for each in sorted(names)]
    return "\n    OR ".join((*by_source, issuing(table)))


def issuing(table: Table) -> str:
    """The condition for calls to STS that issue credentials and that no AWS service made."""
    terms = [
        f"{table['eventsource']} = {literals.text(STS)}",
        _among(table["eventname"], CREDENTIALS[STS]),
        f"coalesce({table['useridentity_type']}, '') <> 'AWSService'",
        f"coalesce({table['useridentity_invokedby']}, '') = ''",
    ]
    return f"({' AND '.join(terms)})"


def conditions(table: Table, first: date | None, last: date | None) -> Iterator[str]:
    """The conditions on partition columns: the days if bounded, and the chosen values."""
    if table.days and first and last:
        yield table.days.between(first, last)
    numbers = {other.column: other.is_number for other in table.others}
    for column, values in table.scanned:
        yield _listed(column, values, is_number=numbers[column])
    if table.adds_global_sts:
        chosen = _listed(table.region_column, dict(table.given)[table.region_column])
        yield f"({chosen} OR {table['eventsource']} = {literals.text(STS)})"


def _listed(column: str, values: Sequence[str], *, is_number: bool = False) -> str:
    listed = ", ".join(values) if is_number else literals.texts(values)
    return f"{literals.name(column)} {f'= {listed}' if len(values) == 1 else f'IN ({listed})'}"


def selected(table: Table, columns: Iterable[str] = RAW_COLUMNS) -> str:
    """Raw columns as a select list, one per line."""
    folder_day = table.days.shown if table.days and table.is_delivery else ABSENT
    shown = ((raw, folder_day if raw == "folder_day" else table[raw]) for raw in columns)
    return ",\n".join(f"    {sql} AS {raw}" for raw, sql in shown)


def _sql(table: Table, first: date, last: date) -> str:
    day = table.days.shown if table.days else table.time.day
    bounds = () if table.days else table.time.within(midnight(first, UTC), midnight(last + _DAY, UTC))
    where = "\n  AND ".join((*conditions(table, first, last), *bounds, f"(\n    {wanted(table)}\n  )"))
    cut = {"requestparameters": narrow_sql.request(), "responseelements": narrow_sql.response()}
    columns = ",\n".join(
        f"    {cut[column]} AS {column}" if column in cut else f"    {literals.name(column)}"
        for column in EXTRACTION_COLUMNS
    )
    place = f'    {_partition(table)} AS "partition",\n    {day} AS partition_day'
    whole = f"SELECT\n{selected(table)},\n{place}\nFROM {table.qualified}\nWHERE {where}"
    return f"SELECT\n{columns}\nFROM (\n{whole}\n) AS whole\nWHERE {narrow_sql.is_wanted_tag()}"


def _partition(table: Table) -> str:
    """The values of the partition columns that hold no day, as in a Hive path: `account=111122223333/region=…`."""
    values = (
        (other.column, f"CAST({name} AS varchar)" if other.is_number else name)
        for other in table.others
        for name in (literals.name(other.column),)
    )
    return " || '/' || ".join(f"{literals.text(f'{column}=')} || {sql}" for column, sql in values) or ABSENT


def _by_values(table: Table, day: date) -> tuple[Extraction, ...]:
    """One day in several statements, the longest list of chosen values split in halves."""
    column, values = max(table.given, key=lambda given: len(given[1]), default=("", ()))
    if len(values) < 2:
        raise UsageError(f"A query of one day of {table.name} is longer than Athena accepts ({MOST_BYTES:,} bytes).")
    halves = (values[: len(values) // 2], values[len(values) // 2 :])
    parts = [table.with_values({column: half}) for half in halves]
    if column == table.region_column:
        # The calls to STS's global endpoint are read once.
        extra = table.global_sts if table.adds_global_sts else ""
        parts = [replace(parts[0], global_sts=extra), replace(parts[1], global_sts="")]
    found = [each.sql for part in parts for each in extraction(part, day, day)]
    return tuple(Extraction(sql, day, day, number, len(found)) for number, sql in enumerate(found, 1))


def _among(sql: str, values: Iterable[str]) -> str:
    found = sorted(values)
    return f"{sql} = {literals.text(found[0])}" if len(found) == 1 else f"{sql} IN ({literals.texts(found)})"


_NAME: Final = re.compile(r"\{([a-z_]+)(\(|\})")


def filled(template: str, **parts: str) -> str:
    """The text of `sql/TEMPLATE.sql` with `{name}` replaced by a part and `{macro(sql)}` by a macro's result."""
    return _filled(_text(template), parts)


def known(sql: str) -> str:
    """NULL for an empty text."""
    return f"nullif({sql}, '')"


def last_part(sql: str) -> str:
    """The part after the last '/': a role session name, an instance id, a document name."""
    return known(f"element_at(split({sql}, '/'), -1)")


def machine_of(sql: str) -> str:
    """The id of a machine from the ARN of an instance, a managed node or a task; NULL for any other ARN."""
    node = known(rf"regexp_extract({sql}, '^arn:[^:]*:(?:ec2|ssm):[^:]*:[^:]*:(?:instance|managed-instance)/(.+)$', 1)")
    cluster = known(f"regexp_extract({sql}, '^arn:[^:]*:ecs:[^:]*:[^:]*:task/([^/]+)/.+$', 1)")
    task = known(f"regexp_extract({sql}, '^arn:[^:]*:ecs:[^:]*:[^:]*:task/[^/]+/(.+)$', 1)")
    return f"coalesce({node}, 'ecs:' || {cluster} || '_' || {task})"


def kind_of(document: str, target: str, host: str, port: str) -> str:
    """The kind of session, given by its document ("Session document schema", Systems Manager User Guide).

    A document of the customer's that names a host and a port forwards to it.
    """
    name = last_part(document)
    forwards = f"starts_with({name}, 'AWS-StartPortForwardingSession')"
    return (
        f"CASE WHEN {name} = 'AmazonECS-ExecuteInteractiveCommand' THEN 'container'"
        f" WHEN {document} IS NULL OR {name} = 'SSM-SessionManagerRunShell'"
        f" THEN IF(starts_with({target}, 'ecs:'), 'container', 'shell')"
        f" WHEN {name} IN ('AWS-StartInteractiveCommand', 'AWS-StartNonInteractiveCommand') THEN 'command'"
        f" WHEN {name} = 'AWS-StartPortForwardingSessionToRemoteHost' THEN 'remote-port-forward'"
        f" WHEN {forwards} THEN IF({host} IS NULL, 'port-forward', 'remote-port-forward')"
        f" WHEN {name} = 'AWS-StartSSHSession' THEN 'ssh'"
        f" WHEN {host} IS NOT NULL AND {port} IS NOT NULL THEN 'remote-port-forward' ELSE 'other' END"
    )


def destination_of(kind: str, document: str, host: str, port: str) -> str:
    """The destination of a tunnel: `host:port`, the port that AWS documents where the call names none."""
    default = f"IF({last_part(document)} = 'AWS-StartPortForwardingSession', '80')"
    plain = f"strpos({host}, ':') > 0 AND NOT starts_with({host}, '[')"
    bracketed = f"IF({plain}, '[' || {host} || ']', {host})"
    remote = f"concat_ws(':', {bracketed}, {port})"
    other = f"concat_ws(':', coalesce({bracketed}, IF({port} IS NOT NULL, 'localhost')), {port})"
    return known(
        f"CASE {kind} WHEN 'port-forward' THEN 'localhost:' || coalesce({port}, {default})"
        f" WHEN 'ssh' THEN 'localhost:' || coalesce({port}, '22')"
        f" WHEN 'remote-port-forward' THEN {remote} WHEN 'other' THEN {other} END"
    )


def target_kind_of(target: str) -> str:
    """The kind of machine, given by its id."""
    return (
        f"CASE WHEN regexp_like({target}, '(?i)^i-[0-9a-z]+$') THEN 'ec2'"
        f" WHEN regexp_like({target}, '(?i)^mi-[0-9a-z]+$') THEN 'managed'"
        f" WHEN starts_with({target}, 'ecs:') THEN 'ecs'"
        f" WHEN starts_with({target}, 'sagemaker-cluster:') THEN 'sagemaker' ELSE 'unknown' END"
    )


def second(sql: str) -> str:
    """A time in the form of CloudTrail records."""
    return f"date_format({sql}, '%Y-%m-%dT%H:%i:%sZ')"


_MACROS: Final[dict[str, Callable[..., str]]] = {
    macro.__name__: macro for macro in (known, last_part, machine_of, kind_of, destination_of, second)
}


@cache
def _text(template: str) -> str:
    return (Path(__file__).parent / "sql" / f"{template}.sql").read_text(encoding="utf-8").strip()


def _filled(text: str, parts: dict[str, str]) -> str:
    """Fill in the parts once; the inserted text is not searched again, as it may hold values."""
    made, at = [], 0
    while found := _NAME.search(text, at):
        made.append(text[at : found.start()])
        if found[2] == "}":
            made.append(parts[found[1]])
            at = found.end()
        else:
            end = _closing(text, found.end())
            made.append(_MACROS[found[1]](*(_filled(each, parts) for each in _arguments(text[found.end() : end]))))
            at = end + 2
    return "".join((*made, text[at:]))


def _closing(text: str, at: int) -> int:
    """The position of the macro's `)}`."""
    return text.index(")}", at)


def _arguments(text: str) -> list[str]:
    """The arguments of a macro; one that has parentheses must be the only argument."""
    return [text] if "(" in text else [each.strip() for each in text.split(",")]
