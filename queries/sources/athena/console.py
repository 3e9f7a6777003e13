"""The founding questions for people: over the table at hand, else over the one that CloudTrail's manual makes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from queries.console import ConsoleSql
from queries.sources.athena.ddl import COLUMNS
from queries.sources.athena.founding import founding
from queries.sources.athena.tables import described

if TYPE_CHECKING:
    from queries.console import FoundingName
    from queries.sources.athena.tables import Table
    from queries.values import Scope, Unit

#: What the documentation calls the table. Source: "Create a table for CloudTrail logs in Athena using partition
#: projection", Athena User Guide.
PLACEHOLDER: Final = "cloudtrail_logs"
_NOTE: Final = (
    f"This source is no table of Athena's: {PLACEHOLDER} stands for one with the documented columns and one partition "
    "column, timestamp, written like 2026/11/23. Put the name of yours."
)


def console_sql(
    table: Table, name: FoundingName, scope: Scope, *, unit: Unit = "day", look_around_days: int = 1
) -> ConsoleSql:
    """A founding question about a table; what needs the inventory is left out, with a note.

    Raises FilterError where a term of the filter cannot be said, UsageError where the table needs values.
    """
    asked = founding(table, name, scope, unit=unit, look_around_days=look_around_days, leave_out=True)
    notes = (*table.warnings, *(note for note in asked.notes if note not in table.warnings))
    return ConsoleSql(asked.sql, table.qualified, notes)


def placeholder_sql(name: FoundingName, scope: Scope, *, unit: Unit = "day", look_around_days: int = 1) -> ConsoleSql:
    """The same for whoever has no table yet. Raises FilterError."""
    found = console_sql(documented(), name, scope, unit=unit, look_around_days=look_around_days)
    return ConsoleSql(found.sql, found.table, (_NOTE, *found.notes), is_placeholder=True)


def documented() -> Table:
    """CloudTrail's documented table with a partition a day, under its usual name, in whichever database is chosen."""
    metadata: dict[str, Any] = {
        "Name": PLACEHOLDER,
        "TableType": "EXTERNAL_TABLE",
        "Columns": [{"Name": name, "Type": type_} for name, type_ in _columns()],
        "PartitionKeys": [{"Name": "timestamp", "Type": "string"}],
        "Parameters": {"projection.enabled": "true", "projection.timestamp.type": "date",
                       "projection.timestamp.format": "yyyy/MM/dd"},
    }  # fmt: skip
    return described(metadata, "", "")


def _columns() -> list[tuple[str, str]]:
    """Those of our own DDL but for the identity of the source, which the documented ones lack."""
    lines = re.split(r",\n {4}(?=\w)", COLUMNS.strip())
    split = (line.split(" ", 1) for line in lines)
    return [(name, re.sub(r"\s+", "", type_).replace("sourceidentity:string,", "")) for name, type_ in split]
