"""The proof, for nothing, that a day's query reads this day's partitions alone."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Final

from queries.sources.athena.answers import once_answered
from queries.sources.athena.errors import AthenaError
from queries.sources.athena.statements import explained, extraction

if TYPE_CHECKING:
    import threading

    from queries.sources.athena.client import Aws
    from queries.sources.athena.folder_days import Days
    from queries.sources.athena.tables import Table

#: Any day: statements of two days differ in their days alone.
_SOME_DAY: Final = date(2020, 1, 1)
_LITERAL: Final = re.compile(r"'([^']*)'|(?<![\w'\"])(\d+)(?![\w'\"])")
_BETWEEN_VALUES: Final = re.compile(r"[\[\](),\s]+")
#: Signs of a plan that are shown.
_MOST_SHOWN: Final = 80


@dataclass(frozen=True, slots=True)
class Pruning:
    """What a plan says of partitions."""

    shown: tuple[tuple[str, str], ...]
    """Partition columns of days, with the values that the plan keeps to: `[[2026/11/22]]`."""
    doubt: str = ""
    """Why it is no proof; empty where it is one."""

    @property
    def text(self) -> str:
        """`timestamp [[2026/11/22]]`; empty where the plan shows nothing."""
        return ", ".join(f"{column} {values[:_MOST_SHOWN]}" for column, values in self.shown)


def shape(table: Table) -> str:
    """Names the form of the statement that fetches a day; empty where no partition tells days."""
    if table.days is None:
        return ""
    sql = "\n".join(each.sql for each in extraction(table, _SOME_DAY, _SOME_DAY))
    return hashlib.sha256(sql.encode("utf-8", "surrogateescape")).hexdigest()[:32]


def doubt(aws: Aws, table: Table, day: date, cancelled: threading.Event) -> str:
    """A sentence where it cannot be shown that a day's query keeps to its partitions.

    Raises AthenaError where the statement itself is refused: it would be refused for money, too.
    """
    try:
        return pruning(aws, table, day, cancelled).doubt
    except AthenaError as error:
        if error.retry not in {"later", "again"}:
            raise
        return f"EXPLAIN did not tell whether only the partitions of these days are read: {error}"


def pruning(aws: Aws, table: Table, day: date, cancelled: threading.Event) -> Pruning:
    """Ask for the plan of a day's query: it is type-checked, its result written, nothing scanned.

    Raises AthenaError, UsageError, Cancelled.
    """
    sql = extraction(table, day, day)[0].sql
    found = once_answered(aws, explained(sql), day, cancelled)
    return judged(table.days, "\n".join(row[0] or "" for row in found.rows if row), day)


def judged(days: Days | None, plan: str, day: date) -> Pruning:
    """What a plan's text says: `timestamp:string:PARTITION_KEY :: [[2026/11/22]]`.

    Source: Trino's Hive connector; how Athena words it is not documented.
    """
    columns = days.columns if days else ()
    found = (re.search(rf"\b{re.escape(each)}:\S+:PARTITION_KEY\s*::\s*(\[[^\n]*\])", plan) for each in columns)
    shown = tuple((column, match[1]) for column, match in zip(columns, found, strict=True) if match)
    if days is None:
        return Pruning(())
    if len(shown) < len(columns):
        missing = ", ".join(column for column in columns if column not in dict(shown))
        return Pruning(
            shown, f"EXPLAIN does not show which partitions are read ({missing}): it may be the whole table."
        )
    if not all(_is_of(days, values, day) for _, values in shown):
        return Pruning(shown, f"EXPLAIN shows that a query of {day} reads more than its day: {Pruning(shown).text}.")
    return Pruning(shown)


def _is_of(days: Days, values: str, day: date) -> bool:
    """Whether all values are those that the statement asks for."""
    asked = {quoted or number for quoted, number in _LITERAL.findall(days.between(day, day))}
    found = {value for value in _BETWEEN_VALUES.split(values) if value}
    return bool(found) and found <= asked
