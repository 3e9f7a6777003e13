"""The catalog's word on a table, as Athena's `GetTableMetadata` or Glue's `GetTable` gives it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from queries.errors import SourceError
from queries.sources.athena import ocsf
from queries.sources.athena.hive_types import HiveType, parse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from queries.sources.athena.reach import Columns
    from queries.sources.athena.tables import TableKind


@dataclass(frozen=True, slots=True)
class Metadata:
    """A table of the catalog, whichever call told of it."""

    name: str
    columns: tuple[tuple[str, HiveType], ...]
    keys: tuple[tuple[str, HiveType], ...]
    """Partition columns, in their order."""
    parameters: Mapping[str, str]
    location: str
    """With a slash at the end, or empty."""
    type: str
    """`EXTERNAL_TABLE`, `VIRTUAL_VIEW`, ..."""
    serde: str
    """Classes that read and open the files, in lower case."""


def read(found: Mapping[str, Any]) -> Metadata:
    """Read the answer of either call, or the table inside it. Raises SourceError where it is neither."""
    table: Mapping[str, Any] = found.get("TableMetadata") or found.get("Table") or found
    stored: Mapping[str, Any] = table.get("StorageDescriptor") or {}
    parameters = {str(key): str(value) for key, value in (table.get("Parameters") or {}).items()}
    columns = table.get("Columns") or stored.get("Columns")
    if not table.get("Name") or not columns:
        raise SourceError("The catalog tells no columns of this table.")
    serde = (
        parameters.get("serde.serialization.lib", ""), parameters.get("inputformat", ""),
        stored.get("SerdeInfo", {}).get("SerializationLibrary") or "", stored.get("InputFormat") or "",
    )  # fmt: skip
    location = stored.get("Location") or parameters.get("location") or ""
    return Metadata(
        table["Name"], _columns(columns), _columns(table.get("PartitionKeys") or ()), parameters,
        f"{location.rstrip('/')}/" if location else "", table.get("TableType") or "", " ".join(serde).casefold(),
    )  # fmt: skip


def kind_of(found: Metadata, columns: Columns, database: str) -> TableKind:
    """Which kind of table it is. The kinds matter to people and to warnings; SQL follows from the columns alone."""
    if database.casefold() == "aws:cloudtrail":
        return "lake"
    if ocsf.is_ocsf(columns):
        return "security-lake-2" if columns.column("time_dt") else "security-lake-1"
    if found.type.upper() == "VIRTUAL_VIEW":
        return "view"
    if found.parameters.get("table_type", "").casefold() == "iceberg":
        return "iceberg"
    if "cloudtrail" in found.serde:
        return "cloudtrail"
    if "json" in found.serde:
        return "json-lines"
    return "columnar" if "parquet" in found.serde or "orc" in found.serde else "other"


def _columns(found: Sequence[Mapping[str, Any]]) -> tuple[tuple[str, HiveType], ...]:
    return tuple((column["Name"], parse(column.get("Type") or "string")) for column in found)
